/* assess.c: see assess.h. */
#include "job/assess.h"

#include "base/err.h"
#include "base/mem.h"
#include "job/assess_priv.h"
#include "job/evaluate.h"
#include "model/modelfolder.h"
#include "stats/bootstrap.h"
#include "stats/calibration.h"
#include "stats/conformal.h"
#include "stats/crossentropy.h"
#include "stats/estimate.h"
#include "stats/precisionrecall.h"
#include "stats/roc.h"

#include <math.h>

static void release(struct assessment *a)
{
    confusion_release(&a->confusion);
    for (size_t k = 0; a->ranked && k < a->q->n_classes; k++)
        ranked_release(&a->ranked[k]);
    mem_free(a->ranked);
    for (int key = 0; key < N_KEYS; key++)
        votes_release(&a->votes[key]);
    mem_free(a->patient);
    mem_free(a->clustered);
    json_decref(a->not_computable);
}

static int prepare(struct assessment *a, struct err *e)
{
    const struct predictions *q = a->q;
    a->not_computable = json_object();
    a->ranked = mem_array(q->n_classes, sizeof *a->ranked);
    int rc = a->not_computable && a->ranked ? 0 : err_set(e, ERR_MEMORY, "no memory to assess");
    if (rc == 0)
        rc = confusion_init(&a->confusion, q->n_classes, e);
    for (size_t i = 0; rc == 0 && i < q->n; i++)
        confusion_add(&a->confusion, q->truth[i], q->called[i]);
    for (size_t k = 0; rc == 0 && k < q->n_classes; k++)
        rc = ranked_init(&a->ranked[k], q->p, q->truth, q->n, q->n_classes, k, e);
    if (rc == 0)
        rc = assess_find_groups(a, e);
    if (rc == 0)
        rc = assess_resample(a, e);
    return rc;
}

// An interval over patients alone, as a member beside its value.
static json_t *ci_patients(struct assessment *a, size_t measure, const char *at)
{
    const struct clustered *c = a->clustered ? &a->clustered[measure] : NULL;
    if (c && c->why)
        assess_why(a->not_computable, at, "", c->why);
    return c && !c->why ? json_pack("[f, f]", c->ci95.low, c->ci95.high) : json_null();
}

static int put_whole(json_t *o, struct assessment *a, struct err *e)
{
    const struct predictions *q = a->q;
    struct ratio accuracy = confusion_accuracy(&a->confusion);
    struct class_mean balanced = confusion_balanced_accuracy(&a->confusion);
    struct class_mean f1 = confusion_macro_f1(&a->confusion);
    double cross_entropy;
    if (!crossentropy_mean(&cross_entropy, q->p, q->truth, q->n, q->n_classes))
        return err_set(e, ERR_FORMAT, "the probabilities are not finite");
    json_t *bootstrap = json_null();
    if (a->why_no_patients)
        assess_why(a->not_computable, "/bootstrap", "", a->why_no_patients);
    else
        bootstrap = json_pack("{s:s, s:I, s:i, s:I}", "clusters", "patients", "n_clusters",
                              (json_int_t)a->n_patients, "n_resamples", BOOTSTRAP_RESAMPLES,
                              "seed", (json_int_t)a->o->seed);
    json_t *more = json_pack(
        "{s:I, s:o, s:f, s:[f, f], s:o, s:o, s:o, s:o, s:o, s:f}", "n", (json_int_t)q->n,
        "bootstrap", bootstrap, "accuracy", accuracy.value, "accuracy_ci95", accuracy.ci95.low,
        accuracy.ci95.high, "accuracy_ci95_patients",
        ci_patients(a, MEASURE_ACCURACY, "/accuracy_ci95_patients"), "balanced_accuracy",
        assess_number(balanced.value), "balanced_accuracy_ci95_patients",
        ci_patients(a, MEASURE_BALANCED_ACCURACY, "/balanced_accuracy_ci95_patients"),
        "macro_f1", assess_number(f1.value), "macro_f1_ci95_patients",
        ci_patients(a, MEASURE_MACRO_F1, "/macro_f1_ci95_patients"), "cross_entropy",
        cross_entropy);
    int rc = json_object_update(o, more);
    json_decref(more);
    return rc ? err_set(e, ERR_MEMORY, "no memory for the report") : 0;
}

// How many examples of the class there are; the interval is of its share of all.
static json_t *support_json(struct assessment *a, struct ratio share)
{
    json_t *o = assess_ratio(a->not_computable, share, NULL, NULL);
    json_object_set_new(o, "value", json_integer((json_int_t)share.part));
    return o;
}

static json_t *class_json(struct assessment *a, size_t k)
{
    const struct predictions *q = a->q;
    const struct ranked *r = &a->ranked[k];
    struct class_scores s;
    confusion_class(&s, &a->confusion, k);
    const struct {
        const char *name, *why;
        const struct ratio *ratio;
        enum class_measure measure;
    } ratios[] = {
        {"precision", "no example was called so", &s.precision, CLASS_PRECISION},
        {"recall", "no example is of this class", &s.recall, CLASS_RECALL},
        {"specificity", "every example is of this class", &s.specificity, CLASS_SPECIFICITY},
        {"f1", "no example is of this class or was called so", &s.f1, CLASS_F1},
    };
    json_t *o = json_object();
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++) {
        char *at = assess_pointer("/per_class", q->classes[k], ratios[i].name);
        json_object_set_new(o, ratios[i].name,
                            assess_clustered_ratio(a, *ratios[i].ratio,
                                                   measure_of_class(ratios[i].measure, k), at,
                                                   ratios[i].why));
        mem_free(at);
    }
    json_object_set_new(o, "support", support_json(a, s.share));
    char *at = assess_pointer("/per_class", q->classes[k], "roc_auc");
    json_object_set_new(
        o, "roc_auc",
        assess_clustered_estimate(a, roc_auc(r), measure_of_class(CLASS_ROC_AUC, k), at));
    mem_free(at);
    double precision = average_precision(r, NULL);
    struct estimate x = isnan(precision) ? estimate_none("no example is of this class")
                                         : estimate_point(precision, NULL);
    at = assess_pointer("/per_class", q->classes[k], "average_precision");
    json_object_set_new(
        o, "average_precision",
        assess_clustered_estimate(a, x, measure_of_class(CLASS_AVERAGE_PRECISION, k), at));
    mem_free(at);
    return o;
}

static json_t *calibration_json(struct assessment *a)
{
    const struct predictions *q = a->q;
    struct reliability_bin bins[RELIABILITY_BINS];
    json_t *list = json_array();
    double brier = 0;
    reliability_bins(bins, q->p, q->truth, q->n, q->n_classes);
    for (int b = 0; b < RELIABILITY_BINS; b++)
        json_array_append_new(
            list,
            json_pack("{s:f, s:f, s:I, s:I, s:o, s:o}", "low", (double)b / RELIABILITY_BINS,
                      "high", (double)(b + 1) / RELIABILITY_BINS, "n", (json_int_t)bins[b].n,
                      "n_right", (json_int_t)bins[b].n_right, "confidence",
                      assess_number(bins[b].confidence), "right",
                      assess_ratio(NULL, ratio_of(bins[b].n_right, bins[b].n), NULL, NULL)));
    for (size_t i = 0; i < q->n; i++)
        brier += brier_of(q->p + i * q->n_classes, q->truth[i], q->n_classes);
    return json_pack("{s:f, s:f, s:o, s:o}", "temperature",
                     a->o->calibration ? a->o->calibration->temperature : 1.0, "ece",
                     reliability_ece(bins), "brier",
                     assess_clustered_estimate(a, estimate_point(brier / (double)q->n, NULL),
                                               MEASURE_BRIER, "/calibration/brier"),
                     "bins", list);
}

struct coverage {
    uint64_t n_held, n_unsure, n_empty, n_sure_right;
    uint64_t *of_size;  // [n_classes + 1]
    uint64_t *of_class; // [n_classes] sets that hold the truth
};

static void count_sets(struct coverage *c, const struct predictions *q, double threshold)
{
    for (size_t i = 0; i < q->n; i++) {
        const float *p = q->p + i * q->n_classes;
        size_t size = conformal_size(p, q->n_classes, threshold);
        bool holds = conformal_holds(p[q->truth[i]], threshold);
        c->of_size[size]++;
        c->of_class[q->truth[i]] += holds;
        c->n_held += holds;
        c->n_unsure += size != 1;
        c->n_empty += size == 0;
        c->n_sure_right += size == 1 && holds;
    }
}

static json_t *sets_json(struct assessment *a, const struct coverage *c)
{
    const struct predictions *q = a->q;
    const struct calibration *calibration = a->o->calibration;
    json_t *why = a->not_computable, *sizes = json_array(), *per_class = json_object();
    for (size_t k = 0; k <= q->n_classes; k++)
        json_array_append_new(sizes, json_integer((json_int_t)c->of_size[k]));
    for (size_t k = 0; k < q->n_classes; k++) {
        char *at = assess_pointer("/conformal/coverage_per_class", q->classes[k], "");
        struct ratio r = ratio_of(c->of_class[k], a->ranked[k].n_positive);
        json_object_set_new(per_class, q->classes[k],
                            assess_ratio(why, r, at, "no example is of this class"));
        mem_free(at);
    }
    return json_pack("{s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "error_rate",
                     calibration->error_rate, "threshold", calibration->threshold, "coverage",
                     assess_clustered_ratio(a, ratio_of(c->n_held, q->n), MEASURE_COVERAGE,
                                            "/conformal/coverage", NULL),
                     "unsure",
                     assess_clustered_ratio(a, ratio_of(c->n_unsure, q->n), MEASURE_UNSURE,
                                            "/conformal/unsure", NULL),
                     "empty", assess_ratio(why, ratio_of(c->n_empty, q->n), NULL, NULL),
                     "accuracy_when_sure",
                     assess_ratio(why, ratio_of(c->n_sure_right, q->n - c->n_unsure),
                                  "/conformal/accuracy_when_sure",
                                  "no example has a set of one class"),
                     "set_sizes", sizes, "coverage_per_class", per_class, "is_own_split",
                     a->o->is_own_split);
}

static int conformal_json(json_t **out, struct assessment *a, struct err *e)
{
    size_t n_classes = a->q->n_classes;
    *out = json_null();
    if (!a->o->calibration) {
        assess_why(a->not_computable, "/conformal", "",
                   "the model has no sets: nemg calibrate sets their threshold");
        return 0;
    }
    struct coverage c = {.of_size = mem_array(n_classes + 1, sizeof *c.of_size),
                         .of_class = mem_array(n_classes, sizeof *c.of_class)};
    int rc = c.of_size && c.of_class ? 0 : err_set(e, ERR_MEMORY, "no memory for sets");
    if (rc == 0) {
        count_sets(&c, a->q, a->o->calibration->threshold);
        *out = sets_json(a, &c);
    }
    mem_free(c.of_size);
    mem_free(c.of_class);
    return rc;
}

static int put_classes(json_t *o, struct assessment *a, struct err *e)
{
    json_t *classes = json_array(), *per_class = json_object();
    for (size_t k = 0; k < a->q->n_classes; k++) {
        json_array_append_new(classes, json_string(a->q->classes[k]));
        json_object_set_new(per_class, a->q->classes[k], class_json(a, k));
    }
    json_object_set_new(o, "classes", classes);
    json_object_set_new(o, "confusion", assess_confusion(&a->confusion));
    json_object_set_new(o, "per_class", per_class);
    json_t *curves = assess_curves(a, e);
    if (!curves)
        return ERR_MEMORY;
    json_object_set_new(o, "curves", curves);
    json_t *points;
    int rc = assess_operating_points(&points, a, e);
    json_object_set_new(o, "operating_points", points);
    json_object_set_new(o, "calibration", calibration_json(a));
    return rc;
}

static int put_groups(json_t *o, struct assessment *a, struct err *e)
{
    int rc = 0;
    for (int key = 0; rc == 0 && key < N_KEYS; key++) {
        json_t *groups;
        char *name = mem_printf("%ss", predictions_keys[key]);
        rc = name ? assess_groups(&groups, a, (enum predictions_key)key, e)
                  : err_set(e, ERR_MEMORY, "no memory for results by group");
        if (rc == 0)
            json_object_set_new(o, name, groups);
        mem_free(name);
    }
    return rc;
}

static void put_bool_cast(json_t *o, struct assessment *a)
{
    struct bool_cast cast;
    confusion_bool_cast(&cast, &a->confusion);
    if (!cast.precision.is_computable)
        assess_why(a->not_computable, "/tf_slim_bool_cast", "/precision",
                   "every example was called class 0");
    if (!cast.recall.is_computable)
        assess_why(a->not_computable, "/tf_slim_bool_cast", "/recall",
                   "every example is of class 0");
    json_object_set_new(o, "tf_slim_bool_cast",
                        json_pack("{s:o, s:o}", "precision",
                                  assess_number(cast.precision.value), "recall",
                                  assess_number(cast.recall.value)));
}

int assess(json_t **report, const struct predictions *q, const struct assess_options *o,
           struct err *e)
{
    struct assessment a = {.q = q, .o = o};
    json_t *out = json_object(), *conformal;
    *report = NULL;
    int rc = out ? prepare(&a, e) : err_set(e, ERR_MEMORY, "no memory to assess");
    if (rc == 0)
        rc = put_whole(out, &a, e);
    if (rc == 0)
        rc = put_classes(out, &a, e);
    if (rc == 0)
        rc = conformal_json(&conformal, &a, e);
    if (rc == 0)
        json_object_set_new(out, "conformal", conformal);
    if (rc == 0)
        rc = put_groups(out, &a, e);
    if (rc == 0) {
        put_bool_cast(out, &a);
        json_object_set(out, "not_computable", a.not_computable);
        *report = json_incref(out);
    }
    json_decref(out);
    release(&a);
    return rc;
}
