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

// A tone, in microvolts, on a baseline.
static void draw_tone(float *x, double hz, float uv)
{
    for (size_t i = 0; i < STORED; i++)
        x[i] = 40 + uv * (float)sin(6.283185307179586 * hz * (double)i / 10000);
}

static void mel_puts_a_tone_into_its_band(void **state)
{
    (void)state;
    enum { N_FRAMES = 68 }; // 1 + (1000 - 128) / 13
    static float x[STORED], out[64 * N_FRAMES], other[64 * N_FRAMES];
    static const struct {
        double hz;
        float uv;
    } tones[] = {{200, 10}, {1000, 100}, {3000, 1000}};
    struct err e;
    struct input in = input_of_signals(INPUT_MEL, 10000, N, SCALING_UV);
    struct shape s = input_shape(&in);
    assert_true(s.h == 64 && s.w == N_FRAMES && s.c == 1);
    assert_int_equal(input_check(&in, "here", &e), 0);
    for (size_t k = 0; k < sizeof tones / sizeof tones[0]; k++) {
        draw_tone(x, tones[k].hz, tones[k].uv);
        struct example w = example_of(x, "uV");
        assert_int_equal(input_read_example(out, &in, &w, AUGMENT_NONE, NULL, &e), 0);
        size_t best = 0;
        double power = 0;
        for (size_t i = 0; i < 64; i++) {
            best = out[i * N_FRAMES] > out[best * N_FRAMES] ? i : best;
            power += pow(10, (double)out[i * N_FRAMES]);
        }
        double low = mel_of_hz(20), step = (mel_of_hz(5000) - low) / 65;
        double wanted = (mel_of_hz(tones[k].hz) - low) / step - 1;
        assert_true(fabs((double)best - wanted) < 2);
        // the whole power of a sine, and nothing of the baseline
        assert_true(fabs(power / pow((double)tones[k].uv, 2) - 0.5) < 0.05);
    }
    // the sign is lost, and with an unknown gain the amplitude
    draw(x, 300);
    struct example w = example_of(x, "uV");
    assert_int_equal(input_read_example(out, &in, &w, AUGMENT_NONE, NULL, &e), 0);
    for (size_t i = 0; i < STORED; i++)
        x[i] = -10 * x[i];
    in.signal.scaling = SCALING_ROBUST;
    assert_int_equal(input_read_example(other, &in, &w, AUGMENT_NONE, NULL, &e), 0);
    for (size_t i = 0; i < 64 * N_FRAMES; i++) // noise is 1 uV, and is 1
        assert_true(fabsf(out[i] - other[i]) < 0.1F);
    assert_int_equal(mem_live_blocks(), 0);
}

static void signals_are_read_as_mel_and_back(void **state)
{
    (void)state;
    struct err e;
    struct input in = input_of_signals(INPUT_SIGNAL, 10000, N, SCALING_ROBUST);
    in.signal.scale_uv = 7;
    assert_int_equal(input_change_kind(&in, INPUT_MEL, "set", &e), 0);
    assert_true(in.signal.scale_uv == 7 && in.signal.scaling == SCALING_ROBUST);
    assert_int_equal(input_shape(&in).h, 64);
    assert_int_equal(input_change_kind(&in, INPUT_SIGNAL, "set", &e), 0);
    assert_int_equal(input_shape(&in).w, N);
    assert_int_equal(input_change_kind(&in, INPUT_PICTURE, "set", &e), ERR_USAGE);
    assert_string_equal(e.text, "set: a data set of signals, wanted pictures");
    struct input longer = input_of_signals(INPUT_MEL, 10000, 10 * (size_t)N, SCALING_UV);
    assert_int_equal(longer.mel.spectrogram.hop, 64); // half a frame: no sample is left out
    struct input shorter = input_of_signals(INPUT_SIGNAL, 10000, 100, SCALING_UV);
    assert_int_equal(input_change_kind(&shorter, INPUT_MEL, "set", &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "wanted at least 128"));
}

static void wrong_bands_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        double value;
    } wrong[] = {{"n_mels", 0},      {"n_mels", -1},          {"n_mels", 1e6},
                 {"hop_samples", 0}, {"hop_samples", -5},     {"frame_samples", 1},
                 {"high_hz", 5001},  {"high_hz", 20.5},       {"low_hz", -1},
                 {"floor_power", 0}, {"frame_samples", 2000}, {"n_samples", 127},
                 {"rate_hz", 0},     {"low_hz", 1e300},       {"frame_samples", -1}};
    struct input in = input_of_signals(INPUT_MEL, 10000, N, SCALING_UV), back;
    struct err e;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_t *o = input_json(&in);
        bool is_real = json_is_real(json_object_get(o, wrong[i].key));
        json_object_set_new(o, wrong[i].key,
                            is_real ? json_real(wrong[i].value)
                                    : json_integer((json_int_t)wrong[i].value));
        assert_int_equal(input_from_json(&back, o, "model.json", &e), ERR_FORMAT);
        json_decref(o);
    }
    json_t *o = input_json(&in);
    json_object_del(o, "floor_power");
    assert_int_equal(input_from_json(&back, o, "model.json", &e), ERR_FORMAT);
    json_decref(o);
    assert_int_equal(mem_live_blocks(), 0);
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
                          input_of_signals(INPUT_SIGNAL, 23437.5, 500, SCALING_ROBUST),
                          input_of_signals(INPUT_MEL, 23437.5, 2000, SCALING_UV)};
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
        cmocka_unit_test(mel_puts_a_tone_into_its_band),
        cmocka_unit_test(signals_are_read_as_mel_and_back),
        cmocka_unit_test(wrong_bands_are_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(descriptions_survive_the_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
