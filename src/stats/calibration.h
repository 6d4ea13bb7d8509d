/*
 * calibration.h: whether probabilities are what they claim: of the examples that are called with
 * 80 %, are 80 % right?
 *
 * Reliability [1]: the examples sorted into bins of equal width by the probability of the class
 * they were called (confidence); bin b of B holds (b/B, (b+1)/B], the first one 0, too. The
 * expected calibration error is
 *
 *     ECE = sum over bins of  n_b / n  |share right in b - mean confidence in b|
 *
 * With few examples it is not 0 even for perfect probabilities, and it depends on the bins.
 *
 * Brier score [2], of all classes:  1/N sum over n, k of (p[n][k] - [truth[n] = k])^2 : 0 at the
 * best, 2 at the worst. It rewards being right and knowing it.
 *
 * [1] Guo, Pleiss, Sun, Weinberger 2017, On calibration of modern neural networks, ICML (their 15
 *     bins).
 * [2] Brier 1950, Verification of forecasts expressed in terms of probability, Mon Weather Rev
 *     78: 1-3.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { RELIABILITY_BINS = 15 };

struct reliability_bin {
    uint64_t n, n_right;
    double confidence; // mean; NaN where n is 0
};

// p [n][n_classes], finite, truth [n], both of the caller; the lowest of equal classes is called.
void reliability_bins(struct reliability_bin bins[RELIABILITY_BINS], const float *p,
                      const size_t *truth, size_t n, size_t n_classes);
double reliability_ece(const struct reliability_bin bins[RELIABILITY_BINS]); // NaN of nothing

// Of one example; the score is their mean.
double brier_of(const float *p, size_t truth, size_t n_classes);
