/* test_filter.c: gains that theory gives, blocks against one piece, symmetry in time. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "dsp/filter.h"

#include <math.h>

enum { N = 8192 };
static const double rate_hz = 23437.5;

static void noise(float *x, size_t n)
{
    struct rng r = rng_of(1, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(100 * rng_normal(&r) + 40);
}

// Gain of what really runs: amplitude of a tone behind the filter, once it has settled.
static double gain_by_running(struct filter *f, double hz)
{
    static float x[N * 8];
    double re = 0, im = 0, turn = 2 * acos(-1) * hz / f->rate_hz;
    for (size_t i = 0; i < N * 8; i++)
        x[i] = (float)cos(turn * (double)i);
    filter_reset(f);
    filter_run(f, x, x, N * 8);
    // over whole periods, the second half
    size_t n = (size_t)round(floor(N * 4 * hz / f->rate_hz) * f->rate_hz / hz);
    for (size_t i = N * 8 - n; i < N * 8; i++) {
        re += (double)x[i] * cos(turn * (double)i);
        im += (double)x[i] * sin(turn * (double)i);
    }
    return 2 * hypot(re, im) / (double)n;
}

// |H|^2 = 1 / (1 + (w / wc)^(2 n)) with w = tan(pi f / rate): Butterworth's formula, warped.
static void butterworth_has_its_formula(void **state)
{
    (void)state;
    struct err e;
    const double frequencies[] = {1, 5, 10, 20, 100, 500, 2000, 5000, 11000};
    for (int order = 1; order <= FILTER_MAX_ORDER; order++)
        for (int is_highpass = 0; is_highpass < 2; is_highpass++) {
            struct filter f;
            double cut_hz = is_highpass ? 10 : 5000, wc = tan(acos(-1) * cut_hz / rate_hz);
            filter_init(&f, rate_hz);
            assert_int_equal(
                (is_highpass ? filter_add_highpass : filter_add_lowpass)(&f, order, cut_hz, &e),
                0);
            // -3 dB at the cut is the definition: 1 / sqrt(2), to rounding
            assert_true(fabs(filter_gain(&f, cut_hz) - sqrt(0.5)) < 1e-9);
            for (size_t i = 0; i < 9; i++) {
                double w = tan(acos(-1) * frequencies[i] / rate_hz);
                double ratio = is_highpass ? wc / w : w / wc;
                double wanted = 1 / sqrt(1 + pow(ratio, 2 * order));
                assert_true(fabs(filter_gain(&f, frequencies[i]) - wanted) < 1e-7);
            }
            filter_release(&f);
        }
}

static void running_has_the_gain_that_is_told(void **state)
{
    (void)state;
    struct err e;
    struct filter f;
    filter_init(&f, rate_hz);
    assert_int_equal(filter_add_bandpass(&f, 3, 20, 4000, &e), 0);
    assert_int_equal(filter_add_notch(&f, 300, 5, &e), 0);
    const double frequencies[] = {20, 100, 280, 300, 1000, 4000, 8000};
    for (size_t i = 0; i < 7;
         i++) // 1e-4: float samples, and periods that are not whole samples
        assert_true(
            fabs(gain_by_running(&f, frequencies[i]) - filter_gain(&f, frequencies[i])) < 1e-4);
    filter_release(&f);
}

// The impulse response of order 1 is known: y[i] = b0 (x[i] + x[i-1]) - a1 y[i-1].
static void impulse_of_order_one(void **state)
{
    (void)state;
    struct err e;
    struct filter f;
    float x[64] = {1}, y[64];
    filter_init(&f, rate_hz);
    assert_int_equal(filter_add_lowpass(&f, 1, 1000, &e), 0);
    filter_run(&f, y, x, 64);
    double k = tan(acos(-1) * 1000 / rate_hz), b = k / (1 + k), a = (1 - k) / (1 + k);
    assert_true(fabs((double)y[0] - b) < 1e-7);
    for (int i = 1; i < 64; i++)
        assert_true(fabs((double)y[i] - (b + a * b) * pow(a, i - 1)) < 1e-7);
    filter_release(&f);
}

static void blocks_give_the_same_bits(void **state)
{
    (void)state;
    struct err e;
    struct filter f;
    static float x[N], whole[N], pieces[N];
    noise(x, N);
    filter_init(&f, rate_hz);
    assert_int_equal(filter_add_bandpass(&f, 4, 10, 5000, &e), 0);
    assert_int_equal(filter_add_comb(&f, 50, 0, 30, &e), 0);
    assert_true(f.n_stages == 4 + 234); // 234 * 50 < 11718.75
    filter_settle(&f, (double)x[0]);
    filter_run(&f, whole, x, N);
    filter_settle(&f, (double)x[0]);
    struct rng r = rng_of(2, 0);
    for (size_t at = 0; at < N;) {
        size_t n = 1 + rng_below(&r, 1500);
        n = n < N - at ? n : N - at;
        filter_run(&f, pieces + at, x + at, n);
        at += n;
    }
    assert_memory_equal(whole, pieces, sizeof whole);
    filter_release(&f);
}

static void settled_means_no_transient(void **state)
{
    (void)state;
    struct err e;
    struct filter f;
    float x[1000], y[1000];
    for (size_t i = 0; i < 1000; i++)
        x[i] = 1234.5F;
    filter_init(&f, rate_hz);
    assert_int_equal(filter_add_lowpass(&f, 5, 3000, &e), 0);
    assert_int_equal(filter_add_notch(&f, 60, 10, &e), 0);
    filter_settle(&f, 1234.5);
    filter_run(&f, y, x, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_true(fabs((double)y[i] - 1234.5) < 1e-3);
    assert_int_equal(filter_add_highpass(&f, 2, 20, &e), 0);
    filter_settle(&f, 1234.5);
    filter_run(&f, y, x, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_true(fabs((double)y[i]) < 1e-3);
    filter_release(&f);
}

// A pulse that is symmetric in time stays so; its middle stays where it was.
static void zero_phase_is_symmetric(void **state)
{
    (void)state;
    struct err e;
    struct filter f;
    static float x[2001], y[2001];
    for (int i = 0; i < 2001; i++)
        x[i] = (float)(200 * exp(-pow((i - 1000) / 12.0, 2)) + 500);
    filter_init(&f, rate_hz);
    assert_int_equal(filter_add_bandpass(&f, 2, 200, 3000, &e), 0);
    assert_int_equal(filter_zero_phase(&f, y, x, 2001, &e), 0);
    float top = 0;
    for (size_t i = 0; i < 2001; i++) {
        assert_true(fabsf(y[i] - y[2000 - i]) < 1e-2F); // of 200; both ends are far away
        top = fmaxf(top, y[i]);
    }
    assert_true(top == y[1000] && top > 50);
    // in place is the same
    assert_int_equal(filter_zero_phase(&f, x, x, 2001, &e), 0);
    assert_memory_equal(x, y, sizeof x);
    filter_release(&f);
}

// A slope through the ends is continued: a low-pass leaves it alone, to the last sample.
static void zero_phase_keeps_a_slope(void **state)
{
    (void)state;
    struct err e;
    struct filter f;
    static float x[5000];
    filter_init(&f, rate_hz);
    assert_int_equal(filter_add_lowpass(&f, 4, 100, &e), 0);
    for (int i = 0; i < 5000; i++)
        x[i] = 0.1F * (float)i;
    assert_int_equal(filter_zero_phase(&f, x, x, 5000, &e), 0);
    for (int i = 0; i < 5000; i++) // the continued signal ends, too, at -80 dB
        assert_true(fabs((double)x[i] - 0.1 * i) < 0.05);
    for (size_t n = 0; n < 5; n++) // shorter than any transient
        assert_int_equal(filter_zero_phase(&f, x, x, n, &e), 0);
    filter_release(&f);
}

static void notch_and_comb(void **state)
{
    (void)state;
    struct err e;
    struct filter f;
    filter_init(&f, 4000);
    assert_int_equal(filter_add_notch(&f, 50, 25, &e), 0);
    assert_true(filter_gain(&f, 50) < 1e-9);
    // half power at 2 Hz distance in all: the two edges lie 50 / 25 Hz apart
    assert_true(fabs(filter_gain(&f, 49.01) - sqrt(0.5)) < 0.01);
    assert_true(fabs(filter_gain(&f, 51.01) - sqrt(0.5)) < 0.01);
    assert_true(filter_gain(&f, 0) > 0.9999 && filter_gain(&f, 2000) > 0.9999);
    filter_release(&f);
    filter_init(&f, 4000);
    assert_int_equal(filter_add_comb(&f, 60, 3, 30, &e), 0);
    assert_true(f.n_stages == 3);
    for (int i = 1; i <= 3; i++)
        assert_true(filter_gain(&f, 60 * i) < 1e-9);
    assert_true(filter_gain(&f, 240) > 0.99);
    filter_release(&f);
}

static void wrong_numbers_are_refused(void **state)
{
    (void)state;
    struct err e;
    struct filter f;
    filter_init(&f, 4000);
    assert_int_equal(filter_add_highpass(&f, 0, 20, &e), ERR_USAGE);
    assert_int_equal(filter_add_highpass(&f, 9, 20, &e), ERR_USAGE);
    assert_int_equal(filter_add_highpass(&f, 2, 0, &e), ERR_USAGE);
    assert_int_equal(filter_add_lowpass(&f, 2, 2000, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "below 2000 Hz"));
    assert_int_equal(filter_add_lowpass(&f, 2, (double)NAN, &e), ERR_USAGE);
    assert_int_equal(filter_add_bandpass(&f, 2, 500, 20, &e), ERR_USAGE);
    assert_int_equal(filter_add_bandpass(&f, 2, 500, 5000, &e), ERR_USAGE);
    assert_true(f.n_stages == 0); // as it was
    assert_int_equal(filter_add_notch(&f, 50, 0, &e), ERR_USAGE);
    assert_int_equal(filter_add_notch(&f, 5000, 30, &e), ERR_USAGE);
    assert_int_equal(filter_add_comb(&f, 1e-3, 0, 30, &e), ERR_USAGE);
    mem_fail_at(0);
    assert_int_equal(filter_add_highpass(&f, 8, 20, &e), ERR_MEMORY);
    assert_int_equal(filter_add_highpass(&f, 8, 20, &e), 0);
    float x[4] = {0};
    mem_fail_at(0);
    assert_int_equal(filter_zero_phase(&f, x, x, 4, &e), ERR_MEMORY);
    mem_fail_at(-1);
    filter_release(&f);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(butterworth_has_its_formula),
        cmocka_unit_test(running_has_the_gain_that_is_told),
        cmocka_unit_test(impulse_of_order_one),
        cmocka_unit_test(blocks_give_the_same_bits),
        cmocka_unit_test(settled_means_no_transient),
        cmocka_unit_test(zero_phase_is_symmetric),
        cmocka_unit_test(zero_phase_keeps_a_slope),
        cmocka_unit_test(notch_and_comb),
        cmocka_unit_test(wrong_numbers_are_refused),
    };
    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
