/* neighbors.c: see neighbors.h. */
#include "job/neighbors.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "base/sha256.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "job/evaluate.h"
#include "job/vectors.h"
#include "model/modelfolder.h"
#include "nn/net.h"
#include "nn/variables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SCHEMA = 1 };

struct neighbors {
    const struct model *m;
    struct dataset dataset;
    struct examples examples;
    struct net *net;
    size_t n_features;
    float *vectors; // [examples.n][n_features], each of length 1 (or 0, where all features are)
    float *input;   // [input_floats()]
    float *vector;  // [n_features]
    bool is_own;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for similar examples");
}

static const char *of_training(const struct model *m, const char *name)
{
    return json_string_value(json_object_get(m->training, name));
}

// The data set, and that it can be compared with.
static int open_set(struct neighbors *nb, const struct neighbors_options *o, struct err *e)
{
    const char *folder = o->dataset ? o->dataset : of_training(nb->m, "dataset");
    const char *hash = of_training(nb->m, "dataset_hash");
    if (!folder)
        return err_set(e, ERR_USAGE,
                       "%s does not say what it was trained on: name the data set",
                       nb->m->name);
    if (!o->dataset && !file_is_folder(folder))
        return err_set(e, ERR_USAGE, "%s: the data set that %s was trained on is not there",
                       folder, nb->m->name);
    int rc = dataset_open(&nb->dataset, folder, e);
    if (rc < 0)
        return rc;
    nb->is_own = hash && *hash && strcmp(hash, nb->dataset.hash) == 0;
    if (!o->dataset && !nb->is_own)
        return err_set(e, ERR_USAGE, "%s is not what %s was trained on: it was made anew since",
                       folder, nb->m->name);
    rc = evaluate_check_labels(nb->m, &nb->dataset, e);
    return rc < 0
               ? rc
               : examples_load(&nb->examples, &nb->dataset, o->split ? o->split : "train", e);
}

static int compile(struct neighbors *nb, const struct neighbors_options *o, struct err *e)
{
    const struct network *n = &nb->m->network;
    struct net_options no = net_options_defaults();
    struct shape s = graph_tensor_shape(n->graph, n->features);
    no.batch =
        1; // a picture is asked for alone; places of a larger batch would be computed in vain
    no.n_threads = o->n_threads;
    no.fetches = &n->features;
    no.n_fetches = 1;
    nb->n_features = s.h * s.w * s.c;
    nb->vectors = mem_array(mem_product(nb->examples.n, nb->n_features), sizeof *nb->vectors);
    nb->vector = mem_array(nb->n_features, sizeof *nb->vector);
    nb->input = mem_array(input_floats(&nb->m->input), sizeof *nb->input);
    if (!nb->vectors || !nb->vector || !nb->input)
        return no_memory(e);
    return net_compile(&nb->net, n->graph, nb->m->variables, &no, e);
}

static void make_unit(float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    float factor = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
    for (size_t i = 0; i < n; i++)
        x[i] *= factor;
}

static int forward(float *out, struct neighbors *nb, const float *input, struct err *e)
{
    struct tensor feed = net_feed(nb->net, nb->m->network.input);
    memcpy(feed.data, input, input_floats(&nb->m->input) * sizeof *input);
    int rc = net_forward(nb->net, e);
    if (rc < 0)
        return rc;
    memcpy(out, net_fetch(nb->net, nb->m->network.features).data, nb->n_features * sizeof *out);
    make_unit(out, nb->n_features);
    return 0;
}

static int compute(struct neighbors *nb, const struct monitor *monitor, struct err *e)
{
    struct loader_options lo = {
        .order = LOADER_ONCE, .batch = 1, .input = nb->m->input, .n_threads = 1};
    struct loader *l = NULL;
    struct batch *b;
    int rc = loader_open(&l, &nb->examples, &lo, e);
    while (rc == 0 && (rc = loader_next(l, &b, e)) == 1) {
        uint64_t i = b->example[0];
        rc = forward(nb->vectors + i * nb->n_features, nb, b->inputs, e);
        batch_free(b);
        monitor_progress(monitor, "computing features", i + 1, nb->examples.n, "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while computing features");
    }
    loader_close(l);
    return rc;
}

// Where the vectors are kept; *out NULL: a data set without a hash, of which nothing is kept.
static int find_place(char **out, const struct neighbors *nb, const char *split, struct err *e)
{
    const struct variables *v = nb->m->variables;
    char values[SHA256_HEX_BYTES], name[64];
    *out = NULL;
    if (!nb->dataset.hash[0])
        return 0;
    sha256_hex(values, v->block, v->n_floats * sizeof *v->block);
    snprintf(name, sizeof name, "nearest-%s", split);
    return vectors_prefix(out, nb->dataset.folder,
                          json_pack("{s:i, s:s, s:o, s:s, s:f, s:s}", "schema", SCHEMA,
                                    "dataset", nb->dataset.hash, "input",
                                    input_json(&nb->m->input), "network",
                                    nb->m->network.spec.network, "width",
                                    nb->m->network.spec.width, "values", values),
                          name, e);
}

static int read_or_compute(struct neighbors *nb, const struct neighbors_options *o,
                           struct err *e)
{
    char *prefix;
    struct err why;
    int rc = find_place(&prefix, nb, o->split ? o->split : "train", e);
    if (rc < 0)
        return rc;
    struct vectors table = {.name = "features",
                            .n = nb->examples.n,
                            .floats = nb->n_features,
                            .values = nb->vectors};
    if (!prefix || vectors_read(prefix, &table, 1, &why) != 1) {
        rc = compute(nb, o->monitor, e);
        // a folder that cannot be written to costs time, not the answer
        if (rc == 0 && prefix && vectors_write(prefix, &table, 1, &why) < 0)
            monitor_note(o->monitor, "features are not kept: %s", why.text);
    }
    mem_free(prefix);
    return rc;
}

int neighbors_open(struct neighbors **out, const struct model *m,
                   const struct neighbors_options *o, struct err *e)
{
    struct neighbors *nb = *out = mem_zalloc(sizeof *nb);
    if (!nb)
        return no_memory(e);
    nb->m = m;
    int rc = open_set(nb, o, e);
    if (rc == 0)
        rc = compile(nb, o, e);
    if (rc == 0)
        rc = read_or_compute(nb, o, e);
    if (rc < 0) {
        neighbors_close(nb);
        *out = NULL;
    }
    return rc;
}

void neighbors_close(struct neighbors *nb)
{
    if (!nb)
        return;
    net_free(nb->net);
    examples_release(&nb->examples);
    dataset_close(&nb->dataset);
    mem_free(nb->vectors);
    mem_free(nb->vector);
    mem_free(nb->input);
    mem_free(nb);
}

bool neighbors_is_own(const struct neighbors *nb)
{
    return nb->is_own;
}

// Puts x where it belongs among the n_found best; at most n stay.
static size_t insert(struct neighbor *best, size_t n_found, size_t n, struct neighbor x)
{
    size_t at = n_found;
    while (at && best[at - 1].similarity < x.similarity)
        at--;
    if (at >= n)
        return n_found;
    size_t n_after = (n_found < n ? n_found : n - 1) - at;
    memmove(best + at + 1, best + at, n_after * sizeof *best);
    best[at] = x;
    return n_found < n ? n_found + 1 : n;
}

int neighbors_find(struct neighbor *out, size_t n, struct neighbors *nb,
                   const struct example *x, struct err *e)
{
    size_t n_found = 0;
    int rc = input_read_example(nb->input, &nb->m->input, x, AUGMENT_NONE, NULL, e);
    if (rc == 0)
        rc = forward(nb->vector, nb, nb->input, e);
    for (size_t i = 0; rc == 0 && i < nb->examples.n; i++) {
        const float *other = nb->vectors + i * nb->n_features;
        double dot = 0;
        for (size_t k = 0; k < nb->n_features; k++)
            dot += (double)nb->vector[k] * (double)other[k];
        n_found =
            insert(out, n_found, n, (struct neighbor){&nb->examples.examples[i], fmin(dot, 1)});
    }
    return rc < 0 ? rc : (int)n_found;
}
