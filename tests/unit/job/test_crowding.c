/* test_crowding.c: what is told of other programs, from numbers: who took which cores, how long steps took. */
#include "support.h"

#include "base/process.h"
#include "job/crowding.h"

// Five seconds in which others took so many cores, we took so many, and a step took so long.
static bool look(struct crowding *c, double others, double own, double step_s)
{
    struct crowding_moment now = c->last;
    now.wall_s += 5;
    now.own_s += 5 * own;
    now.all_s += 5 * (own + others);
    now.steps_s += 5;
    now.n_steps += (uint64_t)(5 / step_s);
    return crowding_look(c, &now);
}

static struct crowding on(size_t n_cores, size_t n_threads)
{
    return (struct crowding){.n_cores = n_cores, .n_threads = n_threads, .last = {.wall_s = 1}};
}

static void a_neighbour_that_stays_is_told_once(void **state)
{
    (void)state;
    struct crowding c = on(2, 2);
    for (int i = 0; i < 3; i++)
        assert_false(look(&c, 0.05, 1.9, 0.05));
    assert_false(look(&c, 0.95, 1, 0.125));
    assert_true(look(&c, 1, 1, 0.125)); // the second look in a row
    assert_within(c.others, 1, 1e-9);
    assert_within(c.times, 2.5, 1e-9);
    assert_false(look(&c, 1, 1, 0.125));
}

static void a_neighbour_from_the_beginning_is_told_without_a_ratio(void **state)
{
    (void)state;
    struct crowding c = on(2, 2);
    assert_false(look(&c, 0.9, 1.1, 0.125));
    assert_true(look(&c, 0.9, 1.1, 0.125));
    assert_true(c.times == 0);
}

static void what_does_no_harm_is_not_told(void **state)
{
    (void)state;
    struct crowding quiet = on(2, 2), spare = on(4, 2), one = on(2, 1), passing = on(2, 2),
                    fast = on(2, 2);
    for (int i = 0; i < 20; i++) {
        assert_false(look(&quiet, 0.3, 1.7, 0.05));
        assert_false(look(&spare, 2, 2, 0.05)); // there are cores for both
        assert_false(look(&one, 1, 1, 0.05));
        assert_false(look(&passing, i % 2 ? 1 : 0.1, 1, i % 2 ? 0.125 : 0.05));
        assert_false(
            look(&fast, i ? 1 : 0, 1, i ? 0.0625 : 0.05)); // and yet steps take hardly longer
    }
}

static void the_system_knows_our_time(void **state)
{
    (void)state;
    struct process_times a, b;
    if (!process_times(&a))
        skip();
    assert_true(a.n_cores > 0 && a.own_s >= 0 && a.all_s > 0);
    assert_true(process_times(&b));
    assert_true(b.own_s >= a.own_s && b.all_s >= a.all_s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_neighbour_that_stays_is_told_once),
        cmocka_unit_test(a_neighbour_from_the_beginning_is_told_without_a_ratio),
        cmocka_unit_test(what_does_no_harm_is_not_told),
        cmocka_unit_test(the_system_knows_our_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
