/*
 * trains.h: which discharges come from the same fibre or unit, and how regularly it fires.
 *
 * Discharges of one source look the same, so a train is those whose shapes within 3 ms around
 * the peak correlate by 0.95 or more and whose amplitudes differ by less than 1.25 times. Shapes may
 * drift: each discharge is compared with the train's recent ones. Discharges that fall onto each
 * other look like neither and are left alone; then an interval is twice too long, so intervals
 * above 1.75 of the median are taken for missed discharges.
 *
 *   rate                          1 / median interval
 *   coefficient of variation      deviation / mean, from differences of neighbouring intervals, so
 *                                 that a train that slows down is not irregular: for independent
 *                                 normal intervals the mean difference is 2 / sqrt(pi) deviations
 *   mean consecutive difference   of neighbouring intervals [1]
 *
 * [1] Ekstedt, Nilsson, Stalberg 1974, Calculation of the electromyographic jitter.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct segments;

enum { TRAINS_MAX = 64, TRAINS_LEAST_INTERVALS = 4 };

struct train_rhythm {
    size_t n;                   // discharges
    bool has_rhythm;            // TRAINS_LEAST_INTERVALS or more
    double rate_hz, cv, mcd_ms; // of has_rhythm only
};

struct trains {
    struct train_rhythm list[TRAINS_MAX];
    size_t n;
};

/*
 * Sets the train of each segment; what is found when TRAINS_MAX are there already goes to the last
 * one, which then has no rhythm. ERR_MEMORY.
 */
int trains_of(struct trains *out, struct segments *s, struct err *e);
