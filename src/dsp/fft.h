/*
 * fft.h: Fourier transform of real values, forward and back.
 *
 *     X[k] = sum over i of x[i] exp(-2 pi j i k / n),   k = 0 .. n/2
 *
 * Lengths are even products of 2, 3 and 5: fft_good_length() finds the next one.
 */
#pragma once

#include <stddef.h>

struct err;
struct fft; // belongs to one thread at a time

enum { FFT_MAX_LENGTH = 1 << 26 };

// The smallest length >= n that fft_new() takes; n <= FFT_MAX_LENGTH / 2.
size_t fft_good_length(size_t n);

// For n values; n == fft_good_length(n). ERR_MEMORY.
int fft_new(struct fft **out, size_t n, struct err *e);
void fft_free(struct fft *f); // accepts NULL

void fft_forward(struct fft *f, float *out, const float *in); // in [n], out [n/2 + 1][2]
void fft_inverse(struct fft *f, float *out, const float *in); // undoes it, 1/n included
