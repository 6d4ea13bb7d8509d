/*
 * strip.h: one channel of a recording at the rate that is wanted, read in pieces.
 *
 * Positive values are positive potentials of the active electrode wherever the recording says
 * which way round it is, whatever a screen draws upwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct recording;

struct strip {
    struct recording *recording; // borrowed
    size_t channel;
    double rate_hz;
    uint64_t n_samples; // at rate_hz
    bool is_uv;         // else counts
    float sign;
};

// ERR_USAGE: no such channel. ERR_LIMIT: rates too far apart.
int strip_of(struct strip *out, struct recording *r, size_t channel, double rate_hz,
             struct err *e);
const char *strip_unit(const struct strip *s); // "uV" or "counts"

// Samples [first, first + n), all of which must be there. Pieces overlap and fit together: what
// a sample is does not depend on the piece it is read in, but for a millionth of the rate's
// filter and half a sample of the recording's own rate. ERR_IO, ERR_MEMORY.
int strip_read(const struct strip *s, uint64_t first, size_t n, float *out, struct err *e);
