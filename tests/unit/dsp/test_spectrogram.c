/* test_spectrogram.c: transforms, power and mel bands against sums that must hold. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "dsp/fft.h"
#include "dsp/resample.h"
#include "dsp/spectrogram.h"
#include "dsp/window.h"

#include <math.h>

static void good_lengths(void **state)
{
    (void)state;
    assert_int_equal(fft_good_length(0), 2);
    assert_int_equal(fft_good_length(2), 2);
    assert_int_equal(fft_good_length(7), 8);
    assert_int_equal(fft_good_length(31), 32);
    assert_int_equal(fft_good_length(97), 100);
    assert_int_equal(fft_good_length(1000), 1000);
}

// Against the sum that defines it; the inverse gives the values back; Parseval.
static void transform_is_its_definition(void **state)
{
    (void)state;
    struct err e;
    const size_t lengths[] = {2, 8, 30, 100, 486};
    for (size_t i = 0; i < 5; i++) {
        size_t n = lengths[i];
        float x[486], back[486], spectrum[488];
        double power = 0, sum = 0;
        struct rng r = rng_of(3, n);
        struct fft *f;
        for (size_t k = 0; k < n; k++)
            x[k] = (float)rng_normal(&r);
        assert_int_equal(fft_new(&f, n, &e), 0);
        fft_forward(f, spectrum, x);
        for (size_t k = 0; k <= n / 2; k++) {
            double re = 0, im = 0;
            for (size_t t = 0; t < n; t++) {
                double turn = -2 * acos(-1) * (double)(k * t % n) / (double)n;
                re += (double)x[t] * cos(turn);
                im += (double)x[t] * sin(turn);
            }
            // float rounding over log2 n stages of values near sqrt n
            assert_true(fabs(re - (double)spectrum[2 * k]) < 1e-4);
            assert_true(fabs(im - (double)spectrum[2 * k + 1]) < 1e-4);
            sum += (re * re + im * im) * (k == 0 || k == n / 2 ? 1 : 2);
        }
        fft_inverse(f, back, spectrum);
        for (size_t k = 0; k < n; k++) {
            assert_true(fabsf(back[k] - x[k]) < 1e-5F);
            power += (double)x[k] * (double)x[k];
        }
        assert_true(fabs(sum / (double)n / power - 1) < 1e-9);
        fft_free(f);
    }
}

static void windows_begin_low_and_sum_up(void **state)
{
    (void)state;
    float w[64];
    const double sums[] = {64, 32, 64 * 0.54, 64 * 0.42}; // n a[0]: cosines sum to nothing
    for (int kind = 0; kind < 4; kind++) {
        double sum = 0;
        window_fill(w, 64, (enum window_kind)kind);
        for (size_t i = 0; i < 64; i++)
            sum += (double)w[i];
        assert_true(fabs(sum - sums[kind]) < 1e-5);
        assert_true(fabsf(w[1] - w[63]) < 1e-6F);
    }
}

static void tone_is_in_its_row_with_its_power(void **state)
{
    (void)state;
    struct err e;
    struct spectrogram *s;
    static float x[4000], out[513 * 40];
    for (size_t i = 0; i < 4000; i++) // 1 kHz, amplitude 100: power 5000
        x[i] = (float)(100 * sin(2 * acos(-1) * 1000 * (double)i / 10240));
    struct spectrogram_spec spec = {
        .rate_hz = 10240, .window = 1000, .hop = 500, .n_fft = 1020};
    assert_int_equal(spectrogram_new(&s, &spec, &e), 0);
    assert_int_equal(spectrogram_bins(s), 513);
    assert_true(spectrogram_bin_hz(s) == 10);
    assert_int_equal(spectrogram_frames(s, 999), 0);
    assert_int_equal(spectrogram_frames(s, 1000), 1);
    assert_int_equal(spectrogram_frames(s, 4000), 7);
    spectrogram_run(s, out, x, 4000);
    for (size_t t = 0; t < 7; t++) {
        double sum = 0;
        size_t most = 0;
        for (size_t k = 0; k < 513; k++) {
            sum += (double)out[k * 7 + t] * 10;
            most = out[k * 7 + t] > out[most * 7 + t] ? k : most;
        }
        assert_int_equal(most, 100);
        assert_true(fabs(sum - 5000) < 5); // the window does not hold whole periods
    }
    spectrogram_free(s);
}

static void mel_scale_is_htks(void **state)
{
    (void)state;
    assert_true(fabs(mel_of_hz(1000) - 999.9855) < 1e-3); // 1000 mel near 1 kHz, by its making
    for (double hz = 0; hz < 20000; hz += 777)
        assert_true(fabs(mel_to_hz(mel_of_hz(hz)) - hz) < 1e-7);
}

// White noise of density 2 / rate: the bands together hold the power between the first and the
// last centre, plus half triangles outside; no band is empty, though they are narrower than bins.
static void mel_bands_hold_the_power_once(void **state)
{
    (void)state;
    struct err e;
    struct mel *m;
    struct mel_spec spec;
    enum { N_X = 1 << 18 };
    static float x[N_X];
    struct rng r = rng_of(4, 0);
    for (size_t i = 0; i < N_X; i++)
        x[i] = (float)rng_normal(&r);
    mel_defaults(&spec, 32768);
    spec.spectrogram.window = 512;
    spec.spectrogram.hop = 256;
    spec.floor_power = 1e-12;
    assert_int_equal(mel_new(&m, &spec, &e), 0);
    size_t n_frames = mel_frames(m, N_X);
    float *out = mem_array(128 * n_frames, sizeof *out);
    mel_run(m, out, x, N_X);
    double mel_step = (mel_of_hz(10000) - mel_of_hz(20)) / 129, total = 0, wanted = 0;
    for (size_t i = 0; i < 128; i++) {
        double low = mel_to_hz(mel_of_hz(20) + mel_step * (double)i);
        double high = mel_to_hz(mel_of_hz(20) + mel_step * (double)(i + 2)), mean = 0;
        for (size_t t = 0; t < n_frames; t++)
            mean += pow(10, (double)out[i * n_frames + t]) / (double)n_frames;
        double area = (high - low) / 2 * 2 / 32768; // of a triangle, times the density
        assert_true(fabs(mean / area - 1) <
                    0.15); // 1023 frames, some bands of one bin: 4 sigma
        total += mean;
        wanted += area;
    }
    assert_true(fabs(total / wanted - 1) < 0.01);
    mem_free(out);
    mel_free(m);
}

static void wrong_numbers_are_refused(void **state)
{
    (void)state;
    struct err e;
    struct spectrogram *s;
    struct mel *m;
    struct mel_spec spec;
    struct spectrogram_spec bad[] = {
        {0, 10, 5, 0}, {1000, 1, 5, 0}, {1000, 10, 0, 0}, {1000, 10, 5, 8}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(spectrogram_new(&s, &bad[i], &e), ERR_USAGE);
        assert_null(s);
    }
    mel_defaults(&spec, 4000);
    spec.high_hz = 2001;
    assert_int_equal(mel_new(&m, &spec, &e), ERR_USAGE);
    mel_defaults(&spec, 4000);
    spec.n_mels = 0;
    assert_int_equal(mel_new(&m, &spec, &e), ERR_USAGE);
    mel_defaults(&spec, 4000);
    spec.floor_power = 0;
    assert_int_equal(mel_new(&m, &spec, &e), ERR_USAGE);
    mel_defaults(&spec, 4000);
    int rc = ERR_MEMORY;
    for (long i = 0; rc == ERR_MEMORY; i++) {
        mem_fail_at(i);
        rc = mel_new(&m, &spec, &e);
        assert_true(rc == 0 || (rc == ERR_MEMORY && !m && mem_live_blocks() == 0));
    }
    mem_fail_at(-1);
    mel_free(m);
    assert_int_equal(mem_live_blocks(), 0);
}

static void tone_keeps_its_place_and_height(double from_hz, double to_hz)
{
    struct err e;
    enum { N_IN = 6000 };
    static float x[N_IN], y[N_IN * 16];
    size_t n = resample_length(N_IN, from_hz, to_hz);
    for (size_t i = 0; i < N_IN; i++)
        x[i] = (float)(100 * sin(2 * acos(-1) * 400 * (double)i / from_hz) + 1000);
    assert_true(n <= N_IN * 16);
    assert_int_equal(resample(y, x, N_IN, from_hz, to_hz, &e), 0);
    // the filter's passband ripple and float phases: -60 dB, away from the ends
    for (size_t i = n / 10; i < n - n / 10; i++)
        assert_true(fabs((double)y[i] - 1000 -
                         100 * sin(2 * acos(-1) * 400 * (double)i / to_hz)) < 0.1);
}

static void resampling(void **state)
{
    (void)state;
    struct err e;
    tone_keeps_its_place_and_height(4000, 48000);
    tone_keeps_its_place_and_height(23437.5, 10000);
    tone_keeps_its_place_and_height(48000, 32768);
    tone_keeps_its_place_and_height(10000, 23437.5);
    assert_int_equal(resample_length(0, 4000, 48000), 0);
    assert_int_equal(resample_length(3, 3, 4), 4);
    assert_int_equal(resample_length(3, 4, 3), 3);
    float x[3] = {1, 2, 3}, y[3];
    assert_int_equal(resample(y, x, 3, 10, 10, &e), 0);
    assert_memory_equal(x, y, sizeof x);
    assert_int_equal(resample(y, x, 3, 1e6, 1, &e), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_lengths),
        cmocka_unit_test(transform_is_its_definition),
        cmocka_unit_test(windows_begin_low_and_sum_up),
        cmocka_unit_test(tone_is_in_its_row_with_its_power),
        cmocka_unit_test(mel_scale_is_htks),
        cmocka_unit_test(mel_bands_hold_the_power_once),
        cmocka_unit_test(wrong_numbers_are_refused),
        cmocka_unit_test(resampling),
    };
    return cmocka_run_group_tests_name("spectrogram", tests, NULL, NULL);
}
