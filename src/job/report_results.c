/* report_results.c: the summary, the curves, the classes, the calibration and the patients. */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "job/report_priv.h"
#include "stats/calibration.h"
#include "stats/precisionrecall.h"
#include "stats/roc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_GROUPS_SHOWN = 120, CURVE_HEIGHT = 276 };

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

// ---- Summary ----

static void warn_of_known(struct document *d, const struct facts *f)
{
    if (!f->is_its_model)
        document_item(
            d, "The model was not trained on this data set. Whether patients of it were, "
               "nemg cannot know.");
    else if (strcmp(f->scored.whose.noun, "patient") != 0)
        document_item(
            d,
            "Patients are not known: the same person may stand in training and here, and "
            "the result may be too good. Intervals are over %ss.",
            f->scored.whose.noun);
    else if (f->n_known)
        document_item(
            d,
            "Patients on both sides: %zu of the %zu examples are of patients that the "
            "network was trained on. The result is too good.",
            f->n_known, f->scored.n);
}

static void warn_of_shortcuts(struct document *d, const struct facts *f)
{
    const json_t *shows = json_object_get(f->audit, "shows");
    const json_t *together =
        json_object_get(json_object_get(f->audit, "together"), "balanced_accuracy");
    size_t n = json_array_size(shows);
    if (n)
        document_item(
            d,
            "Shortcuts: %zu propert%s of machine, room or file tell%s the classes apart "
            "without any waveform; all of them together reach a balanced accuracy of %s. "
            "See the audit below.",
            n, n == 1 ? "y" : "ies", n == 1 ? "s" : "", report_json_percent(d, together));
    else
        document_item(d, "Shortcuts: none was found. That does not prove that there is none.");
}

static void warn_of_leak(struct document *d, const struct facts *f)
{
    const json_t *gap =
        json_object_get(json_object_get(f->leak_gap, "gap"), "balanced_accuracy");
    if (f->leak_gap)
        document_item(
            d,
            "Leak gap: with patients on both sides, the same recipe gets %s points more "
            "of balanced accuracy.",
            report_json_number(d, gap));
    else
        document_item(d, "Leak gap: not measured.");
}

void report_summary(struct document *d, const struct facts *f)
{
    const struct scored *s = &f->scored;
    const char *noun = s->whose.noun;
    double common = 100 * (double)f->n_most_common / (double)s->n;
    bool is_unseen = f->is_its_model && !strcmp(noun, "patient") && !f->n_known;
    document_lead(d,
                  "Research use only. On %zu example%s of %zu %s%s%s (split %s of %s) the "
                  "model called %s right "
                  "(95 %% interval over %ss). Always saying the most common class would have "
                  "been right in "
                  "%.1f %%.",
                  s->n, plural(s->n), f->n_groups, noun, plural(f->n_groups),
                  is_unseen ? " it had not seen" : "", f->o->split, f->o->dataset,
                  report_percent(d, &f->accuracies[0]), noun, common);
    document_item(d, "Balanced over the %zu classes: %s of the examples; chance is %.1f %%.",
                  s->n_classes, report_percent(d, &f->accuracies[1]),
                  100 / (double)s->n_classes);
    if (f->n_groups < s->n)
        document_item(
            d,
            "By %s, taking the class of the highest mean probability: %llu of %llu right, "
            "%s.",
            noun, (unsigned long long)f->by_group.part, (unsigned long long)f->by_group.whole,
            report_ratio(d, &f->by_group));
    if (f->n_groups < 30)
        document_item(d,
                      "Only %zu %ss: intervals of so few are wide, and narrower than the truth "
                      "when these are alike.",
                      f->n_groups, noun);
    warn_of_known(d, f);
    warn_of_leak(d, f);
    warn_of_shortcuts(d, f);
    document_item(d, "One data set from one place. How the model does at another clinic, with "
                     "another machine, is not known from this.");
}

// ---- Curves ----

struct curve {
    double *x, *y; // [n]
    size_t n;
};

struct curves {
    struct chart_curves chart;
    struct chart_series series[]; // one a class, then guides
};

static void draw_curves(struct canvas *c, struct chart_box box, const void *context)
{
    const struct curves *x = context;
    chart_curves(c, box, &x->chart);
}

// Points of both curves of class k.
static int trace_class(struct curve *roc, struct curve *pr, struct document *d,
                       const struct scored *s, size_t k, struct err *e)
{
    struct ranked r = {0};
    struct roc_point *a = mem_array(s->n + 1, sizeof *a);
    struct precision_recall_point *b = mem_array(s->n, sizeof *b);
    roc->x = document_keep(d, s->n + 1, sizeof(double));
    roc->y = document_keep(d, s->n + 1, sizeof(double));
    pr->x = document_keep(d, s->n, sizeof(double));
    pr->y = document_keep(d, s->n, sizeof(double));
    int rc = a && b && roc->x && roc->y && pr->x && pr->y
                 ? ranked_init(&r, s->probabilities, s->truth, s->n, s->n_classes, k, e)
                 : err_set(e, ERR_MEMORY, "no memory for a report");
    roc->n = rc == 0 ? roc_curve(a, &r) : 0;
    pr->n = rc == 0 ? precision_recall_curve(b, &r) : 0;
    for (size_t i = 0; i < roc->n; i++) {
        roc->x[i] = a[i].false_positive_rate;
        roc->y[i] = a[i].true_positive_rate;
    }
    for (size_t i = 0; i < pr->n; i++) {
        pr->x[i] = b[i].recall;
        pr->y[i] = b[i].precision;
    }
    ranked_release(&r);
    mem_free(a);
    mem_free(b);
    return rc;
}

static struct curves *new_curves(struct document *d, size_t n)
{
    struct curves *c = document_keep(d, 1, sizeof *c + n * sizeof *c->series);
    if (c) {
        c->chart.series = c->series;
        c->chart.x = (struct chart_axis){NULL, 0, 1, false};
        c->chart.y = c->chart.x;
    }
    return c;
}

static void put_series(struct curves *c, const char *name, const struct curve *points)
{
    c->series[c->chart.n_series++] =
        (struct chart_series){name, points->x, points->y, points->n, false, false};
}

static void put_guide(struct curves *c, const char *name, const double *x, const double *y)
{
    c->series[c->chart.n_series++] = (struct chart_series){name, x, y, 2, false, true};
}

static void figure(struct document *d, const struct curves *c, const char *title,
                   const char *description, const char *caption)
{
    document_figure(d, &(struct document_figure){title, description, caption, DOCUMENT_HALF,
                                                 CURVE_HEIGHT, draw_curves, c});
}

// The columns of history.csv that are wanted: a number, or NAN where the field is empty.
static double field_of(const char *line, size_t i_column)
{
    for (; i_column && *line && *line != '\n'; line++)
        i_column -= *line == ',';
    char *end;
    double v = strtod(line, &end);
    return end == line ? (double)NAN : v;
}

static size_t read_history(struct curve *train, struct curve *validation, struct document *d,
                           const char *text)
{
    enum { STEP = 0, MAIN_LOSS = 3, VALIDATION_LOSS = 9 };
    size_t n = 0;
    for (const char *line = strchr(text, '\n'); line; line = strchr(line + 1, '\n'))
        n++;
    train->x = document_keep(d, n + 1, sizeof(double));
    train->y = document_keep(d, n + 1, sizeof(double));
    validation->x = document_keep(d, n + 1, sizeof(double));
    validation->y = document_keep(d, n + 1, sizeof(double));
    if (!train->x || !train->y || !validation->x || !validation->y)
        return 0;
    for (const char *line = strchr(text, '\n'); line && line[1];
         line = strchr(line + 1, '\n')) {
        double step = field_of(line + 1, STEP);
        double loss = field_of(line + 1, MAIN_LOSS),
               other = field_of(line + 1, VALIDATION_LOSS);
        if (isfinite(loss) && loss > 0) {
            train->x[train->n] = step;
            train->y[train->n++] = loss;
        }
        if (isfinite(other) && other > 0) {
            validation->x[validation->n] = step;
            validation->y[validation->n++] = other;
        }
    }
    return train->n + validation->n;
}

static void span(double *low, double *high, const struct curve *c)
{
    for (size_t i = 0; i < c->n; i++) {
        *low = fmin(*low, c->y[i]);
        *high = fmax(*high, c->y[i]);
    }
}

// The run folder around model/, where it still is.
static void add_training(struct document *d, const struct facts *f)
{
    char *path = mem_printf("%s/../history.csv", f->o->model);
    unsigned char *text = NULL;
    struct curve train = {0}, validation = {0};
    struct curves *c = new_curves(d, 2);
    struct err why;
    size_t n;
    if (!path || !c || !file_exists(path) || file_read(&text, &n, path, 1 << 28, &why) < 0 ||
        !read_history(&train, &validation, d, (const char *)text)) {
        document_note(d,
                      "Training curve: not there; the model's folder stands alone, without its "
                      "run's history.csv.");
    } else {
        double low = HUGE_VAL, high = 0, last = 1;
        span(&low, &high, &train);
        span(&low, &high, &validation);
        last = fmax(train.n ? train.x[train.n - 1] : 1,
                    validation.n ? validation.x[validation.n - 1] : 1);
        c->chart.x = (struct chart_axis){"step", 0, last, false};
        c->chart.y =
            (struct chart_axis){"cross-entropy, nats (logarithmic)", pow(10, floor(log10(low))),
                                pow(10, ceil(log10(high))), true};
        put_series(c, "training (each batch)", &train);
        put_series(c, "validation", &validation);
        c->series[1].has_dots = validation.n < 60;
        c->chart.legend = CHART_LOWER_LEFT;
        document_figure(
            d, &(struct document_figure){
                   "Training",
                   document_text_kept(d,
                                      "Cross-entropy over %.0f steps, of training and of "
                                      "validation, on a logarithmic scale.",
                                      last),
                   "The model is the one of the lowest validation cross-entropy, unless its "
                   "recipe "
                   "says otherwise.",
                   DOCUMENT_WIDTH, 240, draw_curves, c});
    }
    mem_free(text);
    mem_free(path);
}

static const char *area_text(struct document *d, const struct redrawn *r)
{
    if (!isfinite(r->value))
        return "not computable";
    if (!r->has_interval)
        return document_text_kept(d, "%.2f", r->value);
    return document_text_kept(d, "%.2f (%.2f to %.2f)", r->value, r->ci95.low, r->ci95.high);
}

int report_curves(struct document *d, const struct facts *f, struct err *e)
{
    static const double diagonal[] = {0, 1};
    const struct scored *s = &f->scored;
    struct curves *roc = new_curves(d, s->n_classes + 1), *pr = new_curves(d, s->n_classes);
    char *said = document_text_kept(d, "%s", "");
    int rc = roc && pr && said ? 0 : err_set(e, ERR_MEMORY, "no memory for a report");
    for (size_t k = 0; rc == 0 && k < s->n_classes; k++) {
        struct curve a = {0}, b = {0};
        const char *label = s->dataset.labels[k], *text = area_text(d, &f->areas[k]);
        rc = trace_class(&a, &b, d, s, k, e);
        if (rc < 0)
            break;
        put_series(roc, document_text_kept(d, "%s, AUC %s", label, text), &a);
        put_series(pr, label, &b);
        said = document_text_kept(d, "%s %s: %s.", said, label, text);
    }
    if (rc < 0)
        return rc;
    put_guide(roc, NULL, diagonal, diagonal);
    roc->chart.x.label = "1 - specificity";
    roc->chart.y.label = "sensitivity";
    roc->chart.legend = CHART_LOWER_RIGHT;
    pr->chart.x.label = "recall (sensitivity)";
    pr->chart.y.label = "precision";
    pr->chart.legend = CHART_LOWER_LEFT;
    document_heading(d, 1, "Curves");
    figure(d, roc, "Receiver operating characteristic",
           document_text_kept(
               d, "One curve a class against all others. Areas under the curve:%s", said),
           document_text_kept(d,
                              "Each class against the others. Areas with 95 %% intervals over "
                              "%ss; 0.5 is chance.",
                              s->whose.noun));
    figure(d, pr, "Precision and recall",
           "One curve a class against all others: precision over recall.",
           "Depends on how common a class is; at another clinic it is another curve.");
    add_training(d, f);
    return 0;
}

// ---- Classes ----

struct matrix {
    struct chart_matrix chart;
    double counts[];
};

static void draw_matrix(struct canvas *c, struct chart_box box, const void *context)
{
    const struct matrix *m = context;
    chart_matrix(c, box, &m->chart);
}

static void add_matrix(struct document *d, const struct scored *s)
{
    size_t n = s->n_classes;
    struct matrix *m = document_keep(d, 1, sizeof *m + n * n * sizeof *m->counts);
    if (!m)
        return;
    for (size_t i = 0; i < s->n; i++)
        m->counts[s->truth[i] * n + s->prediction[i]]++;
    m->chart = (struct chart_matrix){(const char *const *)s->dataset.labels,
                                     (const char *const *)s->dataset.labels,
                                     n,
                                     n,
                                     m->counts,
                                     "truth",
                                     "what the model says"};
    double side = fmin(DOCUMENT_WIDTH, fmax(300, 110 * (double)n));
    document_figure(
        d, &(struct document_figure){
               "Confusion",
               "Counts of examples: a row for each true class, a column for each class "
               "that the model says. The table below has the same numbers.",
               "Counts, and shares of the row.", side, 60 + 62 * fmin((double)n, 12),
               draw_matrix, m});
}

static const char *of_class(struct document *d, const struct facts *f, const char *label,
                            const char *measure)
{
    const json_t *per = json_object_get(f->evaluation, "per_class");
    return report_json_number(d, json_object_get(json_object_get(per, label), measure));
}

void report_classes(struct document *d, const struct facts *f)
{
    static const char *const heads[] = {"class", "precision", "recall",  "specificity",
                                        "F1",    "AUC",       "examples"};
    const struct scored *s = &f->scored;
    document_heading(d, 1, "Classes");
    add_matrix(d, s);
    document_table(d,
                   document_text_kept(d,
                                      "In percent, with 95 %% intervals (Wilson's; of the area "
                                      "over %ss). Recall is sensitivity",
                                      s->whose.noun),
                   "lrrrrrr", heads);
    for (size_t k = 0; k < s->n_classes; k++) {
        const char *label = s->dataset.labels[k];
        document_cell(d, "%s", label);
        document_cell(d, "%s", of_class(d, f, label, "precision"));
        document_cell(d, "%s", of_class(d, f, label, "recall"));
        document_cell(d, "%s", of_class(d, f, label, "specificity"));
        document_cell(d, "%s", of_class(d, f, label, "f1"));
        document_cell(d, "%s", area_text(d, &f->areas[k]));
        document_cell(d, "%zu", s->examples.per_class[k]);
    }
    document_note(
        d, "Wilson's intervals take examples as independent. Many of one patient are "
           "not, so these are narrower than the truth; the summary's are over patients.");
    const json_t *cast = json_object_get(f->evaluation, "tf_slim_bool_cast");
    document_note(
        d,
        "TF-Slim's bool-cast pair, class 0 against the rest, as the 2019 paper counted: "
        "precision %.1f %%, recall %.1f %%. Not comparable with the table.",
        100 * json_number_value(json_object_get(cast, "precision")),
        100 * json_number_value(json_object_get(cast, "recall")));
}

// ---- Calibration ----

void report_calibration(struct document *d, const struct facts *f)
{
    static const char *const heads[] = {"probability said", "examples", "mean probability",
                                        "right"};
    static const double diagonal[] = {0, 1};
    const struct scored *s = &f->scored;
    struct reliability_bin bins[RELIABILITY_BINS];
    struct curve points = {document_keep(d, RELIABILITY_BINS, sizeof(double)),
                           document_keep(d, RELIABILITY_BINS, sizeof(double)), 0};
    struct curves *c = new_curves(d, 2);
    double brier = 0;
    reliability_bins(bins, s->probabilities, s->truth, s->n, s->n_classes);
    for (size_t i = 0; i < s->n; i++)
        brier += brier_of(s->probabilities + i * s->n_classes, s->truth[i], s->n_classes) /
                 (double)s->n;
    if (!points.x || !points.y || !c)
        return;
    for (size_t i = 0; i < RELIABILITY_BINS; i++)
        if (bins[i].n) {
            points.x[points.n] = bins[i].confidence;
            points.y[points.n++] = (double)bins[i].n_right / (double)bins[i].n;
        }
    put_series(c, NULL, &points);
    c->series[0].has_dots = true;
    put_guide(c, "as it should be", diagonal, diagonal);
    c->chart.x.label = "mean probability of the answer";
    c->chart.y.label = "share that is right";
    c->chart.legend = CHART_LOWER_RIGHT;
    document_heading(d, 1, "Calibration");
    document_text(
        d,
        "When the model says 80 %%, is it right in 80 %% of the cases? The expected "
        "calibration error is %.1f points: the mean distance between what it says and "
        "what is so, over %d bins of equal width. The Brier score is %.3f (0 at the best, "
        "2 at the worst).",
        100 * reliability_ece(bins), RELIABILITY_BINS, brier);
    figure(d, c, "Reliability",
           "Share of right answers over the mean probability of the answer, in bins of equal "
           "width; the "
           "diagonal is perfect calibration. The table beside it has the numbers.",
           "Below the diagonal the model is too sure of itself.");
    document_table(d, NULL, "lrrr", heads);
    for (size_t i = 0; i < RELIABILITY_BINS; i++) {
        struct ratio r = ratio_of(bins[i].n_right, bins[i].n);
        if (!bins[i].n)
            continue;
        document_cell(d, "%.1f to %.1f %%", 100.0 * (double)i / RELIABILITY_BINS,
                      100.0 * (double)(i + 1) / RELIABILITY_BINS);
        document_cell(d, "%llu", (unsigned long long)bins[i].n);
        document_cell(d, "%.1f %%", 100 * bins[i].confidence);
        document_cell(d, "%s", report_ratio(d, &r));
    }
}

// ---- Patients ----

void report_groups(struct document *d, const struct facts *f)
{
    const struct scored *s = &f->scored;
    const char *const heads[] = {s->whose.noun,
                                 "truth",
                                 "model says",
                                 "answer",
                                 "examples",
                                 "of them right",
                                 "mean probability of the truth"};
    char title[64];
    snprintf(title, sizeof title, "Each %s", s->whose.noun);
    document_heading(d, 1, title);
    if (f->n_groups == s->n) {
        document_text(d, "Each example stands for itself: who they are of is not known.");
        return;
    }
    document_text(
        d,
        "The worst first. \"Model says\" is the class of the highest mean probability "
        "over all examples of the %s: right in %llu of %llu.",
        s->whose.noun, (unsigned long long)f->by_group.part,
        (unsigned long long)f->by_group.whole);
    document_table(d, NULL, "llllrrr", heads);
    for (size_t i = 0; i < f->n_groups && i < MAX_GROUPS_SHOWN; i++) {
        const struct report_group *g = &f->groups[i];
        document_cell(d, "%s", g->name);
        document_cell(d, "%s", s->dataset.labels[g->truth]);
        document_cell(d, "%s", s->dataset.labels[g->prediction]);
        document_cell(d, "%s", g->truth == g->prediction ? "right" : "wrong");
        document_cell(d, "%zu", g->n);
        document_cell(d, "%zu (%.0f %%)", g->n_right, 100 * (double)g->n_right / (double)g->n);
        document_cell(d, "%.1f %%", 100 * g->mean_truth);
    }
    if (f->n_groups > MAX_GROUPS_SHOWN)
        document_note(d, "%zu more are in the predictions that nemg evaluate writes.",
                      f->n_groups - MAX_GROUPS_SHOWN);
}
