/* report.c: see report.h. Gathers, tells, writes; the parts are in report_*.c. */
#include "job/report.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/report_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NEEDED_BYTES = 4 << 20 };

struct report_options report_defaults(void)
{
    return (struct report_options){.split = "validation", .n_loader_threads = 2, .n_shown = 12};
}

const char *report_percent(struct document *d, const struct redrawn *r)
{
    if (!isfinite(r->value))
        return "not computable";
    if (!r->has_interval)
        return document_text_kept(d, "%.1f %% (no interval)", 100 * r->value);
    return document_text_kept(d, "%.1f %% (%.1f to %.1f)", 100 * r->value, 100 * r->ci95.low,
                              100 * r->ci95.high);
}

const char *report_ratio(struct document *d, const struct ratio *r)
{
    if (!r->is_computable)
        return "not computable";
    return document_text_kept(d, "%.1f %% (%.1f to %.1f)", 100 * r->value, 100 * r->ci95.low,
                              100 * r->ci95.high);
}

static const char *json_number_text(struct document *d, const json_t *o, const char *sign)
{
    const json_t *value = json_object_get(o, "value"), *ci = json_object_get(o, "ci95");
    if (!json_is_number(value))
        return "not computable";
    if (!json_is_array(ci))
        return document_text_kept(d, "%.1f%s", 100 * json_number_value(value), sign);
    return document_text_kept(d, "%.1f%s (%.1f to %.1f)", 100 * json_number_value(value), sign,
                              100 * json_number_value(json_array_get(ci, 0)),
                              100 * json_number_value(json_array_get(ci, 1)));
}

const char *report_json_number(struct document *d, const json_t *o)
{
    return json_number_text(d, o, "");
}

const char *report_json_percent(struct document *d, const json_t *o)
{
    return json_number_text(d, o, " %");
}

static int tell(struct document *d, const struct facts *f, struct err *e)
{
    report_summary(d, f);
    int rc = report_curves(d, f, e);
    if (rc < 0)
        return rc;
    report_classes(d, f);
    report_calibration(d, f);
    report_groups(d, f);
    if ((rc = report_gallery(d, f, e)) < 0)
        return rc;
    report_leakgap(d, f);
    report_audit(d, f);
    report_data(d, f);
    report_model(d, f);
    report_checklist(d, f);
    return 0;
}

// "<out>.html" where out says neither ending.
static char *path_of(const char *out, const char *ending)
{
    size_t n = strlen(out);
    if (text_ends_with_nocase(out, ".html"))
        n -= strlen(".html");
    else if (text_ends_with_nocase(out, ".pdf"))
        n -= strlen(".pdf");
    return mem_printf("%.*s.%s", (int)n, out, ending);
}

// That both can be written is found out before minutes are spent.
static int check_place(const char *html, struct err *e)
{
    const char *base = path_base(html);
    char *folder = mem_printf("%.*s", (int)(base - html), html);
    if (!folder)
        return err_set(e, ERR_MEMORY, "no memory for a report");
    int rc = file_check_writable(*folder ? folder : ".", NEEDED_BYTES, e);
    mem_free(folder);
    return rc;
}

// Both are made before the first is written.
static int write_files(const char *html, const char *pdf, const struct document *d,
                       struct err *e)
{
    unsigned char *page = NULL, *pages = NULL;
    size_t n_page, n_pages;
    int rc = document_html(&page, &n_page, d, e);
    if (rc == 0)
        rc = document_pdf(&pages, &n_pages, d, e);
    if (rc == 0)
        rc = file_write(pdf, pages, n_pages, e);
    if (rc == 0)
        rc = file_write(html, page, n_page, e);
    mem_free(page);
    mem_free(pages);
    return rc;
}

static json_t *result_json(const struct facts *f, const char *html, const char *pdf)
{
    const struct redrawn *a = &f->accuracies[0];
    json_t *summary = json_pack(
        "{s:s, s:I, s:I, s:s, s:o, s:f, s:o}", "split", f->o->split, "n",
        (json_int_t)f->scored.n, "units", (json_int_t)f->n_groups, "unit", f->scored.whose.noun,
        "n_of_known_patients",
        f->is_its_model ? json_integer((json_int_t)f->n_known) : json_null(), "accuracy",
        a->value, "accuracy_ci95_over_units",
        a->has_interval ? json_pack("[f, f]", a->ci95.low, a->ci95.high) : json_null());
    return json_pack("{s:o, s:o, s:o, s:O, s:O, s:O?}", "html", jsontext_string(html), "pdf",
                     jsontext_string(pdf), "summary", summary, "evaluation", f->evaluation,
                     "audit", f->audit, "leak_gap", f->leak_gap);
}

int report(json_t **result, const struct report_options *o, const struct monitor *monitor,
           struct err *e)
{
    struct facts f = {0};
    struct document *d = NULL;
    char now[CLOCK_ISO_BYTES];
    char *html = path_of(o->out, "html"), *pdf = path_of(o->out, "pdf");
    char *title = o->title ? mem_strdup(o->title) : mem_printf("How good is %s?", o->model);
    char *footer = NULL;
    *result = NULL;
    clock_iso_utc(now, clock_wall_s());
    int rc = html && pdf && title ? check_place(html, e)
                                  : err_set(e, ERR_MEMORY, "no memory for a report");
    if (rc == 0)
        rc = facts_gather(&f, o, monitor, e);
    if (rc == 0 &&
        !(footer = mem_printf("nemg \xC2\xB7 research use only \xC2\xB7 %.10s \xC2\xB7 "
                              "model %.12s \xC2\xB7 data %.12s",
                              now, f.model_hash, f.scored.dataset.hash)))
        rc = err_set(e, ERR_MEMORY, "no memory for a report");
    if (rc == 0)
        rc = document_new(&d, title, footer, e);
    if (rc == 0)
        rc = tell(d, &f, e);
    if (rc == 0)
        rc = write_files(html, pdf, d, e);
    if (rc == 0 && !(*result = result_json(&f, html, pdf)))
        rc = err_set(e, ERR_MEMORY, "no memory for a report");
    document_free(d);
    facts_release(&f);
    mem_free(footer);
    mem_free(title);
    mem_free(html);
    mem_free(pdf);
    return rc;
}
