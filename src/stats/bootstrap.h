/*
 * bootstrap.h: how sure a number is when examples come in clusters: those of one patient resemble
 * each other, so it is patients that are drawn again, with replacement, each with all his
 * examples [1, 2].
 *
 * The interval is what the middle 95 % of the resamples give (percentile). BCa would need its
 * acceleration from leaving out one of some ten patients, which is mostly noise. With few clusters
 * percentile intervals are too narrow, too: under about ten, believe them less than they say.
 *
 * [1] Efron, Tibshirani 1993, An introduction to the bootstrap, sections 8.3, 13.3.
 * [2] Field, Welsh 2007, Bootstrapping clustered data, J R Stat Soc B 69: 369-390.
 */
#pragma once

#include "stats/interval.h"

#include <stddef.h>
#include <stdint.h>

enum { BOOTSTRAP_RESAMPLES = 2000 };

// How often each of n clusters is in the i-th resample; they sum up to n. n > 0, within 32 bits.
// The same (seed, i, n) always gives the same, whatever was drawn before.
void bootstrap_draw(uint32_t *times, size_t n, uint64_t seed, uint64_t i_resample);

// The 2.5 % and 97.5 % points of values [n], interpolated between neighbours (type 7 of Hyndman
// and Fan 1996). Sorts values; a NaN is a resample that gives no number. Returns NULL, or why
// there is no interval: over a tenth of the resamples give no number, or all give the same.
const char *bootstrap_percentile95(struct interval *out, double *values, size_t n);
