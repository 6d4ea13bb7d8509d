/*
 * bench_data.c: how fast pictures become a data set, and a data set batches.
 *
 * usage: bench_data FOLDER_OF_CLASS_FOLDERS SCRATCH_FOLDER IMAGE_SIZE
 *
 * JSON lines: building (pictures a second, reading, hashing, decoding once, writing), and loading with
 * variation "waveform" on one and on two threads (images a second): as in the first epoch, in which each
 * picture is decoded, and as later, when they are kept.
 */
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "data/dataset_build.h"
#include "data/loader.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 16, LEAST_S = 2, KEEP_MB = 256 };

static int build(const char *images, const char *out, struct err *e)
{
    struct dataset_build_options o = dataset_build_defaults();
    json_t *report;
    o.images = images;
    o.out = out;
    o.want_overwrite = true;
    double start_s = clock_monotonic_s();
    int rc = dataset_build(&report, &o, NULL, e);
    if (rc < 0)
        return rc;
    double seconds = clock_monotonic_s() - start_s;
    const char *name;
    json_t *split;
    double n = 0;
    json_object_foreach(json_object_get(report, "splits"), name, split) n +=
        json_number_value(json_object_get(split, "n"));
    printf("{\"program\": \"nemg\", \"what\": \"dataset build\", \"pictures\": %.0f, "
           "\"seconds\": %.3f, \"pictures_per_s\": %.0f}\n",
           n, seconds, n / seconds);
    json_decref(report);
    return 0;
}

// Images a second over n batches; with 0 over LEAST_S.
static int time_loading(double *images_per_s, struct loader *l, size_t n_batches, struct err *e)
{
    struct batch *b;
    double start_s = clock_monotonic_s(), seconds = 0;
    size_t n = 0;
    int rc = 1;
    for (size_t i = 0; n_batches ? i < n_batches : seconds < LEAST_S; i++) {
        if ((rc = loader_next(l, &b, e)) != 1)
            break;
        n += b->n;
        batch_free(b);
        seconds = clock_monotonic_s() - start_s;
    }
    *images_per_s = (double)n / seconds;
    return rc < 0 ? rc : 0;
}

static int load(const struct examples *x, size_t size, size_t n_threads, struct err *e)
{
    struct loader *l;
    struct loader_options o = {.order = LOADER_EPOCHS,
                               .batch = BATCH,
                               .augment = AUGMENT_WAVEFORM,
                               .n_threads = n_threads};
    o.input = input_of_pictures(size);
    int rc = loader_open(&l, x, &o, e);
    if (rc < 0)
        return rc;
    double images_per_s = 0;
    if (x->decoded) // an epoch: they are kept
        rc = time_loading(&images_per_s, l, x->n / BATCH + 1, e);
    if (rc == 0)
        rc = time_loading(&images_per_s, l, 0, e);
    loader_close(l);
    if (rc < 0)
        return rc;
    printf(
        "{\"program\": \"nemg\", \"what\": \"loading\", \"image_size\": %zu, \"threads\": %zu, "
        "\"keep_mb\": %d, \"images_per_s\": %.0f}\n",
        size, n_threads, x->decoded ? KEEP_MB : 0, images_per_s);
    return 0;
}

int main(int argc, char **argv)
{
    struct err e;
    struct dataset d = {0};
    struct examples x = {0};
    mem_return_large_blocks(); // as the program does
    if (argc != 4) {
        fprintf(stderr,
                "usage: bench_data FOLDER_OF_CLASS_FOLDERS SCRATCH_FOLDER IMAGE_SIZE\n");
        return 2;
    }
    size_t size = strtoul(argv[3], NULL, 10);
    int rc = build(argv[1], argv[2], &e);
    if (rc == 0)
        rc = dataset_open(&d, argv[2], &e);
    if (rc == 0)
        rc = examples_load(&x, &d, "train", &e);
    for (size_t i = 0; rc == 0 && i < 4; i++) {
        if (i == 2)
            rc = examples_keep_decoded(&x, KEEP_MB << 20, &e);
        if (rc == 0)
            rc = load(&x, size, 1 + i % 2, &e);
    }
    examples_release(&x);
    dataset_close(&d);
    if (rc < 0)
        fprintf(stderr, "bench_data: %s\n", e.text);
    return rc < 0;
}
