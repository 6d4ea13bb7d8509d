/*
 * crossentropy.h: how surprised a network is by the truth, in nats.
 *
 *     -1/N  sum over n of  log p[n][truth[n]]
 *
 * A probability below the smallest normal float32 (2^-126) is taken as that: it stands for "too
 * small for float32", and one confident mistake then costs 87.3 nats instead of making the mean
 * infinite. Nothing larger is touched.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

// p [n][n_classes], truth [n] below n_classes. False, and *out untouched, when n is 0 or a
// probability of the truth is not in [0, 1] (NaN of a broken network included); up to 1.0001 is
// taken as 1, for softmax sums round.
bool crossentropy_mean(double *out, const float *p, const size_t *truth, size_t n,
                       size_t n_classes);
