/*
 * filter.h: the filters of an EMG machine: high-pass, low-pass, band-pass, notch and comb.
 *
 * A filter is a cascade of second-order stages, put together by the filter_add_ functions in
 * any number and order. It runs causally with a state, so that a signal may come in blocks of
 * any size and gives the same samples as in one piece; or forward and backward over a whole
 * signal, which shifts nothing in time and squares the gain (-6 dB where it was -3 dB).
 * All arithmetic is in double.
 *
 *     struct filter f;
 *     filter_init(&f, rate_hz);
 *     if ((rc = filter_add_highpass(&f, 2, 20, e)) < 0 || (rc = filter_add_notch(&f, 50, 30, e)) < 0)
 *         goto out;
 *     filter_settle(&f, x[0]);
 *     filter_run(&f, x, x, n);
 *     out: filter_release(&f);
 *
 * Frequencies come from people, so a wrong one is ERR_USAGE and names what was wanted; and a
 * failed filter_add_ leaves the filter as it was.
 */
#pragma once

#include <stddef.h>

struct err;

enum { FILTER_MAX_ORDER = 8 };

struct filter_stage {
    double b0, b1, b2, a1, a2; // y[i] = b0 x[i] + b1 x[i-1] + b2 x[i-2] - a1 y[i-1] - a2 y[i-2]
    double s1, s2;             // the state
};

struct filter {
    double rate_hz;
    struct filter_stage *stages;
    size_t n_stages, capacity;
};

void filter_init(struct filter *f, double rate_hz); // no stage: it changes nothing
void filter_release(struct filter *f);              // accepts a zeroed struct

// Butterworth, -3 dB at the cut. 1 <= order <= FILTER_MAX_ORDER, 0 < cut_hz < rate_hz / 2.
int filter_add_highpass(struct filter *f, int order, double cut_hz, struct err *e);
int filter_add_lowpass(struct filter *f, int order, double cut_hz, struct err *e);

// A high-pass and a low-pass of the order, one behind the other, as machines have it: each edge
// is -3 dB where the other one no longer matters. low_hz < high_hz.
int filter_add_bandpass(struct filter *f, int order, double low_hz, double high_hz,
                        struct err *e);

// Takes out one frequency; -3 dB at a distance of about line_hz / q / 2 on both sides. q > 0.
int filter_add_notch(struct filter *f, double line_hz, double q, struct err *e);

// Notches at line_hz and its multiples, all as wide as the first, n_lines of them or, with 0,
// all below rate_hz / 2. 1 / q of the whole spectrum is lost.
int filter_add_comb(struct filter *f, double line_hz, size_t n_lines, double q, struct err *e);

// The three knobs of a machine: a high-pass and a low-pass of order 2 and a notch of Q 30, each left
// out where it is 0.
int filter_add_knobs(struct filter *f, double highpass_hz, double lowpass_hz, double notch_hz,
                     struct err *e);

double filter_gain(const struct filter *f, double hz); // |H|, causal; 0 <= hz <= rate_hz / 2

void filter_reset(struct filter *f); // as if only zeros had come so far
// As if the value had come for ever: no transient when a signal begins with an offset.
void filter_settle(struct filter *f, double value);
void filter_run(struct filter *f, float *out, const float *in, size_t n); // out may be in

// Forward and backward over a whole signal; out may be in. Both ends are continued by turning
// the signal about its end points. The state is lost. ERR_MEMORY.
int filter_zero_phase(struct filter *f, float *out, const float *in, size_t n, struct err *e);
