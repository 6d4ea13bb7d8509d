/*
 * bench_net.c: how fast a network runs, and in how much memory.
 *
 * usage: bench_net [--dtype TYPE] [--memory-mb N] [--keep-mb N] [--steps N]
 *                  MODE BATCH THREADS SECONDS [NETWORK [IMAGE_SIZE [WIDTH [DATASET]]]]
 *
 * MODE inference: forward passes. MODE training: the step of nemg train: both losses forward,
 * backward, TF1's RMSProp. IMAGE_SIZE: pixels or samples a side, or HEIGHTxWIDTHxCHANNELS; 0: the
 * network's own. The pictures are noise, the same in each step; with DATASET each step takes the
 * next batch of its training pictures from the loader, as nemg train does from its second epoch on,
 * or, with --keep-mb 0, in its first, in which each must be decoded. TYPE: float32, bfloat16, or
 * for inference int8 (with one range for all: what the numbers are takes no time).
 *
 * Three steps warm up, one where a step takes longer than SECONDS. Then steps are timed until
 * SECONDS are over and, with --steps, N are done. --memory-mb: what the network may take at most.
 *
 * Prints one JSON line: milliseconds a step (median, least, most, quartiles, 90th and 99th
 * percentile), images a second, the arithmetic of a step, counted from the table of layers, and per
 * second, and the process's largest resident memory.
 */
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "model/zoo.h"
#include "nn/net.h"
#include "nn/optim.h"
#include "nn/variables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MOST_STEPS = 100000, N_WARM = 3, N_CLASSES = 3, KEEP_MB = 256 };

// The number types by name, in the order of the engine's.
static const char *const dtype_names[N_DTYPES] = {
    [DTYPE_F32] = "float32", [DTYPE_BF16] = "bfloat16", [DTYPE_U8] = "int8"};
static const float RANGE = 6;

struct bench {
    bool trains;
    size_t batch, n_threads, dtype, memory_mb, keep_mb, n_steps;
    double seconds;
    struct model_spec spec;
    struct network network;
    struct variables *v;
    struct net *net;
    struct optim *optim;
    struct dataset dataset;
    struct examples examples;
    struct loader *loader; // NULL: the same noise in each step
    float *ranges;         // [tensors of the graph]
    double *ms;
    size_t n;
};

// As variables_init() but for kernels, of which few numbers repeat: what they are takes no time in a
// step, and 41 million draws from a normal distribution take as long as 15 pictures.
static void set_variables(struct variables *v, const struct graph *g)
{
    enum { DRAWN = 8191 }; // a prime: channels differ
    for (size_t i = 0; i < v->n; i++) {
        const struct variable *d = graph_variable(g, i);
        size_t n_out = d->dims[d->n_dims - 1];
        if (d->role != VARIABLE_WEIGHTS || d->n_elements <= DRAWN) {
            variables_init_one(v, g, i, 1);
            continue;
        }
        struct rng rng = rng_of(1, i);
        double bound = sqrt(6 * (double)n_out / (double)d->n_elements); // as large as those
        for (size_t k = 0; k < d->n_elements; k++)
            v->value[i][k] =
                k < DRAWN ? (float)rng_between(&rng, -bound, bound) : v->value[i][k - DRAWN];
    }
}

static int prepare(struct bench *b, struct err *e)
{
    struct net_options o = net_options_defaults();
    struct optim_options how = optim_options_slim();
    int rc = zoo_build(&b->network, &b->spec, e);
    if (rc < 0)
        return rc;
    struct loss_params plain = {0};
    if (b->trains) {
        graph_softmax_loss(b->network.graph, "loss", b->network.logits, plain);
        if (b->network.aux_logits >= 0)
            graph_softmax_loss(b->network.graph, "aux_loss", b->network.aux_logits, plain);
    }
    if ((rc = graph_check(b->network.graph, e)) < 0 ||
        (rc = variables_new(&b->v, b->network.graph, e)) < 0)
        return rc;
    set_variables(b->v, b->network.graph);
    o.mode = b->trains ? NET_TRAINING : NET_INFERENCE;
    o.batch = b->batch;
    o.n_threads = b->n_threads;
    o.dtype = (enum dtype)b->dtype;
    size_t n_tensors = graph_n_tensors(b->network.graph);
    if (!(b->ranges = mem_array(n_tensors, sizeof *b->ranges)))
        return err_set(e, ERR_MEMORY, "no memory for ranges");
    for (size_t i = 0; i < n_tensors; i++)
        b->ranges[i] = RANGE;
    o.ranges = b->ranges;
    o.memory_limit = b->memory_mb << 20;
    o.fetches = &b->network.logits;
    o.n_fetches = 1;
    rc = net_compile(&b->net, b->network.graph, b->v, &o, e);
    if (rc == 0 && b->trains)
        rc = optim_new(&b->optim, b->network.graph, b->net, &how, e);
    if (rc == 0 && !(b->ms = mem_array(MOST_STEPS, sizeof *b->ms)))
        rc = err_set(e, ERR_MEMORY, "no memory for times");
    return rc;
}

// All pictures once, as the first epoch does, so that they are kept.
static int decode_all(struct bench *b, struct err *e)
{
    struct loader *l = NULL;
    struct batch *batch;
    struct loader_options o = {
        .batch = b->batch, .input = input_of_pictures(1), .n_threads = b->n_threads};
    int rc = examples_keep_decoded(&b->examples, b->keep_mb << 20, e);
    if (rc == 0)
        rc = loader_open(&l, &b->examples, &o, e);
    if (rc < 0)
        return rc;
    while ((rc = loader_next(l, &batch, e)) == 1)
        batch_free(batch);
    loader_close(l);
    return rc;
}

static int open_dataset(struct bench *b, const char *folder, struct err *e)
{
    struct loader_options o = {.order = LOADER_EPOCHS,
                               .batch = b->batch,
                               .augment = AUGMENT_WAVEFORM,
                               .input = input_of_pictures(b->network.spec.shape.h),
                               .n_threads = b->n_threads};
    int rc = dataset_open(&b->dataset, folder, e);
    if (rc == 0)
        rc = examples_load(&b->examples, &b->dataset, "train", e);
    if (rc == 0 && b->keep_mb)
        rc = decode_all(b, e);
    return rc == 0 ? loader_open(&b->loader, &b->examples, &o, e) : rc;
}

static int load(struct bench *b, struct err *e)
{
    struct batch *batch;
    struct shape s = b->network.spec.shape;
    if (!b->loader)
        return 0;
    int rc = loader_next(b->loader, &batch, e);
    if (rc < 0)
        return rc;
    memcpy(net_feed(b->net, b->network.input).data, batch->inputs,
           batch->n * s.h * s.w * s.c * sizeof *batch->inputs);
    if (b->trains)
        memcpy(net_labels(b->net), batch->labels, batch->n * sizeof *batch->labels);
    batch_free(batch);
    return 0;
}

static void feed(struct bench *b)
{
    struct rng rng = rng_of(1, 0);
    struct shape s = b->network.spec.shape;
    size_t n = b->batch * s.h * s.w * s.c;
    float *x = net_feed(b->net, b->network.input).data;
    for (size_t i = 0; i < n; i++)
        x[i] = (float)rng_between(&rng, -1, 1);
    for (size_t i = 0; b->trains && i < b->batch; i++)
        net_labels(b->net)[i] = (int32_t)(i % N_CLASSES);
}

static int step(struct bench *b, struct err *e)
{
    const float weights[] = {1, 0.4F};
    int rc = load(b, e);
    if (rc == 0)
        rc = net_forward(b->net, e);
    if (rc < 0 || !b->trains)
        return rc;
    rc = net_backward(b->net, weights, e);
    if (rc == 0)
        optim_step(b->optim, b->v, 0.0001F);
    return rc;
}

static int measure(struct bench *b, struct err *e)
{
    int rc = 0;
    feed(b);
    double start_s = clock_monotonic_s();
    for (int i = 0; rc == 0 && i < N_WARM; i++) {
        rc = step(b, e);
        if (clock_monotonic_s() - start_s > b->seconds)
            break;
    }
    double end_s = clock_monotonic_s() + b->seconds;
    while (rc == 0 && b->n < MOST_STEPS &&
           (b->n == 0 || b->n < b->n_steps || clock_monotonic_s() < end_s)) {
        start_s = clock_monotonic_s();
        rc = step(b, e);
        b->ms[b->n++] = 1000 * (clock_monotonic_s() - start_s);
    }
    return rc;
}

/*
 * 1e9 multiplications and additions of a step. Inference: of what lies between input and logits.
 * Training: gradients of data and of weights cost as much again each; the layers that read the input
 * need none of data. Padding counts as if it were multiplied, which oneDNN skips here and there.
 */
static double count_gflop(const struct bench *b)
{
    const struct graph *g = b->network.graph;
    bool *is_wanted = mem_zalloc(graph_n_tensors(g) * sizeof *is_wanted);
    double n = 0;
    if (!is_wanted)
        return 0;
    is_wanted[b->network.logits] = true;
    for (size_t i = graph_n_nodes(g); i-- > 0;) {
        struct graph_node_info x = graph_node_info(g, i);
        if (!b->trains && !is_wanted[x.out])
            continue;
        for (size_t k = 0; k < x.n_in; k++)
            is_wanted[x.in[k]] = true;
        double times = !b->trains ? 1 : x.in[0] == b->network.input ? 2 : 3;
        n += 2e-9 * times * (double)x.n_multiply_adds * (double)b->batch;
    }
    mem_free(is_wanted);
    return n;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const struct bench *b, double q)
{
    return b->ms[(size_t)(q * (double)(b->n - 1) + 0.5)];
}

static void print(struct bench *b)
{
    struct rusage usage;
    struct net_memory m = net_memory(b->net);
    struct shape s = b->network.spec.shape;
    int major, minor, patch;
    getrusage(RUSAGE_SELF, &usage);
    net_onednn_version(&major, &minor, &patch);
    qsort(b->ms, b->n, sizeof *b->ms, compare);
    double median = quantile(b, 0.5), gflop = count_gflop(b);
    printf("{\"program\": \"nemg\", \"engine\": \"oneDNN %d.%d.%d\", \"what\": \"%s\", "
           "\"network\": \"%s\", \"image_size\": %zu, \"input\": [%zu, %zu, %zu], "
           "\"width\": %g, \"batch\": %zu, \"dtype\": \"%s\", \"isa\": \"%s\", "
           "\"threads\": %zu, \"steps\": %zu, ",
           major, minor, patch, b->trains ? "training" : "inference", b->network.spec.network,
           s.w, s.h, s.w, s.c, b->network.spec.width, b->batch, dtype_names[b->dtype],
           net_kernels_isa(), b->n_threads, b->n);
    printf("\"ms\": %.3f, \"ms_least\": %.3f, \"ms_p25\": %.3f, \"ms_p75\": %.3f, "
           "\"ms_p90\": %.3f, \"ms_p99\": %.3f, \"ms_most\": %.3f, ",
           median, b->ms[0], quantile(b, 0.25), quantile(b, 0.75), quantile(b, 0.9),
           quantile(b, 0.99), b->ms[b->n - 1]);
    printf("\"images_per_s\": %.2f, \"gflop\": %.4f, \"gflop_per_s\": %.2f, "
           "\"peak_rss_mb\": %.0f, \"planned_mb\": %.0f, \"memory_limit_mb\": %zu, "
           "\"loads\": %s, \"keep_mb\": %zu}\n",
           1000 * (double)b->batch / median, gflop, gflop / median * 1000,
           (double)usage.ru_maxrss / 1024,
           (double)(m.activations + m.gradients + m.prepared) / 1e6, b->memory_mb,
           b->loader ? "true" : "false", b->loader ? b->keep_mb : 0);
}

static const char usage[] = "usage: bench_net [--dtype TYPE] [--memory-mb N] [--keep-mb N] "
                            "[--steps N] inference|training BATCH THREADS SECONDS "
                            "[NETWORK [IMAGE_SIZE [WIDTH [DATASET]]]]";

// Takes "--name value" from the front; false: not understood.
static bool read_options(struct bench *b, int *argc, char ***argv)
{
    for (; *argc > 2 && !strncmp((*argv)[1], "--", 2); *argc -= 2, *argv += 2) {
        const char *name = (*argv)[1], *value = (*argv)[2];
        if (!strcmp(name, "--memory-mb")) {
            b->memory_mb = strtoul(value, NULL, 10);
        } else if (!strcmp(name, "--keep-mb")) {
            b->keep_mb = strtoul(value, NULL, 10);
        } else if (!strcmp(name, "--steps")) {
            b->n_steps = strtoul(value, NULL, 10);
        } else if (!strcmp(name, "--dtype")) {
            while (b->dtype < N_DTYPES && strcmp(dtype_names[b->dtype], value) != 0)
                b->dtype++;
            if (b->dtype == N_DTYPES)
                return false;
        } else {
            return false;
        }
    }
    return *argc >= 5 && (!strcmp((*argv)[1], "inference") || !strcmp((*argv)[1], "training"));
}

// "299", or "64x68x1"; 0: stays as it is.
static void read_shape(struct shape *s, char *text)
{
    size_t side[3] = {0};
    for (int i = 0; i < 3 && (i == 0 || *text++ == 'x'); i++)
        side[i] = strtoul(text, &text, 10);
    if (side[2])
        *s = (struct shape){side[0], side[1], side[2]};
    else if (side[0])
        *s = (struct shape){s->h > 1 ? side[0] : 1, side[0], s->c};
}

int main(int argc, char **argv)
{
    struct err e;
    struct bench b = {.keep_mb = KEEP_MB};
    mem_return_large_blocks(); // as the program does
    if (!read_options(&b, &argc, &argv)) {
        fprintf(stderr, "%s\n", usage);
        return 2;
    }
    b.trains = !strcmp(argv[1], "training");
    b.batch = strtoul(argv[2], NULL, 10);
    b.n_threads = strtoul(argv[3], NULL, 10);
    b.seconds = strtod(argv[4], NULL);
    b.spec = (struct model_spec){.network = argc > 5 ? argv[5] : "inception_v4",
                                 .width = argc > 7 ? strtod(argv[7], NULL) : 1,
                                 .n_classes = N_CLASSES};
    int rc = zoo_shape(&b.spec.shape, b.spec.network, &e);
    if (rc == 0 && argc > 6)
        read_shape(&b.spec.shape, argv[6]);
    if (rc == 0)
        rc = prepare(&b, &e);
    if (rc == 0 && argc > 8)
        rc = open_dataset(&b, argv[8], &e);
    if (rc == 0)
        rc = measure(&b, &e);
    if (rc == 0)
        print(&b);
    else
        fprintf(stderr, "bench_net: %s\n", e.text);
    loader_close(b.loader);
    examples_release(&b.examples);
    dataset_close(&b.dataset);
    optim_free(b.optim);
    net_free(b.net);
    variables_free(b.v);
    network_release(&b.network);
    mem_free(b.ranges);
    mem_free(b.ms);
    return rc < 0;
}
