/*
 * sets.h: what a calibrated model says beside its probabilities: the classes it cannot rule out.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct model;

// Adds "set" [class] and "unsure" (not exactly one class in it) to a result; nothing, and false, of a
// model that is not calibrated. Returns whether it is unsure. p [n_classes].
bool sets_put(json_t *result, const struct model *m, const float *p);

// {"temperature", "error_rate", "threshold"}, or null.
json_t *sets_calibration(const struct model *m);
