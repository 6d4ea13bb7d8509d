/*
 * segment.h: single discharges in a signal: where they are, and what an electromyographer measures
 * of each.
 *
 * A discharge is where the signal leaves its base line by more than noise does. The base line is
 * the median of 100 ms around, which follows a swaying cable and hardly a discharge; noise is the
 * deviation of the quiet parts (dsp/measure.h). A segment reaches as far as the signal stays
 * beyond 3 deviations, pauses of up to 1.5 ms among it, and has 6 somewhere.
 *
 * Positive values are positive potentials of the active electrode. Values are in the signal's unit.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;

struct segment {
    size_t first, end;         // samples [first, end)
    size_t peak;               // the largest deviation
    bool is_cut;               // reaches an end of the signal
    double positive, negative; // largest of each sign, both as positive numbers
    double amplitude;          // peak to peak
    double duration_ms;        // from first to end
    double
        rise_ms; // 10 to 90 % of the way to the peak: from the extreme of the other sign before
                 // it or, where there is none, from the base line
    int first_sign;  // of the first deflection: 1, -1
    size_t n_phases; // stretches of one sign
    size_t n_turns;  // changes of direction between two extremes
    size_t train;    // of trains_of()
};

struct segments {
    struct segment *list; // [n] in the order of time
    size_t n;
    float *level; // [n_samples] the signal without its base line, smoothed over 0.2 ms
    size_t n_samples;
    double rate_hz;
    double noise; // of level
};

enum { SEGMENTS_MAX = 1 << 20 };

// rate_hz > 0. Values that are not finite are taken for the base line. ERR_MEMORY; ERR_LIMIT: more
// than SEGMENTS_MAX. segments_release() in any case.
int segments_find(struct segments *out, const float *x, size_t n, double rate_hz,
                  struct err *e);
void segments_release(struct segments *s); // accepts a zeroed struct
