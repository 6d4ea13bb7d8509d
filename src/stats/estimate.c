/* estimate.c: see estimate.h. */
#include "stats/estimate.h"

#include <math.h>

static const struct interval none = {(double)NAN, (double)NAN};

struct estimate estimate_none(const char *why)
{
    return (struct estimate){(double)NAN, none, why, NULL};
}

struct estimate estimate_point(double value, const char *why_no_ci95)
{
    return (struct estimate){value, none, NULL, why_no_ci95};
}

struct estimate estimate_of(double value, double low, double high)
{
    return (struct estimate){value, {low, high}, NULL, NULL};
}
