/*
 * redraw.h: several numbers that were made of the same examples, with their intervals over groups
 * (patients): every number is made again of each resample of bootstrap.h.
 *
 * Numbers that differ because two models were trained on different data vary more than this says:
 * training is not repeated.
 */
#pragma once

#include "stats/interval.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum {
    REDRAW_TIMES = 1000
}; // the ends of an interval are then known to about 0.1 of its width

// Writes the numbers out [n_values] of the data in which group g counts times[g] times. NAN where
// one cannot be computed.
typedef void redraw_numbers(double *out, const void *context, const uint32_t *times);

struct redrawn {
    double value; // of the data themselves; NAN: not computable
    bool
        has_interval; // nine draws of ten could be computed, and each stratum has two groups or more
    struct interval ci95; // set to NAN where there is none
};

// Groups one after another that are drawn within their stratum: of two independent samples, each
// is drawn for itself.
struct redraw_strata {
    const size_t *n_groups; // [n]
    size_t n;
};

// out [n_values]; times of numbers() has the groups of all strata. ERR_MEMORY.
int redraw_groups(struct redrawn *out, size_t n_values, redraw_numbers *numbers,
                  const void *context, struct redraw_strata strata, uint64_t seed,
                  struct err *e);
