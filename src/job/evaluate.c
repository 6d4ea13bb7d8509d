/* evaluate.c: see evaluate.h. */
#include "job/evaluate.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "job/predict.h"
#include "model/modelfolder.h"
#include "stats/confusion.h"
#include "stats/crossentropy.h"

#include <string.h>

struct evaluate_options evaluate_defaults(void)
{
    return (struct evaluate_options){.split = "validation", .batch = 8, .n_threads = 0};
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
                       float *probabilities, const struct monitor *monitor, struct err *e)
{
    struct batch *b;
    int rc;
    while ((rc = loader_next(l, &b, e)) == 1) {
        rc = predictor_run(p, b->inputs, b->n, NULL, probabilities + b->example[0] * n_classes,
                           e);
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

int evaluate_examples(struct validation *out, struct predictor *p, const struct examples *x,
                      const struct input *input, float *probabilities, size_t n_loader_threads,
                      const struct monitor *monitor, struct err *e)
{
    const struct network *n = predictor_network(p);
    size_t n_classes = n->spec.n_classes, n_right = 0;
    struct loader *l = NULL;
    struct loader_options o = {.order = LOADER_ONCE, .batch = predictor_batch(p)};
    o.input = *input;
    o.n_threads = n_loader_threads;
    float *own = probabilities ? NULL : mem_array(x->n * n_classes, sizeof *own);
    float *q = probabilities ? probabilities : own;
    size_t *truth = mem_array(x->n, sizeof *truth);
    int rc = q && truth ? loader_open(&l, x, &o, e)
                        : err_set(e, ERR_MEMORY, "no memory to evaluate");
    if (rc == 0)
        rc = run_batches(p, l, n_classes, x->n, q, monitor, e);
    for (size_t i = 0; rc == 0 && i < x->n; i++) {
        truth[i] = (size_t)x->examples[i].label;
        n_right += argmax(q + i * n_classes, n_classes) == truth[i];
    }
    if (rc == 0) {
        out->accuracy = (double)n_right / (double)x->n;
        if (!crossentropy_mean(&out->cross_entropy, q, truth, x->n, n_classes))
            rc = err_set(e, ERR_FORMAT, "the network's probabilities are not finite");
    }
    loader_close(l);
    mem_free(truth);
    mem_free(own);
    return rc;
}

static int check_labels(const struct model *m, const struct dataset *d, struct err *e)
{
    bool same = m->n_classes == d->n_classes;
    for (size_t k = 0; same && k < m->n_classes; k++)
        same = !strcmp(m->labels[k], d->labels[k]);
    if (same)
        return 0;
    return err_set(e, ERR_USAGE,
                   "%s has %zu classes (%s, ...), %s has %zu (%s, ...): not the same", m->name,
                   m->n_classes, m->labels[0], d->folder, d->n_classes, d->labels[0]);
}

static json_t *ratio_json(struct ratio r)
{
    if (!r.is_computable)
        return json_pack("{s:n, s:n, s:I, s:I}", "value", "ci95", "part", (json_int_t)r.part,
                         "of", (json_int_t)r.whole);
    return json_pack("{s:f, s:[f, f], s:I, s:I}", "value", r.value, "ci95", r.ci95.low,
                     r.ci95.high, "part", (json_int_t)r.part, "of", (json_int_t)r.whole);
}

// How many examples of the class there are; the interval is of its share of all.
static json_t *support_json(struct ratio share)
{
    json_t *o = ratio_json(share);
    if (o)
        json_object_set_new(o, "value", json_integer((json_int_t)share.part));
    return o;
}

static json_t *value_json(struct ratio r)
{
    return r.is_computable ? json_real(r.value) : json_null();
}

static json_t *mean_json(struct class_mean m)
{
    return m.is_computable ? json_real(m.value) : json_null();
}

static json_t *class_json(const struct confusion *c, size_t k)
{
    struct class_scores s;
    confusion_class(&s, c, k);
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "precision", ratio_json(s.precision),
                     "recall", ratio_json(s.recall), "specificity", ratio_json(s.specificity),
                     "f1", ratio_json(s.f1), "support", support_json(s.share));
}

static json_t *confusion_json(const struct confusion *c)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < c->n_classes; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < c->n_classes; k++)
            json_array_append_new(row, json_integer((json_int_t)confusion_count(c, i, k)));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *report_json(const struct model *m, const struct evaluate_options *o,
                           const struct confusion *c, struct validation v)
{
    json_t *classes = json_array(), *per_class = json_object();
    struct bool_cast cast;
    for (size_t k = 0; k < m->n_classes; k++) {
        json_array_append_new(classes, json_string(m->labels[k]));
        json_object_set_new(per_class, m->labels[k], class_json(c, k));
    }
    confusion_bool_cast(&cast, c);
    struct ratio accuracy = confusion_accuracy(c);
    return json_pack("{s:o, s:o, s:s, s:I, s:f, s:[f, f], s:o, s:o, s:f, s:o, s:o, "
                     "s:o, s:{s:o, s:o}}",
                     "model", jsontext_string(m->name), "dataset", jsontext_string(o->dataset),
                     "split", o->split, "n", (json_int_t)c->n, "accuracy", accuracy.value,
                     "accuracy_ci95", accuracy.ci95.low, accuracy.ci95.high,
                     "balanced_accuracy", mean_json(confusion_balanced_accuracy(c)), "macro_f1",
                     mean_json(confusion_macro_f1(c)), "cross_entropy", v.cross_entropy,
                     "classes", classes, "confusion", confusion_json(c), "per_class", per_class,
                     "tf_slim_bool_cast", "precision", value_json(cast.precision), "recall",
                     value_json(cast.recall));
}

static void put_bytes(struct buffer *b, struct example_bytes s)
{
    buffer_append(b, "\"", 1);
    for (size_t i = 0; i < s.n; i++)
        buffer_append(b, s.data[i] == '"' ? "\"\"" : (const char *)&s.data[i],
                      s.data[i] == '"' ? 2 : 1);
    buffer_append(b, "\"", 1);
}

static int write_predictions(const char *path, const struct model *m, const struct examples *x,
                             const float *q, struct err *e)
{
    struct buffer b = {0};
    buffer_printf(&b, "file,patient,truth,prediction");
    for (size_t k = 0; k < m->n_classes; k++) {
        buffer_printf(&b, ",");
        put_bytes(&b,
                  (struct example_bytes){(unsigned char *)m->labels[k], strlen(m->labels[k])});
    }
    buffer_printf(&b, "\n");
    for (size_t i = 0; i < x->n; i++) {
        const float *row = q + i * m->n_classes;
        put_bytes(&b, x->examples[i].filename);
        buffer_printf(&b, ",");
        put_bytes(&b, x->examples[i].patient);
        buffer_printf(&b, ",%s,%s", m->labels[x->examples[i].label],
                      m->labels[argmax(row, m->n_classes)]);
        for (size_t k = 0; k < m->n_classes; k++)
            buffer_printf(&b, ",%.6g", (double)row[k]);
        buffer_printf(&b, "\n");
    }
    int rc = b.failed ? err_set(e, ERR_MEMORY, "%s: no memory", path)
                      : file_write(path, b.data, b.n, e);
    buffer_release(&b);
    return rc;
}

int evaluate(json_t **report, struct model *m, const struct evaluate_options *o,
             const struct monitor *monitor, struct err *e)
{
    struct dataset d = {0};
    struct examples x = {0};
    struct predictor *p = NULL;
    struct confusion c = {0};
    struct validation v;
    float *q = NULL;
    *report = NULL;
    int rc = dataset_open(&d, o->dataset, e);
    if (rc == 0)
        rc = check_labels(m, &d, e);
    if (rc == 0)
        rc = examples_load(&x, &d, o->split, e);
    if (rc == 0)
        rc = confusion_init(&c, m->n_classes, e);
    if (rc == 0)
        rc = predictor_open(&p, &m->network, m->variables, o->batch, o->n_threads, e);
    if (rc == 0 && !(q = mem_array(x.n * m->n_classes, sizeof *q)))
        rc = err_set(e, ERR_MEMORY, "no memory to evaluate");
    if (rc == 0)
        rc = evaluate_examples(&v, p, &x, &m->input, q, 2, monitor, e);
    for (size_t i = 0; rc == 0 && i < x.n; i++)
        confusion_add(&c, (size_t)x.examples[i].label,
                      argmax(q + i * m->n_classes, m->n_classes));
    if (rc == 0 && o->predictions)
        rc = write_predictions(o->predictions, m, &x, q, e);
    if (rc == 0 && !(*report = report_json(m, o, &c, v)))
        rc = err_set(e, ERR_MEMORY, "no memory for the report");
    predictor_close(p);
    confusion_release(&c);
    examples_release(&x);
    dataset_close(&d);
    mem_free(q);
    return rc;
}
