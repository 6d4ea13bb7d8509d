/* test_draw.c: spikes that must be seen, text that must be found, bytes that must not change. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "draw/canvas.h"
#include "draw/columns.h"
#include "draw/style.h"
#include "draw/sweepraster.h"
#include "draw/trace.h"

#include <math.h>

static bool contains(const unsigned char *data, size_t n, const char *what)
{
    size_t length = strlen(what);
    for (size_t i = 0; i + length <= n; i++)
        if (memcmp(data + i, what, length) == 0)
            return true;
    return false;
}

static struct trace_page page_of(struct trace_sweep *sweep, const float *x, size_t n)
{
    *sweep = (struct trace_sweep){.samples = x, .n = n, .rate_hz = 48000};
    static const char *const captions[] = {"high-pass 20 Hz", NULL};
    return (struct trace_page){.style = styles,
                               .title = "biceps <1> & more",
                               .captions = captions,
                               .unit = "\xC2\xB5V",
                               .ms_per_div = 10,
                               .per_div = 2000,
                               .n_x = 10,
                               .n_y = 8,
                               .division_px = 40,
                               .sweeps = sweep,
                               .n_sweeps = 1};
}

// ---- Lines ----

static void few_samples_stay_as_they_are(void **state)
{
    (void)state;
    const float x[] = {1, -2, 3};
    struct column_map m = {.x0 = 10, .dx = 2, .y0 = 100, .dy = -1, .column = 1};
    double xy[6];
    assert_int_equal(columns_max(&m, 3), 3);
    assert_int_equal(columns_line(xy, &m, x, 3), 3);
    const double wanted[] = {10, 99, 12, 102, 14, 97};
    assert_memory_equal(xy, wanted, sizeof wanted);
}

// However dense, the line has each column's extremes, in the order of time.
static void no_spike_falls_between_columns(void **state)
{
    (void)state;
    enum { N = 30000 };
    static float x[N];
    struct rng r = rng_of(7, 0);
    for (int round = 0; round < 50; round++) {
        struct column_map m = {.x0 = rng_between(&r, -20, 20),
                               .dx = rng_between(&r, 0.003, 0.7),
                               .y0 = 0,
                               .dy = 1,
                               .column = round % 2 ? 1 : 0.25};
        for (size_t i = 0; i < N; i++)
            x[i] = (float)rng_normal(&r);
        size_t spike = rng_below(&r, N);
        x[spike] = 1000;
        size_t n_max = columns_max(&m, N);
        double *xy = mem_array(n_max, 2 * sizeof *xy), last = -HUGE_VAL;
        size_t n = columns_line(xy, &m, x, N);
        bool is_seen = false;
        assert_true(n <= n_max);
        for (size_t i = 0; i < n; i++) {
            assert_true(xy[2 * i] > last);
            last = xy[2 * i];
            is_seen = is_seen || (xy[2 * i + 1] == 1000 &&
                                  fabs(xy[2 * i] - (m.x0 + (double)spike * m.dx)) < 1e-9);
        }
        assert_true(is_seen);
        assert_true(xy[1] == (double)x[0] && xy[2 * n - 1] == (double)x[N - 1]);
        mem_free(xy);
    }
}

// ---- Files ----

static void svg_has_text_and_pdf_has_a_fixed_date(void **state)
{
    (void)state;
    struct err e;
    struct trace_sweep sweep;
    static float x[4801];
    for (int i = 0; i < 4801; i++)
        x[i] = (float)(3000 * sin(i * 0.01));
    struct trace_page page = page_of(&sweep, x, 4801);
    for (int format = 0; canvas_extensions[format]; format++) {
        unsigned char *a, *b;
        size_t n_a, n_b;
        assert_int_equal(trace_draw(&a, &n_a, &page, (enum canvas_format)format, &e), 0);
        assert_int_equal(trace_draw(&b, &n_b, &page, (enum canvas_format)format, &e), 0);
        assert_int_equal(n_a, n_b);
        assert_memory_equal(a, b, n_a);
        const char *const begins[] = {"\x89PNG", "<?xml", "%PDF-1."};
        assert_memory_equal(a, begins[format], strlen(begins[format]));
        if (format == CANVAS_FORMAT_SVG) {
            assert_true(contains(a, n_a, "<title>biceps &lt;1&gt; &amp; more</title>"));
            assert_true(contains(a, n_a, ">high-pass 20 Hz</text>"));
            assert_true(contains(a, n_a, ">2 mV</text>"));
            assert_true(contains(a, n_a, "research use only</text>"));
            assert_memory_equal(a + n_a - 7, "</svg>\n", 7);
        }
        if (format == CANVAS_FORMAT_PDF)
            assert_true(contains(a, n_a, "20000101000000"));
        mem_free(a);
        mem_free(b);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

static void marks_have_labels_where_there_is_room(void **state)
{
    (void)state;
    struct err e;
    struct trace_sweep sweep;
    static const float x[100];
    unsigned char *svg;
    size_t n;
    struct trace_page page = page_of(&sweep, x, 100);
    const struct trace_mark marks[] = {{0, 1, 0, "fib"},
                                       {0, 1.1, 2, "psw"},
                                       {0, 1.2, 0, "spike"},
                                       {0, 1.3, 0, "crowded"},
                                       {0, 60, 1e9, "last"}};
    page.marks = marks;
    page.n_marks = sizeof marks / sizeof marks[0];
    assert_int_equal(trace_draw(&svg, &n, &page, CANVAS_FORMAT_SVG, &e), 0);
    assert_true(contains(svg, n, ">fib</text>"));
    assert_true(contains(svg, n, ">psw</text>"));
    assert_true(contains(svg, n, ">spike</text>"));
    assert_false(contains(svg, n, ">crowded</text>"));
    assert_true(contains(svg, n, ">last</text>"));
    mem_free(svg);
    assert_int_equal(mem_live_blocks(), 0);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    struct err e;
    struct trace_sweep sweep;
    static float x[4801];
    struct trace_page page = page_of(&sweep, x, 4801);
    for (int format = 0; canvas_extensions[format]; format++) {
        unsigned char *file;
        size_t n;
        int rc = ERR_MEMORY;
        for (long i = 0; rc == ERR_MEMORY && i < 10000; i++) {
            mem_fail_at(i);
            rc = trace_draw(&file, &n, &page, (enum canvas_format)format, &e);
            mem_fail_at(-1);
            assert_true(rc == 0 || (rc == ERR_MEMORY && !file && mem_live_blocks() == 0));
        }
        assert_int_equal(rc, 0);
        mem_free(file);
    }
    page.n_x = 100;
    page.division_px = 400;
    unsigned char *file;
    size_t n;
    assert_int_equal(trace_draw(&file, &n, &page, CANVAS_FORMAT_PNG, &e), ERR_LIMIT);
}

static void spectra_and_empty_sweeps(void **state)
{
    (void)state;
    struct err e;
    unsigned char *file;
    size_t n;
    float power[6] = {0, 1, 2, 3, 4, 1e9F};
    struct spectrum_page page = {.style = styles,
                                 .unit = "counts",
                                 .power = power,
                                 .n_rows = 2,
                                 .n_frames = 3,
                                 .row_hz = 100,
                                 .ms_per_div = 10,
                                 .n_x = 4,
                                 .n_y = 3,
                                 .division_px = 30};
    for (int format = 0; canvas_extensions[format]; format++) {
        assert_int_equal(spectrum_draw(&file, &n, &page, (enum canvas_format)format, &e), 0);
        mem_free(file);
    }
    struct trace_sweep sweep;
    struct trace_page empty = page_of(&sweep, power, 0);
    assert_int_equal(trace_draw(&file, &n, &empty, CANVAS_FORMAT_SVG, &e), 0);
    mem_free(file);
}

static void nice_numbers(void **state)
{
    (void)state;
    const double in[] = {0.3, 1, 1.01, 2, 4, 5, 6, 10, 99, 501},
                 out[] = {0.5, 1, 2, 2, 5, 5, 10, 10, 100, 1000};
    for (int i = 0; i < 10; i++)
        assert_true(fabs(trace_nice(in[i]) / out[i] - 1) < 1e-9);
    char text[32];
    trace_amount(text, sizeof text, 2000, "\xC2\xB5V");
    assert_string_equal(text, "2 mV");
    trace_amount(text, sizeof text, 2000, "counts");
    assert_string_equal(text, "2000 counts");
    assert_null(style_find("no such"));
    for (const struct style *s = styles; s->name; s++)
        assert_ptr_equal(style_find(s->name), s);
}

// ---- The fast way ----

enum { W = 320, H = 240 };
static uint8_t rgb[H][W][3];

static void flat(struct style *out, bool is_soft)
{
    *out = styles[0];
    out->panel = 0x000000;
    out->trace = 0xFFFFFF;
    out->is_soft = is_soft;
}

// A level line of 3 pixels has 3 pixels of light in each column, at its place.
static void a_level_line_is_as_thick_as_told(void **state)
{
    (void)state;
    struct style style;
    struct sweep_look look;
    float x[200];
    flat(&style, true);
    for (size_t i = 0; i < 200; i++)
        x[i] = 50; // one division of 30 pixels
    for (double line_px = 0.5; line_px <= 8; line_px += 0.5) {
        sweep_look_defaults(&look, &style, 10, 50);
        look.has_grid = false;
        look.is_turned = false;
        look.line_px = line_px;
        sweep_rasterize(&rgb[0][0][0], W, H, &look, x, 200, 1900, 0);
        for (size_t col = 10; col < 300; col++) {
            double sum = 0, middle = 0;
            for (size_t row = 0; row < H; row++) {
                sum += rgb[row][col][0] / 255.0;
                middle += rgb[row][col][0] / 255.0 * ((double)row + 0.5);
            }
            assert_true(fabs(sum - line_px) < 0.05); // rounding to 8 bits, 10 pixels
            assert_true(fabs(middle / sum - 90) < 0.05);
        }
    }
}

// One sample of 48000 a second, in a sweep with 15 samples to a pixel, in each style.
static void a_spike_of_one_sample_is_seen(void **state)
{
    (void)state;
    static float x[4801];
    struct rng r = rng_of(8, 0);
    for (int round = 0; round < 60; round++) {
        struct style style;
        struct sweep_look look;
        flat(&style, round % 2);
        memset(x, 0, sizeof x);
        size_t at = 50 + rng_below(&r, 4700);
        x[at] = -100; // negative, up: two divisions of 30 pixels
        sweep_look_defaults(&look, &style, 10, 50);
        look.has_grid = false;
        look.line_px = 1;
        sweep_rasterize(&rgb[0][0][0], W, H, &look, x, 4801, 48000, 0);
        size_t col = at * W / 4800;
        uint8_t top = 0;
        for (size_t k = col - 1; k <= col + 1 && k < W; k++)
            top = rgb[62][k][0] > top ? rgb[62][k][0] : top; // 2 pixels under the tip
        assert_true(top >= 100);
        assert_int_equal(rgb[57][col][0], 0);
    }
}

// The trace touches itself from column to column: nothing is broken, with or without soft edges.
static void a_trace_is_never_broken(void **state)
{
    (void)state;
    float x[100];
    struct rng r = rng_of(9, 0);
    for (int round = 0; round < 40; round++) {
        struct style style;
        struct sweep_look look;
        flat(&style, round % 2);
        for (size_t i = 0; i < 100; i++)
            x[i] = (float)(40 * rng_normal(&r));
        sweep_look_defaults(&look, &style, 10, 50);
        look.has_grid = false;
        look.line_px = 1.2;
        sweep_rasterize(&rgb[0][0][0], W, H, &look, x, 100, 990, 0);
        for (size_t col = 1; col < W; col++) {
            size_t low = H, high = 0, before_low = H, before_high = 0;
            for (size_t row = 0; row < H; row++) {
                if (rgb[row][col][0] > 60) {
                    low = row < low ? row : low;
                    high = row;
                }
                if (rgb[row][col - 1][0] > 60) {
                    before_low = row < before_low ? row : before_low;
                    before_high = row;
                }
            }
            assert_true(low <= high && low <= before_high + 1 && before_low <= high + 1);
        }
    }
}

static void looks_stay_within_the_picture(void **state)
{
    (void)state;
    static float x[2000];
    struct rng r = rng_of(10, 0);
    for (int round = 0; round < 300; round++) {
        struct sweep_look look;
        size_t n_styles = 0, n = rng_below(&r, 2000);
        size_t w = 1 + rng_below(&r, W), h = 1 + rng_below(&r, H);
        while (styles[n_styles].name)
            n_styles++;
        for (size_t i = 0; i < n; i++)
            x[i] = (float)(1e4 * rng_normal(&r));
        sweep_look_defaults(&look, &styles[rng_below(&r, (uint32_t)n_styles)],
                            rng_between(&r, 1, 100), rng_between(&r, 1, 1000));
        look.line_px = rng_between(&r, 0.5, 8);
        look.middle_px = rng_between(&r, -400, 400);
        look.grid_x_px = rng_between(&r, -50, 50);
        look.grid_y_px = rng_between(&r, -50, 50);
        look.contrast = rng_uniform(&r);
        look.tint[1] = (int)rng_below(&r, 511) - 255;
        uint8_t *small = mem_array(w * h, 3); // exactly as large, for the sanitizer
        sweep_rasterize(small, w, h, &look, x, n, rng_between(&r, 1000, 50000),
                        rng_between(&r, -200, 200));
        mem_free(small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_samples_stay_as_they_are),
        cmocka_unit_test(no_spike_falls_between_columns),
        cmocka_unit_test(svg_has_text_and_pdf_has_a_fixed_date),
        cmocka_unit_test(marks_have_labels_where_there_is_room),
        cmocka_unit_test(no_memory_is_told),
        cmocka_unit_test(spectra_and_empty_sweeps),
        cmocka_unit_test(nice_numbers),
        cmocka_unit_test(a_level_line_is_as_thick_as_told),
        cmocka_unit_test(a_spike_of_one_sample_is_seen),
        cmocka_unit_test(a_trace_is_never_broken),
        cmocka_unit_test(looks_stay_within_the_picture),
    };
    return cmocka_run_group_tests_name("draw", tests, NULL, NULL);
}
