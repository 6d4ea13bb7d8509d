/*
 * features.c: what a frozen trunk makes of every example, computed once in inference mode. Heads are
 * then trained on vectors, thousands of steps in the time of a few.
 */
#include "job/job_priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "data/loader.h"

#include <string.h>

void features_release(struct features *f)
{
    for (size_t k = 0; k < f->n_tensors; k++)
        mem_free(f->values[k]);
    *f = (struct features){0};
}

static int allocate(struct features *f, const struct train *t, size_t n, struct err *e)
{
    f->n_tensors = t->network.n_frontier;
    for (size_t k = 0; k < f->n_tensors; k++) {
        struct shape s = graph_tensor_shape(t->network.graph, t->network.frontier[k]);
        f->tensors[k] = t->network.frontier[k];
        f->floats[k] = s.h * s.w * s.c;
        f->values[k] = mem_alloc(mem_product(mem_product(n, f->floats[k]), sizeof(float)));
        if (!f->values[k])
            return err_set(e, ERR_MEMORY, "no memory for the features of %zu examples", n);
    }
    return 0;
}

static int run(struct features *f, struct train *t, struct net *net, struct loader *l, size_t n,
               struct err *e)
{
    struct batch *b;
    int rc;
    while ((rc = loader_next(l, &b, e)) == 1) {
        struct tensor feed = net_feed(net, t->network.input);
        memcpy(feed.data, b->inputs, b->n * input_floats(&t->input) * sizeof(float));
        rc = net_forward(net, e);
        for (size_t k = 0; rc == 0 && k < f->n_tensors; k++)
            memcpy(f->values[k] + b->example[0] * f->floats[k],
                   net_fetch(net, f->tensors[k]).data, b->n * f->floats[k] * sizeof(float));
        uint64_t done = b->example[0] + b->n;
        batch_free(b);
        monitor_progress(t->monitor, "computing features", done, n, "");
        if (rc == 0 && monitor_is_cancelled(t->monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while computing features");
        if (rc < 0)
            return rc;
    }
    return rc;
}

int features_compute(struct features *out, struct train *t, const struct examples *x,
                     struct err *e)
{
    struct net *net = NULL;
    struct loader *l = NULL;
    struct net_options o = net_options_defaults();
    *out = (struct features){0};
    o.batch = t->o->batch < 8 ? t->o->batch : 8;
    o.n_threads = t->o->n_threads;
    o.fetches = t->network.frontier;
    o.n_fetches = t->network.n_frontier;
    struct loader_options lo = {.order = LOADER_ONCE, .batch = o.batch};
    lo.input = t->input;
    lo.n_threads = t->o->n_loader_threads;
    int rc = allocate(out, t, x->n, e);
    if (rc == 0)
        rc = net_compile(&net, t->network.graph, t->variables, &o, e);
    if (rc == 0)
        rc = loader_open(&l, x, &lo, e);
    if (rc == 0)
        rc = run(out, t, net, l, x->n, e);
    loader_close(l);
    net_free(net);
    if (rc < 0)
        features_release(out);
    return rc;
}
