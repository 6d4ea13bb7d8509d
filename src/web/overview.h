/*
 * overview.h: lowest and highest value of each of up to about a million stretches of a channel: what
 * a view of an hour is drawn from in the time of a view of a second.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;
struct recording;

enum { OVERVIEW_LEAST_BIN = 256 };

struct overview {
    size_t bin;    // samples of one stretch; 0: not made yet
    size_t n;      // stretches; the last one may be shorter
    float *minmax; // [n][2]
};

// Reads the whole channel. ERR_IO, ERR_MEMORY.
int overview_make(struct overview *out, struct recording *r, size_t channel, struct err *e);
void overview_release(struct overview *o); // accepts a zeroed struct

// Lowest and highest of samples [first, first + n), to whole stretches.
void overview_range(float minmax[2], const struct overview *o, uint64_t first, uint64_t n);
