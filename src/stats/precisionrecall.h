/*
 * precisionrecall.h: of those called by a score to be of a class, how many are (precision),
 * against how many of the class are called so (recall), for every threshold.
 *
 * Where a class is rare this says more than the ROC curve [1]: a score that means nothing has a
 * precision of the class's share, whatever the recall. The number for the whole curve is average
 * precision, the sum over falling thresholds of (recall_k - recall_k-1) precision_k. It does not
 * draw straight lines between the points, which would promise too much [1].
 *
 * [1] Davis, Goadrich 2006, The relationship between precision-recall and ROC curves, ICML.
 */
#pragma once

#include "stats/ranked.h"

// Each example counted weight[number] times; NULL: once. NaN without a positive.
double average_precision(const struct ranked *r, const uint32_t *weight);

// Examples with a score of at least `threshold` are called positive.
struct precision_recall_point {
    double threshold, recall, precision;
};
// One point for each score that occurs, recall rising. points [r->n]; returns their number, 0
// without a positive.
size_t precision_recall_curve(struct precision_recall_point *points, const struct ranked *r);
