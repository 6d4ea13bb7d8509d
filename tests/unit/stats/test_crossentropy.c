/* test_crossentropy.c: the mean surprise, and what it does at its edges. */
#include "support.h"

#include "stats/crossentropy.h"

#include <float.h>
#include <math.h>

static void hand_made_mean_comes_out(void **state)
{
    (void)state;
    const float p[] = {0.5F, 0.25F, 0.25F, 1, 0, 0, 0.125F, 0.125F, 0.75F};
    const size_t truth[] = {0, 0, 1};
    double mean = 0;
    assert_true(crossentropy_mean(&mean, p, truth, 3, 3));
    assert_true(fabs(mean - 4 * log(2.0) / 3) < 1e-15); // (log 2 + 0 + log 8) / 3
    assert_true(crossentropy_mean(&mean, p + 3, truth, 1, 3));
    assert_true(mean == 0);
}

static void zero_costs_much_but_not_everything(void **state)
{
    (void)state;
    const float p[] = {0, FLT_MIN / 4, 1e-20F};
    const size_t truth[] = {0, 0, 0};
    double mean = 0;
    assert_true(crossentropy_mean(&mean, p, truth, 1, 1));
    assert_true(fabs(mean - 126 * log(2.0)) < 1e-12);
    assert_true(crossentropy_mean(&mean, p + 1, truth, 1, 1));
    assert_true(fabs(mean - 126 * log(2.0)) < 1e-12);
    assert_true(crossentropy_mean(&mean, p + 2, truth, 1, 1)); // not clamped
    assert_true(fabs(mean - 20 * log(10.0)) < 1e-6);
}

static void what_is_no_probability_is_said(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY, -0.1F, 1.1F};
    const size_t truth[] = {0};
    double mean = 7;
    for (size_t i = 0; i < 4; i++)
        assert_false(crossentropy_mean(&mean, bad + i, truth, 1, 1));
    assert_false(crossentropy_mean(&mean, bad, truth, 0, 1));
    assert_true(mean == 7);
    const float rounded = 1.00005F;
    assert_true(crossentropy_mean(&mean, &rounded, truth, 1, 1));
    assert_true(mean == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hand_made_mean_comes_out),
        cmocka_unit_test(zero_costs_much_but_not_everything),
        cmocka_unit_test(what_is_no_probability_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
