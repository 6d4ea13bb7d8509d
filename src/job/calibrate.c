/* calibrate.c: see calibrate.h. */
#include "job/calibrate.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "job/evaluate.h"
#include "job/predict.h"
#include "model/modelfolder.h"
#include "stats/calibration.h"
#include "stats/conformal.h"
#include "stats/crossentropy.h"
#include "stats/estimate.h"
#include "stats/temperature.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char split[] = "validation";

struct calibrate_options calibrate_defaults(void)
{
    return (struct calibrate_options){.error_rate = 0.1};
}

// A calibration in the making.
struct work {
    const struct calibrate_options *o;
    struct model m;
    struct dataset d;
    struct examples x;
    float *logits, *p; // [n][n_classes]
    size_t *truth;     // [n]
    struct estimate temperature;
    double threshold;
    double cross_entropy[2], ece[2]; // before, after
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to calibrate");
}

static int load(struct work *w, struct err *e)
{
    int rc = model_open(&w->m, w->o->model, e);
    if (rc == 0)
        rc = dataset_open(&w->d, w->o->dataset, e);
    if (rc == 0)
        rc = evaluate_check_labels(&w->m, &w->d, e);
    if (rc == 0)
        rc = examples_load(&w->x, &w->d, split, e);
    if (rc == 0 && w->x.n < conformal_least(w->o->error_rate))
        rc =
            err_set(e, ERR_USAGE,
                    "%s: %zu examples in its validation split are too few for an error rate of "
                    "%g: wanted at least %zu",
                    w->o->dataset, w->x.n, w->o->error_rate, conformal_least(w->o->error_rate));
    return rc;
}

static int compute_logits(struct work *w, const struct monitor *monitor, struct err *e)
{
    struct predictor *p = NULL;
    size_t floats = mem_product(w->x.n, w->m.n_classes);
    w->logits = mem_array(floats, sizeof *w->logits);
    w->p = mem_array(floats, sizeof *w->p);
    w->truth = mem_array(w->x.n, sizeof *w->truth);
    int rc = w->logits && w->p && w->truth ? 0 : no_memory(e);
    if (rc == 0)
        rc = predictor_open_model(
            &p, &w->m, &(struct predictor_options){w->o->batch, w->o->n_threads, w->o->numbers},
            e);
    if (rc == 0)
        rc = evaluate_outputs(p, &w->x, &w->m.input, w->logits, NULL, 2, monitor, e);
    predictor_close(p);
    for (size_t i = 0; rc == 0 && i < w->x.n; i++)
        w->truth[i] = (size_t)w->x.examples[i].label;
    for (size_t i = 0; rc == 0 && i < floats; i++)
        if (!isfinite(w->logits[i]))
            rc = err_set(e, ERR_FORMAT,
                         "%s: example %zu of %s: a logit is %g: its weights are damaged or "
                         "training diverged",
                         w->m.name, i / w->m.n_classes, split, (double)w->logits[i]);
    return rc;
}

// The probabilities at a temperature, and what they are worth.
static int judge(struct work *w, double temperature, int after, struct err *e)
{
    size_t n_classes = w->m.n_classes;
    struct reliability_bin bins[RELIABILITY_BINS];
    for (size_t i = 0; i < w->x.n; i++)
        temperature_softmax(w->p + i * n_classes, w->logits + i * n_classes, n_classes,
                            temperature);
    reliability_bins(bins, w->p, w->truth, w->x.n, n_classes);
    w->ece[after] = reliability_ece(bins);
    return crossentropy_mean(&w->cross_entropy[after], w->p, w->truth, w->x.n, n_classes)
               ? 0
               : err_set(e, ERR_FORMAT, "%s: its probabilities are not finite", w->m.name);
}

static int fit(struct work *w, struct err *e)
{
    w->temperature = temperature_fit(w->logits, w->truth, w->x.n, w->m.n_classes);
    int rc = judge(w, 1, 0, e);
    if (rc == 0)
        rc = judge(w, w->temperature.why ? 1 : w->temperature.value, 1, e);
    if (rc == 0)
        rc = conformal_threshold(&w->threshold, w->p, w->truth, w->x.n, w->m.n_classes,
                                 w->o->error_rate, e);
    // it is one example's own score, and a model keeps nine digits: rounded down they would leave it out
    if (rc == 0)
        w->threshold = ceil(w->threshold * 1e9) / 1e9;
    return rc;
}

static int compare(const void *a, const void *b)
{
    const struct example_bytes *x = *(const struct example_bytes *const *)a,
                               *y = *(const struct example_bytes *const *)b;
    size_t n = x->n < y->n ? x->n : y->n;
    int order = n ? memcmp(x->data, y->data, n) : 0;
    return order ? order : x->n < y->n ? -1 : x->n > y->n;
}

// How many patients the examples are of; null where one lacks a patient.
static json_t *count_patients(const struct examples *x)
{
    const struct example_bytes **names = mem_array(x->n, sizeof(void *));
    size_t n = 0;
    for (size_t i = 0; names && i < x->n; i++)
        names[i] = &x->examples[i].patient;
    if (names)
        qsort((void *)names, x->n, sizeof *names, compare);
    bool is_known = names && names[0]->n;
    for (size_t i = 0; is_known && i < x->n; i++)
        n += i == 0 || compare(&names[i - 1], &names[i]) != 0;
    mem_free((void *)names);
    return is_known ? json_integer((json_int_t)n) : json_null();
}

static json_t *calibration_json(const struct work *w)
{
    char now[CLOCK_ISO_BYTES], hash[SHA256_HEX_BYTES];
    clock_iso_utc(now, clock_wall_s());
    dataset_split_hash(hash, &w->d, split);
    return json_pack("{s:f, s:f, s:f, s:I, s:o, s:s, s:s?, s:s?, s:s}", "temperature",
                     w->temperature.why ? 1.0 : w->temperature.value, "error_rate",
                     w->o->error_rate, "threshold", w->threshold, "n", (json_int_t)w->x.n,
                     "n_patients", count_patients(&w->x), "split", split, "dataset_hash",
                     *w->d.hash ? w->d.hash : NULL, "split_hash", *hash ? hash : NULL,
                     "created", now);
}

static json_t *report_json(const struct work *w, json_t *calibration)
{
    json_t *not_computable = json_object();
    if (w->temperature.why)
        json_object_set_new(not_computable, "/calibration/temperature",
                            json_string(w->temperature.why));
    return json_pack("{s:o, s:o, s:s, s:O, s:{s:f, s:f}, s:{s:f, s:f}, s:o}", "model",
                     jsontext_string(w->o->model), "dataset", jsontext_string(w->o->dataset),
                     "split", split, "calibration", calibration, "cross_entropy", "before",
                     w->cross_entropy[0], "after", w->cross_entropy[1], "ece", "before",
                     w->ece[0], "after", w->ece[1], "not_computable", not_computable);
}

int calibrate(json_t **report, const struct calibrate_options *o, const struct monitor *monitor,
              struct err *e)
{
    struct work w = {.o = o};
    json_t *calibration = NULL;
    *report = NULL;
    int rc = load(&w, e);
    if (rc == 0)
        rc = compute_logits(&w, monitor, e);
    if (rc == 0)
        rc = fit(&w, e);
    if (rc == 0 && !(calibration = calibration_json(&w)))
        rc = no_memory(e);
    if (rc == 0)
        rc = model_set_calibration(o->model, calibration, e);
    if (rc == 0 && !(*report = report_json(&w, calibration)))
        rc = no_memory(e);
    json_decref(calibration);
    mem_free(w.logits);
    mem_free(w.p);
    mem_free(w.truth);
    examples_release(&w.x);
    dataset_close(&w.d);
    model_close(&w.m);
    return rc;
}
