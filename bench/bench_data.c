/*
 * bench_data.c: how fast pictures become a data set, and a data set batches.
 *
 * usage: bench_data FOLDER_OF_CLASS_FOLDERS SCRATCH_FOLDER IMAGE_SIZE
 *
 * Three JSON lines: building (pictures a second, reading, hashing, decoding once, writing), and
 * loading with variation "waveform" on one and on two threads (images a second).
 */
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "data/dataset_build.h"
#include "data/loader.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 16, LEAST_S = 5 };

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

static int load(const struct examples *x, size_t size, size_t n_threads, struct err *e)
{
    struct loader *l;
    struct batch *b;
    struct loader_options o = {.order = LOADER_EPOCHS,
                               .batch = BATCH,
                               .augment = AUGMENT_WAVEFORM,
                               .n_threads = n_threads};
    o.input = input_of_pictures(size);
    int rc = loader_open(&l, x, &o, e);
    if (rc < 0)
        return rc;
    size_t n = 0;
    double start_s = clock_monotonic_s(), seconds = 0;
    while (seconds < LEAST_S && (rc = loader_next(l, &b, e)) == 1) {
        n += b->n;
        batch_free(b);
        seconds = clock_monotonic_s() - start_s;
    }
    loader_close(l);
    if (rc < 0)
        return rc;
    printf(
        "{\"program\": \"nemg\", \"what\": \"loading\", \"image_size\": %zu, \"threads\": %zu, "
        "\"images_per_s\": %.0f}\n",
        size, n_threads, (double)n / seconds);
    return 0;
}

int main(int argc, char **argv)
{
    struct err e;
    struct dataset d = {0};
    struct examples x = {0};
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
    for (size_t n_threads = 1; rc == 0 && n_threads <= 2; n_threads++)
        rc = load(&x, size, n_threads, &e);
    examples_release(&x);
    dataset_close(&d);
    if (rc < 0)
        fprintf(stderr, "bench_data: %s\n", e.text);
    return rc < 0;
}
