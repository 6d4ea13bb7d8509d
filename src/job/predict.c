/* predict.c: see predict.h. */
#include "job/predict.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "model/modelfolder.h"
#include "model/zoo.h"
#include "stats/temperature.h"

#include <assert.h>
#include <string.h>

struct predictor {
    const struct network *n;
    struct net *net;
    size_t batch, n_classes, floats;
    double temperature;
};

static size_t floats_of(const struct network *n)
{
    return n->spec.shape.h * n->spec.shape.w * n->spec.shape.c;
}

/*
 * resnet1d, windows of 1,000 samples, 2 threads on a busy machine of 2 cores: 1,850 windows took 14 s
 * of processor time in batches of 8, 7.5 s of 32, 4.5 s of 64 and 2.7 s of 128; on one thread 1.05, 1.02,
 * 1.06 and 1.1 s. Pictures of 139 pixels and more gain nothing beyond 8.
 */
size_t predictor_best_batch(const struct network *n)
{
    enum { LEAST = 8, MOST = 128, FLOATS = 1 << 17 };
    size_t best = FLOATS / floats_of(n);
    return best < LEAST ? LEAST : best > MOST ? MOST : best;
}

static int compile(struct predictor **out, const struct network *n, struct variables *v,
                   struct net_options *o, struct err *e)
{
    *out = NULL;
    struct predictor *p = mem_zalloc(sizeof *p);
    if (!p)
        return err_set(e, ERR_MEMORY, "no memory to predict");
    o->batch = o->batch ? o->batch : predictor_best_batch(n);
    o->fetches = &n->logits;
    o->n_fetches = 1;
    int rc = net_compile(&p->net, n->graph, v, o, e);
    if (rc < 0) {
        mem_free(p);
        return rc;
    }
    p->n = n;
    p->batch = o->batch;
    p->temperature = 1;
    p->n_classes = n->spec.n_classes;
    p->floats = floats_of(n);
    *out = p;
    return 0;
}

int predictor_open(struct predictor **out, const struct network *n, struct variables *v,
                   size_t batch, size_t n_threads, struct err *e)
{
    struct net_options o = net_options_defaults();
    o.batch = batch;
    o.n_threads = n_threads;
    return compile(out, n, v, &o, e);
}

static enum dtype dtype_of(const struct model *m, enum numbers numbers)
{
    if (numbers == NUMBERS_AUTO && m->ranges)
        return DTYPE_U8;
    bool is_bf16 = numbers == NUMBERS_AUTO ? net_bfloat16_pays() : numbers == NUMBERS_BFLOAT16;
    return is_bf16 ? DTYPE_BF16 : DTYPE_F32;
}

const char *const numbers_names[] = {"auto", "float32", "bfloat16", NULL};

int predictor_open_model(struct predictor **out, const struct model *m,
                         const struct predictor_options *po, struct err *e)
{
    struct net_options o = net_options_defaults();
    o.batch = po->batch;
    o.n_threads = po->n_threads;
    o.ranges = m->ranges;
    o.dtype = dtype_of(m, po->numbers);
    return compile(out, &m->network, m->variables, &o, e);
}

void numbers_note(enum numbers numbers, const struct monitor *monitor)
{
    if (numbers == NUMBERS_BFLOAT16 && !net_bfloat16_pays())
        monitor_note(monitor, "bfloat16 is emulated on this processor: slower than float32");
}

const char *predictor_number_type(const struct model *m, enum numbers numbers)
{
    static const char *const names[N_DTYPES] = {
        [DTYPE_F32] = "float32", [DTYPE_BF16] = "bfloat16", [DTYPE_U8] = "int8"};
    return names[dtype_of(m, numbers)];
}

void predictor_close(struct predictor *p)
{
    if (!p)
        return;
    net_free(p->net);
    mem_free(p);
}

size_t predictor_batch(const struct predictor *p)
{
    return p->batch;
}

struct net_memory predictor_memory(const struct predictor *p)
{
    return net_memory(p->net);
}

const struct network *predictor_network(const struct predictor *p)
{
    return p->n;
}

int predictor_refresh(struct predictor *p, struct err *e)
{
    return net_refresh(p->net, e);
}

void predictor_set_temperature(struct predictor *p, double temperature)
{
    p->temperature = temperature;
}

int predictor_run(struct predictor *p, const float *inputs, size_t n, float *logits,
                  float *probabilities, struct err *e)
{
    assert(n > 0 && n <= p->batch);
    struct tensor feed = net_feed(p->net, p->n->input);
    memcpy(feed.data, inputs, n * p->floats * sizeof *inputs);
    // places behind the last example are computed, too, and nobody looks at them
    memset(feed.data + n * p->floats, 0, (p->batch - n) * p->floats * sizeof *inputs);
    int rc = net_forward(p->net, e);
    if (rc < 0)
        return rc;
    struct tensor out = net_fetch(p->net, p->n->logits);
    for (size_t i = 0; i < n; i++) {
        const float *row = tensor_row(&out, i);
        if (logits)
            memcpy(logits + i * p->n_classes, row, p->n_classes * sizeof *logits);
        if (probabilities)
            temperature_softmax(probabilities + i * p->n_classes, row, p->n_classes,
                                p->temperature);
    }
    return 0;
}
