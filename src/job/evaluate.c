/* evaluate.c: see evaluate.h. */
#include "job/evaluate.h"

#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "job/assess.h"
#include "job/predict.h"
#include "job/predictions.h"
#include "model/modelfolder.h"
#include "stats/crossentropy.h"

#include <string.h>

struct evaluate_options evaluate_defaults(void)
{
    return (struct evaluate_options){.split = "validation", .n_threads = 0};
}

size_t argmax(const float *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    return best;
}

static int run_batches(struct predictor *p, struct loader *l, size_t n_classes, size_t n,
                       float *logits, float *probabilities, const struct monitor *monitor,
                       struct err *e)
{
    struct batch *b;
    int rc;
    while ((rc = loader_next(l, &b, e)) == 1) {
        size_t at = b->example[0] * n_classes;
        rc = predictor_run(p, b->inputs, b->n, logits ? logits + at : NULL,
                           probabilities ? probabilities + at : NULL, e);
        uint64_t done = b->example[0] + b->n;
        batch_free(b);
        monitor_progress(monitor, "evaluating", done, n, "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while evaluating");
        if (rc < 0)
            return rc;
    }
    return rc;
}

int evaluate_outputs(struct predictor *p, const struct examples *x, const struct input *input,
                     float *logits, float *probabilities, size_t n_loader_threads,
                     const struct monitor *monitor, struct err *e)
{
    struct loader *l = NULL;
    struct loader_options o = {.order = LOADER_ONCE, .batch = predictor_batch(p)};
    o.input = *input;
    o.n_threads = n_loader_threads;
    int rc = loader_open(&l, x, &o, e);
    if (rc == 0)
        rc = run_batches(p, l, predictor_network(p)->spec.n_classes, x->n, logits,
                         probabilities, monitor, e);
    loader_close(l);
    return rc;
}

int evaluate_examples(struct validation *out, struct predictor *p, const struct examples *x,
                      const struct input *input, size_t n_loader_threads,
                      const struct monitor *monitor, struct err *e)
{
    size_t n_classes = predictor_network(p)->spec.n_classes, n_right = 0;
    float *q = mem_array(x->n * n_classes, sizeof *q);
    size_t *truth = mem_array(x->n, sizeof *truth);
    int rc = q && truth ? evaluate_outputs(p, x, input, NULL, q, n_loader_threads, monitor, e)
                        : err_set(e, ERR_MEMORY, "no memory to evaluate");
    for (size_t i = 0; rc == 0 && i < x->n; i++) {
        truth[i] = (size_t)x->examples[i].label;
        n_right += argmax(q + i * n_classes, n_classes) == truth[i];
    }
    if (rc == 0) {
        out->accuracy = (double)n_right / (double)x->n;
        if (!crossentropy_mean(&out->cross_entropy, q, truth, x->n, n_classes))
            rc = err_set(e, ERR_FORMAT, "the network's probabilities are not finite");
    }
    mem_free(truth);
    mem_free(q);
    return rc;
}

int evaluate_check_labels(const struct model *m, const struct dataset *d, struct err *e)
{
    if (m->n_classes != d->n_classes)
        return err_set(e, ERR_USAGE,
                       "%s knows %zu classes (%s, ...), %s has %zu (%s, ...): wanted the same "
                       "classes",
                       m->name, m->n_classes, m->labels[0], d->folder, d->n_classes,
                       d->labels[0]);
    for (size_t k = 0; k < m->n_classes; k++)
        if (strcmp(m->labels[k], d->labels[k]) != 0)
            return err_set(e, ERR_USAGE,
                           "%s calls class %zu \"%s\", %s \"%s\": wanted the same classes",
                           m->name, k, m->labels[k], d->folder, d->labels[k]);
    return 0;
}

// The probabilities of every example of a split, as the model gives them with its temperature.
static int predict_split(struct predictions *out, struct model *m, const struct examples *x,
                         const struct evaluate_options *o, const struct monitor *monitor,
                         struct err *e)
{
    struct predictor *p = NULL;
    float *q = mem_array(mem_product(x->n, m->n_classes), sizeof *q);
    int rc = q ? predictor_open_model(
                     &p, m, &(struct predictor_options){o->batch, o->n_threads, o->numbers}, e)
               : err_set(e, ERR_MEMORY, "no memory to evaluate");
    if (rc == 0) {
        predictor_set_temperature(p, m->calibration.temperature);
        rc = evaluate_outputs(p, x, &m->input, NULL, q, 2, monitor, e);
    }
    if (rc == 0)
        rc = predictions_of(out, m->labels, m->n_classes, x, q, e);
    predictor_close(p);
    mem_free(q);
    return rc;
}

static struct assess_options assess_options_of(const struct evaluate_options *o)
{
    return (struct assess_options){
        .sensitivity = o->sensitivity, .specificity = o->specificity, .seed = o->seed};
}

// What was measured on what comes first.
static int put_source(json_t **report, json_t *source, struct err *e)
{
    if (!source || json_object_update(source, *report)) {
        json_decref(source);
        json_decref(*report);
        *report = NULL;
        return err_set(e, ERR_MEMORY, "no memory for the report");
    }
    json_decref(*report);
    *report = source;
    return 0;
}

static int assess_split(json_t **report, const struct model *m, const struct dataset *d,
                        const struct predictions *q, const struct predictions *chosen_on,
                        const struct evaluate_options *o, struct err *e)
{
    char hash[SHA256_HEX_BYTES];
    struct assess_options a = assess_options_of(o);
    dataset_split_hash(hash, d, o->split);
    a.split = o->split;
    a.chosen_on = chosen_on;
    a.calibration = m->is_calibrated ? &m->calibration : NULL;
    a.is_own_split = m->is_calibrated && *hash && !strcmp(hash, m->calibration.split_hash);
    int rc = assess(report, q, &a, e);
    if (rc < 0)
        return rc;
    return put_source(
        report,
        json_pack("{s:o, s:s, s:o, s:s, s:s?, s:o}", "model", jsontext_string(m->name),
                  "number_type", predictor_number_type(m, o->numbers), "dataset",
                  jsontext_string(o->dataset), "split", o->split, "dataset_hash",
                  *d->hash ? d->hash : NULL, "predictions", jsontext_string(o->predictions)),
        e);
}

// Loads a split and predicts it.
static int run_split(struct predictions *out, struct model *m, const struct dataset *d,
                     const char *split, const struct evaluate_options *o,
                     const struct monitor *monitor, struct err *e)
{
    struct examples x = {0};
    int rc = examples_load(&x, d, split, e);
    if (rc == 0)
        rc = predict_split(out, m, &x, o, monitor, e);
    examples_release(&x);
    return rc;
}

// Thresholds are chosen on validation where something else is judged, and there is one.
static int run_validation(struct predictions *out, bool *has_it, struct model *m,
                          const struct dataset *d, const struct evaluate_options *o,
                          const struct monitor *monitor, struct err *e)
{
    struct err none;
    *has_it = false;
    if (!(o->sensitivity > 0 || o->specificity > 0) || !strcmp(o->split, "validation"))
        return 0;
    int rc = run_split(out, m, d, "validation", o, monitor, &none);
    *has_it = rc == 0;
    if (rc < 0 &&
        rc != ERR_USAGE) { // ERR_USAGE: no such split, or nothing in it, or an empty one
        *e = none;
        return rc;
    }
    return 0;
}

int evaluate(json_t **report, struct model *m, const struct evaluate_options *o,
             const struct monitor *monitor, struct err *e)
{
    struct dataset d = {0};
    struct predictions q = {0}, validation = {0};
    bool has_validation = false;
    *report = NULL;
    int rc = dataset_open(&d, o->dataset, e);
    if (rc == 0)
        rc = evaluate_check_labels(m, &d, e);
    if (rc == 0)
        rc = run_split(&q, m, &d, o->split, o, monitor, e);
    if (rc == 0)
        rc = run_validation(&validation, &has_validation, m, &d, o, monitor, e);
    if (rc == 0 && o->predictions)
        rc = predictions_write(o->predictions, &q, e);
    if (rc == 0)
        rc = assess_split(report, m, &d, &q, has_validation ? &validation : NULL, o, e);
    predictions_release(&q);
    predictions_release(&validation);
    dataset_close(&d);
    return rc;
}

int evaluate_file(json_t **report, const char *predictions, const struct evaluate_options *o,
                  struct err *e)
{
    struct predictions q;
    struct assess_options a = assess_options_of(o);
    *report = NULL;
    int rc = predictions_read(&q, predictions, e);
    if (rc == 0)
        rc = assess(report, &q, &a, e);
    if (rc == 0)
        rc = put_source(report,
                        json_pack("{s:n, s:n, s:n, s:n, s:n, s:o}", "model", "number_type",
                                  "dataset", "split", "dataset_hash", "predictions",
                                  jsontext_string(predictions)),
                        e);
    predictions_release(&q);
    return rc;
}
