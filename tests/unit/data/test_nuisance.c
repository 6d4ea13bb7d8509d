/* test_nuisance.c: drawings whose line width is known, signals whose offset and clipping are. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "data/nuisance.h"
#include "image/image.h"
#include "tf/example.h"

#include <math.h>

enum { SIDE = 100 };

static double value_of(const double *v, const struct nuisance *table, const char *key)
{
    for (size_t i = 0; table[i].key; i++)
        if (!strcmp(table[i].key, key))
            return v[i];
    fail_msg("no row %s", key);
    return 0;
}

// A grey ground with a line of `width` pixels across, level or at 45 degrees.
static struct example draw(unsigned char **png, size_t width, bool is_steep)
{
    static uint8_t rgb[SIDE * SIDE * 3];
    struct image im = {SIDE, SIDE, rgb};
    struct err e;
    size_t n;
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++) {
            size_t from = is_steep ? x : 40;
            uint8_t v = y >= from && y < from + width ? 20 : 204;
            for (size_t k = 0; k < 3; k++)
                rgb[3 * (y * SIDE + x) + k] = v;
        }
    assert_int_equal(image_encode_png(png, &n, &im, &e), 0);
    return (struct example){.encoded = {*png, n}};
}

static void pictures_are_measured(void **state)
{
    (void)state;
    struct err e;
    unsigned char *png;
    double v[NUISANCE_MAX];
    struct example x = draw(&png, 4, false);
    const struct nuisance *t = nuisances_of(&x);
    assert_ptr_equal(t, nuisances_of_pictures);
    assert_int_equal(nuisance_measure(v, &x, &e), 0);
    assert_within(value_of(v, t, "brightness"), 0.8, 1e-9);
    assert_within(value_of(v, t, "line_width"), 4, 1e-9);
    assert_within(value_of(v, t, "ink"), 0.04, 1e-9);
    assert_true(value_of(v, t, "colour") == 0);
    assert_true(value_of(v, t, "width") == SIDE);
    mem_free(png);
    // steep: 4 pixels along the column are 2.8 across; ends at the picture's edge are no edges
    x = draw(&png, 4, true);
    assert_int_equal(nuisance_measure(v, &x, &e), 0);
    assert_within(value_of(v, t, "line_width"), 2 * sqrt(2), 1);
    x.encoded.n /= 2;
    assert_int_equal(nuisance_measure(v, &x, &e), ERR_FORMAT);
    mem_free(png);
}

static void signals_are_measured(void **state)
{
    (void)state;
    enum { N = 2000 };
    static float x[N];
    struct err e;
    double v[NUISANCE_MAX];
    for (size_t i = 0; i < N; i++)
        x[i] = (float)(20 + 10 * sin(acos(-1) * (double)i / 100)); // whole periods
    for (size_t i = 100; i < 110; i++)
        x[i] = 60; // where the sine goes down from 20 by 2.8
    // the machine is little-endian, as the file is
    struct example s = {.signal = {(const unsigned char *)x, N}, .rate_hz = 10000};
    const struct nuisance *t = nuisances_of(&s);
    assert_int_equal(nuisance_measure(v, &s, &e), 0);
    assert_within(value_of(v, t, "offset"), 20.2,
                  0.02); // 10 of 2000 are 40 higher, or a little more
    assert_within(value_of(v, t, "peak_to_peak"), log10(50), 1e-6);
    assert_within(value_of(v, t, "clipped"), 10.0 / N, 1e-12);
    assert_true(value_of(v, t, "rate") == 10000);
    x[7] = (float)NAN;
    assert_int_equal(nuisance_measure(v, &s, &e), 0);
    for (size_t i = 0; t[i].key; i++)
        assert_true(isfinite(v[i]));
    s.rate_hz = 0;
    assert_int_equal(nuisance_measure(v, &s, &e), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_measured),
        cmocka_unit_test(signals_are_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
