/* conformal.c: see conformal.h. */
#include "stats/conformal.h"

#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

// ceil(), where what is an integer but for rounding stays one.
static double ceil_exact(double x)
{
    return ceil(x - 1e-9 * fmax(1, x));
}

size_t conformal_least(double error_rate)
{
    return (size_t)ceil_exact(1 / error_rate) - 1;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int conformal_threshold(double *out, const float *p, const size_t *truth, size_t n,
                        size_t n_classes, double error_rate, struct err *e)
{
    assert(error_rate > 0 && error_rate < 1);
    size_t rank = (size_t)ceil_exact((double)(n + 1) * (1 - error_rate));
    if (rank > n)
        return err_set(e, ERR_USAGE,
                       "%zu examples are too few for an error rate of %g: wanted at least %zu",
                       n, error_rate, conformal_least(error_rate));
    double *score = mem_array(n, sizeof *score);
    if (!score)
        return err_set(e, ERR_MEMORY, "no memory for %zu scores", n);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        double q = (double)p[i * n_classes + truth[i]];
        if (!(q >= 0 && q <= 1))
            rc = err_set(e, ERR_FORMAT, "example %zu: its probability is %g, wanted 0 to 1", i,
                         q);
        score[i] = 1 - q;
    }
    if (rc == 0) {
        qsort(score, n, sizeof *score, compare);
        *out = score[rank - 1];
    }
    mem_free(score);
    return rc;
}

size_t conformal_size(const float *p, size_t n_classes, double threshold)
{
    size_t n = 0;
    for (size_t k = 0; k < n_classes; k++)
        n += conformal_holds(p[k], threshold);
    return n;
}
