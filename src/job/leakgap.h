/*
 * leakgap.h: how much better a result looks when examples are divided at random.
 *
 * The recipe of a model is trained once more on the same examples, divided example by example in
 * place of patient by patient, with as many in each split, and both are scored. The difference is
 * the leak gap: patients, recordings and machines that were recognised, not waveforms.
 *
 * A folder keeps what it takes:
 *   random/set, random/run    the examples divided at random, and the run on them
 *   patient/set               by patient; only where the data set is divided otherwise
 *   patient/run               only where the model was not trained on that division
 *   leakgap.json              the result, written last
 *
 * Stopped, it goes on when it is called again with the same folder.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct monitor;

struct leakgap_options {
    const char *model;           // folder; its model.json tells the recipe
    const char *dataset, *split; // what is scored: this split on both sides
    const char *folder;
    size_t batch, n_threads, n_loader_threads; // batch 0: predictor_best_batch()
    uint64_t seed;                             // of the random division and of the bootstrap
};
struct leakgap_options leakgap_defaults(void);

/*
 * *report: {"folder", "split", "recipe", "patient": {...}, "random": {...}, "gap": {...}}, the
 * caller's; docs/json.md. ERR_USAGE: the model does not say how it was trained, or other classes, or
 * patients are not known. ERR_CANCELLED: the same call goes on.
 */
int leakgap(json_t **report, const struct leakgap_options *o, const struct monitor *monitor,
            struct err *e);
