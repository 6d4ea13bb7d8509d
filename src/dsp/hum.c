/* hum.c: see hum.h. */
#include "dsp/hum.h"

#include <math.h>

// Power of the sine of `periods` whole periods in x [n].
static double line_power(const float *x, size_t n, double periods)
{
    double turn = 2 * acos(-1) * periods / (double)n;
    double c = cos(turn), s = sin(turn), re = 1, im = 0, sum_re = 0, sum_im = 0;
    for (size_t i = 0; i < n; i++) {
        sum_re += (double)x[i] * re;
        sum_im += (double)x[i] * im;
        double next = re * c - im * s; // a step around the circle
        im = re * s + im * c;
        re = next;
    }
    return 2 * (sum_re * sum_re + sum_im * sum_im) / ((double)n * (double)n);
}

static double variance(const float *x, size_t n)
{
    double mean = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        mean += (double)x[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; i++)
        sum += ((double)x[i] - mean) * ((double)x[i] - mean);
    return sum / (double)n;
}

double hum_share(const float *x, size_t n, double rate_hz, double mains_hz)
{
    double period = rate_hz / mains_hz, n_periods = floor((double)n / period), lines = 0;
    if (n_periods < 2)
        return 0;
    n = (size_t)llround(n_periods * period);
    double all = variance(x, n), max_hz = fmin(HUM_MAX_HZ, rate_hz / 2 - mains_hz);
    if (!(all > 0))
        return 0;
    for (double k = 1; k * mains_hz <= max_hz; k++) {
        double at = k * n_periods;
        double beside = (line_power(x, n, at - 1) + line_power(x, n, at + 1)) / 2;
        lines += fmax(0, line_power(x, n, at) - beside);
    }
    return fmin(1, lines / all);
}
