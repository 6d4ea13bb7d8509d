/*
 * features.c: what a frozen trunk makes of every example, computed once in inference mode. Heads are
 * then trained on vectors, thousands of steps in the time of a few.
 *
 * They are kept beside the data set (vectors.h), for each split and view:
 *
 *     <data set>/features/<key>/<split>-<view>
 *
 * The key is the SHA-256 of all that they depend on: the data set, what the network reads and how it
 * is varied, the network's shape, and every value of the trunk. So a file that is there is right,
 * and the folder may be deleted at any time. Only the last bits can be another machine's.
 */
#include "job/job_priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "base/sha256.h"
#include "data/loader.h"
#include "job/vectors.h"
#include "model/weights.h"
#include "nn/variables.h"

#include <stdio.h>
#include <string.h>

enum { SCHEMA = 1 };

void features_release(struct features *f)
{
    for (size_t k = 0; k < f->n_tensors; k++)
        mem_free(f->values[k]);
    *f = (struct features){0};
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for features");
}

// ---- Where they are kept ----

// One digest over the digests of the trunk's variables.
static int hash_trunk(char out[SHA256_HEX_BYTES], const struct train *t, struct err *e)
{
    const struct variables *v = t->variables;
    bool *is_head = mem_array(v->n, sizeof *is_head);
    char *digests = mem_array(v->n, SHA256_HEX_BYTES);
    int rc = is_head && digests
                 ? weights_in_scopes(is_head, &t->network, t->network.head_scopes, e)
                 : no_memory(e);
    size_t n = 0;
    for (size_t i = 0; rc == 0 && i < v->n; i++)
        if (!is_head[i])
            sha256_hex(digests + n++ * SHA256_HEX_BYTES, v->value[i],
                       graph_variable(t->network.graph, i)->n_elements * sizeof(float));
    if (rc == 0)
        sha256_hex(out, digests, n * SHA256_HEX_BYTES);
    mem_free(is_head);
    mem_free(digests);
    return rc;
}

// The checkpoint's prefix; *out NULL: a data set without a hash, of which nothing is kept.
static int find_place(char **out, const struct train *t, const struct features_spec *s,
                      struct err *e)
{
    char trunk[SHA256_HEX_BYTES], name[64];
    *out = NULL;
    if (!t->dataset.hash[0])
        return 0;
    int rc = hash_trunk(trunk, t, e);
    if (rc < 0)
        return rc;
    json_t *o =
        json_pack("{s:i, s:s, s:o, s:s, s:f, s:s}", "schema", SCHEMA, "dataset",
                  t->dataset.hash, "input", input_json(&t->input), "network",
                  t->network.spec.network, "width", t->network.spec.width, "trunk", trunk);
    if (o && s->view)
        json_object_update_new(o, json_pack("{s:s, s:I}", "augment", augment_names[s->augment],
                                            "seed", (json_int_t)t->o->seed));
    snprintf(name, sizeof name, "%s-%zu", s->split, s->view);
    return vectors_prefix(out, t->dataset.folder, o, name, e);
}

static void tables_of(struct vectors out[NETWORK_MAX_HEADS], const struct features *f,
                      const struct train *t, size_t n)
{
    for (size_t k = 0; k < f->n_tensors; k++)
        out[k] = (struct vectors){.name = graph_tensor_name(t->network.graph, f->tensors[k]),
                                  .n = n,
                                  .floats = f->floats[k],
                                  .values = f->values[k]};
}

// True: all of them were read. What is damaged is told, and computed anew.
static bool read_kept(struct features *f, const struct train *t, const char *prefix, size_t n)
{
    struct vectors tables[NETWORK_MAX_HEADS];
    struct err why;
    tables_of(tables, f, t, n);
    int rc = vectors_read(prefix, tables, f->n_tensors, &why);
    if (rc == 1)
        monitor_note(t->monitor, "features of %zu examples from %s", n, prefix);
    else if (rc < 0)
        monitor_note(t->monitor, "%s: computed anew", why.text);
    return rc == 1;
}

// ---- Computing ----

static int allocate(struct features *f, const struct train *t, size_t n, struct err *e)
{
    f->n_tensors = t->network.n_frontier;
    for (size_t k = 0; k < f->n_tensors; k++) {
        struct shape s = graph_tensor_shape(t->network.graph, t->network.frontier[k]);
        f->tensors[k] = t->network.frontier[k];
        f->floats[k] = s.h * s.w * s.c;
        f->values[k] = mem_alloc(mem_product(mem_product(n, f->floats[k]), sizeof(float)));
        if (!f->values[k])
            return no_memory(e);
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

static int compute(struct features *out, struct train *t, const struct examples *x,
                   const struct features_spec *s, struct err *e)
{
    struct net *net = NULL;
    struct loader *l = NULL;
    struct net_options o = net_options_defaults();
    o.batch = t->o->batch < 8 ? t->o->batch : 8;
    o.n_threads = t->o->n_threads;
    o.fetches = t->network.frontier;
    o.n_fetches = t->network.n_frontier;
    struct loader_options lo = {.order = LOADER_ONCE,
                                .batch = o.batch,
                                .seed = t->o->seed + s->view,
                                .augment = s->view ? s->augment : AUGMENT_NONE};
    lo.input = t->input;
    lo.n_threads = t->o->n_loader_threads;
    int rc = net_compile(&net, t->network.graph, t->variables, &o, e);
    if (rc == 0)
        rc = loader_open(&l, x, &lo, e);
    if (rc == 0)
        rc = run(out, t, net, l, x->n, e);
    loader_close(l);
    net_free(net);
    return rc;
}

int features_compute(struct features *out, struct train *t, const struct examples *x,
                     const struct features_spec *s, struct err *e)
{
    struct vectors tables[NETWORK_MAX_HEADS];
    char *prefix = NULL;
    struct err why;
    *out = (struct features){0};
    int rc = allocate(out, t, x->n, e);
    if (rc == 0)
        rc = find_place(&prefix, t, s, e);
    if (rc == 0 && !(prefix && read_kept(out, t, prefix, x->n))) {
        rc = compute(out, t, x, s, e);
        // a folder that cannot be written to costs time, not the run
        tables_of(tables, out, t, x->n);
        if (rc == 0 && prefix && vectors_write(prefix, tables, out->n_tensors, &why) < 0)
            monitor_note(t->monitor, "features are not kept: %s", why.text);
    }
    mem_free(prefix);
    if (rc < 0)
        features_release(out);
    return rc;
}
