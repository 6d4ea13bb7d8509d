/*
 * bench_net.c: how fast a network runs, and in how much memory.
 *
 * usage: bench_net MODE BATCH THREADS SECONDS [NETWORK [IMAGE_SIZE [WIDTH [DATASET]]]]
 *        MEMORY_MB=N in the environment: what the network may take at most
 *
 * MODE inference: forward passes. MODE training: the step of nemg train: both losses forward,
 * backward, TF1's RMSProp. Prints one JSON line: milliseconds a step (median, least, most), images
 * a second, and the process's largest resident memory. Three steps warm up, then steps are timed
 * until SECONDS are over. The pictures are noise, the same in each step; with DATASET each step
 * takes the next batch of its training pictures from the loader, as nemg train does.
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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MOST_STEPS = 100000, N_WARM = 3, N_CLASSES = 3 };

struct bench {
    bool trains;
    size_t batch, n_threads;
    double seconds;
    struct model_spec spec;
    struct network network;
    struct variables *v;
    struct net *net;
    struct optim *optim;
    struct dataset dataset;
    struct examples examples;
    struct loader *loader; // NULL: the same noise in each step
    double *ms;
    size_t n;
};

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
    variables_init(b->v, b->network.graph, 1);
    o.mode = b->trains ? NET_TRAINING : NET_INFERENCE;
    o.batch = b->batch;
    o.n_threads = b->n_threads;
    const char *limit = getenv("MEMORY_MB");
    o.memory_limit = limit ? (size_t)strtoull(limit, NULL, 10) << 20 : 0;
    o.fetches = &b->network.logits;
    o.n_fetches = 1;
    rc = net_compile(&b->net, b->network.graph, b->v, &o, e);
    if (rc == 0 && b->trains)
        rc = optim_new(&b->optim, b->network.graph, b->net, &how, e);
    if (rc == 0 && !(b->ms = mem_array(MOST_STEPS, sizeof *b->ms)))
        rc = err_set(e, ERR_MEMORY, "no memory for times");
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
    for (int i = 0; rc == 0 && i < N_WARM; i++)
        rc = step(b, e);
    double end_s = clock_monotonic_s() + b->seconds;
    while (rc == 0 && b->n < MOST_STEPS && (b->n == 0 || clock_monotonic_s() < end_s)) {
        double start_s = clock_monotonic_s();
        rc = step(b, e);
        b->ms[b->n++] = 1000 * (clock_monotonic_s() - start_s);
    }
    return rc;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(struct bench *b)
{
    struct rusage usage;
    struct net_memory m = net_memory(b->net);
    int major, minor, patch;
    getrusage(RUSAGE_SELF, &usage);
    net_onednn_version(&major, &minor, &patch);
    qsort(b->ms, b->n, sizeof *b->ms, compare);
    double median = b->ms[b->n / 2];
    printf("{\"program\": \"nemg\", \"engine\": \"oneDNN %d.%d.%d\", \"network\": \"%s\", "
           "\"image_size\": %zu, \"width\": %g, \"mode\": \"%s\", \"batch\": %zu, "
           "\"threads\": %zu, \"steps\": %zu, \"ms\": %.2f, \"ms_least\": %.2f, "
           "\"ms_most\": %.2f, \"images_per_s\": %.2f, \"peak_rss_mb\": %.0f, "
           "\"planned_mb\": %.0f, \"loads\": %s}\n",
           major, minor, patch, b->network.spec.network, b->network.spec.shape.w,
           b->network.spec.width, b->trains ? "training" : "inference", b->batch, b->n_threads,
           b->n, median, b->ms[0], b->ms[b->n - 1], 1000 * (double)b->batch / median,
           (double)usage.ru_maxrss / 1024,
           (double)(m.activations + m.gradients + m.prepared) / 1e6,
           b->loader ? "true" : "false");
}

int main(int argc, char **argv)
{
    struct err e;
    if (argc < 5 || (strcmp(argv[1], "inference") != 0 && strcmp(argv[1], "training") != 0)) {
        fprintf(stderr, "usage: bench_net inference|training BATCH THREADS SECONDS "
                        "[NETWORK [IMAGE_SIZE [WIDTH [DATASET]]]]\n");
        return 2;
    }
    struct bench b = {.trains = !strcmp(argv[1], "training"),
                      .batch = strtoul(argv[2], NULL, 10),
                      .n_threads = strtoul(argv[3], NULL, 10),
                      .seconds = strtod(argv[4], NULL)};
    b.spec = (struct model_spec){.network = argc > 5 ? argv[5] : "inception_v4",
                                 .width = argc > 7 ? strtod(argv[7], NULL) : 1,
                                 .n_classes = N_CLASSES};
    size_t size = argc > 6 ? strtoul(argv[6], NULL, 10) : 0;
    int rc = zoo_shape(&b.spec.shape, b.spec.network, &e);
    if (rc == 0 && size)
        b.spec.shape = (struct shape){b.spec.shape.h > 1 ? size : 1, size, b.spec.shape.c};
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
    mem_free(b.ms);
    return rc < 0;
}
