/*
 * test_rules.c: discharges planted in noise, of known size, place and rhythm: found, measured, sorted
 * and judged.
 */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "detect/rules.h"
#include "detect/segment.h"
#include "detect/trains.h"

#include <math.h>

enum { RATE_HZ = 20000, N = 5 * RATE_HZ };
static const double noise_uv = 2, tau = 6.283185307179586;

// Shapes by formulas, t in ms from their beginning.

// Positive, then a larger negative spike, then a small positive one: 3 ms.
static double fibrillation(double t)
{
    return t < 0 || t > 3 ? 0
           : t < 1        ? 100 * sin(tau * t / 2)
           : t < 2        ? -160 * sin(tau * (t - 1) / 2)
                          : 40 * sin(tau * (t - 2) / 2);
}

// 0.4 ms up to 200 uV, a fall of 3 ms, then 15 ms of -20 uV.
static double sharp_wave(double t)
{
    return t < 0 || t > 18 ? 0
           : t < 0.4       ? 500 * t
           : t < 3.4       ? 200 * (3.4 - t) / 3
                           : -20 * sin(tau * (t - 3.4) / 29.2);
}

static double end_plate_spike(double t)
{
    return -fibrillation(t);
}

typedef double shape_fn(double ms);

static float *noise(uint64_t seed)
{
    float *x = mem_array(N, sizeof *x);
    struct rng rng = rng_of(seed, 0);
    assert_non_null(x);
    for (size_t i = 0; i < N; i++)
        x[i] = (float)(noise_uv * rng_normal(&rng));
    return x;
}

static void plant(float *x, shape_fn *shape, double at_s, double gain)
{
    for (size_t i = 0; i < N; i++) {
        double t = 1000 * ((double)i / RATE_HZ - at_s);
        if (t >= 0 && t < 30)
            x[i] += (float)(gain * shape(t));
    }
}

struct found {
    struct segments s;
    struct trains t;
};

static void find(struct found *f, const float *x, size_t n)
{
    struct err e;
    assert_int_equal(segments_find(&f->s, x, n, RATE_HZ, &e), 0);
    assert_int_equal(trains_of(&f->t, &f->s, &e), 0);
}

static const struct rules_facts facts = {true, true};

static void noise_alone_has_no_discharge(void **state)
{
    (void)state;
    struct found f;
    struct rules_finding r;
    float *x = noise(1);
    for (size_t i = 0; i < N; i++) // and a swaying cable is none, nor a value that is missing
        x[i] += (float)(30 * sin(tau * 0.7 * (double)i / RATE_HZ));
    x[1000] = NAN;
    find(&f, x, N);
    assert_int_equal(f.s.n, 0);
    assert_true(fabs(f.s.noise / (noise_uv / sqrt(5)) - 1) < 0.25); // smoothed over 5 samples
    rules_judge_window(&r, &f.s, &f.t, 0, N, &facts);
    assert_false(r.has_discharge);
    assert_int_equal(r.points_to, RULES_OTHERS);
    segments_release(&f.s);
    mem_free(x);
    assert_int_equal(mem_live_blocks(), 0);
}

// A train of 8 Hz, one shape; what is found of its first whole discharge.
static void judge_train(struct found *f, struct rules_finding *r, shape_fn *shape,
                        double jitter_s, const struct rules_facts *k)
{
    float *x = noise(2);
    struct rng rng = rng_of(3, 0);
    for (double at = 0.05; at < 4.9; at += 0.125 + rng_between(&rng, -jitter_s, jitter_s))
        plant(x, shape, at, 1);
    find(f, x, N);
    rules_judge_window(r, &f->s, &f->t, RATE_HZ, 2 * RATE_HZ, k);
    mem_free(x);
}

// Measures in noise of 2 uV: amplitudes to 5 %, which smoothing over 0.2 ms takes off at most;
// beginnings and ends to 0.5 ms, where the shape is within 3 deviations of noise.
static void fibrillations_are_measured_and_named(void **state)
{
    (void)state;
    struct found f;
    struct rules_finding r;
    judge_train(&f, &r, fibrillation, 0.003, &facts);
    assert_true(f.s.n >= 38 && f.s.n <= 40);
    assert_int_equal(f.t.n, 1);
    assert_int_equal(r.points_to, RULES_FIBS);
    assert_int_equal(r.n_discharges, 8);
    assert_true(r.rule[RULE_FIRST_DEFLECTION].value == 1);
    assert_true(fabs(r.rule[RULE_DURATION].value - 3) < 0.5);
    assert_true(fabs(r.rule[RULE_AMPLITUDE].value - 260) < 13);
    assert_true(fabs(r.rule[RULE_NEGATIVE_RATIO].value - 1.6) < 0.1);
    assert_true(r.rule[RULE_PHASES].value == 3);
    assert_true(r.rule[RULE_TURNS].value >= 2 && r.rule[RULE_TURNS].value <= 4);
    // from +100 to -160 along two half sines: 10 to 90 % take 0.7 ms
    assert_true(fabs(r.rule[RULE_RISE].value - 0.7) < 0.2);
    assert_true(fabs(r.rule[RULE_RATE].value - 8) < 0.2);
    assert_true(r.rule[RULE_VARIATION].value < 0.03);           // +-3 ms evenly: 1.7 ms of 125
    assert_true(fabs(r.rule[RULE_DIFFERENCE].value - 2) < 0.7); // a third of the range of 6 ms
    segments_release(&f.s);
    assert_int_equal(mem_live_blocks(), 0);
}

static void sharp_waves_are_measured_and_named(void **state)
{
    (void)state;
    struct found f;
    struct rules_finding r;
    judge_train(&f, &r, sharp_wave, 0.003, &facts);
    assert_int_equal(r.points_to, RULES_PSW);
    assert_true(fabs(r.rule[RULE_DURATION].value - 18) < 1.5);
    assert_true(r.rule[RULE_RISE].value <= 0.6);
    assert_true(fabs(r.rule[RULE_NEGATIVE_RATIO].value - 0.1) < 0.05);
    assert_int_equal(r.rule[RULE_PHASES].value, 2);
    assert_int_equal(r.rule[RULE_NEGATIVE_RATIO].fibs, RULE_FAIL);
    assert_int_equal(r.rule[RULE_DIFFERENCE].fibs, RULE_NO_RANGE);
    segments_release(&f.s);
    assert_int_equal(mem_live_blocks(), 0);
}

static void end_plate_spikes_are_others(void **state)
{
    (void)state;
    struct found f;
    struct rules_finding r;
    judge_train(&f, &r, end_plate_spike, 0.09, &facts);
    assert_int_equal(r.points_to, RULES_OTHERS);
    assert_true(r.rule[RULE_FIRST_DEFLECTION].value == -1);
    assert_int_equal(r.rule[RULE_VARIATION].fibs, RULE_FAIL);
    segments_release(&f.s);
}

static void what_is_not_told_is_not_measured(void **state)
{
    (void)state;
    struct found f;
    struct rules_finding r;
    const struct rules_facts nothing = {false, false};
    judge_train(&f, &r, fibrillation, 0.003, &nothing);
    assert_int_equal(r.rule[RULE_FIRST_DEFLECTION].fibs, RULE_NOT_MEASURABLE);
    assert_int_equal(r.rule[RULE_AMPLITUDE].fibs, RULE_NOT_MEASURABLE);
    assert_int_equal(r.points_to, RULES_UNDECIDED);
    segments_release(&f.s);
}

static void two_fibres_are_two_trains(void **state)
{
    (void)state;
    struct found f;
    float *x = noise(4);
    for (double at = 0.05; at < 4.9; at += 0.125)
        plant(x, fibrillation, at, 1);
    for (double at = 0.11; at < 4.9; at += 0.5)
        plant(x, sharp_wave, at, 1);
    find(&f, x, N);
    assert_int_equal(f.t.n, 2);
    assert_true(fabs(f.t.list[0].rate_hz - 8) < 0.1 && f.t.list[0].cv < 0.01);
    assert_true(fabs(f.t.list[1].rate_hz - 2) < 0.1 && f.t.list[1].n == 10);
    segments_release(&f.s);
    mem_free(x);
    assert_int_equal(mem_live_blocks(), 0);
}

// A missed discharge is no irregularity.
static void a_missed_discharge_changes_no_rhythm(void **state)
{
    (void)state;
    struct found f;
    float *x = noise(5);
    for (int k = 0; k < 38; k++)
        if (k % 9 != 4)
            plant(x, fibrillation, 0.05 + 0.125 * k, 1);
    find(&f, x, N);
    assert_true(f.t.list[0].has_rhythm && f.t.list[0].cv < 0.01);
    assert_true(fabs(f.t.list[0].rate_hz - 8) < 0.1);
    segments_release(&f.s);
    mem_free(x);
}

// Gain, offset and a longer recording change nothing of what the rules say.
static void gain_and_offset_do_not_matter(void **state)
{
    (void)state;
    struct found f[2];
    float *x = noise(6);
    for (double at = 0.05; at < 4.9; at += 0.125)
        plant(x, sharp_wave, at, 1);
    find(&f[0], x, N);
    for (size_t i = 0; i < N; i++)
        x[i] = 3 * x[i] + 4000;
    find(&f[1], x, N);
    assert_int_equal(f[0].s.n, f[1].s.n);
    for (size_t i = 0; i < f[0].s.n;
         i++) { // noise at a threshold may move an end by some samples
        assert_true(fabs(f[1].s.list[i].amplitude / f[0].s.list[i].amplitude - 3) < 0.05);
        assert_true(fabs(f[1].s.list[i].duration_ms - f[0].s.list[i].duration_ms) < 1);
        assert_int_equal(f[1].s.list[i].n_phases, f[0].s.list[i].n_phases);
    }
    segments_release(&f[0].s);
    segments_release(&f[1].s);
    mem_free(x);
    assert_int_equal(mem_live_blocks(), 0);
}

static void what_is_cut_off_is_not_measured(void **state)
{
    (void)state;
    struct found f;
    struct rules_finding r;
    float *x = noise(7);
    plant(x, sharp_wave, 0.0999, 1);
    find(&f, x, RATE_HZ / 10);
    assert_int_equal(f.s.n, 1);
    assert_true(f.s.list[0].is_cut);
    rules_judge(&r, &f.s.list[0], NULL, &facts);
    assert_int_equal(r.rule[RULE_DURATION].psw, RULE_NOT_MEASURABLE);
    assert_int_equal(r.rule[RULE_RATE].psw, RULE_NOT_MEASURABLE);
    segments_release(&f.s);
    find(&f, x, 0);
    assert_int_equal(f.s.n, 0);
    segments_release(&f.s);
    mem_free(x);
}

static void every_rule_has_a_source(void **state)
{
    (void)state;
    for (int k = 0; k < RULES_N; k++)
        assert_true(rules[k].name && rules[k].title && rules[k].unit &&
                    strlen(rules[k].source) > 5);
}

static void failing_allocations_leave_nothing(void **state)
{
    (void)state;
    float *x = noise(8);
    for (double at = 0.05; at < 4.9; at += 0.125)
        plant(x, fibrillation, at, 1);
    size_t live = mem_live_blocks();
    int rc = -1;
    for (long n = 0; rc < 0 && n < 200; n++) {
        struct segments s;
        struct trains t;
        struct err e;
        mem_fail_at(n);
        rc = segments_find(&s, x, N, RATE_HZ, &e);
        if (rc == 0)
            rc = trains_of(&t, &s, &e);
        mem_fail_at(-1);
        assert_true(rc == 0 || rc == ERR_MEMORY);
        segments_release(&s);
        assert_int_equal(mem_live_blocks(), live);
    }
    assert_int_equal(rc, 0);
    mem_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_alone_has_no_discharge),
        cmocka_unit_test(fibrillations_are_measured_and_named),
        cmocka_unit_test(sharp_waves_are_measured_and_named),
        cmocka_unit_test(end_plate_spikes_are_others),
        cmocka_unit_test(what_is_not_told_is_not_measured),
        cmocka_unit_test(two_fibres_are_two_trains),
        cmocka_unit_test(a_missed_discharge_changes_no_rhythm),
        cmocka_unit_test(gain_and_offset_do_not_matter),
        cmocka_unit_test(what_is_cut_off_is_not_measured),
        cmocka_unit_test(every_rule_has_a_source),
        cmocka_unit_test(failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
