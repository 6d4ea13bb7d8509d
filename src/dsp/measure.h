/*
 * measure.h: what a signal is like before anyone looks at waveforms: offset, noise floor, mains,
 * clipping, wrapped samples, stretches that occur twice.
 *
 * Two ways. A signal of any length comes in blocks:
 *
 *     measure_new(&m, rate_hz, full_scale, e); measure_add(m, x, n) ...; measure_end(m, &out);
 *
 * or lies in memory: measure_signal(). All in one pass: ten minutes at 48 kHz take about half a
 * second. Stretches that occur twice want the whole signal and have a function of their own.
 *
 * Values that are not finite are counted and taken for the one before them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

// In the unit of the signal, where nothing else is said.
struct measures {
    uint64_t n;
    uint64_t n_not_finite;
    double min, max; // max - min is peak to peak
    double mean;     // the offset
    double rms;      // about the mean
    double step;     // smallest difference of two neighbours that differ: one count of the
                     // converter, where there is one; 0: all samples are equal

    // Noise floor, of what is above MEASURE_NOISE_HZ. From the median of absolute values, which
    // activity in less than half of the time hardly moves; and as the RMS of the quiet windows
    // of 20 ms (their 10th percentile), for signals that are busy most of the time.
    double noise;
    double noise_quiet; // 0 when there is no whole window

    // Share of the AC power in narrow lines at multiples of 50 and of 60 Hz up to 1 kHz, 0 to 1,
    // beyond what the spectrum holds beside them. 300 and 600 Hz count for both. Only where the
    // signal has 1 s or more: else has_mains is false.
    bool has_mains;
    double mains_50, mains_60;

    // Samples in runs of 4 or more at the very maximum or minimum.
    uint64_t n_clipped;
    uint64_t n_clip_runs;

    // Neighbours that differ by more than half of the full scale: a converter's number that
    // went over its end. Only looked for with a full scale.
    uint64_t n_wrapped;
};

#define MEASURE_NOISE_HZ 20.0 // below: movement of needle and cable

struct measure; // belongs to one thread at a time

// rate_hz > 0; full_scale: difference of the converter's largest and smallest value, 0: not
// known. ERR_MEMORY.
int measure_new(struct measure **out, double rate_hz, double full_scale, struct err *e);
void measure_add(struct measure *m, const float *x, size_t n);
void measure_end(const struct measure *m, struct measures *out); // of all that was added
void measure_free(struct measure *m);                            // accepts NULL

int measure_signal(struct measures *out, const float *x, size_t n, double rate_hz,
                   double full_scale, struct err *e);
