/* test_interval.c: Wilson's interval against published numbers. */
#include "support.h"

#include "stats/interval.h"
#include "stats/ratio.h"

#include <math.h>

// Newcombe 1998, table I, method 3 (score, no continuity correction), printed to 4 digits.
static void published_examples_come_out(void **state)
{
    (void)state;
    static const struct {
        uint64_t k, n;
        double low, high;
    } rows[] = {
        {81, 263, 0.2553, 0.3662},
        {15, 148, 0.0624, 0.1605},
        {0, 20, 0, 0.1611},
        {1, 29, 0.0061, 0.1718},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct interval v;
        assert_true(interval_wilson95(&v, rows[i].k, rows[i].n));
        assert_true(fabs(v.low - rows[i].low) <= 0.5001e-4);
        assert_true(fabs(v.high - rows[i].high) <= 0.5001e-4);
    }
}

static void both_sides_mirror(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 60; n++)
        for (uint64_t k = 0; k <= n; k++) {
            struct interval a, b;
            assert_true(interval_wilson95(&a, k, n) && interval_wilson95(&b, n - k, n));
            double p = (double)k / (double)n;
            assert_true(0 <= a.low && a.low <= p && p <= a.high && a.high <= 1);
            assert_true(fabs(a.low - (1 - b.high)) < 1e-12);
            assert_true((k == 0) == (a.low == 0) && (k == n) == (a.high == 1));
        }
}

// The definition: at its ends a test with the true proportion rejects with exactly z.
static void ends_solve_the_score_equation(void **state)
{
    (void)state;
    struct interval v;
    assert_true(interval_wilson95(&v, 37, 500));
    double p = 37.0 / 500, at_low = (p - v.low) / sqrt(v.low * (1 - v.low) / 500);
    double at_high = (v.high - p) / sqrt(v.high * (1 - v.high) / 500);
    assert_true(fabs(at_low - 1.959963984540054) < 1e-9);
    assert_true(fabs(at_high - 1.959963984540054) < 1e-9);
}

static void huge_counts_stay_sane(void **state)
{
    (void)state;
    struct interval v;
    assert_true(interval_wilson95(&v, UINT64_MAX / 2, UINT64_MAX));
    assert_true(v.low < 0.5 && v.low > 0.4999 && v.high > 0.5 && v.high < 0.5001);
}

static void nothing_of_nothing_is_not_a_number(void **state)
{
    (void)state;
    struct interval v = {0.25, 0.75};
    assert_false(interval_wilson95(&v, 0, 0));
    assert_true(v.low == 0.25 && v.high == 0.75);
    struct ratio r = ratio_of(0, 0);
    assert_false(r.is_computable);
    assert_true(isnan(r.value) && isnan(r.ci95.low) && isnan(r.ci95.high));
    r = ratio_of(0, 20);
    assert_true(r.is_computable && r.value == 0 && r.ci95.low == 0 && r.ci95.high > 0.16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_examples_come_out),
        cmocka_unit_test(both_sides_mirror),
        cmocka_unit_test(ends_solve_the_score_equation),
        cmocka_unit_test(huge_counts_stay_sane),
        cmocka_unit_test(nothing_of_nothing_is_not_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
