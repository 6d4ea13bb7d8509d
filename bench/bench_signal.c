/*
 * bench_signal.c: what a long recording costs, and a picture of a short one.
 *
 * usage: bench_signal
 *
 * JSON lines: ten minutes of noise at 48 kHz measured, searched for copies, filtered (band-pass of
 * order 2 and notch) and resampled to 10 kHz, in seconds; and sweeps of 100 ms as 320 x 240
 * pixels, in pictures a second, in all styles by turns.
 */
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "draw/style.h"
#include "draw/sweepraster.h"
#include "dsp/filter.h"
#include "dsp/measure.h"
#include "dsp/repeat.h"
#include "dsp/resample.h"

#include <stdio.h>

enum { RATE_HZ = 48000, N = 600 * RATE_HZ, N_SWEEPS = 5000, WIDTH = 320, HEIGHT = 240 };

static void tell(const char *what, double start_s)
{
    printf("{\"program\": \"nemg\", \"what\": \"%s\", \"signal_s\": 600, \"seconds\": %.3f}\n",
           what, clock_monotonic_s() - start_s);
}

static int long_signal(const float *x, float *out, struct err *e)
{
    struct measures m;
    struct repeat r[REPEAT_MAX];
    struct filter f;
    size_t n_found;
    double start_s = clock_monotonic_s();
    int rc = measure_signal(&m, x, N, RATE_HZ, 65536, e);
    if (rc < 0)
        return rc;
    tell("measure", start_s);
    start_s = clock_monotonic_s();
    if ((rc = repeat_find(r, &n_found, NULL, x, N, RATE_HZ, e)) < 0)
        return rc;
    tell("find repeats", start_s);
    filter_init(&f, RATE_HZ);
    rc = filter_add_bandpass(&f, 2, 20, 10000, e);
    if (rc == 0)
        rc = filter_add_notch(&f, 50, 30, e);
    start_s = clock_monotonic_s();
    if (rc == 0)
        filter_run(&f, out, x, N);
    filter_release(&f);
    if (rc < 0)
        return rc;
    tell("filter", start_s);
    start_s = clock_monotonic_s();
    if ((rc = resample(out, x, N, RATE_HZ, 10000, e)) < 0)
        return rc;
    tell("resample to 10 kHz", start_s);
    return 0;
}

static void sweeps(const float *x)
{
    static uint8_t rgb[WIDTH * HEIGHT * 3];
    struct sweep_look look;
    size_t n_styles = 0;
    while (styles[n_styles].name)
        n_styles++;
    double start_s = clock_monotonic_s();
    for (size_t i = 0; i < N_SWEEPS; i++) {
        sweep_look_defaults(&look, &styles[i % n_styles], 10, 100);
        sweep_rasterize(rgb, WIDTH, HEIGHT, &look, x + i * RATE_HZ / 10, RATE_HZ / 10 + 1,
                        RATE_HZ, 0);
    }
    printf("{\"program\": \"nemg\", \"what\": \"sweep pictures\", \"pictures_per_s\": %.0f}\n",
           N_SWEEPS / (clock_monotonic_s() - start_s));
}

int main(void)
{
    struct err e;
    struct rng r = rng_of(1, 0);
    float *x = mem_array(N, sizeof *x), *out = mem_array(N, sizeof *out);
    if (!x || !out) {
        fprintf(stderr, "bench_signal: no memory\n");
        return 1;
    }
    for (size_t i = 0; i < N; i++)
        x[i] = (float)(50 * (rng_uniform(&r) + rng_uniform(&r) - 1));
    int rc = long_signal(x, out, &e);
    if (rc < 0)
        fprintf(stderr, "bench_signal: %s\n", e.text);
    else
        sweeps(x);
    mem_free(x);
    mem_free(out);
    return rc < 0;
}
