/*
 * mcnemar.h: whether one of two models is right more often than the other on the same examples.
 *
 * Only the examples on which one is right and the other wrong say something. If both were equally
 * good, of these d examples each would win like a coin; with s the wins of the one that has fewer
 *
 *     exact p = min(1, 2 P(X <= s)),  X ~ binomial(d, 1/2)
 *     mid-p   = exact p - P(X = s),   or 1 - P(X = s)/2 where both have the same
 *
 * The exact test rejects too rarely; mid-p comes closest to the error rate one asks for, also for
 * small d [1]. Both take examples as independent.
 *
 * [1] Fagerland, Lydersen, Laake 2013, The McNemar test for binary matched-pairs data: mid-p and
 *     asymptotic are better than exact conditional, BMC Med Res Methodol 13: 91.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct mcnemar {
    bool is_computable; // the two differ somewhere
    double p_exact, p_mid;
};
struct mcnemar mcnemar_of(uint64_t n_only_a, uint64_t n_only_b);
