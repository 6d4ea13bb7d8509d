/*
 * window.h: weights that let a stretch of signal begin and end softly.
 *
 * Periodic windows, as spectra want them: w[0] is the lowest value and w[n] would equal it.
 *
 *     w[i] = sum over m of (-1)^m a[m] cos(2 pi m i / n)                            [1]
 *
 * [1] Harris 1978, On the use of windows for harmonic analysis with the discrete Fourier
 *     transform, Proc. IEEE 66: 51-83.
 */
#pragma once

#include <stddef.h>

enum window_kind {
    WINDOW_KIND_RECTANGULAR,
    WINDOW_KIND_HANN,
    WINDOW_KIND_HAMMING,
    WINDOW_KIND_BLACKMAN,
};

void window_fill(float *out, size_t n, enum window_kind kind);
