/*
 * spectrogram.h: power over time and frequency, and over time and mel bands.
 *
 * Frame t covers samples [t hop, t hop + window), Hann-weighted, without any padding: a frame
 * never holds what was not recorded. Results lie as a picture does, the lowest frequency in row
 * 0: [n_rows][n_frames].
 *
 * Spectrogram: one-sided power density, in unit^2 / Hz (uV^2 / Hz); its sum over rows times
 * bin_hz is the mean power of the frame [1].
 *
 * Mel: triangles of height 1, equally spaced on the scale mel = 2595 log10(1 + hz / 700), the
 * formula of HTK [2, 3], on the power density; so a row is power in unit^2, and all rows together
 * hold the power between the first and the last centre once. Then log10(max(power, floor)). Each
 * triangle is integrated over the width of the bins and not sampled at their middles: no band is
 * ever empty, however many bands there are.
 *
 * [1] Heinzel, Ruediger, Schilling 2002, Spectrum and spectral density estimation by the
 *     discrete Fourier transform, section 9.
 * [2] Young et al. 2006, The HTK Book (HTK 3.4), section 5.4.
 * [3] O'Shaughnessy 1987, Speech communication: human and machine, p. 150.
 */
#pragma once

#include <stddef.h>

struct err;

enum { SPECTROGRAM_MAX_WINDOW = 1 << 20 };

struct spectrogram_spec {
    double rate_hz; // > 0
    size_t window;  // samples, 2 to SPECTROGRAM_MAX_WINDOW
    size_t hop;     // samples, > 0
    size_t n_fft;   // >= window, rounded up to fft_good_length(); 0: from the window
};

struct spectrogram; // belongs to one thread at a time

// ERR_USAGE: numbers outside their ranges; ERR_MEMORY.
int spectrogram_new(struct spectrogram **out, const struct spectrogram_spec *spec,
                    struct err *e);
void spectrogram_free(struct spectrogram *s); // accepts NULL
size_t spectrogram_bins(const struct spectrogram *s);
double spectrogram_bin_hz(const struct spectrogram *s); // from one row to the next; row 0: 0 Hz
size_t spectrogram_frames(const struct spectrogram *s, size_t n); // 0 when n < window
void spectrogram_run(struct spectrogram *s, float *out, const float *x,
                     size_t n); // out [bins][frames]

struct mel_spec {
    struct spectrogram_spec spectrogram;
    size_t n_mels;      // 1 to 1024
    double low_hz;      // >= 0: where the lowest triangle begins
    double high_hz;     // > low_hz, <= rate_hz / 2: where the highest one ends
    double floor_power; // > 0, in unit^2: what is below is taken for it
};

// 128 bands from 20 Hz to 10 kHz or half the rate, windows of 32 ms every 8 ms, floor 1e-3 uV^2:
// a hundred times less than the quietest amplifier gives in a band.
void mel_defaults(struct mel_spec *out, double rate_hz);

struct mel; // belongs to one thread at a time

int mel_new(struct mel **out, const struct mel_spec *spec, struct err *e); // as above
void mel_free(struct mel *m);                                              // accepts NULL
size_t mel_frames(const struct mel *m, size_t n);
void mel_run(struct mel *m, float *out, const float *x, size_t n); // out [n_mels][frames]

double mel_of_hz(double hz);
double mel_to_hz(double mel);
