/*
 * machine.h: what an EMG machine makes of the potential at the electrode: noise, mains, filters,
 * gain, converter.
 */
#pragma once

#include "sim/electrode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct rng;
struct timeline;

struct machine {
    double rate_hz;
    enum electrode_kind electrode;
    double white_uv;    // of amplifier and electrode: RMS over the band
    double pink_uv;     // 1/f part, RMS
    double mains_hz;    // 50 or 60
    double mains_uv;    // amplitude of the fundamental
    double sway_uv;     // slow movement of needle and cable, below 10 Hz
    double highpass_hz; // 2nd order
    double lowpass_hz;  // 2nd order; 0 or from rate_hz / 2 on: none but the converter's
    double range_uv;    // the converter's full scale is +-range_uv
    int bits;
};

// Runs the timeline's clean potential through the machine, in place: afterwards every sample is
// a count of the converter times its step. Stretches at the rail are marked as
// DISCHARGE_SATURATION. ERR_MEMORY, ERR_LIMIT.
int machine_run(const struct machine *m, struct timeline *t, struct rng *rng, struct err *e);

double machine_counts_per_uv(const struct machine *m);

// n numbers of mean 0 and deviation 1, four for each call of the generator: the stream's
// numbers from rng->position on. Faster than rng_normal().
void machine_white(float *out, size_t n, struct rng *rng);
