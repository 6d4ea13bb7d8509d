/*
 * assess_clusters.c: intervals over patients: every measure of each resample. See assess_priv.h.
 *
 * A resample is a weight for each patient, so nothing is sorted or copied again: tables of counts are
 * filled with weights, areas are read from the scores ranked once.
 */
#include "job/assess_priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "model/modelfolder.h"
#include "stats/bootstrap.h"
#include "stats/calibration.h"
#include "stats/conformal.h"
#include "stats/precisionrecall.h"
#include "stats/roc.h"

#include <math.h>

enum { RESAMPLED_CLASSES_MAX = 100 }; // their areas would take minutes

struct resampling {
    struct assessment *a;
    size_t n_measures;
    double *values;     // [n_measures][BOOTSTRAP_RESAMPLES]
    uint32_t *times;    // [n_patients] of this resample
    uint32_t *weight;   // [n] of each example
    double *brier;      // [n]
    struct confusion c; // of this resample
};

static void put(struct resampling *r, size_t measure, size_t i_resample, double value)
{
    r->values[measure * BOOTSTRAP_RESAMPLES + i_resample] = value;
}

static void measure_table(struct resampling *r, size_t i)
{
    const struct predictions *q = r->a->q;
    confusion_clear(&r->c);
    for (size_t x = 0; x < q->n; x++)
        confusion_add_times(&r->c, q->truth[x], q->called[x], r->weight[x]);
    put(r, MEASURE_ACCURACY, i, confusion_accuracy(&r->c).value);
    put(r, MEASURE_BALANCED_ACCURACY, i, confusion_balanced_accuracy(&r->c).value);
    put(r, MEASURE_MACRO_F1, i, confusion_macro_f1(&r->c).value);
    for (size_t k = 0; k < q->n_classes; k++) {
        struct class_scores s;
        const struct ranked *ranked = &r->a->ranked[k];
        confusion_class(&s, &r->c, k);
        put(r, measure_of_class(CLASS_PRECISION, k), i, s.precision.value);
        put(r, measure_of_class(CLASS_RECALL, k), i, s.recall.value);
        put(r, measure_of_class(CLASS_SPECIFICITY, k), i, s.specificity.value);
        put(r, measure_of_class(CLASS_F1, k), i, s.f1.value);
        put(r, measure_of_class(CLASS_ROC_AUC, k), i, roc_auc_weighted(ranked, r->weight));
        put(r, measure_of_class(CLASS_AVERAGE_PRECISION, k), i,
            average_precision(ranked, r->weight));
    }
}

static void measure_examples(struct resampling *r, size_t i)
{
    const struct predictions *q = r->a->q;
    const struct calibration *calibration = r->a->o->calibration;
    double brier = 0, held = 0, unsure = 0, all = 0;
    for (size_t x = 0; x < q->n; x++) {
        const float *p = q->p + x * q->n_classes;
        double w = r->weight[x];
        all += w;
        brier += w * r->brier[x];
        if (w > 0 && calibration) {
            held += conformal_holds(p[q->truth[x]], calibration->threshold) ? w : 0;
            unsure += conformal_size(p, q->n_classes, calibration->threshold) != 1 ? w : 0;
        }
    }
    put(r, MEASURE_BRIER, i, brier / all);
    put(r, MEASURE_COVERAGE, i, held / all);
    put(r, MEASURE_UNSURE, i, unsure / all);
}

static void measure_votes(struct resampling *r, size_t i)
{
    for (size_t key = 0; key < N_KEYS; key++) {
        const struct votes *v = &r->a->votes[key];
        confusion_clear(&r->c);
        for (size_t x = 0; x < v->n; x++)
            confusion_add_times(&r->c, v->truth[x], v->called[x], r->times[v->patient[x]]);
        put(r, MEASURE_VOTES_ACCURACY + key, i, confusion_accuracy(&r->c).value);
        put(r, MEASURE_VOTES_BALANCED + key, i, confusion_balanced_accuracy(&r->c).value);
    }
}

static int prepare(struct resampling *r, struct err *e)
{
    struct assessment *a = r->a;
    size_t n = a->q->n;
    r->n_measures = MEASURE_OF_CLASSES + a->q->n_classes * N_CLASS_MEASURES;
    r->values = mem_array(r->n_measures, BOOTSTRAP_RESAMPLES * sizeof *r->values);
    r->times = mem_array(a->n_patients, sizeof *r->times);
    r->weight = mem_array(n, sizeof *r->weight);
    r->brier = mem_array(n, sizeof *r->brier);
    a->clustered = mem_array(r->n_measures, sizeof *a->clustered);
    if (!r->values || !r->times || !r->weight || !r->brier || !a->clustered)
        return err_set(e, ERR_MEMORY, "no memory for intervals over patients");
    for (size_t i = 0; i < n; i++)
        r->brier[i] = brier_of(a->q->p + i * a->q->n_classes, a->q->truth[i], a->q->n_classes);
    return confusion_init(&r->c, a->q->n_classes, e);
}

int assess_resample(struct assessment *a, struct err *e)
{
    struct resampling r = {.a = a};
    if (!a->n_patients)
        a->why_no_patients = "patients are not known";
    else if (a->n_patients == 1)
        a->why_no_patients = "there is a single patient";
    else if (a->q->n_classes > RESAMPLED_CLASSES_MAX)
        a->why_no_patients = "over 100 classes";
    if (a->why_no_patients)
        return 0;
    int rc = prepare(&r, e);
    for (size_t i = 0; rc == 0 && i < BOOTSTRAP_RESAMPLES; i++) {
        bootstrap_draw(r.times, a->n_patients, a->o->seed, i);
        for (size_t x = 0; x < a->q->n; x++)
            r.weight[x] = r.times[a->patient[x]];
        measure_table(&r, i);
        measure_examples(&r, i);
        measure_votes(&r, i);
    }
    for (size_t m = 0; rc == 0 && m < r.n_measures; m++)
        a->clustered[m].why = bootstrap_percentile95(
            &a->clustered[m].ci95, r.values + m * BOOTSTRAP_RESAMPLES, BOOTSTRAP_RESAMPLES);
    confusion_release(&r.c);
    mem_free(r.values);
    mem_free(r.times);
    mem_free(r.weight);
    mem_free(r.brier);
    return rc;
}
