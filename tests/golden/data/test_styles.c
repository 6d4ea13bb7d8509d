/*
 * test_styles.c: sweeps in every style, against where their traces lie by geometry alone
 * (styles_reference.py makes the JSON file beside it). It stands here because it needs both to
 * draw and to read pictures.
 *
 * Not pixels but edges are compared: how versions of cairo share a pixel between line and
 * background differs, where the line is does not. A row counts as the trace's when it has
 * reached 0.45 of the trace's colour (0.67 without soft edges, where a pixel has all of
 * it or none, and a grid may be half as dark). An edge may be one row off (two without soft
 * edges), for a share that is near that, and for the pen, which is round in one renderer and a
 * polygon in another; and a third of the rows of a steep line, whose share changes slowly from
 * row to row, and of which the raster takes the range within half a column as a whole.
 */
#include "support.h"

#include "base/err.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "draw/style.h"
#include "draw/sweepraster.h"
#include "draw/trace.h"
#include "image/image.h"

#include <math.h>
#include <stdlib.h>

enum { N = 201, WIDTH = 320, RASTER_HEIGHT = 240, DIVISION = 32, PAGE_HEIGHT = 8 * DIVISION };

static json_t *reference;
static float sweep[N];

static double bell(double t, double middle, double sd)
{
    return exp(-(t - middle) * (t - middle) / (2 * sd * sd));
}

static int set_up(void **state)
{
    (void)state;
    struct err e;
    for (int i = 0; i < N; i++) {
        double t = i / 2.0;
        double tail = t > 60 ? 60 * fmin(1, (t - 60) / 1.5) * exp(-(t - 60) / 12) : 0;
        sweep[i] = (float)(130 * bell(t, 30, 1.5) - 90 * bell(t, 34, 2) + tail - 20);
    }
    return jsonfile_read(&reference, NEMG_SOURCE_DIR "/tests/golden/data/styles_reference.json",
                         &e);
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(reference);
    return 0;
}

// How far a pixel is from the panel's colour towards the trace's, 0 to 1.
static double share_of(const uint8_t *pixel, const struct style *s)
{
    double along = 0, whole = 0;
    for (int k = 0; k < 3; k++) {
        double from = s->panel >> (16 - 8 * k) & 255, to = s->trace >> (16 - 8 * k) & 255;
        along += (pixel[k] - from) * (to - from);
        whole += (to - from) * (to - from);
    }
    return along / whole;
}

// The trace in a panel [height][..] whose upper left pixel is at `rgb`, rows `stride` bytes apart.
static void compare(const char *what, const struct style *s, const uint8_t *rgb, size_t stride,
                    size_t height)
{
    const json_t *columns = json_object_get(json_object_get(reference, s->name), what);
    double least = s->is_soft ? 0.45 : 0.67;
    assert_true(json_array_size(columns) > 50);
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *c = json_array_get(columns, i);
        size_t x = (size_t)json_integer_value(json_array_get(c, 0));
        long top = (long)json_integer_value(json_array_get(c, 1));
        long low = (long)json_integer_value(json_array_get(c, 2));
        long first = -9, last = -9;
        for (size_t y = 1; y + 1 < height; y++) // within a page's frame
            if (share_of(rgb + y * stride + 3 * x, s) >= least) {
                first = first < 0 ? (long)y : first;
                last = (long)y;
            }
        long off = (s->is_soft ? 1 : 2) + (low - top) / 3;
        if (labs(first - top) > off || labs(last - low) > off)
            fail_msg("%s, %s, column %zu: rows %ld to %ld, wanted %ld to %ld", s->name, what, x,
                     first, last, top, low);
    }
}

static void rasters_are_where_geometry_says(void **state)
{
    (void)state;
    static uint8_t rgb[RASTER_HEIGHT][WIDTH][3];
    for (const struct style *s = styles; s->name; s++) {
        struct sweep_look look;
        sweep_look_defaults(&look, s, 10, 50);
        sweep_rasterize(&rgb[0][0][0], WIDTH, RASTER_HEIGHT, &look, sweep, N, 2000, 0);
        compare("raster", s, &rgb[0][0][0], sizeof rgb[0], RASTER_HEIGHT);
    }
}

// No sample, no trace: what is not panel is grid, to the pixel.
static void grids_have_their_pixels(void **state)
{
    (void)state;
    static uint8_t rgb[RASTER_HEIGHT][WIDTH][3];
    for (const struct style *s = styles; s->name; s++) {
        struct sweep_look look;
        json_int_t n = 0;
        sweep_look_defaults(&look, s, 10, 50);
        sweep_rasterize(&rgb[0][0][0], WIDTH, RASTER_HEIGHT, &look, sweep, 0, 2000, 0);
        for (size_t y = 0; y < RASTER_HEIGHT; y++)
            for (size_t x = 0; x < WIDTH; x++) {
                const uint8_t *p = rgb[y][x];
                uint32_t color = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
                assert_true(color == s->panel || color == s->grid);
                n += color != s->panel;
            }
        const json_t *row = json_object_get(reference, s->name);
        json_int_t wanted = json_integer_value(json_object_get(row, "grid_pixels"));
        if (n != wanted)
            fail_msg("%s: a grid of %lld pixels, wanted %lld", s->name, (long long)n,
                     (long long)wanted);
    }
}

// The panel's place: below the title's line of 40 pixels, behind a margin of 14 (panel.c).
static void pages_are_where_geometry_says(void **state)
{
    (void)state;
    enum { LEFT = 14, TOP = 40 };
    for (const struct style *s = styles; s->name; s++) {
        struct err e;
        struct image im;
        unsigned char *png;
        size_t n;
        struct trace_sweep one = {.samples = sweep, .n = N, .rate_hz = 2000};
        struct trace_page page = {.style = s,
                                  .unit = "\xC2\xB5V",
                                  .ms_per_div = 10,
                                  .per_div = 50,
                                  .n_x = 10,
                                  .n_y = 8,
                                  .division_px = DIVISION,
                                  .is_turned = true,
                                  .sweeps = &one,
                                  .n_sweeps = 1};
        assert_int_equal(trace_draw(&png, &n, &page, CANVAS_FORMAT_PNG, &e), 0);
        assert_int_equal(image_decode(&im, png, n, &e), 0);
        compare("page", s, im.rgb + (TOP * im.width + LEFT) * 3, 3 * im.width, PAGE_HEIGHT);
        mem_free(png);
        image_release(&im);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rasters_are_where_geometry_says),
        cmocka_unit_test(grids_have_their_pixels),
        cmocka_unit_test(pages_are_where_geometry_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
