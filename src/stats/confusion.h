/*
 * confusion.h: what was what, and what it was taken for.
 *
 * A table of counts, one row per true class and one column per predicted class, and all that
 * can be read from it. Seen from one class i, with TP = count[i][i], FN the rest of row i, FP
 * the rest of column i and TN everything else:
 *
 *     precision    TP / (TP + FP)        of those called i, how many are i
 *     recall       TP / (TP + FN)        of those that are i, how many are called i (sensitivity)
 *     specificity  TN / (TN + FP)        of those that are not i, how many are not called i
 *     F1           2 TP / (2 TP + FP + FN)
 *
 * Interval of F1. Precision, recall and specificity count examples, so Wilson's interval
 * applies as it is. F1 counts every TP twice, so it does not. But F1 = 2 J / (1 + J) with
 * J = TP / (TP + FP + FN) [1], and J counts each example once: of the examples that are i or
 * are called i, the share that is both. For independent examples TP is binomial given that
 * number. So we take Wilson's interval of J and map both ends; the map rises steadily, so the
 * coverage stays that of Wilson's interval.
 *
 * [1] Hand, Christen, Kirielle 2021, F*: an interpretable transformation of the F-measure,
 *     Machine Learning 110: 451-456 (their F* is J).
 */
#pragma once

#include "stats/ratio.h"

#include <stddef.h>
#include <stdint.h>

struct err;

enum { CONFUSION_MAX_CLASSES = 4096 };

struct confusion {
    size_t n_classes;
    uint64_t n;      // examples counted
    uint64_t *count; // [n_classes][n_classes], rows truth, columns prediction
};

// All counts zero. 0 < n_classes. ERR_LIMIT above CONFUSION_MAX_CLASSES, ERR_MEMORY.
int confusion_init(struct confusion *c, size_t n_classes, struct err *e);
void confusion_release(struct confusion *c); // accepts a zeroed struct

// Counts one example. truth, predicted < n_classes: the caller has checked what came from a
// file.
void confusion_add(struct confusion *c, size_t truth, size_t predicted);
void confusion_add_times(struct confusion *c, size_t truth, size_t predicted, uint64_t times);
void confusion_clear(struct confusion *c); // all counts zero again
uint64_t confusion_count(const struct confusion *c, size_t truth, size_t predicted);

// One class against all others.
struct class_scores {
    uint64_t support;     // examples that are of this class
    uint64_t n_predicted; // examples that were called so
    struct ratio share;   // support / n: how common the class is here
    struct ratio precision;
    struct ratio recall;
    struct ratio specificity;
    struct ratio f1; // part and whole are 2 TP and 2 TP + FP + FN; ci95 as explained above
};
void confusion_class(struct class_scores *out, const struct confusion *c, size_t i_class);

// Share of examples called what they are.
struct ratio confusion_accuracy(const struct confusion *c);

// A plain mean over classes; classes whose own number cannot be computed are left out, and
// n_classes says how many remained. Not computable (value NaN) when none did.
struct class_mean {
    bool is_computable;
    double value;
    size_t n_classes;
};
struct class_mean confusion_balanced_accuracy(const struct confusion *c); // mean recall
struct class_mean confusion_macro_f1(const struct confusion *c);          // mean F1

/*
 * The "TF-Slim bool-cast" pair: class 0 against the rest, under its true name.
 *
 * TensorFlow's tf.metrics.precision and recall cast class numbers to bool: class 0 becomes
 * "negative" and every other class "positive", so a confusion between two classes that are not
 * 0 counts as right. Numbers that were printed that way can only be compared with these two,
 * not with the precision and recall of a class. (TensorFlow prints 0 where these are not
 * computable.)
 */
struct bool_cast {
    struct ratio precision; // of those not called class 0, how many are not class 0
    struct ratio recall;    // of those that are not class 0, how many are not called class 0
};
void confusion_bool_cast(struct bool_cast *out, const struct confusion *c);
