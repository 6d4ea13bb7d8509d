/*
 * classify.h: pictures to probabilities.
 */
#pragma once

#include "job/predict.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct model;
struct monitor;

struct classify_options {
    // [n_paths] pictures, or folders: of the pictures in them and their folders
    const char *const *paths;
    size_t n_paths;
    bool want_logits;
    size_t batch, n_threads; // batch 0: predictor_best_batch()
    enum numbers numbers;
};

/*
 * *report: {"model", "classes", "results": [{"file", "label", "probabilities": {name: p}, "logits"}],
 * "rejected": [{"file", "why"}]}, the caller's. A picture that cannot be read is rejected, and the
 * others go on; ERR_FORMAT when none could be read.
 */
int classify(json_t **report, struct model *m, const struct classify_options *o,
             const struct monitor *monitor, struct err *e);
