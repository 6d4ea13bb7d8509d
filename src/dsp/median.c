/* median.c: see median.h. Hoare 1961, Algorithm 65: find. */
#include "dsp/median.h"

#include <assert.h>

float median_of(float *x, size_t n)
{
    assert(n > 0);
    size_t from = 0, to = n - 1, k = n / 2;
    while (from < to) {
        float pivot = x[from + (to - from) / 2];
        size_t i = from, j = to;
        for (;; i++, j--) {
            while (x[i] < pivot)
                i++;
            while (pivot < x[j])
                j--;
            if (i >= j)
                break;
            float t = x[i];
            x[i] = x[j];
            x[j] = t;
        }
        if (k <= j)
            to = j;
        else
            from = j + 1;
    }
    return x[k];
}
