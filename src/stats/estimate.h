/*
 * estimate.h: a number with its interval, or the reason why there is none.
 */
#pragma once

#include "stats/interval.h"

#include <stddef.h>

struct estimate {
    double value;            // NaN if why
    struct interval ci95;    // NaN if why or why_no_ci95
    const char *why;         // a static phrase; NULL: value is computable
    const char *why_no_ci95; // of an interval that is not, of a value that is; else NULL
};

struct estimate estimate_none(const char *why);
struct estimate estimate_point(double value, const char *why_no_ci95);
struct estimate estimate_of(double value, double low, double high);
