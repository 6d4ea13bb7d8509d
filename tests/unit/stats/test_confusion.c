/* test_confusion.c: matrices made by hand, the edges, and the paper's arithmetic. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "stats/confusion.h"

#include <math.h>

// A matrix from its rows.
static void fill(struct confusion *c, size_t n_classes, const uint64_t *rows)
{
    struct err e;
    assert_int_equal(confusion_init(c, n_classes, &e), 0);
    for (size_t i = 0; i < n_classes * n_classes; i++)
        for (uint64_t k = 0; k < rows[i]; k++)
            confusion_add(c, i / n_classes, i % n_classes);
}

static void assert_ratio(const struct ratio *r, uint64_t part, uint64_t whole)
{
    assert_int_equal(r->part, part);
    assert_int_equal(r->whole, whole);
    assert_true(r->is_computable);
    assert_true(fabs(r->value - (double)part / (double)whole) < 1e-15);
}

static void three_classes_by_hand(void **state)
{
    (void)state;
    struct confusion c;
    fill(&c, 3, (const uint64_t[]){5, 1, 0, 2, 3, 1, 0, 0, 4});
    assert_int_equal(c.n, 16);
    assert_int_equal(confusion_count(&c, 1, 0), 2);
    struct ratio accuracy = confusion_accuracy(&c);
    assert_ratio(&accuracy, 12, 16);

    struct class_scores s;
    confusion_class(&s, &c, 0);
    assert_int_equal(s.support, 6);
    assert_int_equal(s.n_predicted, 7);
    assert_ratio(&s.share, 6, 16);
    assert_ratio(&s.precision, 5, 7);
    assert_ratio(&s.recall, 5, 6);
    assert_ratio(&s.specificity, 8, 10);
    assert_ratio(&s.f1, 10, 13);
    confusion_class(&s, &c, 1);
    assert_ratio(&s.precision, 3, 4);
    assert_ratio(&s.recall, 3, 6);
    assert_ratio(&s.specificity, 9, 10);
    assert_ratio(&s.f1, 6, 10);
    confusion_class(&s, &c, 2);
    assert_ratio(&s.precision, 4, 5);
    assert_ratio(&s.recall, 4, 4);
    assert_ratio(&s.specificity, 11, 12);
    assert_ratio(&s.f1, 8, 9);

    struct class_mean balanced = confusion_balanced_accuracy(&c);
    assert_true(balanced.is_computable && balanced.n_classes == 3);
    assert_true(fabs(balanced.value - 7.0 / 9) < 1e-15);
    struct class_mean f1 = confusion_macro_f1(&c);
    assert_true(fabs(f1.value - (10.0 / 13 + 6.0 / 10 + 8.0 / 9) / 3) < 1e-15);

    struct bool_cast b;
    confusion_bool_cast(&b, &c); // 1 -> 2 counts as right
    assert_ratio(&b.precision, 8, 9);
    assert_ratio(&b.recall, 8, 10);
    confusion_release(&c);
}

static void one_class_has_no_specificity(void **state)
{
    (void)state;
    struct confusion c;
    fill(&c, 1, (const uint64_t[]){7});
    struct class_scores s;
    confusion_class(&s, &c, 0);
    assert_ratio(&s.precision, 7, 7);
    assert_ratio(&s.recall, 7, 7);
    assert_ratio(&s.f1, 14, 14);
    assert_false(s.specificity.is_computable);
    struct bool_cast b;
    confusion_bool_cast(&b, &c);
    assert_false(b.precision.is_computable || b.recall.is_computable);
    confusion_release(&c);
}

static void empty_classes_are_left_out_not_zero(void **state)
{
    (void)state;
    struct confusion c;
    // Class 1 has no examples but is predicted; class 2 has neither.
    fill(&c, 3, (const uint64_t[]){3, 1, 0, 0, 0, 0, 0, 0, 0});
    struct class_scores s;
    confusion_class(&s, &c, 1);
    assert_int_equal(s.support, 0);
    assert_false(s.recall.is_computable);
    assert_true(isnan(s.recall.value));
    assert_ratio(&s.precision, 0, 1);
    assert_ratio(&s.f1, 0, 1);
    confusion_class(&s, &c, 2);
    assert_false(s.precision.is_computable || s.recall.is_computable || s.f1.is_computable);
    assert_true(isnan(s.f1.ci95.low) && isnan(s.f1.ci95.high));
    assert_ratio(&s.specificity, 4, 4);
    struct class_mean balanced = confusion_balanced_accuracy(&c);
    assert_true(balanced.n_classes == 1 && balanced.value == 0.75);
    struct class_mean f1 = confusion_macro_f1(&c);
    assert_int_equal(f1.n_classes, 2);
    assert_true(fabs(f1.value - 6.0 / 7 / 2) < 1e-15);
    confusion_release(&c);
}

static void no_examples_no_numbers(void **state)
{
    (void)state;
    struct confusion c;
    fill(&c, 2, (const uint64_t[]){0, 0, 0, 0});
    assert_false(confusion_accuracy(&c).is_computable);
    struct class_mean m = confusion_balanced_accuracy(&c);
    assert_true(!m.is_computable && isnan(m.value) && m.n_classes == 0);
    assert_false(confusion_macro_f1(&c).is_computable);
    confusion_release(&c);
}

/*
 * Accuracy 93.8 %, "precision" 99.5 % and "recall" 90.8 % together: 100 000 pictures, 64.2 % of
 * them not class 0. Class 0 itself then has sensitivity 99.2 % and precision 85.7 %.
 */
static void printed_numbers_of_2019_fit_class_0_against_the_rest(void **state)
{
    (void)state;
    struct confusion c;
    fill(&c, 3, (const uint64_t[]){35507, 200, 93, 3000, 29000, 0, 2906, 0, 29294});
    struct ratio accuracy = confusion_accuracy(&c);
    assert_true(fabs(accuracy.value - 0.938) < 0.0005);
    struct bool_cast b;
    confusion_bool_cast(&b, &c);
    assert_true(fabs(b.precision.value - 0.995) < 0.0005);
    assert_true(fabs(b.recall.value - 0.908) < 0.0005);
    struct class_scores s;
    confusion_class(&s, &c, 0);
    assert_true(fabs(s.recall.value - 0.992) < 0.0005);
    assert_true(fabs(s.precision.value - 0.857) < 0.0005);
    confusion_release(&c);
}

static void f1_interval_is_the_mapped_one(void **state)
{
    (void)state;
    struct confusion c;
    fill(&c, 3, (const uint64_t[]){5, 1, 0, 2, 3, 1, 0, 0, 4});
    struct class_scores s;
    confusion_class(&s, &c, 0);
    // Wilson's interval of 5 of 8 is 0.305742..0.863156 (computed apart), mapped by 2J/(1+J).
    assert_true(fabs(s.f1.ci95.low - 0.468304308516647) < 1e-6);
    assert_true(fabs(s.f1.ci95.high - 0.926552415999170) < 1e-6);
    confusion_release(&c);
}

// 4000 evaluations of 80 examples each; the true F1 is 2 * 0.3 / (2 * 0.3 + 0.1 + 0.15).
static void f1_interval_covers_the_truth(void **state)
{
    (void)state;
    struct err e;
    struct rng r = rng_of(2019, 0);
    const double truth = 0.6 / 0.85;
    int n_covered = 0;
    const int n_runs = 4000;
    for (int run = 0; run < n_runs; run++) {
        struct confusion c;
        struct class_scores s;
        assert_int_equal(confusion_init(&c, 2, &e), 0);
        for (int i = 0; i < 80; i++) {
            double u = rng_uniform(&r);
            bool is_one = u < 0.45, is_called_one = u < 0.3 || (u >= 0.45 && u < 0.55);
            confusion_add(&c, is_one, is_called_one);
        }
        confusion_class(&s, &c, 1);
        n_covered += s.f1.ci95.low <= truth && truth <= s.f1.ci95.high;
        confusion_release(&c);
    }
    assert_in_range(n_covered, n_runs * 935 / 1000, n_runs * 965 / 1000);
}

static void limits_and_memory_are_errors(void **state)
{
    (void)state;
    struct err e;
    struct confusion c;
    size_t live = mem_live_blocks();
    assert_int_equal(confusion_init(&c, CONFUSION_MAX_CLASSES + 1, &e), ERR_LIMIT);
    assert_non_null(strstr(e.text, "4097"));
    confusion_release(&c);
    mem_fail_at(0);
    assert_int_equal(confusion_init(&c, 3, &e), ERR_MEMORY);
    mem_fail_at(-1);
    assert_null(c.count);
    confusion_release(&c);
    assert_int_equal(mem_live_blocks(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_classes_by_hand),
        cmocka_unit_test(one_class_has_no_specificity),
        cmocka_unit_test(empty_classes_are_left_out_not_zero),
        cmocka_unit_test(no_examples_no_numbers),
        cmocka_unit_test(printed_numbers_of_2019_fit_class_0_against_the_rest),
        cmocka_unit_test(f1_interval_is_the_mapped_one),
        cmocka_unit_test(f1_interval_covers_the_truth),
        cmocka_unit_test(limits_and_memory_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
