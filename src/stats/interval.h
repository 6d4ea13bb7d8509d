/*
 * interval.h: how sure a proportion is.
 *
 * The interval is Wilson's score interval [1]: all true proportions that a test at 5 % would
 * not reject. It stays within [0, 1], is right at 0 of n and n of n too, and covers close to 95
 * % already for small n, where the textbook's p +- 1.96 s fails [2].
 *
 * It takes the n trials as independent. Pictures of one patient are not: for them the true
 * uncertainty is larger than the interval says.
 *
 * [1] Wilson 1927, Probable inference, the law of succession, and statistical inference,
 *     J Am Stat Assoc 22: 209-212.
 * [2] Newcombe 1998, Two-sided confidence intervals for the single proportion: comparison of
 *     seven methods, Stat Med 17: 857-872 (its method 3).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct interval {
    double low;
    double high;
};

// The 95 % interval of a proportion of which n_hits of n were seen; 0 <= low <= high <= 1.
// n_hits <= n. False, and *out untouched, when n is 0.
bool interval_wilson95(struct interval *out, uint64_t n_hits, uint64_t n);
