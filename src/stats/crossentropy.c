/* crossentropy.c: see crossentropy.h. */
#include "stats/crossentropy.h"

#include <assert.h>
#include <float.h>
#include <math.h>

bool crossentropy_mean(double *out, const float *p, const size_t *truth, size_t n,
                       size_t n_classes)
{
    double sum = 0;
    if (!n)
        return false;
    for (size_t i = 0; i < n; i++) {
        assert(truth[i] < n_classes);
        double p_true = (double)p[i * n_classes + truth[i]];
        if (!(p_true >= 0 && p_true <= 1.0001))
            return false;
        sum -= log(fmin(1, fmax((double)FLT_MIN, p_true)));
    }
    *out = sum / (double)n;
    return true;
}
