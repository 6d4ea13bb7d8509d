/* test_measure.c: signals whose offset, noise, mains, clips and copies are known; real ones. */
#include "support.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "dsp/measure.h"
#include "dsp/repeat.h"

#include <math.h>

enum { RATE = 10000, N = 5 * RATE };
static float x[N];

static void fill(double offset, double noise, double mains, double mains_hz)
{
    struct rng r = rng_of(5, 0);
    for (size_t i = 0; i < N; i++)
        x[i] = (float)(offset + noise * rng_normal(&r) +
                       mains * sin(2 * acos(-1) * mains_hz * (double)i / RATE));
}

static struct measures measured(double full_scale)
{
    struct measures m;
    struct err e;
    assert_int_equal(measure_signal(&m, x, N, RATE, full_scale, &e), 0);
    return m;
}

static void levels(void **state)
{
    (void)state;
    fill(1e4, 10, 0, 50);
    struct measures m = measured(0);
    assert_int_equal(m.n, N);
    assert_true(fabs(m.mean - 1e4) < 0.2); // 4 sigma of the mean of 50000
    assert_true(fabs(m.rms / 10 - 1) < 0.02);
    assert_true(fabs(m.noise / 10 - 1) < 0.03);             // and 20 Hz of 5 kHz are not in it
    assert_true(m.noise_quiet > 8.5 && m.noise_quiet < 10); // the quietest of 250 windows
    assert_true(m.max - m.min > 70 && m.max - m.min < 100);
    assert_true(m.n_clipped == 0 && m.n_wrapped == 0 && m.n_not_finite == 0);
    assert_true(m.has_mains && m.mains_50 < 0.01 && m.mains_60 < 0.01);
}

static void spikes_do_not_move_the_noise(void **state)
{
    (void)state;
    fill(0, 5, 0, 50);
    for (size_t i = 500; i < N; i += 1000) // 2 ms of 500, ten times a second
        for (size_t k = 0; k < 20; k++)
            x[i + k] += (float)(500 * sin(acos(-1) / 10 * (double)k));
    struct measures m = measured(0);
    assert_true(m.rms > 30);
    assert_true(m.noise < 6.5 && m.noise > 5); // the filter's tail behind each spike is in it
    assert_true(m.noise_quiet < 5.5);
}

static void mains(void **state)
{
    (void)state;
    fill(300, 10, 10, 50); // powers 100 and 50
    struct measures m = measured(0);
    assert_true(fabs(m.mains_50 - 1.0 / 3) < 0.02);
    assert_true(m.mains_60 < 0.01);
    fill(0, 10, 10, 180); // third harmonic of 60
    m = measured(0);
    assert_true(fabs(m.mains_60 - 1.0 / 3) < 0.02);
    assert_true(m.mains_50 < 0.01);
    fill(0, 10, 10, 950); // what grouping takes off is put back
    m = measured(0);
    assert_true(fabs(m.mains_50 - 1.0 / 3) < 0.02);
    fill(0, 0, 10, 50.2); // mains is never exact
    m = measured(0);
    assert_true(m.mains_50 > 0.98);
    struct err e;
    assert_int_equal(measure_signal(&m, x, RATE / 2, RATE, 0, &e), 0);
    assert_true(!m.has_mains); // half a second
}

static void clips_and_wraps(void **state)
{
    (void)state;
    fill(0, 20, 300, 50);
    for (size_t i = 0; i < N; i++) {
        x[i] = rintf(x[i]);
        x[i] = x[i] > 250 ? 250 : x[i];
    }
    struct measures m = measured(65536);
    size_t n_top = 0;
    for (size_t i = 0; i < N; i++)
        n_top += x[i] == 250;
    assert_true(m.step == 1);
    assert_true(m.n_clipped > n_top * 3 / 4 && m.n_clipped <= n_top);
    assert_true(m.n_clip_runs >= 250); // one in each period
    assert_int_equal(m.n_wrapped, 0);
    for (size_t i = 0; i < 10; i++) // to about 0 and back is less than half of it
        x[100 * i + 100] = i % 2 ? 32000 : -32000;
    m = measured(65536);
    assert_int_equal(m.n_wrapped, 0);
    x[101] = 32000;
    m = measured(65536);
    assert_int_equal(m.n_wrapped, 1);
    m = measured(0);
    assert_int_equal(m.n_wrapped, 0); // not looked for
    fill(0, 0, 0, 50);                // nothing at all is no clip
    m = measured(0);
    assert_true(m.n_clipped == 0 && m.rms == 0 && m.noise == 0 && m.step == 0);
    assert_true(m.mains_50 == 0);
}

static void blocks_and_bad_values(void **state)
{
    (void)state;
    struct err e;
    struct measure *m;
    struct measures whole, pieces;
    fill(70, 10, 10, 60);
    x[1000] = NAN;
    x[1001] = INFINITY;
    assert_int_equal(measure_signal(&whole, x, N, RATE, 1000, &e), 0);
    assert_int_equal(whole.n_not_finite, 2);
    assert_true(isfinite(whole.rms) && isfinite(whole.max) && isfinite(whole.mains_60));
    assert_int_equal(measure_new(&m, RATE, 1000, &e), 0);
    for (size_t at = 0; at < N; at += 777)
        measure_add(m, x + at, N - at < 777 ? N - at : 777);
    measure_end(m, &pieces);
    assert_true(fabs(pieces.rms - whole.rms) < 1e-9); // sums are rounded per block
    assert_true(pieces.noise == whole.noise && fabs(pieces.mains_60 - whole.mains_60) < 1e-9);
    measure_free(m);
    assert_int_equal(measure_signal(&whole, x, 0, RATE, 0, &e), 0);
    assert_true(whole.n == 0 && whole.mean == 0);
    int rc = ERR_MEMORY;
    for (long i = 0; rc == ERR_MEMORY; i++) {
        mem_fail_at(i);
        rc = measure_new(&m, RATE, 0, &e);
        assert_true(rc == 0 || (rc == ERR_MEMORY && !m));
    }
    mem_fail_at(-1);
    measure_free(m);
    assert_int_equal(mem_live_blocks(), 0);
}

// ---- Copies ----

static void a_copy_is_found_and_noise_is_not(void **state)
{
    (void)state;
    struct err e;
    struct repeat r[REPEAT_MAX];
    size_t n, n_long = 20 * RATE;
    float *y = mem_array(n_long, sizeof *y);
    for (int hum = 20; hum >= 2; hum -= 18) { // it resembles itself at every lag: no copy
        struct rng rng = rng_of(6, 0);
        for (size_t i = 0; i < n_long; i++)
            y[i] = (float)(rng_normal(&rng) + hum * sin(2 * acos(-1) * 50 * (double)i / RATE));
        assert_int_equal(repeat_find(r, &n, NULL, y, n_long, RATE, &e), 0);
        assert_int_equal(n, 0);
    }
    memcpy(y + 123457, y + 20011, 4 * RATE * sizeof *y); // 4 s
    double searched_s;
    assert_int_equal(repeat_find(r, &n, &searched_s, y, n_long, RATE, &e), 0);
    assert_int_equal(n, 1);
    assert_true(fabs(r[0].lag_s - 10.3446) < 0.001);
    assert_true(fabs(r[0].first_s - 2) < 0.6 && fabs(r[0].duration_s - 4) < 1.1); // hop: 0.5 s
    assert_true(r[0].similarity > 0.8 && searched_s > 19.9);
    int rc = ERR_MEMORY;
    size_t n_live = mem_live_blocks();
    for (long i = 0; rc == ERR_MEMORY; i++) {
        mem_fail_at(i);
        rc = repeat_find(r, &n, NULL, y, n_long, RATE, &e);
        assert_true((rc == 0 || rc == ERR_MEMORY) && mem_live_blocks() == n_live);
    }
    mem_fail_at(-1);
    assert_int_equal(repeat_find(r, &n, NULL, y, 3 * RATE, RATE, &e), 0);
    assert_int_equal(n, 0); // too short
    mem_free(y);
}

// 16-bit numbers of a record of PhysioNet's emgdb, in microvolts.
static float *emgdb(const char *name, size_t *n)
{
    char what[128];
    snprintf(what, sizeof what, "data/physionet_emgdb/emg_%s.dat", name);
    const char *path = shared_path(what);
    FILE *f = path ? fopen(path, "rb") : NULL;
    if (!f)
        return NULL;
    float *y = mem_array(200000, sizeof *y);
    unsigned char pair[2];
    *n = 0;
    while (*n < 200000 && fread(pair, 1, 2, f) == 2)
        y[(*n)++] = (float)(int16_t)load_u16le(pair) / 10;
    fclose(f);
    return y;
}

static void emgdb_holds_itself(void **state)
{
    (void)state;
    struct err e;
    struct repeat r[REPEAT_MAX];
    struct measures m;
    const char *const names[] = {"healthy", "myopathy", "neuropathy"};
    const double duration_s[] = {0, 10.9, 18.4}, lag_s[] = {0, 16.647, 18.42};
    for (size_t i = 0; i < 3; i++) {
        size_t n = 0, n_found;
        float *y = emgdb(names[i], &n);
        if (!y)
            skip();
        assert_int_equal(repeat_find(r, &n_found, NULL, y, n, 4000, &e), 0);
        assert_int_equal(measure_signal(&m, y, n, 4000, 6553.6, &e), 0);
        mem_free(y);
        assert_true((n_found > 0) == (i > 0));
        if (n_found) {        // within the hop, and what is rounded in the notes on the record
            double sum_s = 0; // in neuropathy the second copy lacks some samples on its way
            for (size_t k = 0; k < n_found; k++) {
                assert_true(fabs(r[k].lag_s - lag_s[i]) < 0.01);
                sum_s += r[k].duration_s;
            }
            assert_true(fabs(sum_s - duration_s[i]) < 1.1);
        }
        assert_true((m.n_wrapped > 0) == (i == 2)); // neuropathy goes over +-3276.8 uV
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels),
        cmocka_unit_test(spikes_do_not_move_the_noise),
        cmocka_unit_test(mains),
        cmocka_unit_test(clips_and_wraps),
        cmocka_unit_test(blocks_and_bad_values),
        cmocka_unit_test(a_copy_is_found_and_noise_is_not),
        cmocka_unit_test(emgdb_holds_itself),
    };
    return cmocka_run_group_tests_name("measure", tests, NULL, NULL);
}
