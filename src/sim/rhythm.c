/*
 * rhythm.c: see rhythm.h.
 *
 * [1] Marsaglia & Tsang 2000, A simple method for generating gamma variables.
 */
#include "sim/rhythm.h"

#include "base/rng.h"

#include <assert.h>
#include <math.h>

// Gamma of the shape and mean 1 [1].
static double gamma_of_mean_1(double shape, struct rng *rng)
{
    double boost = 1, k = shape;
    if (k < 1) {
        boost = pow(1 - rng_uniform(rng), 1 / k);
        k += 1;
    }
    double d = k - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = rng_normal(rng), v = 1 + c * x;
        if (v <= 0)
            continue;
        v = v * v * v;
        double u = 1 - rng_uniform(rng);
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v))
            return boost * d * v / shape;
    }
}

double rhythm_interval_s(const struct rhythm *r, double elapsed_s, struct rng *rng)
{
    assert(r->interval_s > 0 && r->cv >= 0);
    double mean = r->interval_s * fmax(0.1, 1 + r->slowing_per_s * elapsed_s), interval = mean;
    if (r->kind == RHYTHM_NORMAL)
        interval = mean * fmax(0.2, 1 + r->cv * rng_normal(rng));
    else if (r->kind == RHYTHM_POISSON)
        interval = -mean * log(1 - rng_uniform(rng));
    else if (r->cv > 0)
        interval = mean * gamma_of_mean_1(1 / (r->cv * r->cv), rng);
    return fmax(interval, fmax(r->min_interval_s, 1e-4));
}
