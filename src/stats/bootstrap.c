/* bootstrap.c: see bootstrap.h. */
#include "stats/bootstrap.h"

#include "base/rng.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void bootstrap_draw(uint32_t *times, size_t n, uint64_t seed, uint64_t i_resample)
{
    assert(n > 0 && n <= UINT32_MAX);
    struct rng rng = rng_of(seed, i_resample);
    memset(times, 0, n * sizeof *times);
    for (size_t i = 0; i < n; i++)
        times[rng_below(&rng, (uint32_t)n)]++;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double point(const double *sorted, size_t n, double share)
{
    double at = share * (double)(n - 1);
    size_t i = (size_t)at;
    double rest = at - (double)i;
    return i + 1 < n ? sorted[i] + rest * (sorted[i + 1] - sorted[i]) : sorted[i];
}

const char *bootstrap_percentile95(struct interval *out, double *values, size_t n)
{
    size_t kept = 0;
    *out = (struct interval){(double)NAN, (double)NAN};
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            values[kept++] = values[i];
    if (!n || (double)kept < 0.9 * (double)n)
        return "too many resamples lack what it needs";
    qsort(values, kept, sizeof *values, compare);
    if (values[kept - 1] - values[0] <= 1e-12 * fabs(values[0]))
        return "every resample gives the same value";
    *out = (struct interval){point(values, kept, 0.025), point(values, kept, 0.975)};
    return NULL;
}
