/* test_median.c: the middle value, against sorting. */
#include "support.h"

#include "base/rng.h"
#include "dsp/median.h"

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void the_middle_is_that_of_the_sorted(void **state)
{
    enum { MOST = 257, TURNS = 400 };
    float x[MOST], sorted[MOST];
    struct rng r = rng_of(7, 0);
    (void)state;
    for (int turn = 0; turn < TURNS; turn++) {
        size_t n = 1 + rng_below(&r, MOST);
        uint32_t n_values = 1 + rng_below(&r, 300); // few: many are equal
        for (size_t i = 0; i < n; i++)
            x[i] = sorted[i] = (float)rng_below(&r, n_values) - 100;
        qsort(sorted, n, sizeof *sorted, compare_floats);
        assert_true(median_of(x, n) == sorted[n / 2]);
        qsort(x, n, sizeof *x, compare_floats); // reordered, nothing lost
        assert_memory_equal(x, sorted, n * sizeof *x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_middle_is_that_of_the_sorted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
