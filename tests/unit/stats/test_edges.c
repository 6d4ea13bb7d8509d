/*
 * test_edges.c: where a statistic cannot be computed it says so and why; the values themselves are in
 * tests/golden/stats.
 */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "stats/bootstrap.h"
#include "stats/calibration.h"
#include "stats/conformal.h"
#include "stats/confusion.h"
#include "stats/kappa.h"
#include "stats/mcnemar.h"
#include "stats/operatingpoint.h"
#include "stats/precisionrecall.h"
#include "stats/ranked.h"
#include "stats/roc.h"
#include "stats/temperature.h"

#include <math.h>

// One column of scores.
static void rank(struct ranked *r, const float *scores, const size_t *truth, size_t n)
{
    struct err e;
    assert_int_equal(ranked_init(r, scores, truth, n, 1, 0, &e), 0);
}

static void one_class_has_no_area(void **state)
{
    (void)state;
    struct ranked r;
    struct roc_point points[4];
    rank(&r, (const float[]){0.2F, 0.7F, 0.4F}, (const size_t[]){0, 0, 0}, 3);
    struct estimate auc = roc_auc(&r);
    assert_true(auc.why && isnan(auc.value));
    assert_int_equal(roc_curve(points, &r), 0);
    assert_non_null(operating_point(&r, OPERATING_SENSITIVITY, 0.5).why);
    ranked_release(&r);
    rank(&r, (const float[]){0.2F, 0.7F}, (const size_t[]){1, 1}, 2);
    assert_non_null(roc_auc(&r).why);
    assert_true(isnan(average_precision(&r, NULL)));
    assert_int_equal(precision_recall_curve(NULL, &r), 0);
    ranked_release(&r);
}

static void equal_scores_are_a_coin(void **state)
{
    (void)state;
    struct ranked r;
    struct roc_point points[6];
    rank(&r, (const float[]){0.3F, 0.3F, 0.3F, 0.3F, 0.3F}, (const size_t[]){0, 0, 1, 1, 1}, 5);
    struct estimate auc = roc_auc(&r);
    assert_true(!auc.why && auc.value == 0.5);
    assert_non_null(auc.why_no_ci95);
    assert_int_equal(roc_curve(points, &r), 2);
    assert_true(average_precision(&r, NULL) == 0.4);
    assert_non_null(operating_point(&r, OPERATING_SPECIFICITY, 0.1).why);
    ranked_release(&r);
}

static void parted_scores_have_no_interval(void **state)
{
    (void)state;
    struct ranked r;
    rank(&r, (const float[]){0.9F, 0.8F, 0.2F, 0.1F}, (const size_t[]){0, 0, 1, 1}, 4);
    struct estimate auc = roc_auc(&r);
    assert_true(!auc.why && auc.value == 1);
    assert_true(auc.why_no_ci95 && isnan(auc.ci95.low));
    ranked_release(&r);
}

static void scores_that_are_no_numbers_are_errors(void **state)
{
    (void)state;
    struct err e;
    struct ranked r;
    size_t live = mem_live_blocks();
    const float nan_at_1[] = {0.1F, NAN};
    assert_int_equal(ranked_init(&r, nan_at_1, (const size_t[]){0, 1}, 2, 1, 0, &e),
                     ERR_FORMAT);
    assert_non_null(strstr(e.text, "example 1"));
    mem_fail_at(0);
    assert_int_equal(ranked_init(&r, nan_at_1, (const size_t[]){0, 1}, 2, 1, 0, &e),
                     ERR_MEMORY);
    mem_fail_at(-1);
    assert_int_equal(mem_live_blocks(), live);
}

// The weighted area of a resample is the area of the examples written down as often.
static void weights_are_copies(void **state)
{
    (void)state;
    struct rng rng = rng_of(5, 0);
    for (int run = 0; run < 50; run++) {
        float score[12], copied[60];
        size_t truth[12], copied_truth[60], n = 0;
        uint32_t weight[12];
        for (size_t i = 0; i < 12; i++) {
            score[i] = (float)rng_below(&rng, 5) / 4;
            truth[i] = rng_below(&rng, 2);
            weight[i] = rng_below(&rng, 5);
            for (uint32_t k = 0; k < weight[i]; k++, n++)
                copied[n] = score[i], copied_truth[n] = truth[i];
        }
        if (!n)
            continue;
        struct ranked a, b;
        rank(&a, score, truth, 12);
        rank(&b, copied, copied_truth, n);
        double x = roc_auc_weighted(&a, weight), y = roc_auc_weighted(&b, NULL);
        assert_true((isnan(x) && isnan(y)) || fabs(x - y) < 1e-12); // sums of small integers
        x = average_precision(&a, weight), y = average_precision(&b, NULL);
        assert_true((isnan(x) && isnan(y)) || fabs(x - y) < 1e-12);
        ranked_release(&a);
        ranked_release(&b);
    }
}

static void temperature_has_its_limits(void **state)
{
    (void)state;
    const float z[] = {3, 0, 0, 2};
    assert_non_null(temperature_fit(z, (const size_t[]){0, 1}, 2, 2).why); // all right
    assert_non_null(temperature_fit(z, (const size_t[]){1, 0}, 2, 2).why); // all wrong
    assert_non_null(temperature_fit(z, NULL, 0, 2).why);
    const float same[] = {1, 1, 1, 1};
    assert_non_null(temperature_fit(same, (const size_t[]){1, 0}, 2, 2).why);
    // Logits of +-1 that are right 3 times of 4: softmax(2b) = 3/4, T = 2 / log 3.
    const float four[] = {1, -1, 1, -1, 1, -1, 1, -1};
    struct estimate t = temperature_fit(four, (const size_t[]){0, 0, 0, 1}, 4, 2);
    assert_true(!t.why && fabs(t.value - 2 / log(3)) < 1e-9); // the solver's own tolerance
    float p[2];
    temperature_softmax(p, (const float[]){1000, -1000}, 2, 0.01);
    assert_true(p[0] == 1 && p[1] == 0);
}

static void conformal_wants_enough_examples(void **state)
{
    (void)state;
    struct err e;
    double threshold;
    float p[19];
    size_t truth[19] = {0};
    for (size_t i = 0; i < 19; i++)
        p[i] = 1 - (float)i / 32;
    assert_int_equal(conformal_least(0.1), 9);
    assert_int_equal(conformal_least(0.05), 19);
    assert_int_equal(conformal_threshold(&threshold, p, truth, 8, 1, 0.1, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "at least 9"));
    assert_int_equal(conformal_threshold(&threshold, p, truth, 9, 1, 0.1, &e), 0);
    assert_true(threshold == 8.0 / 32); // the largest of nine
    assert_int_equal(conformal_threshold(&threshold, p, truth, 19, 1, 0.1, &e), 0);
    assert_true(threshold == 17.0 / 32); // the 18th of 19
    p[3] = NAN;
    assert_int_equal(conformal_threshold(&threshold, p, truth, 19, 1, 0.1, &e), ERR_FORMAT);
    const float q[] = {0.5F, 0.25F, 0.25F};
    assert_int_equal(conformal_size(q, 3, 0.4), 0);
    assert_int_equal(conformal_size(q, 3, 0.5), 1);
    assert_int_equal(conformal_size(q, 3, 0.75), 3);
}

// 2000 calibrations on 39 examples, each judged by a new one: at a rate of 0.1 the promise is 36/40.
static void conformal_keeps_its_promise(void **state)
{
    (void)state;
    struct err e;
    struct rng rng = rng_of(11, 0);
    int n_held = 0;
    for (int run = 0; run < 2000; run++) {
        float p[40];
        size_t truth[40] = {0};
        double threshold;
        for (int i = 0; i < 40; i++)
            p[i] = (float)rng_uniform(&rng);
        assert_int_equal(conformal_threshold(&threshold, p, truth, 39, 1, 0.1, &e), 0);
        n_held += conformal_holds(p[39], threshold);
    }
    // four deviations of a binomial of 2000 at 0.9 are 54
    assert_in_range(n_held, 1800 - 54, 1800 + 54);
}

static void mcnemar_of_models_that_agree(void **state)
{
    (void)state;
    assert_false(mcnemar_of(0, 0).is_computable);
    struct mcnemar m = mcnemar_of(6, 0);
    assert_true(fabs(m.p_exact - 2.0 / 64) < 1e-15 && fabs(m.p_mid - 1.0 / 64) < 1e-15);
    m = mcnemar_of(1000000, 1000000); // lgamma of 2e6 has an error of 1e-16 of 3e7
    assert_true(m.p_exact == 1 && m.p_mid > 0.9996 && m.p_mid < 1);
}

static void kappa_where_there_is_no_chance(void **state)
{
    (void)state;
    struct err e;
    struct confusion c;
    assert_int_equal(confusion_init(&c, 2, &e), 0);
    assert_non_null(kappa_of(&c).why);
    confusion_add(&c, 0, 0);
    assert_non_null(kappa_of(&c).why); // all in one class
    confusion_add(&c, 1, 1);
    struct estimate k = kappa_of(&c);
    assert_true(!k.why && k.value == 1 && k.why_no_ci95);
    confusion_release(&c);
}

static void calibration_of_certain_and_empty(void **state)
{
    (void)state;
    struct reliability_bin bins[RELIABILITY_BINS];
    reliability_bins(bins, NULL, NULL, 0, 3);
    assert_true(isnan(reliability_ece(bins)) && isnan(bins[0].confidence));
    const float p[] = {1, 0, 0, 0, 0, 1};
    reliability_bins(bins, p, (const size_t[]){0, 1}, 2, 3);
    assert_int_equal(bins[RELIABILITY_BINS - 1].n, 2);
    assert_int_equal(bins[RELIABILITY_BINS - 1].n_right, 1);
    assert_true(reliability_ece(bins) == 0.5);
    assert_true(brier_of(p, 0, 3) == 0 && brier_of(p + 3, 1, 3) == 2);
}

static void resamples_are_named_by_number(void **state)
{
    (void)state;
    uint32_t a[7], b[7];
    for (uint64_t i = 0; i < 20; i++) {
        bootstrap_draw(a, 7, 1, i);
        bootstrap_draw(b, 7, 1, 19 - i);
        bootstrap_draw(b, 7, 1, i);
        assert_memory_equal(a, b, sizeof a);
        uint32_t sum = 0;
        for (size_t k = 0; k < 7; k++)
            sum += a[k];
        assert_int_equal(sum, 7);
    }
    bootstrap_draw(b, 7, 2, 19);
    assert_memory_not_equal(a, b, sizeof a);
}

static void percentiles_say_why_not(void **state)
{
    (void)state;
    struct interval v;
    double values[41], few[] = {1, (double)NAN, (double)NAN, 2}, same[] = {0.5, 0.5, 0.5};
    for (int i = 0; i < 41; i++)
        values[i] = (double)((i * 17) % 41);
    assert_null(bootstrap_percentile95(&v, values, 41));
    assert_true(v.low == 1 && v.high == 39); // 0.025 * 40 and 0.975 * 40
    assert_non_null(bootstrap_percentile95(&v, few, 4));
    assert_true(isnan(v.low));
    assert_non_null(bootstrap_percentile95(&v, same, 3));
    assert_non_null(bootstrap_percentile95(&v, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_class_has_no_area),
        cmocka_unit_test(equal_scores_are_a_coin),
        cmocka_unit_test(parted_scores_have_no_interval),
        cmocka_unit_test(scores_that_are_no_numbers_are_errors),
        cmocka_unit_test(weights_are_copies),
        cmocka_unit_test(temperature_has_its_limits),
        cmocka_unit_test(conformal_wants_enough_examples),
        cmocka_unit_test(conformal_keeps_its_promise),
        cmocka_unit_test(mcnemar_of_models_that_agree),
        cmocka_unit_test(kappa_where_there_is_no_chance),
        cmocka_unit_test(calibration_of_certain_and_empty),
        cmocka_unit_test(resamples_are_named_by_number),
        cmocka_unit_test(percentiles_say_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
