/*
 * stretch.h: a stretch of a channel as a machine would show or play it: filtered causally, with the
 * filters settled where it begins, and without its offset where there is no high-pass.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;
struct recording;

enum { STRETCH_MAX_SAMPLES = 1 << 24 }; // 5.8 minutes at 48 kHz

struct stretch {
    size_t channel;
    uint64_t first;
    size_t n;                                 // may reach beyond the end: what is there is read
    double highpass_hz, lowpass_hz, notch_hz; // 0: none
    double offset;                            // taken off where there is no high-pass
};

// *out [*n]; the caller's: mem_free(). ERR_USAGE: an impossible filter; ERR_LIMIT; ERR_IO.
int stretch_read(float **out, size_t *n, struct recording *r, const struct stretch *s,
                 struct err *e);

// Lowest and highest value of each of n_columns columns of per_column samples (> 0, any real
// number): out [n_columns][2]. A column without a sample repeats the one before it.
void stretch_minmax(float *out, size_t n_columns, const float *x, size_t n, double per_column);
