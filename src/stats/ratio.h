/*
 * ratio.h: a proportion that still knows what it was a proportion of.
 *
 * 9 of 10 and 900 of 1000 are not the same finding, and 0 of 0 is none at all. So a ratio
 * carries its two counts, and says when it cannot be computed instead of passing for 0.
 */
#pragma once

#include "stats/interval.h"

#include <stdbool.h>
#include <stdint.h>

struct ratio {
    uint64_t part;
    uint64_t whole;
    bool is_computable;   // whole > 0; if false, the numbers below are NaN: do not show them
    double value;         // part / whole
    struct interval ci95; // Wilson, unless the maker says otherwise
};

struct ratio ratio_of(uint64_t part, uint64_t whole); // part <= whole
