/* test_redraw.c: intervals of a mean whose deviation is known, strata, what cannot be computed. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "stats/redraw.h"

#include <math.h>

enum { N = 400 };

struct sample {
    const double *x; // [n_a + n_b]
    size_t n_a, n_b;
};

static double mean(const double *x, const uint32_t *times, size_t n)
{
    double sum = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)times[i] * x[i];
        all += times[i];
    }
    assert_true(all == (double)n); // as many are drawn as there are, in each stratum
    return sum / all;
}

static void means(double *out, const void *context, const uint32_t *times)
{
    const struct sample *s = context;
    out[0] = mean(s->x, times, s->n_a);
    out[1] = s->n_b ? mean(s->x + s->n_a, times + s->n_a, s->n_b) - out[0] : 0;
}

static void never(double *out, const void *context, const uint32_t *times)
{
    (void)context;
    (void)times;
    *out = (double)NAN;
}

// The deviation of the mean of 400 normal numbers is 1/20: the interval is 0.196 wide. Its ends
// come from 2000 draws and one sample: within 10 % of that.
static void an_interval_is_as_wide_as_theory_says(void **state)
{
    (void)state;
    static double x[N];
    struct rng r = rng_of(1, 0);
    struct err e;
    struct redrawn out[2], again[2];
    const size_t n_groups[] = {N};
    for (size_t i = 0; i < N; i++)
        x[i] = rng_normal(&r);
    struct sample s = {x, N, 0};
    struct redraw_strata strata = {n_groups, 1};
    assert_int_equal(redraw_groups(out, 2, means, &s, strata, 7, &e), 0);
    assert_true(out[0].has_interval);
    assert_within(out[0].ci95.high - out[0].ci95.low, 0.196, 0.02);
    assert_true(out[0].ci95.low < out[0].value && out[0].value < out[0].ci95.high);
    assert_int_equal(redraw_groups(again, 2, means, &s, strata, 7, &e), 0);
    assert_true(again[0].ci95.low == out[0].ci95.low && again[0].ci95.high == out[0].ci95.high);
}

// Two samples of 200: the deviation of the difference of their means is 1/10.
static void strata_are_drawn_each_for_itself(void **state)
{
    (void)state;
    static double x[N];
    struct rng r = rng_of(2, 0);
    struct err e;
    struct redrawn out[2];
    const size_t n_groups[] = {N / 2, N / 2};
    for (size_t i = 0; i < N; i++)
        x[i] = rng_normal(&r) + (i < N / 2 ? 0 : 5);
    struct sample s = {x, N / 2, N / 2};
    assert_int_equal(
        redraw_groups(out, 2, means, &s, (struct redraw_strata){n_groups, 2}, 1, &e), 0);
    assert_within(out[1].ci95.high - out[1].ci95.low, 0.392, 0.05); // as above
    assert_within(out[1].value, 5, 0.4);
}

static void what_cannot_be_computed_has_no_interval(void **state)
{
    (void)state;
    struct err e;
    struct redrawn out[2];
    const size_t ten[] = {10}, one[] = {1};
    const double x[] = {3};
    struct sample s = {x, 1, 0};
    assert_int_equal(redraw_groups(out, 1, never, NULL, (struct redraw_strata){ten, 1}, 0, &e),
                     0);
    assert_true(isnan(out[0].value) && !out[0].has_interval);
    assert_int_equal(redraw_groups(out, 2, means, &s, (struct redraw_strata){one, 1}, 0, &e),
                     0);
    assert_true(out[0].value == 3 && !out[0].has_interval);
    mem_fail_at(1);
    assert_int_equal(redraw_groups(out, 2, means, &s, (struct redraw_strata){one, 1}, 0, &e),
                     ERR_MEMORY);
    mem_fail_at(-1);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_is_as_wide_as_theory_says),
        cmocka_unit_test(strata_are_drawn_each_for_itself),
        cmocka_unit_test(what_cannot_be_computed_has_no_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
