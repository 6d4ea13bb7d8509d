/*
 * repeat.h: stretches of a signal that occur twice.
 *
 * Public recordings do contain themselves (PhysioNet's emgdb: myopathy and neuropathy), and
 * windows of the two copies on both sides of a split let a network remember instead of learn.
 */
#pragma once

#include <stddef.h>

struct err;

enum { REPEAT_MAX = 16 };

struct repeat {
    double first_s; // where the first copy begins
    double duration_s;
    double lag_s;      // the second copy begins so much later
    double similarity; // mean normalised cross-correlation of windows of 1 s, 0 to 1
};

/*
 * Stretches of 2 s and more that occur again, up to REPEAT_MAX, the longest first. A stretch is
 * seen when it is 2 s and about 1 % of the signal long or more. Signals below 1000 Hz or 4 s
 * have none. Time and memory are bounded: 0.6 s and 70 MB for 10 minutes; of signals above 17
 * minutes the first 17 are searched, and *searched_s (may be NULL) tells. ERR_MEMORY.
 */
int repeat_find(struct repeat *out, size_t *n_found, double *searched_s, const float *x,
                size_t n, double rate_hz, struct err *e); // out [REPEAT_MAX]
