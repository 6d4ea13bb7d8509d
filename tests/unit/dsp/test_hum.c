/* test_hum.c: hum whose share is known, and what is no hum. */
#include "support.h"

#include "base/rng.h"
#include "dsp/hum.h"

#include <math.h>

enum { N = 6001 };

static void fill(float *x, double rate_hz, double hum_uv, double harmonic_uv, double noise_uv)
{
    struct rng r = rng_of(5, 0);
    for (size_t i = 0; i < N; i++) {
        double turn = 2 * acos(-1) * 50 * (double)i / rate_hz;
        x[i] = (float)(100 + hum_uv * sin(turn + 1) + harmonic_uv * sin(3 * turn) +
                       noise_uv * rng_normal(&r));
    }
}

// 20 uV and 10 uV of hum have a power of 250 uV^2; noise of 15 uV has 225. A share of 0.526; the
// noise's own deviates by 225 sqrt(2 / 6001), which moves the share by 0.5 %; twice that is allowed.
static void the_share_is_that_of_the_lines(void **state)
{
    (void)state;
    static float x[N];
    fill(x, 10000, 20, 10, 15);
    assert_within(hum_share(x, N, 10000, 50), 250.0 / 475, 0.01);
    fill(x, 23437.5, 20, 10, 15); // no whole number of samples in a period
    assert_within(hum_share(x, N, 23437.5, 50), 250.0 / 475, 0.02);
    fill(x, 10000, 20, 0, 0);
    assert_within(hum_share(x, N, 10000, 50), 1, 1e-6); // single precision
}

// Of white noise no line stands out: 20 lines of 3000 in the spectrum, less what is beside them.
static void noise_has_no_hum(void **state)
{
    (void)state;
    static float x[N];
    fill(x, 10000, 0, 0, 15);
    assert_true(hum_share(x, N, 10000, 50) < 0.01);
    fill(x, 10000, 20, 0, 1);
    assert_true(hum_share(x, N, 10000, 60) < 0.05); // 50 Hz is not 60 Hz
}

static void what_is_too_short_or_constant_has_none(void **state)
{
    (void)state;
    static float x[N];
    fill(x, 10000, 20, 0, 0);
    assert_true(hum_share(x, 399, 10000, 50) == 0); // not two periods
    assert_true(hum_share(x, 0, 10000, 50) == 0);
    fill(x, 10000, 0, 0, 0);
    assert_true(hum_share(x, N, 10000, 50) == 0);
    fill(x, 120, 20, 0, 0); // no room beside the line
    assert_true(hum_share(x, N, 120, 50) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_share_is_that_of_the_lines),
        cmocka_unit_test(noise_has_no_hum),
        cmocka_unit_test(what_is_too_short_or_constant_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
