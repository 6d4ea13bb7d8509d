/*
 * classify_recordings.h: recordings to probabilities: overlapping windows of one channel.
 */
#pragma once

#include "job/predict.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct model;
struct monitor;
struct recording;

struct classify_recordings_options {
    const char *const *paths; // [n_paths] files
    size_t n_paths;
    struct recording
        *opened;     // already: the only one, which paths[0] names; NULL: none. Borrowed
    size_t channel;  // 0 is the first
    double hop_ms;   // from one window to the next; 0: half a window
    bool want_rules; // what the rules say of each window, beside the network (second_opinion.h)
    size_t batch, n_threads; // batch 0: predictor_best_batch()
    enum numbers numbers;
};

/*
 * *report: {"model", "classes", "window_ms", "hop_ms", "results": [{"file", "duration_s",
 * "per_class": {class: windows}, "windows": [{"onset_s", "label", "probabilities": {class: p}}]}],
 * "rejected": [{"file", "why"}]}, the caller's; with want_rules each window has "rules" (a name of
 * rules_class_names) and "agrees" (true, false or null), too. m reads signals. A recording that cannot be read,
 * is shorter than a window, or has another unit than the model was trained on is rejected, and the
 * others go on; ERR_FORMAT when none could be read. ERR_USAGE: a hop that is no sample long.
 */
int classify_recordings(json_t **report, struct model *m,
                        const struct classify_recordings_options *o,
                        const struct monitor *monitor, struct err *e);
