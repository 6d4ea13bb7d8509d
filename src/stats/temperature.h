/*
 * temperature.h: one number that makes a network's probabilities less, or more, sure of
 * themselves [1]: softmax(logits / T). Which class is the most probable never changes.
 *
 * T is where the cross-entropy of examples that the network was not trained on is least. In
 * b = 1/T that is a convex function with
 *
 *     f'(b)  = sum over n of  mean of z under softmax(b z)  -  z of the truth
 *     f''(b) = sum over n of  variance of z under softmax(b z)
 *
 * so a Newton step, or a bisection where it would leave the bracket, finds the one root.
 *
 * [1] Guo, Pleiss, Sun, Weinberger 2017, On calibration of modern neural networks, ICML.
 */
#pragma once

#include "stats/estimate.h"

#include <stddef.h>

#define TEMPERATURE_MIN 0.01 // beyond these the examples do not say which
#define TEMPERATURE_MAX 100.0

// softmax of logits / temperature, in double, of one row.
void temperature_softmax(float *probabilities, const float *logits, size_t n_classes,
                         double temperature);

// logits [n][n_classes], finite; truth [n]. Not computable where the least cross-entropy lies
// beyond TEMPERATURE_MIN (every example is right, or nearly) or TEMPERATURE_MAX (no better than
// guessing). Without an interval.
struct estimate temperature_fit(const float *logits, const size_t *truth, size_t n,
                                size_t n_classes);
