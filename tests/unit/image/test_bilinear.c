/* test_bilinear.c: samples between pixels against the formula in double, inside, outside and across strips. */
#include "support.h"

#include "base/mem.h"
#include "image/bilinear.h"

#include <math.h>

enum {
    WIDTH = 53,
    HEIGHT = 31,
    TOP = 3,
    LEFT = 5,
    N_COLUMNS = 2 * STRIP_COLUMNS + 7,
    N_ROWS = 40
};

static struct image noise(void)
{
    struct image im = {WIDTH, HEIGHT, mem_alloc((size_t)WIDTH * HEIGHT * 3)};
    assert_non_null(im.rgb);
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * 3; i++)
        im.rgb[i] = (uint8_t)(i * i * 31 % 253);
    return im;
}

static double pixel(const struct sample_source *s, double y, double x, size_t k)
{
    double last_y = (double)s->height - 1, last_x = (double)s->width - 1;
    y = fmin(fmax(y, 0), last_y);
    x = fmin(fmax(x, 0), last_x);
    return s->image->rgb[((s->top + (size_t)y) * WIDTH + s->left + (size_t)x) * 3 + k];
}

static double wanted(const struct sample_source *s, double y, double x, size_t k)
{
    double last_y = (double)s->height - 1, last_x = (double)s->width - 1;
    if (s->outside && (y < 0 || x < 0 || y > last_y || x > last_x))
        return (double)s->outside[k];
    double y0 = floor(y), x0 = floor(x), ty = y - y0, tx = x - x0;
    double t = pixel(s, y0, x0, k) * (1 - tx) + pixel(s, y0, x0 + 1, k) * tx;
    double b = pixel(s, y0 + 1, x0, k) * (1 - tx) + pixel(s, y0 + 1, x0 + 1, k) * tx;
    return (t * (1 - ty) + b * ty) * (double)s->before * (double)s->after;
}

static void compare(const struct sample_source *s, float y_from, float y_step)
{
    float row[STRIP_FLOATS];
    for (size_t first = 0, n; first < N_COLUMNS; first += n) {
        struct strip strip;
        n = N_COLUMNS - first < STRIP_COLUMNS ? N_COLUMNS - first : STRIP_COLUMNS;
        strip_begin(&strip, s, first, n);
        for (size_t i = 0; i < N_ROWS; i++) {
            float y = y_from + (float)i * y_step;
            strip_row(&strip, row, y);
            for (size_t k = 0; k < n * 3; k++) {
                size_t column = first + k / 3;
                float x = s->x + (float)column * s->step;
                // 255 in float32, a few roundings
                assert_within((double)row[k], wanted(s, (double)y, (double)x, k % 3),
                              255 * 4 * 0x1p-24);
            }
        }
    }
}

static void samples_follow_the_formula(void **state)
{
    (void)state;
    struct image im = noise();
    struct sample_source s = {.image = &im,
                              .top = TOP,
                              .left = LEFT,
                              .height = HEIGHT - TOP,
                              .width = WIDTH - LEFT,
                              .before = 1,
                              .after = 1};
    s.step = (float)s.width / N_COLUMNS; // larger, up to the last pixel of the picture
    compare(&s, 0, (float)s.height / N_ROWS);
    s.step = 0.125F; // exact in binary: samples on pixels and on the edge
    compare(&s, 0, 0.5F);
    mem_free(im.rgb);
}

static void what_is_outside_has_its_own_colour(void **state)
{
    (void)state;
    struct image im = noise();
    const float colour[] = {300, 301, 302};
    struct sample_source s = {.image = &im,
                              .height = HEIGHT,
                              .width = WIDTH,
                              .before = 0.5F,
                              .after = 2,
                              .outside = colour};
    const float from[] = {-7.3F, 0, 20, 60, -500}; // to both sides, to one, none of it inside
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
        s.x = from[i];
        s.step = 0.51F;
        compare(&s, from[i] / 2, 1.3F);
    }
    mem_free(im.rgb);
}

static void one_pixel_is_a_picture(void **state)
{
    (void)state;
    uint8_t rgb[] = {10, 20, 30};
    struct image im = {1, 1, rgb};
    struct sample_source s = {
        .image = &im, .height = 1, .width = 1, .step = 0.01F, .before = 1, .after = 1};
    struct strip strip;
    float row[6];
    strip_begin(&strip, &s, 0, 2);
    strip_row(&strip, row, 0.5F);
    for (size_t i = 0; i < 6; i++)
        assert_true(row[i] == (float)rgb[i % 3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_follow_the_formula),
        cmocka_unit_test(what_is_outside_has_its_own_colour),
        cmocka_unit_test(one_pixel_is_a_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
