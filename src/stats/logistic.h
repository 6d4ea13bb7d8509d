/*
 * logistic.h: multinomial logistic regression with a ridge: the simple classifier that others are
 * compared with.
 *
 * Minimises, over weights W and offsets b,
 *
 *     1/K  sum over classes k of  the mean over its examples of  -log softmax(W x + b)[k]
 *     + ridge / 2 * sum of W^2
 *
 * Every class weighs the same, however common it is: a classifier that only knows how common the
 * classes are then has a balanced accuracy of 1/K. The sum is convex, and strictly so in W; it is
 * minimised by Nesterov's accelerated gradient [1] from zero, with the step that the bound
 * |x|^2 / 2 + ridge of its curvature [2] allows, so that there is nothing to tune.
 *
 * [1] Nesterov 1983, A method of solving a convex programming problem with convergence rate
 *     O(1/k^2), Soviet Math Doklady 27: 372-376; restarted where it goes uphill, as O'Donoghue
 *     and Candes 2015, Found Comput Math 15: 715-732, have it.
 * [2] Boehning 1992, Multinomial logistic regression algorithm, Ann Inst Stat Math 44: 197-200.
 */
#pragma once

#include <stddef.h>

struct err;

struct logistic {
    size_t n_inputs, n_classes;
    double *weights; // [n_classes][n_inputs + 1], the offset last
};

// x [n][n_inputs], finite, best within -1 to 1; truth [n] below n_classes, every class at least
// once; ridge > 0. ERR_MEMORY. logistic_release() in any case.
int logistic_fit(struct logistic *out, const double *x, const size_t *truth, size_t n,
                 size_t n_inputs, size_t n_classes, double ridge, struct err *e);
void logistic_release(struct logistic *m); // accepts a zeroed struct

// out [n_classes]: the probability of each class, all equally common.
void logistic_predict(double *out, const struct logistic *m, const double *x);
