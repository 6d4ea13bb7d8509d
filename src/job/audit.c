/* audit.c: see audit.h. */
#include "job/audit.h"

#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "data/dataset.h"
#include "data/nuisance.h"
#include "data/split.h"
#include "job/scored.h"
#include "stats/logistic.h"
#include "stats/redraw.h"
#include "stats/roc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double ridge = 1e-3; // enough to hold a value that is the same everywhere

struct audit_options audit_defaults(void)
{
    return (struct audit_options){.split = "validation"};
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for an audit");
}

// Examples of one split: a stretch of all.
struct part {
    struct examples examples;
    size_t first, n;
};

struct audit {
    const struct audit_options *o;
    const struct monitor *monitor;
    struct dataset dataset;
    const struct nuisance *features;
    size_t n_features, n_classes;
    struct part parts[SPLIT_N_SIDES]; // of which some may be empty
    const struct part *train, *scored;
    struct examples all;           // of all parts, borrowed from them
    struct whose whose, of_scored; // of all examples; of the scored part alone
    double *values;                // [all.n][NUISANCE_MAX]
    double *ranks;   // [all.n][NUISANCE_MAX]: where a value stands in training, -1 to 1
    size_t *truth;   // [all.n]
    double *answers; // [scored->n][n_classes], of the classifier at hand
};

// ---- Measuring ----

static int check_classes(const struct audit *a, const struct part *p, const char *split,
                         struct err *e)
{
    for (size_t k = 0; k < a->n_classes; k++)
        if (!p->examples.per_class[k])
            return err_set(e, ERR_USAGE, "%s: no example of class %s in split %s",
                           a->o->dataset, a->dataset.labels[k], split);
    return 0;
}

static int open_parts(struct audit *a, struct err *e)
{
    int rc = dataset_open(&a->dataset, a->o->dataset, e);
    a->n_classes = a->dataset.n_classes;
    for (int s = 0; rc == 0 && s < SPLIT_N_SIDES; s++) {
        struct part *p = &a->parts[s];
        bool is_scored = !strcmp(a->o->split, split_sides[s]);
        if (is_scored)
            a->scored = p;
        rc = examples_load(&p->examples, &a->dataset, split_sides[s], e);
        if (rc == ERR_USAGE && !is_scored && s != SPLIT_TRAIN)
            rc = 0; // no such split
        else if (rc == 0 && (is_scored || s == SPLIT_TRAIN))
            rc = check_classes(a, p, split_sides[s], e);
        p->first = a->all.n;
        p->n = p->examples.n;
        a->all.n += p->n;
    }
    a->train = &a->parts[SPLIT_TRAIN];
    if (rc == 0 && !a->scored)
        rc = err_set(e, ERR_USAGE, "%s: split \"%s\", wanted train, validation or test",
                     a->o->dataset, a->o->split);
    return rc;
}

static int gather(struct audit *a, struct err *e)
{
    a->all.examples = mem_array(a->all.n, sizeof *a->all.examples);
    a->values = mem_array(a->all.n, NUISANCE_MAX * sizeof(double));
    a->ranks = mem_array(a->all.n, NUISANCE_MAX * sizeof(double));
    a->truth = mem_array(a->all.n, sizeof *a->truth);
    a->answers = mem_array(a->scored->n, a->n_classes * sizeof(double));
    if (!a->all.examples || !a->values || !a->ranks || !a->truth || !a->answers)
        return no_memory(e);
    for (int s = 0; s < SPLIT_N_SIDES; s++)
        for (size_t i = 0; i < a->parts[s].n; i++)
            a->all.examples[a->parts[s].first + i] = a->parts[s].examples.examples[i];
    int rc = whose_examples(&a->whose, &a->all, e);
    return rc == 0 ? whose_examples(&a->of_scored, &a->scored->examples, e) : rc;
}

static int measure(struct audit *a, struct err *e)
{
    int rc = 0;
    a->features = nuisances_of(&a->all.examples[0]);
    while (a->features[a->n_features].key)
        a->n_features++;
    for (size_t i = 0; rc == 0 && i < a->all.n; i++) {
        const struct example *x = &a->all.examples[i];
        if (nuisances_of(x) != a->features)
            return err_set(e, ERR_FORMAT,
                           "%s: signals and pictures in one data set, wanted one kind",
                           a->o->dataset);
        a->truth[i] = (size_t)x->label;
        rc = nuisance_measure(a->values + i * NUISANCE_MAX, x, e);
        monitor_progress(a->monitor, "measuring examples", i + 1, a->all.n, "");
        if (rc == 0 && monitor_is_cancelled(a->monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while measuring examples");
    }
    return rc;
}

static void release(struct audit *a)
{
    for (int s = 0; s < SPLIT_N_SIDES; s++)
        examples_release(&a->parts[s].examples);
    whose_release(&a->whose);
    whose_release(&a->of_scored);
    dataset_close(&a->dataset);
    mem_free(a->all.examples);
    mem_free(a->values);
    mem_free(a->ranks);
    mem_free(a->truth);
    mem_free(a->answers);
}

// ---- Ranks among the values of training ----

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// How many of sorted[n] are below v, or (with_equal) not above.
static size_t count_below(const double *sorted, size_t n, double v, bool with_equal)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sorted[middle] < v || (with_equal && sorted[middle] == v))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int rank_feature(struct audit *a, size_t f, struct err *e)
{
    size_t n = a->train->n;
    double *sorted = mem_array(n, sizeof *sorted);
    if (!sorted)
        return no_memory(e);
    for (size_t i = 0; i < n; i++)
        sorted[i] = a->values[(a->train->first + i) * NUISANCE_MAX + f];
    qsort(sorted, n, sizeof *sorted, compare_numbers);
    for (size_t i = 0; i < a->all.n; i++) {
        double v = a->values[i * NUISANCE_MAX + f];
        size_t below = count_below(sorted, n, v, false) + count_below(sorted, n, v, true);
        a->ranks[i * NUISANCE_MAX + f] = (double)below / (double)n - 1;
    }
    mem_free(sorted);
    return 0;
}

// ---- A simple classifier ----

// inputs [n][2 * n_used]: rank and its square of features first .. first + n_used - 1.
static double *inputs_of(const struct audit *a, const struct part *p, size_t first,
                         size_t n_used)
{
    double *x = mem_array(p->n, 2 * n_used * sizeof *x), *to = x;
    for (size_t i = 0; x && i < p->n; i++)
        for (size_t f = 0; f < n_used; f++) {
            double rank = a->ranks[(p->first + i) * NUISANCE_MAX + first + f];
            *to++ = rank;
            *to++ = rank * rank;
        }
    return x;
}

// Fits on training and fills the answers of the scored part.
static int classify(struct audit *a, size_t first, size_t n_used, struct err *e)
{
    struct logistic m = {0};
    double *x = inputs_of(a, a->train, first, n_used);
    double *y = inputs_of(a, a->scored, first, n_used);
    int rc = x && y ? logistic_fit(&m, x, a->truth + a->train->first, a->train->n, 2 * n_used,
                                   a->n_classes, ridge, e)
                    : no_memory(e);
    for (size_t i = 0; rc == 0 && i < a->scored->n; i++)
        logistic_predict(a->answers + i * a->n_classes, &m, y + i * 2 * n_used);
    logistic_release(&m);
    mem_free(x);
    mem_free(y);
    return rc;
}

// The mean over classes of the share that is right. A tie counts by chance.
static void balanced_accuracy(double *out, const void *context, const uint32_t *times)
{
    const struct audit *a = context;
    double sum = 0;
    for (size_t k = 0; k < a->n_classes; k++) {
        double n = 0, hits = 0;
        for (size_t i = 0; i < a->scored->n; i++) {
            const double *p = a->answers + i * a->n_classes;
            double w = times[a->of_scored.group[i]], n_best = 1;
            if (a->truth[a->scored->first + i] != k || w == 0)
                continue;
            for (size_t c = 0; c < a->n_classes && n_best > 0; c++)
                n_best = p[c] > p[k] ? 0 : n_best + (c != k && p[c] == p[k]);
            n += w;
            hits += n_best > 0 ? w / n_best : 0;
        }
        sum += n > 0 ? hits / n : (double)NAN;
    }
    *out = sum / (double)a->n_classes;
}

// ---- Areas under the curve ----

struct columns {
    struct ranked *ranked; // [n_classes]
    size_t n_classes, n;
    const struct whose *whose;
    uint32_t *weight; // [n]
};

static void areas(double *out, const void *context, const uint32_t *times)
{
    const struct columns *c = context;
    whose_weigh(c->weight, c->whose, c->n, times);
    for (size_t k = 0; k < c->n_classes; k++)
        out[k] = roc_auc_weighted(&c->ranked[k], c->weight);
}

// out [n_classes]: of each class above the others by its column of p [n][n_classes].
static int find_areas(struct redrawn *out, const struct audit *a, const float *p,
                      const size_t *truth, const struct whose *whose, size_t n, struct err *e)
{
    struct columns c = {mem_array(a->n_classes, sizeof *c.ranked), a->n_classes, n, whose,
                        mem_array(n, sizeof *c.weight)};
    int rc = c.ranked && c.weight ? 0 : no_memory(e);
    for (size_t k = 0; rc == 0 && k < a->n_classes; k++)
        rc = ranked_init(&c.ranked[k], p, truth, n, a->n_classes, k, e);
    if (rc == 0)
        rc = redraw_groups(out, a->n_classes, areas, &c,
                           (struct redraw_strata){&whose->n_groups, 1}, a->o->seed, e);
    for (size_t k = 0; c.ranked && k < a->n_classes; k++)
        ranked_release(&c.ranked[k]);
    mem_free(c.ranked);
    mem_free(c.weight);
    return rc;
}

// ---- The report ----

static json_t *redrawn_json(const struct redrawn *r)
{
    return json_pack(
        "{s:o, s:o}", "value", isfinite(r->value) ? json_real(r->value) : json_null(), "ci95",
        r->has_interval ? json_pack("[f, f]", r->ci95.low, r->ci95.high) : json_null());
}

// Where a value parts the classes completely, every resample gives the same: no interval, but no
// doubt either.
static bool is_area_apart(const struct redrawn *r)
{
    if (!r->has_interval)
        return r->value == 0 || r->value == 1;
    return r->ci95.low > AUDIT_AUC_HIGH || r->ci95.high < AUDIT_AUC_LOW;
}

static bool is_above_chance(const struct redrawn *r, double chance)
{
    return r->has_interval ? r->ci95.low > chance : r->value == 1;
}

// Adds the balanced accuracy of a classifier of n_used features; *shows: above chance.
static int put_classifier(json_t *to, bool *shows, struct audit *a, size_t first, size_t n_used,
                          struct err *e)
{
    struct redrawn r = {0};
    int rc = classify(a, first, n_used, e);
    if (rc == 0)
        rc = redraw_groups(&r, 1, balanced_accuracy, a,
                           (struct redraw_strata){&a->of_scored.n_groups, 1}, a->o->seed, e);
    if (rc < 0)
        return rc;
    *shows = is_above_chance(&r, 1 / (double)a->n_classes);
    return json_object_set_new(to, "balanced_accuracy", redrawn_json(&r)) ? no_memory(e) : 0;
}

static double shown(const struct nuisance *f, double v)
{
    return f->is_log ? pow(10, v) : v;
}

// Lower quartile, median and upper quartile of a class's values; work [all.n].
static json_t *quartiles(const struct audit *a, size_t f, size_t k, double *work)
{
    size_t n = 0;
    for (size_t i = 0; i < a->all.n; i++)
        if (a->truth[i] == k)
            work[n++] = shown(&a->features[f], a->values[i * NUISANCE_MAX + f]);
    if (!n)
        return json_null();
    qsort(work, n, sizeof *work, compare_numbers);
    return json_pack("[f, f, f]", work[(n - 1) / 4], work[(n - 1) / 2], work[(n - 1) * 3 / 4]);
}

static int put_areas(json_t *to, bool *shows, struct audit *a, size_t f, struct err *e)
{
    size_t n = a->all.n, n_classes = a->n_classes;
    struct redrawn *r = mem_array(n_classes, sizeof *r);
    float *p = mem_array(mem_product(n, n_classes), sizeof *p);
    double *work = mem_array(n, sizeof *work);
    json_t *per_class = json_object();
    int rc = r && p && work && per_class ? 0 : no_memory(e);
    for (size_t i = 0; rc == 0 && i < n * n_classes; i++) // the same value for each class
        p[i] = (float)a->values[i / n_classes * NUISANCE_MAX + f];
    if (rc == 0)
        rc = find_areas(r, a, p, a->truth, &a->whose, n, e);
    for (size_t k = 0; rc == 0 && k < n_classes; k++) {
        *shows = *shows || is_area_apart(&r[k]);
        json_object_set_new(per_class, a->dataset.labels[k],
                            json_pack("{s:o, s:o}", "quartiles", quartiles(a, f, k, work),
                                      "auc", redrawn_json(&r[k])));
    }
    json_object_set(to, "per_class", per_class);
    json_decref(per_class);
    mem_free(r);
    mem_free(p);
    mem_free(work);
    return rc;
}

static bool is_constant(const struct audit *a, size_t f)
{
    for (size_t i = 1; i < a->all.n; i++)
        if (a->values[i * NUISANCE_MAX + f] != a->values[f])
            return false;
    return true;
}

static int put_feature(json_t *features, json_t *showing, struct audit *a, size_t f,
                       struct err *e)
{
    const struct nuisance *x = &a->features[f];
    bool constant = is_constant(a, f), has_areas = false, has_accuracy = false;
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:b, s:b}", "feature", x->key, "name", x->name, "unit",
                  x->unit, "moved_by_waveform", x->has_waveform, "constant", constant);
    int rc = o && !json_array_append_new(features, o) ? 0 : no_memory(e);
    if (rc == 0)
        rc = rank_feature(a, f, e);
    if (rc == 0)
        rc = put_areas(o, &has_areas, a, f, e);
    if (rc == 0)
        rc = put_classifier(o, &has_accuracy, a, f, 1, e);
    bool shows = !constant && (has_areas || has_accuracy);
    if (rc == 0 && json_object_set_new(o, "shows", json_boolean(shows)))
        rc = no_memory(e);
    if (rc == 0 && shows)
        json_array_append_new(showing, json_string(x->key));
    return rc;
}

// All features at once. The areas are of the classifier's probabilities in the scored split.
static int put_together(json_t *report, struct audit *a, struct err *e)
{
    bool shows = false;
    size_t n = a->scored->n;
    struct redrawn *r = mem_array(a->n_classes, sizeof *r);
    float *p = mem_array(mem_product(n, a->n_classes), sizeof *p);
    json_t *o = json_object(), *per_class = json_object();
    int rc = r && p && o && per_class ? put_classifier(o, &shows, a, 0, a->n_features, e)
                                      : no_memory(e);
    for (size_t i = 0; rc == 0 && i < n * a->n_classes; i++)
        p[i] = (float)a->answers[i];
    if (rc == 0)
        rc = find_areas(r, a, p, a->truth + a->scored->first, &a->of_scored, n, e);
    for (size_t k = 0; rc == 0 && k < a->n_classes; k++)
        json_object_set_new(per_class, a->dataset.labels[k],
                            json_pack("{s:o}", "auc", redrawn_json(&r[k])));
    json_object_set(o, "per_class", per_class);
    json_object_set_new(o, "shows", json_boolean(shows));
    json_object_set(report, "together", o);
    json_decref(per_class);
    json_decref(o);
    mem_free(r);
    mem_free(p);
    return rc;
}

static int describe(json_t **report, struct audit *a, struct err *e)
{
    json_t *features = json_array(), *showing = json_array(), *classes = json_array();
    int rc = features && showing && classes ? 0 : no_memory(e);
    for (size_t k = 0; rc == 0 && k < a->n_classes; k++)
        json_array_append_new(classes, json_string(a->dataset.labels[k]));
    for (size_t f = 0; rc == 0 && f < a->n_features; f++) {
        rc = put_feature(features, showing, a, f, e);
        monitor_progress(a->monitor, "auditing", f + 1, a->n_features + 1, "");
        if (rc == 0 && monitor_is_cancelled(a->monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while auditing");
    }
    if (rc == 0) {
        *report = json_pack(
            "{s:o, s:s, s:s, s:I, s:I, s:I, s:s, s:I, s:f, s:I, s:O, s:O, s:O}", "dataset",
            jsontext_string(a->o->dataset), "hash", a->dataset.hash, "split", a->o->split,
            "n_train", (json_int_t)a->train->n, "n", (json_int_t)a->scored->n, "n_all",
            (json_int_t)a->all.n, "unit_of_intervals", a->whose.noun, "n_units",
            (json_int_t)a->whose.n_groups, "chance", 1 / (double)a->n_classes, "seed",
            (json_int_t)a->o->seed, "classes", classes, "features", features, "shows", showing);
        rc = *report ? put_together(*report, a, e) : no_memory(e);
    }
    json_decref(features);
    json_decref(showing);
    json_decref(classes);
    return rc;
}

int audit(json_t **report, const struct audit_options *o, const struct monitor *monitor,
          struct err *e)
{
    struct audit a = {.o = o, .monitor = monitor};
    *report = NULL;
    int rc = open_parts(&a, e);
    if (rc == 0)
        rc = gather(&a, e);
    if (rc == 0)
        rc = measure(&a, e);
    if (rc == 0)
        rc = describe(report, &a, e);
    if (rc < 0) {
        json_decref(*report);
        *report = NULL;
    }
    release(&a);
    return rc;
}
