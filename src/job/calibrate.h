/*
 * calibrate.h: a temperature and a threshold for sets, from the validation split, into a model folder.
 *
 * Both come from examples that the weights were not fitted to. The best weights were chosen by them,
 * though, so what they promise is a little too good: evaluate on test.
 */
#pragma once

#include "job/predict.h"

#include <jansson.h>
#include <stddef.h>

struct err;
struct monitor;

struct calibrate_options {
    const char *model, *dataset;
    double error_rate;       // of the sets, between 0 and 1
    size_t batch, n_threads; // batch 0: predictor_best_batch()
    enum numbers numbers;
};
struct calibrate_options calibrate_defaults(void);

// *report: the object of --json (docs/json.md), the caller's. A temperature that cannot be fitted stays
// 1, and the report says why. ERR_USAGE: other classes, no validation split, too few examples for the
// error rate.
int calibrate(json_t **report, const struct calibrate_options *o, const struct monitor *monitor,
              struct err *e);
