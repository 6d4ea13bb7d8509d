/*
 * hum.h: how much of a short stretch is mains hum.
 *
 * measure.h says it of recordings, from spectra of whole seconds. A window of 100 ms has no such
 * spectrum; but over a whole number of mains periods a line at a multiple of mains is orthogonal
 * to everything that has another whole number of periods there. So the stretch is projected on
 * each multiple up to HUM_MAX_HZ, and on the frequencies one period more and one less, which hold
 * what muscle and noise have there: their mean is taken off.
 */
#pragma once

#include <stddef.h>

#define HUM_MAX_HZ 1000.0

// Share of the power about the mean, 0 to 1, of the multiples of mains_hz in as many whole periods
// as x [n] holds. 0 where it holds fewer than two periods, or is constant.
double hum_share(const float *x, size_t n, double rate_hz, double mains_hz);
