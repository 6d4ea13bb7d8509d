/* report_gallery.c: the worst wrong answers, each drawn as the network saw it. */
#include "base/err.h"
#include "base/mem.h"
#include "draw/columns.h"
#include "draw/trace.h"
#include "image/image.h"
#include "job/report_priv.h"
#include "tf/example.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRACE_HEIGHT = 150, PICTURE_HEIGHT = 200, MOST_OF_A_GROUP = 3 };

// What a figure draws: a picture or samples.
struct shown {
    struct document *d; // what the line needs is kept there
    uint8_t *rgb;
    size_t width, height;
    float *samples;
    size_t n;
    double rate_hz;
    const char *unit;
};

static void draw_picture(struct canvas *c, struct chart_box box, const struct shown *x)
{
    double factor = fmin(box.width / (double)x->width, box.height / (double)x->height);
    double w = factor * (double)x->width, h = factor * (double)x->height;
    canvas_picture(c, x->rgb, x->width, x->height, box.x, box.y, w, h);
}

// Negative is up, as electromyographers have it; the box holds the whole of it.
static void draw_samples(struct canvas *c, struct chart_box box, const struct shown *x)
{
    double low = HUGE_VAL, high = -HUGE_VAL, bar_px = 36;
    char text[48], ms[32];
    for (size_t i = 0; i < x->n; i++) {
        low = fmin(low, (double)x->samples[i]);
        high = fmax(high, (double)x->samples[i]);
    }
    double range = fmax(high - low, 1e-9), inner = box.width - bar_px - 40;
    double per_unit = (box.height - 30) / range;
    double bar = trace_nice(range / 6);
    const struct column_map map = {box.x, inner / (double)x->n, box.y + 6 - low * per_unit,
                                   per_unit, 0.5};
    double *xy = document_keep(x->d, columns_max(&map, x->n), 2 * sizeof *xy);
    canvas_rectangle(c, box.x, box.y, inner, box.height - 18, CHART_BAND);
    if (xy)
        canvas_line(c, xy, columns_line(xy, &map, x->samples, x->n), 1, CHART_INK);
    trace_amount(text, sizeof text, bar, x->unit);
    snprintf(ms, sizeof ms, "%.4g ms", 1000 * (double)x->n / x->rate_hz);
    double left = box.x + inner + 10, top = box.y + 10;
    const double line[] = {left, top, left, top + bar * per_unit};
    canvas_line(c, line, 2, 2, CHART_SOFT);
    canvas_text(c, text, left + 6, top + bar * per_unit / 2 + 4, 11, CANVAS_LEFT, 0,
                CHART_SOFT);
    canvas_text(c, ms, box.x + inner, box.y + box.height - 4, 11, CANVAS_RIGHT, 0, CHART_SOFT);
}

static void draw_shown(struct canvas *c, struct chart_box box, const void *context)
{
    const struct shown *x = context;
    if (x->rgb)
        draw_picture(c, box, x);
    else
        draw_samples(c, box, x);
}

static int take_picture(struct shown *to, const struct example *x, struct err *e)
{
    struct image im = {0};
    int rc = image_decode(&im, x->encoded.data, x->encoded.n, e);
    if (rc < 0)
        return rc;
    size_t n = im.width * im.height * 3;
    to->rgb = document_keep(to->d, n, 1);
    if (to->rgb)
        memcpy(to->rgb, im.rgb, n);
    to->width = im.width;
    to->height = im.height;
    image_release(&im);
    return to->rgb ? 0 : err_set(e, ERR_MEMORY, "no memory for a picture");
}

// The window that was judged, without the margins beside it.
static int take_samples(struct shown *to, const struct facts *f, const struct example *x,
                        struct err *e)
{
    size_t n = f->model.input.signal.n_samples;
    n = n && n < x->signal.n ? n : x->signal.n;
    to->n = n;
    to->rate_hz = (double)x->rate_hz;
    to->unit = x->unit.n == 2 && !memcmp(x->unit.data, "uV", 2) ? "\xC2\xB5V" : "counts";
    to->samples = document_keep(to->d, n, sizeof *to->samples);
    if (!to->samples)
        return err_set(e, ERR_MEMORY, "no memory for a trace");
    example_floats_read(to->samples, x->signal, (x->signal.n - n) / 2, n);
    return 0;
}

static const char *all_probabilities(struct document *d, const struct scored *s, size_t i)
{
    char *text = document_text_kept(d, "%s", "");
    for (size_t k = 0; text && k < s->n_classes && k < 6; k++)
        text =
            document_text_kept(d, "%s%s%s %.1f %%", text, k ? ", " : "", s->dataset.labels[k],
                               100 * (double)s->probabilities[i * s->n_classes + k]);
    return text;
}

static int show(struct document *d, const struct facts *f, size_t i, struct err *e)
{
    const struct scored *s = &f->scored;
    const struct example *x = &s->examples.examples[i];
    struct shown *to = document_keep(d, 1, sizeof *to);
    if (!to)
        return err_set(e, ERR_MEMORY, "no memory for a report");
    to->d = d;
    int rc = x->signal.n ? take_samples(to, f, x, e) : take_picture(to, x, e);
    if (rc < 0)
        return rc;
    const char *truth = s->dataset.labels[s->truth[i]],
               *said = s->dataset.labels[s->prediction[i]];
    const char *whose = x->patient.n ? "patient " : "", *where = "";
    if (x->onset_us || x->signal.n)
        where = document_text_kept(d, " at %.3f s", (double)x->onset_us / 1e6);
    char *title = document_text_kept(d, "%s, taken for %s", truth, said);
    char *description =
        document_text_kept(d, "A wrong answer: %s that the model took for %s.", truth, said);
    // the file name of an excerpt holds the time already
    char *caption = document_text_kept(
        d, "%s%.*s%s%.*s%s. %s.", whose, (int)x->patient.n, (const char *)x->patient.data,
        x->patient.n ? ", " : "", (int)(x->recording.n ? x->recording.n : x->filename.n),
        (const char *)(x->recording.n ? x->recording.data : x->filename.data),
        x->recording.n ? where : "", all_probabilities(d, s, i));
    if (!title || !description || !caption)
        return err_set(e, ERR_MEMORY, "no memory for a report");
    document_figure(d, &(struct document_figure){title, description, caption, DOCUMENT_HALF,
                                                 x->signal.n ? TRACE_HEIGHT : PICTURE_HEIGHT,
                                                 draw_shown, to});
    return 0;
}

struct wrong {
    double p; // of the truth
    size_t i;
};

static int compare_wrong(const void *a, const void *b)
{
    const struct wrong *x = a, *y = b;
    return x->p < y->p ? -1 : x->p > y->p ? 1 : (x->i > y->i) - (x->i < y->i);
}

static int show_worst(struct document *d, const struct facts *f, const struct wrong *list,
                      size_t n, size_t *shown_of_group, struct err *e)
{
    size_t n_shown = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n && n_shown < f->o->n_shown; i++) {
        size_t *of_group = &shown_of_group[f->scored.whose.group[list[i].i]];
        if (*of_group == MOST_OF_A_GROUP)
            continue;
        ++*of_group;
        n_shown++;
        rc = show(d, f, list[i].i, e);
    }
    return rc;
}

int report_gallery(struct document *d, const struct facts *f, struct err *e)
{
    const struct scored *s = &f->scored;
    struct wrong *list = mem_array(s->n, sizeof *list);
    size_t *shown_of_group = mem_array(f->n_groups, sizeof *shown_of_group), n = 0;
    int rc = list && shown_of_group ? 0 : err_set(e, ERR_MEMORY, "no memory for a report");
    for (size_t i = 0; rc == 0 && i < s->n; i++)
        if (s->truth[i] != s->prediction[i])
            list[n++] =
                (struct wrong){(double)s->probabilities[i * s->n_classes + s->truth[i]], i};
    document_heading(d, 1, "Wrong answers");
    if (n == 0)
        document_text(d, "There is none.");
    else
        document_text(
            d,
            "%zu of %zu examples. Those in which the truth was thought least likely come "
            "first, at most %d of one %s.%s",
            n, s->n, MOST_OF_A_GROUP, s->whose.noun,
            s->examples.examples[0].signal.n ? " Negative is up." : "");
    if (rc == 0) {
        qsort(list, n, sizeof *list, compare_wrong);
        rc = show_worst(d, f, list, n, shown_of_group, e);
    }
    mem_free(list);
    mem_free(shown_of_group);
    return rc;
}
