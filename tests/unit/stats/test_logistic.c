/* test_logistic.c: a known minimum, chance where there is nothing to know, a tiny memory. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "stats/logistic.h"

#include <math.h>

// One input of -1 or 1, two classes, class 1 in 3 of 4 where it is 1 and in 1 of 4 where it is -1.
// Without a ridge the difference of the two weights is log 3, and both offsets are equal.
static void finds_the_minimum(void **state)
{
    (void)state;
    struct err e;
    struct logistic m;
    const double x[] = {1, 1, 1, 1, -1, -1, -1, -1};
    const size_t truth[] = {1, 1, 1, 0, 0, 0, 0, 1};
    double p[2], at = 1;
    assert_int_equal(logistic_fit(&m, x, truth, 8, 1, 2, 1e-9, &e), 0);
    logistic_predict(p, &m, &at);
    // the walk ends at a gradient of 1e-6; the curvature here is about 0.1
    assert_within(p[1], 0.75, 1e-4);
    assert_within(p[0] + p[1], 1, 1e-12);
    logistic_release(&m);
}

// A class of nine in ten weighs as much as the other.
static void a_common_class_is_not_preferred(void **state)
{
    (void)state;
    struct err e;
    struct logistic m;
    double x[100] = {0}, p[2];
    size_t truth[100] = {0};
    for (size_t i = 0; i < 10; i++)
        truth[i] = 1;
    assert_int_equal(logistic_fit(&m, x, truth, 100, 1, 2, 1e-3, &e), 0);
    logistic_predict(p, &m, x);
    assert_within(p[0], 0.5, 1e-4); // as above
    logistic_release(&m);
}

static void three_classes_in_a_row_are_told_apart(void **state)
{
    (void)state;
    enum { N = 300 };
    struct err e;
    struct logistic m;
    static double x[N][2];
    static size_t truth[N];
    struct rng r = rng_of(3, 0);
    size_t n_right = 0;
    for (size_t i = 0; i < N; i++) {
        truth[i] = i % 3;
        x[i][0] = ((double)truth[i] - 1) * 0.6 + rng_between(&r, -0.2, 0.2);
        x[i][1] = x[i][0] * x[i][0];
    }
    assert_int_equal(logistic_fit(&m, x[0], truth, N, 2, 3, 1e-3, &e), 0);
    for (size_t i = 0; i < N; i++) {
        double p[3];
        logistic_predict(p, &m, x[i]);
        n_right += p[truth[i]] > 0.5;
    }
    assert_int_equal(n_right, N);
    logistic_release(&m);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    const double x[] = {1, -1};
    const size_t truth[] = {0, 1};
    for (long k = 0; k < 3; k++) {
        struct err e = {0};
        struct logistic m;
        mem_fail_at(k);
        assert_int_equal(logistic_fit(&m, x, truth, 2, 1, 2, 1, &e), ERR_MEMORY);
        mem_fail_at(-1);
        logistic_release(&m);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_minimum),
        cmocka_unit_test(a_common_class_is_not_preferred),
        cmocka_unit_test(three_classes_in_a_row_are_told_apart),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
