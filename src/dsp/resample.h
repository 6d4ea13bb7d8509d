/*
 * resample.h: another sampling rate, fractional ones too (23437.5 Hz).
 *
 * Output sample i lies at the time i / to_hz: nothing is shifted. When the rate falls, what the
 * new rate cannot hold is filtered away first.
 */
#pragma once

#include <stddef.h>

struct err;

// Samples that n become: those at times before the n samples end. Rates > 0.
size_t resample_length(size_t n, double from_hz, double to_hz);

// out: resample_length() samples. ERR_LIMIT when the rates differ by more than 256 times;
// ERR_MEMORY.
int resample(float *out, const float *in, size_t n, double from_hz, double to_hz,
             struct err *e);
