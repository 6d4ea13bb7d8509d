/*
 * conformal.h: sets of classes that hold the truth as often as was promised, so that a network
 * can say "unsure" [1].
 *
 * Split conformal prediction with the least ambiguous sets [2]: an example's score is
 * 1 - p(its true class). Of n examples that the network was not trained on, the threshold is the
 * ceil((n + 1)(1 - error rate))-th smallest score. A new example's set is every class with
 * 1 - p <= threshold. If it and the n are exchangeable, the set lacks the truth with a
 * probability of at most the error rate, however bad the probabilities are [1]; over all classes
 * together, not in each. Examples of one patient resemble each other, and a new patient is not
 * one of those: then it holds only about.
 *
 * More than one class in the set: these cannot be told apart. None: it looks like nothing that
 * was seen. Both are "unsure".
 *
 * [1] Angelopoulos, Bates 2023, Conformal prediction: a gentle introduction, Found Trends Mach
 *     Learn 16: 494-591.
 * [2] Sadinle, Lei, Wasserman 2019, Least ambiguous set-valued classifiers with bounded error
 *     levels, J Am Stat Assoc 114: 223-234.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;

// The fewest examples from which a threshold can be had: ceil(1 / error_rate) - 1.
size_t conformal_least(double error_rate);

// p [n][n_classes], truth [n], 0 < error_rate < 1. ERR_USAGE: fewer than conformal_least();
// ERR_FORMAT: a probability that is not in [0, 1]; ERR_MEMORY.
int conformal_threshold(double *out, const float *p, const size_t *truth, size_t n,
                        size_t n_classes, double error_rate, struct err *e);

static inline bool conformal_holds(float p, double threshold)
{
    return 1 - (double)p <= threshold;
}

size_t conformal_size(const float *p, size_t n_classes, double threshold); // of the set
