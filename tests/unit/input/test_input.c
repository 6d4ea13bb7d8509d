/* test_input.c: windows of signals as a network reads them: scaling, variation, refusals. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "input/input.h"
#include "tf/example.h"

#include <math.h>

enum { N = 1000, STORED = 1400 };

// A baseline of 40 uV with a positive deflection of `peak_uv` in the middle, and a little noise.
static void draw(float *x, float peak_uv)
{
    struct rng rng = rng_of(1, 2);
    for (size_t i = 0; i < STORED; i++) {
        double ms = ((double)i - STORED / 2.0) / 10;
        x[i] = 40 + (float)rng_normal(&rng) + peak_uv * (float)exp(-ms * ms);
    }
}

static struct example example_of(const float *x, const char *unit)
{
    return (struct example){.signal = {(const unsigned char *)x, STORED},
                            .unit = {(const unsigned char *)unit, strlen(unit)},
                            .rate_hz = 10000};
}

static size_t highest(const float *x)
{
    size_t best = 0;
    for (size_t i = 1; i < N; i++)
        if (x[i] > x[best])
            best = i;
    return best;
}

static void amplitude_and_polarity_stay(void **state)
{
    (void)state;
    static float x[STORED], out[N];
    struct err e;
    struct input in = input_of_signals(INPUT_SIGNAL, 10000, N, SCALING_UV);
    struct shape s = input_shape(&in);
    assert_true(s.h == 1 && s.w == N && s.c == 1);
    for (float uv = -2000; uv <= 2000; uv += 400) {
        draw(x, uv);
        struct example w = example_of(x, "uV");
        assert_int_equal(input_read_example(out, &in, &w, AUGMENT_NONE, NULL, &e), 0);
        float wanted = asinhf(uv / 20); // the offset of 40 uV is gone
        assert_true(fabsf(out[N / 2] - wanted) < 0.2F);
    }
    // the same window, ten times as large: what is robust does not see it
    in.signal.scaling = SCALING_ROBUST;
    static float large[STORED], other[N];
    draw(x, 300);
    for (size_t i = 0; i < STORED; i++)
        large[i] = 10 * x[i];
    struct example small_one = example_of(x, "counts"), large_one = example_of(large, "counts");
    assert_int_equal(input_read_example(out, &in, &small_one, AUGMENT_NONE, NULL, &e), 0);
    assert_int_equal(input_read_example(other, &in, &large_one, AUGMENT_NONE, NULL, &e), 0);
    for (size_t i = 0; i < N; i++)
        assert_true(fabsf(out[i] - other[i]) < 1e-3F);
}

static void variation_depends_on_the_seed_and_keeps_polarity(void **state)
{
    (void)state;
    static float x[STORED], a[N], b[N];
    struct err e;
    struct input in = input_of_signals(INPUT_SIGNAL, 10000, N, SCALING_UV);
    draw(x, 300);
    struct example w = example_of(x, "uV");
    size_t n_moved = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rng first = rng_of(seed, 0), again = rng_of(seed, 0);
        assert_int_equal(input_read_example(a, &in, &w, AUGMENT_WAVEFORM, &first, &e), 0);
        assert_int_equal(input_read_example(b, &in, &w, AUGMENT_WAVEFORM, &again, &e), 0);
        assert_memory_equal(a, b, sizeof a);
        size_t at = highest(a);
        assert_true(a[at] > 1.5F && at > 250 && at < 750);
        n_moved += at < 480 || at > 520;
    }
    assert_true(n_moved > 20);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static float x[STORED], out[N];
    struct err e;
    struct input in = input_of_signals(INPUT_SIGNAL, 10000, N, SCALING_UV);
    draw(x, 300);
    struct example w = example_of(x, "counts");
    assert_int_equal(input_read_example(out, &in, &w, AUGMENT_NONE, NULL, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "wanted microvolts"));
    w = example_of(x, "uV");
    w.rate_hz = 4000;
    assert_int_equal(input_read_example(out, &in, &w, AUGMENT_NONE, NULL, &e), ERR_FORMAT);
    w.rate_hz = 10000;
    w.signal.n = N - 1;
    assert_int_equal(input_read_example(out, &in, &w, AUGMENT_NONE, NULL, &e), ERR_FORMAT);
    w.signal = (struct example_floats){0};
    assert_int_equal(input_read_example(out, &in, &w, AUGMENT_NONE, NULL, &e), ERR_FORMAT);
    x[STORED / 2] = NAN;
    w = example_of(x, "uV");
    assert_int_equal(input_read_example(out, &in, &w, AUGMENT_NONE, NULL, &e), ERR_FORMAT);
    struct input pictures = input_of_pictures(32);
    assert_int_equal(input_read_example(out, &pictures, &w, AUGMENT_NONE, NULL, &e),
                     ERR_FORMAT);
    assert_int_equal(input_change_kind(&pictures, INPUT_SIGNAL, "set", &e), ERR_USAGE);
    assert_false(input_can_augment(&in, AUGMENT_SLIM));
    in.signal.rate_hz = 0;
    assert_int_equal(input_check(&in, "here", &e), ERR_USAGE);
    assert_int_equal(mem_live_blocks(), 0);
}

static void descriptions_survive_the_round_trip(void **state)
{
    (void)state;
    struct err e;
    struct input ins[] = {input_of_pictures(107),
                          input_of_signals(INPUT_SIGNAL, 23437.5, 500, SCALING_ROBUST)};
    for (size_t i = 0; i < sizeof ins / sizeof ins[0]; i++) {
        struct input back;
        json_t *o = input_json(&ins[i]);
        assert_int_equal(input_from_json(&back, o, "model.json", &e), 0);
        json_t *again = input_json(&back);
        assert_true(json_equal(o, again));
        json_decref(again);
        json_object_set_new(o, "kind", json_string("sound"));
        assert_int_equal(input_from_json(&back, o, "model.json", &e), ERR_UNSUPPORTED);
        json_decref(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amplitude_and_polarity_stay),
        cmocka_unit_test(variation_depends_on_the_seed_and_keeps_polarity),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(descriptions_survive_the_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
