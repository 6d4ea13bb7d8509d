/* quantize.c: see quantize.h. */
#include "job/quantize.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "job/evaluate.h"
#include "job/predict.h"
#include "model/modelfolder.h"
#include "nn/net.h"
#include "stats/confusion.h"

#include <math.h>
#include <string.h>

static const char split_of_ranges[] = "train";

struct quantize_options quantize_defaults(void)
{
    return (struct quantize_options){.split = "validation", .n_examples = 256, .max_loss = 1};
}

enum { FLOAT32, INT8, N_SIDES };
static const enum numbers numbers_of[N_SIDES] = {NUMBERS_FLOAT32, NUMBERS_AUTO};

struct work {
    const struct quantize_options *o;
    const struct monitor *monitor;
    struct model m;
    struct dataset d;
    int *relus; // tensors whose ranges are wanted
    size_t n_relus;
    size_t n_seen; // examples that ranges are of
    struct examples judged;
    size_t *answer[N_SIDES]; // [judged.n]
    double accuracy[N_SIDES], macro_f1[N_SIDES];
    double agreement; // share of examples with the same answer
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to quantize");
}

static int load(struct work *w, struct err *e)
{
    if (file_exists(w->o->out))
        return err_set(e, ERR_USAGE, "%s is there already: wanted a new folder", w->o->out);
    int rc = model_open(&w->m, w->o->model, e);
    if (rc == 0 && w->m.quantization)
        rc = err_set(e, ERR_USAGE, "%s computes in 8 bits already", w->o->model);
    if (rc == 0)
        rc = dataset_open(&w->d, w->o->dataset, e);
    if (rc == 0)
        rc = evaluate_check_labels(&w->m, &w->d, e);
    return rc;
}

// ---- Ranges ----

static int list_relus(struct work *w, struct err *e)
{
    size_t n = graph_n_tensors(w->m.network.graph);
    w->relus = mem_array(n, sizeof *w->relus);
    w->m.ranges = mem_array(n, sizeof *w->m.ranges);
    return w->relus && w->m.ranges ? network_relus(w->relus, &w->n_relus, &w->m.network, e)
                                   : no_memory(e);
}

static float largest(struct tensor t, size_t n_examples)
{
    float most = 0;
    for (size_t i = 0; i < n_examples * t.h * t.w; i++)
        for (size_t k = 0; k < t.c; k++)
            most = fmaxf(most, tensor_row(&t, i)[k]);
    return most;
}

static int widen_ranges(struct work *w, struct net *net, const struct batch *b, struct err *e)
{
    struct tensor feed = net_feed(net, w->m.network.input);
    memcpy(feed.data, b->inputs, b->n * input_floats(&w->m.input) * sizeof *b->inputs);
    int rc = net_forward(net, e);
    for (size_t i = 0; rc == 0 && i < w->n_relus; i++) {
        float *range = &w->m.ranges[w->relus[i]];
        *range = fmaxf(*range, largest(net_fetch(net, w->relus[i]), b->n));
    }
    return rc;
}

static int run_for_ranges(struct work *w, struct net *net, struct loader *l, struct err *e)
{
    struct batch *b;
    int rc;
    while ((rc = loader_next(l, &b, e)) == 1) {
        rc = widen_ranges(w, net, b, e);
        w->n_seen += b->n;
        batch_free(b);
        monitor_progress(w->monitor, "finding ranges", w->n_seen, w->o->n_examples, "");
        if (rc == 0 && monitor_is_cancelled(w->monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while finding ranges");
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; rc == 0 && i < w->n_relus; i++)
        if (!isfinite(w->m.ranges[w->relus[i]]))
            rc = err_set(e, ERR_FORMAT, "%s: the values of %s are not finite", w->m.name,
                         graph_tensor_name(w->m.network.graph, w->relus[i]));
    return rc;
}

// As many examples as are wanted, evenly spread; x keeps its blocks.
static void thin_out(struct examples *x, size_t n)
{
    size_t kept = n < x->n ? n : x->n;
    for (size_t i = 0; i < kept; i++)
        x->examples[i] = x->examples[i * x->n / kept];
    x->n = kept;
}

static int find_ranges(struct work *w, struct err *e)
{
    enum { BATCH = 4 }; // all outputs of ReLU are kept: 60 MB a picture of 299 pixels
    struct examples x = {0};
    struct net *net = NULL;
    struct loader *l = NULL;
    struct loader_options lo = {.order = LOADER_ONCE, .batch = BATCH, .n_threads = 1};
    struct net_options o = net_options_defaults();
    lo.input = w->m.input;
    int rc = list_relus(w, e);
    if (rc == 0)
        rc = examples_load(&x, &w->d, split_of_ranges, e);
    if (rc == 0) {
        thin_out(&x, w->o->n_examples);
        o.batch = BATCH;
        o.n_threads = w->o->n_threads;
        o.fetches = w->relus;
        o.n_fetches = w->n_relus;
        rc = net_compile(&net, w->m.network.graph, w->m.variables, &o, e);
    }
    if (rc == 0)
        rc = loader_open(&l, &x, &lo, e);
    if (rc == 0)
        rc = run_for_ranges(w, net, l, e);
    loader_close(l);
    net_free(net);
    examples_release(&x);
    return rc;
}

// ---- Loss ----

static int judge_answers(struct work *w, int side, const float *p, struct err *e)
{
    struct confusion c;
    size_t n_classes = w->m.n_classes;
    w->answer[side] = mem_array(w->judged.n, sizeof(size_t));
    if (!w->answer[side])
        return no_memory(e);
    int rc = confusion_init(&c, n_classes, e);
    for (size_t i = 0; rc == 0 && i < w->judged.n; i++) {
        if (!isfinite(p[i * n_classes]))
            rc = err_set(e, ERR_FORMAT,
                         "%s: example %zu of %s: its probabilities are not finite: its weights "
                         "are damaged or training diverged",
                         w->m.name, i, w->o->split);
        w->answer[side][i] = argmax(p + i * n_classes, n_classes);
        confusion_add(&c, (size_t)w->judged.examples[i].label, w->answer[side][i]);
    }
    if (rc == 0) {
        w->accuracy[side] = confusion_accuracy(&c).value;
        w->macro_f1[side] = confusion_macro_f1(&c).value;
    }
    confusion_release(&c);
    return rc;
}

static int judge_side(struct work *w, int side, struct err *e)
{
    struct predictor *p = NULL;
    float *q = mem_array(mem_product(w->judged.n, w->m.n_classes), sizeof *q);
    struct predictor_options o = {w->o->batch, w->o->n_threads, numbers_of[side]};
    int rc = q ? predictor_open_model(&p, &w->m, &o, e) : no_memory(e);
    if (rc == 0)
        rc = evaluate_outputs(p, &w->judged, &w->m.input, NULL, q, 1, w->monitor, e);
    if (rc == 0)
        rc = judge_answers(w, side, q, e);
    predictor_close(p);
    mem_free(q);
    return rc;
}

static double loss(const struct work *w)
{
    return 100 * (w->macro_f1[FLOAT32] - w->macro_f1[INT8]);
}

static int judge(struct work *w, struct err *e)
{
    int rc = examples_load(&w->judged, &w->d, w->o->split, e);
    for (int side = 0; rc == 0 && side < N_SIDES; side++)
        rc = judge_side(w, side, e);
    if (rc < 0)
        return rc;
    size_t n_same = 0;
    for (size_t i = 0; i < w->judged.n; i++)
        n_same += w->answer[FLOAT32][i] == w->answer[INT8][i];
    w->agreement = (double)n_same / (double)w->judged.n;
    if (!(loss(w) <= w->o->max_loss))
        return err_set(e, ERR_LIMIT,
                       "in 8 bits %s has a macro F1 of %.1f %% on %s, %.2f points less than in "
                       "float32; wanted at most %g less: nothing is written",
                       w->o->model, 100 * w->macro_f1[INT8], w->o->split, loss(w),
                       w->o->max_loss);
    return 0;
}

// ---- What is written ----

static json_t *both(const double value[N_SIDES])
{
    return json_pack("{s:f, s:f}", "float32", value[FLOAT32], "int8", value[INT8]);
}

static json_t *ranges_json(const struct work *w)
{
    json_t *ranges = json_object();
    for (size_t i = 0; i < w->n_relus; i++)
        json_object_set_new(ranges, graph_tensor_name(w->m.network.graph, w->relus[i]),
                            json_real((double)w->m.ranges[w->relus[i]]));
    return ranges;
}

static json_t *quantization_json(const struct work *w)
{
    char now[CLOCK_ISO_BYTES], hash[SHA256_HEX_BYTES];
    clock_iso_utc(now, clock_wall_s());
    dataset_split_hash(hash, &w->d, w->o->split);
    return json_pack("{s:s, s:o, s:f, s:o, s:f, s:I, s:s, s:s?, s:s?, s:I, s:s, s:s, s:o}",
                     "number_type", "int8", "macro_f1", both(w->macro_f1), "loss", loss(w),
                     "accuracy", both(w->accuracy), "agreement", w->agreement, "n",
                     (json_int_t)w->judged.n, "split", w->o->split, "dataset_hash",
                     *w->d.hash ? w->d.hash : NULL, "split_hash", *hash ? hash : NULL,
                     "n_for_ranges", (json_int_t)w->n_seen, "split_of_ranges", split_of_ranges,
                     "created", now, "ranges", ranges_json(w));
}

static int write_model(json_t **report, const struct work *w, struct err *e)
{
    const struct model *m = &w->m;
    json_t *q = quantization_json(w);
    int rc = q ? model_save(w->o->out, &m->network, m->variables, m->labels, &m->input,
                            m->training, q, e)
               : no_memory(e);
    if (rc == 0 &&
        !(*report =
              json_pack("{s:o, s:o, s:o, s:f, s:b, s:O}", "model", jsontext_string(w->o->model),
                        "dataset", jsontext_string(w->o->dataset), "out",
                        jsontext_string(w->o->out), "max_loss", w->o->max_loss,
                        "dropped_calibration", m->is_calibrated, "quantization", q)))
        rc = no_memory(e);
    json_decref(q);
    return rc;
}

int quantize(json_t **report, const struct quantize_options *o, const struct monitor *monitor,
             struct err *e)
{
    struct work w = {.o = o, .monitor = monitor};
    *report = NULL;
    int rc = load(&w, e);
    if (rc == 0)
        rc = find_ranges(&w, e);
    if (rc == 0)
        rc = judge(&w, e);
    if (rc == 0)
        rc = write_model(report, &w, e);
    for (int side = 0; side < N_SIDES; side++)
        mem_free(w.answer[side]);
    mem_free(w.relus);
    examples_release(&w.judged);
    dataset_close(&w.d);
    model_close(&w.m);
    return rc;
}
