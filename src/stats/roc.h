/*
 * roc.h: how well a score parts one class from all others, whatever the threshold.
 *
 * The curve gives for every threshold the share of the class that is called so (sensitivity)
 * against the share of the others that is called so (1 - specificity). The area under it is the
 * probability that an example of the class has a higher score than one of the others, a tie
 * counting one half:
 *
 *     AUC = 1/(m n)  sum over positives i, negatives j of  [x_i > y_j] + [x_i = y_j] / 2
 *
 * Its variance is that of DeLong, DeLong and Clarke-Pearson [1]: with V10(i) the mean of the sum
 * over j and V01(j) that over i,  var = S10 / m + S01 / n,  S the sample variances. One walk
 * through the ranked scores gives all V, as midranks do [2]. The interval is symmetric in
 * log(AUC / (1 - AUC)), so it stays within 0 and 1 [3].
 *
 * Like Wilson's, it takes examples as independent.
 *
 * [1] DeLong, DeLong, Clarke-Pearson 1988, Comparing the areas under two or more correlated
 *     receiver operating characteristic curves, Biometrics 44: 837-845.
 * [2] Sun, Xu 2014, Fast implementation of DeLong's algorithm, IEEE Signal Process Lett 21:
 *     1389-1393.
 * [3] Pepe 2003, The statistical evaluation of medical tests, section 5.2.
 */
#pragma once

#include "stats/estimate.h"
#include "stats/ranked.h"

// Not computable without a positive or without a negative; no interval with fewer than two of
// either, or where the scores part them completely.
struct estimate roc_auc(const struct ranked *r);
double roc_delong_variance(const struct ranked *r); // NaN with fewer than two of either

// The area alone, each example counted weight[number] times; NaN where there is none.
double roc_auc_weighted(const struct ranked *r, const uint32_t *weight);

// Examples with a score of at least `threshold` are called positive.
struct roc_point {
    double threshold; // infinite at the first point: nobody is
    double false_positive_rate, true_positive_rate;
};
// The corners of the curve, from (0, 0) to (1, 1); points on a straight line between two others
// are left out. points [r->n + 1]; returns their number, 0 without a positive or a negative.
size_t roc_curve(struct roc_point *points, const struct ranked *r);
