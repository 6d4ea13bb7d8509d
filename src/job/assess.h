/*
 * assess.h: what can be said about predictions: the object of nemg evaluate (docs/json.md).
 *
 * What cannot be computed is null, and the object's "not_computable" has the reason, never a 0.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct calibration;
struct err;
struct predictions;

struct assess_options {
    double sensitivity, specificity; // operating points to report; 0: none
    const struct predictions
        *chosen_on;    // of the validation split, of the same classes: thresholds
                       // are chosen there; NULL: on the predictions themselves
    const char *split; // of the predictions, NULL: not known
    const struct calibration *calibration; // that made the probabilities, NULL: none
    bool is_own_split;                     // the calibration was fitted to these very examples
    uint64_t seed;                         // of the bootstrap
};

// *report: the caller's, without the members that say which model and data set. q->n > 0.
int assess(json_t **report, const struct predictions *q, const struct assess_options *o,
           struct err *e);
