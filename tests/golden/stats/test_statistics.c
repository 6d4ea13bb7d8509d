/*
 * test_statistics.c: every statistic against scikit-learn, statsmodels, scipy and definitions by all
 * pairs (statistics_reference.py made statistics_reference.json), and published examples.
 *
 * Tolerances: both sides compute in double from float32 probabilities of two digits; sums of 90 terms
 * round by less than 1e-13, and a float32 of two digits differs from the double by up to 3e-8, which
 * only numbers made of the probabilities themselves see (PROBABILITY), not those made of ranks (EXACT).
 */
#include "support.h"

#include "base/err.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "stats/bootstrap.h"
#include "stats/calibration.h"
#include "stats/conformal.h"
#include "stats/confusion.h"
#include "stats/crossentropy.h"
#include "stats/kappa.h"
#include "stats/mcnemar.h"
#include "stats/operatingpoint.h"
#include "stats/precisionrecall.h"
#include "stats/ranked.h"
#include "stats/roc.h"
#include "stats/temperature.h"

#include <math.h>

#define EXACT       1e-11
#define PROBABILITY 1e-7

enum { N_MAX = 128, K = 3 };

struct reference {
    json_t *root;
    size_t n, truth[N_MAX];
    float p[N_MAX * K], logits[N_MAX * K];
};

static double at(const json_t *list, size_t i)
{
    return json_number_value(json_array_get(list, i));
}

static double member(const json_t *o, const char *key)
{
    assert_true(json_is_number(json_object_get(o, key)));
    return json_number_value(json_object_get(o, key));
}

static void assert_near(double x, double wanted, double tolerance)
{
    if (!(fabs(x - wanted) <= tolerance * fmax(1, fabs(wanted))))
        fail_msg("%.15g, wanted %.15g within %g", x, wanted, tolerance);
}

static void assert_interval(const struct interval *v, const json_t *o, double tolerance)
{
    const json_t *ci = json_object_get(o, "ci95");
    assert_near(v->low, at(ci, 0), tolerance);
    assert_near(v->high, at(ci, 1), tolerance);
}

static int open_reference(void **state)
{
    struct err e;
    struct reference *r = calloc(1, sizeof *r);
    if (!r ||
        jsonfile_read(&r->root, NEMG_SOURCE_DIR "/tests/golden/stats/statistics_reference.json",
                      &e) < 0)
        return -1;
    r->n = json_array_size(json_object_get(r->root, "truth"));
    for (size_t i = 0; i < r->n; i++) {
        r->truth[i] = (size_t)at(json_object_get(r->root, "truth"), i);
        for (size_t k = 0; k < K; k++) {
            r->p[i * K + k] = (float)at(json_array_get(json_object_get(r->root, "p"), i), k);
            r->logits[i * K + k] =
                (float)at(json_array_get(json_object_get(r->root, "logits"), i), k);
        }
    }
    *state = r;
    return 0;
}

static int close_reference(void **state)
{
    struct reference *r = *state;
    json_decref(r->root);
    free(r);
    return 0;
}

static void rank(struct ranked *out, const struct reference *r, size_t k)
{
    struct err e;
    assert_int_equal(ranked_init(out, r->p, r->truth, r->n, K, k, &e), 0);
}

static const json_t *of_class(const struct reference *r, size_t k)
{
    return json_array_get(json_object_get(r->root, "classes"), k);
}

static void areas_and_delong(void **state)
{
    const struct reference *r = *state;
    uint32_t weight[N_MAX];
    for (size_t i = 0; i < r->n; i++)
        weight[i] = (uint32_t)(i % 4);
    for (size_t k = 0; k < K; k++) {
        struct ranked x;
        const json_t *o = of_class(r, k);
        rank(&x, r, k);
        struct estimate auc = roc_auc(&x);
        assert_null(auc.why);
        assert_near(auc.value, member(o, "auc"), EXACT);
        assert_near(roc_delong_variance(&x), member(o, "variance"), EXACT);
        assert_interval(&auc.ci95, o, EXACT);
        assert_near(average_precision(&x, NULL), member(o, "average_precision"), EXACT);
        assert_near(roc_auc_weighted(&x, weight), member(o, "auc_weighted"), EXACT);
        assert_near(average_precision(&x, weight), member(o, "average_precision_weighted"),
                    EXACT);
        ranked_release(&x);
    }
}

// Ours leaves out points on straight lines: each of ours is one of theirs, and the area is theirs.
static void roc_curves(void **state)
{
    const struct reference *r = *state;
    struct roc_point points[N_MAX + 1];
    for (size_t k = 0; k < K; k++) {
        struct ranked x;
        const json_t *o = of_class(r, k), *fpr = json_object_get(o, "fpr"),
                     *tpr = json_object_get(o, "tpr");
        rank(&x, r, k);
        size_t n = roc_curve(points, &x), seen = 0;
        double area = 0;
        assert_true(isinf(points[0].threshold) && points[0].true_positive_rate == 0);
        assert_true(points[n - 1].true_positive_rate == 1 &&
                    points[n - 1].false_positive_rate == 1);
        for (size_t i = 1; i < n; i++) {
            while (seen < json_array_size(fpr) &&
                   fabs(at(json_object_get(o, "thresholds"), seen) - points[i].threshold) >
                       PROBABILITY)
                seen++;
            assert_true(seen < json_array_size(fpr));
            assert_near(points[i].false_positive_rate, at(fpr, seen), EXACT);
            assert_near(points[i].true_positive_rate, at(tpr, seen), EXACT);
            area += (points[i].false_positive_rate - points[i - 1].false_positive_rate) *
                    (points[i].true_positive_rate + points[i - 1].true_positive_rate) / 2;
        }
        assert_near(area, member(o, "auc"), EXACT);
        ranked_release(&x);
    }
}

static void precision_recall_curves(void **state)
{
    const struct reference *r = *state;
    struct precision_recall_point points[N_MAX];
    for (size_t k = 0; k < K; k++) {
        struct ranked x;
        const json_t *o = of_class(r, k);
        rank(&x, r, k);
        size_t n = precision_recall_curve(points, &x);
        const json_t *theirs = json_object_get(o, "recall");
        assert_true(n == json_array_size(theirs)); // they add (0, 1), which no threshold gives
        for (size_t i = 0; i < n; i++) {
            assert_near(points[i].recall, at(theirs, i), EXACT);
            assert_near(points[i].precision, at(json_object_get(o, "precision"), i), EXACT);
            assert_near(points[i].threshold, at(json_object_get(o, "pr_thresholds"), i),
                        PROBABILITY);
        }
        ranked_release(&x);
    }
}

// The best of all of scikit-learn's points that reach what is wanted.
static void operating_points(void **state)
{
    const struct reference *r = *state;
    static const double wanted[] = {0.5, 0.8, 0.9, 0.95, 1};
    for (size_t k = 0; k < K; k++)
        for (size_t w = 0; w < sizeof wanted / sizeof *wanted; w++) {
            struct ranked x;
            const json_t *o = of_class(r, k), *fpr = json_object_get(o, "fpr"),
                         *tpr = json_object_get(o, "tpr");
            double best_specificity = -1, best_sensitivity = -1;
            for (size_t i = 0; i < json_array_size(fpr); i++) {
                if (at(tpr, i) >= wanted[w] - 1e-9)
                    best_specificity = fmax(best_specificity, 1 - at(fpr, i));
                if (1 - at(fpr, i) >= wanted[w] - 1e-9)
                    best_sensitivity = fmax(best_sensitivity, at(tpr, i));
            }
            rank(&x, r, k);
            struct operating_point p = operating_point(&x, OPERATING_SENSITIVITY, wanted[w]);
            assert_null(p.why);
            assert_near(p.specificity.value, best_specificity, EXACT);
            struct operating_point again = operating_point_at(&x, p.threshold);
            assert_true(again.sensitivity.part == p.sensitivity.part &&
                        again.specificity.part == p.specificity.part &&
                        again.precision.whole == p.precision.whole);
            p = operating_point(&x, OPERATING_SPECIFICITY, wanted[w]);
            assert_true(!p.why == (best_sensitivity >= 0));
            if (!p.why)
                assert_near(p.sensitivity.value, best_sensitivity, EXACT);
            ranked_release(&x);
        }
}

static void brier_and_calibration_error(void **state)
{
    const struct reference *r = *state;
    struct reliability_bin bins[RELIABILITY_BINS];
    double sum = 0;
    for (size_t i = 0; i < r->n; i++)
        sum += brier_of(r->p + i * K, r->truth[i], K);
    assert_near(sum / (double)r->n, member(r->root, "brier"), PROBABILITY);
    reliability_bins(bins, r->p, r->truth, r->n, K);
    assert_near(reliability_ece(bins), member(r->root, "ece"), PROBABILITY);
}

// scipy stops where the loss is flat to a double's precision: within 1e-8 of log T.
static void temperature(void **state)
{
    const struct reference *r = *state;
    const json_t *o = json_object_get(r->root, "temperature");
    struct estimate t = temperature_fit(r->logits, r->truth, r->n, K);
    float p[N_MAX * K];
    double loss;
    assert_null(t.why);
    assert_near(t.value, member(o, "temperature"), 1e-6);
    for (size_t i = 0; i < r->n; i++)
        temperature_softmax(p + i * K, r->logits + i * K, K, t.value);
    assert_true(crossentropy_mean(&loss, p, r->truth, r->n, K));
    assert_near(loss, member(o, "loss"), PROBABILITY);
    assert_true(loss < member(o, "loss_before"));
}

static void conformal_thresholds(void **state)
{
    const struct reference *r = *state;
    const json_t *o;
    size_t i;
    json_array_foreach(json_object_get(r->root, "conformal"), i, o)
    {
        struct err e;
        double threshold;
        assert_int_equal(
            conformal_threshold(&threshold, r->p, r->truth, r->n, K, member(o, "rate"), &e), 0);
        assert_near(threshold, member(o, "threshold"), PROBABILITY);
    }
}

static void mcnemar(void **state)
{
    const struct reference *r = *state;
    const json_t *o;
    size_t i;
    json_array_foreach(json_object_get(r->root, "mcnemar"), i, o)
    {
        struct mcnemar m = mcnemar_of((uint64_t)member(o, "b"), (uint64_t)member(o, "c"));
        assert_true(m.is_computable);
        assert_near(m.p_exact, member(o, "exact"), EXACT);
        assert_near(m.p_mid, member(o, "mid"), EXACT);
    }
}

static void kappa(void **state)
{
    const struct reference *r = *state;
    const json_t *o;
    size_t i;
    json_array_foreach(json_object_get(r->root, "kappa"), i, o)
    {
        const json_t *rows = json_object_get(o, "table");
        struct err e;
        struct confusion c;
        assert_int_equal(confusion_init(&c, json_array_size(rows), &e), 0);
        for (size_t a = 0; a < c.n_classes; a++)
            for (size_t b = 0; b < c.n_classes; b++)
                for (int n = (int)at(json_array_get(rows, a), b); n > 0; n--)
                    confusion_add(&c, a, b);
        struct estimate k = kappa_of(&c);
        assert_null(k.why);
        assert_near(k.value, member(o, "kappa"), EXACT);
        assert_interval(&k.ci95, o, EXACT);
        confusion_release(&c);
    }
}

/*
 * Ours draws 2000 times, as in use: each end then scatters by about
 * sqrt(0.025 * 0.975 / 2000) / density = 0.003 / density; with a deviation of 0.06 the density at the
 * 2.5 % point is 0.058 / 0.06 = 1, so 0.012 is four deviations. The seed is fixed.
 */
static void bootstrap_of_patients(void **state)
{
    const struct reference *r = *state;
    const json_t *o = json_object_get(r->root, "bootstrap"), *n = json_object_get(o, "n");
    size_t n_patients = json_array_size(n);
    double values[BOOTSTRAP_RESAMPLES];
    uint32_t times[N_MAX];
    struct interval v;
    for (size_t b = 0; b < BOOTSTRAP_RESAMPLES; b++) {
        double right = 0, all = 0;
        bootstrap_draw(times, n_patients, 7, b);
        for (size_t i = 0; i < n_patients; i++) {
            right += times[i] * at(json_object_get(o, "right"), i);
            all += times[i] * at(n, i);
        }
        values[b] = right / all;
    }
    assert_null(bootstrap_percentile95(&v, values, BOOTSTRAP_RESAMPLES));
    assert_interval(&v, o, 0.012);
}

// Hanley and McNeil 1982, table I: 109 CT pictures rated 1 to 5; they print an area of 0.893.
static void published_area(void **state)
{
    (void)state;
    static const int normal[] = {33, 6, 6, 11, 2}, abnormal[] = {3, 2, 2, 11, 33};
    float p[109];
    size_t truth[109], n = 0;
    struct err e;
    struct ranked x;
    for (int rating = 0; rating < 5; rating++) {
        for (int i = 0; i < normal[rating]; i++, n++)
            p[n] = (float)rating, truth[n] = 1;
        for (int i = 0; i < abnormal[rating]; i++, n++)
            p[n] = (float)rating, truth[n] = 0;
    }
    assert_int_equal(n, 109);
    assert_int_equal(ranked_init(&x, p, truth, n, 1, 0, &e), 0);
    assert_near(roc_auc(&x).value, 0.893, 0.0005);
    ranked_release(&x);
}

// Fagerland, Lydersen, Laake 2013, hyperresponsive airways before and after transplantation: 1 and 7
// discordant pairs; they print p = 0.070 (exact) and 0.039 (mid-p).
static void published_mcnemar(void **state)
{
    (void)state;
    struct mcnemar m = mcnemar_of(1, 7);
    assert_near(m.p_exact, 0.070, 0.0005);
    assert_near(m.p_mid, 0.039, 0.0005);
}

// Fleiss, Cohen, Everitt 1969, the table of 200 cases: kappa 0.429.
static void published_kappa(void **state)
{
    (void)state;
    static const int rows[3][3] = {{106, 10, 4}, {22, 28, 10}, {2, 12, 6}};
    struct err e;
    struct confusion c;
    assert_int_equal(confusion_init(&c, 3, &e), 0);
    for (size_t i = 0; i < 9; i++)
        for (int n = rows[i / 3][i % 3]; n > 0; n--)
            confusion_add(&c, i / 3, i % 3);
    assert_near(kappa_of(&c).value, 0.429, 0.0005);
    confusion_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_and_delong),
        cmocka_unit_test(roc_curves),
        cmocka_unit_test(precision_recall_curves),
        cmocka_unit_test(operating_points),
        cmocka_unit_test(brier_and_calibration_error),
        cmocka_unit_test(temperature),
        cmocka_unit_test(conformal_thresholds),
        cmocka_unit_test(mcnemar),
        cmocka_unit_test(kappa),
        cmocka_unit_test(bootstrap_of_patients),
        cmocka_unit_test(published_area),
        cmocka_unit_test(published_mcnemar),
        cmocka_unit_test(published_kappa),
    };
    return cmocka_run_group_tests(tests, open_reference, close_reference);
}
