/* interval.c: see interval.h. */
#include "stats/interval.h"

#include <assert.h>
#include <math.h>

// The 97.5 % point of the normal distribution.
static const double z95 = 1.959963984540054;

// With p = n_hits / n and z = z95:
//   (p + z^2 / 2n  +-  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)
// At p = 0 and p = 1 the outer end is p itself; there rounding must not move it.
bool interval_wilson95(struct interval *out, uint64_t n_hits, uint64_t n)
{
    assert(n_hits <= n);
    if (!n)
        return false;
    double m = (double)n, p = (double)n_hits / m;
    double scale = 1 + z95 * z95 / m;
    double centre = (p + z95 * z95 / (2 * m)) / scale;
    double half = z95 * sqrt(p * (1 - p) / m + z95 * z95 / (4 * m * m)) / scale;
    out->low = n_hits == 0 ? 0 : fmax(0, centre - half);
    out->high = n_hits == n ? 1 : fmin(1, centre + half);
    return true;
}
