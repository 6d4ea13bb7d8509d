/* calibration.c: see calibration.h. */
#include "stats/calibration.h"

#include <math.h>

void reliability_bins(struct reliability_bin bins[RELIABILITY_BINS], const float *p,
                      const size_t *truth, size_t n, size_t n_classes)
{
    for (int b = 0; b < RELIABILITY_BINS; b++)
        bins[b] = (struct reliability_bin){0};
    for (size_t i = 0; i < n; i++) {
        const float *row = p + i * n_classes;
        size_t called = 0;
        for (size_t k = 1; k < n_classes; k++)
            called = row[k] > row[called] ? k : called;
        double confidence = (double)row[called];
        int b = (int)ceil(confidence * RELIABILITY_BINS) - 1;
        b = b < 0 ? 0 : b >= RELIABILITY_BINS ? RELIABILITY_BINS - 1 : b;
        bins[b].n++;
        bins[b].n_right += called == truth[i];
        bins[b].confidence += confidence;
    }
    for (int b = 0; b < RELIABILITY_BINS; b++)
        bins[b].confidence = bins[b].n ? bins[b].confidence / (double)bins[b].n : (double)NAN;
}

double reliability_ece(const struct reliability_bin bins[RELIABILITY_BINS])
{
    double sum = 0;
    uint64_t n = 0;
    for (int b = 0; b < RELIABILITY_BINS; b++) {
        if (!bins[b].n)
            continue;
        n += bins[b].n;
        sum += fabs((double)bins[b].n_right - bins[b].confidence * (double)bins[b].n);
    }
    return n ? sum / (double)n : (double)NAN;
}

double brier_of(const float *p, size_t truth, size_t n_classes)
{
    double sum = 0;
    for (size_t k = 0; k < n_classes; k++) {
        double d = (double)p[k] - (k == truth);
        sum += d * d;
    }
    return sum;
}
