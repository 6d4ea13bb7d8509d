/* mcnemar.c: see mcnemar.h. */
#include "stats/mcnemar.h"

#include <math.h>

// log of P(X = k), X ~ binomial(n, 1/2).
static double log_choose_half(uint64_t n, uint64_t k)
{
    double m = (double)n, x = (double)k;
    return lgamma(m + 1) - lgamma(x + 1) - lgamma(m - x + 1) - m * log(2);
}

struct mcnemar mcnemar_of(uint64_t n_only_a, uint64_t n_only_b)
{
    uint64_t n = n_only_a + n_only_b, fewer = n_only_a < n_only_b ? n_only_a : n_only_b;
    if (!n)
        return (struct mcnemar){false, (double)NAN, (double)NAN};
    double p_fewer = exp(log_choose_half(n, fewer)), term = p_fewer, tail = 0;
    for (uint64_t k = fewer; term > 0; k--) { // P(X = k - 1) = P(X = k) k / (n - k + 1)
        tail += term;
        term *= (double)k / (double)(n - k + 1);
    }
    struct mcnemar out = {true, fmin(1, 2 * tail), 0};
    out.p_mid = n_only_a == n_only_b ? 1 - p_fewer / 2 : out.p_exact - p_fewer;
    return out;
}
