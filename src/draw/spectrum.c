/*
 * spectrum.c: spectrum_draw() of trace.h.
 *
 * Colours go from dark to light in even steps of lightness through violet and orange, so that
 * they can be told apart in print and by those who do not see red or green. The scale reaches
 * from the strongest thousandth of all values 60 dB down: about what lies between a large motor
 * unit and an amplifier's noise.
 */
#include "draw/trace.h"

#include "base/err.h"
#include "base/mem.h"
#include "draw/draw_priv.h"
#include "draw/style.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { RANGE_DB = 60, SCALE_STEPS = 64 };
static const double hz_px = 58, scale_px = 74;

static const uint8_t anchors[][3] = {
    {8, 10, 32},    {44, 24, 92},   {110, 36, 118},  {176, 58, 94},
    {226, 100, 52}, {246, 166, 48}, {252, 240, 190},
};

static void color_of(uint8_t rgb[3], double share)
{
    enum { N = sizeof anchors / sizeof anchors[0] };
    double at = fmin(fmax(share, 0), 1) * (N - 1);
    size_t i = at >= N - 1 ? N - 2 : (size_t)at;
    for (int k = 0; k < 3; k++)
        rgb[k] = (uint8_t)lround(anchors[i][k] +
                                 (at - (double)i) * (anchors[i + 1][k] - anchors[i][k]));
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double decibel(float power)
{
    return 10 * log10(fmax((double)power, 1e-30));
}

// The upper end of the scale, in dB: a whole multiple of 10.
static int find_top(double *top_db, const struct spectrum_page *page, struct err *e)
{
    size_t n = page->n_rows * page->n_frames;
    float *sorted = mem_array(n, sizeof *sorted);
    if (!sorted)
        return err_set(e, ERR_MEMORY, "no memory to draw a spectrogram");
    for (size_t i = 0; i < n; i++)
        sorted[i] = page->power[i];
    qsort(sorted, n, sizeof *sorted, compare);
    *top_db = 10 * ceil(decibel(sorted[n - 1 - n / 1000]) / 10);
    mem_free(sorted);
    return 0;
}

static int draw_power(const struct panel *p, const struct spectrum_page *page, double top_db,
                      struct err *e)
{
    uint8_t *rgb = mem_array(page->n_rows * page->n_frames, 3);
    if (!rgb)
        return err_set(e, ERR_MEMORY, "no memory to draw a spectrogram");
    for (size_t i = 0; i < page->n_rows; i++)
        for (size_t k = 0; k < page->n_frames; k++) {
            double db = decibel(page->power[(page->n_rows - 1 - i) * page->n_frames + k]);
            color_of(rgb + 3 * (i * page->n_frames + k), 1 - (top_db - db) / RANGE_DB);
        }
    canvas_picture(p->canvas, rgb, page->n_frames, page->n_rows, p->left, p->top, p->width,
                   p->height);
    mem_free(rgb);
    return 0;
}

static void draw_scale(const struct panel *p, const struct spectrum_page *page, double top_db)
{
    struct canvas *c = p->canvas;
    char text[64];
    double x = p->left + p->width + 12, step = p->height / SCALE_STEPS;
    for (size_t i = 0; i < SCALE_STEPS; i++) {
        uint8_t rgb[3];
        color_of(rgb, 1 - ((double)i + 0.5) / SCALE_STEPS);
        canvas_rectangle(c, x, p->top + floor((double)i * step), 12, ceil(step) + 1,
                         (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2]);
    }
    canvas_rectangle(c, x, p->top + p->height + 0.5, 12, 3, page->style->page);
    for (int db = 0; db <= RANGE_DB; db += 20) {
        snprintf(text, sizeof text, db ? "%g" : "%g dB", top_db - db);
        canvas_text(c, text, x + 17, p->top + p->height * db / RANGE_DB + (db ? 4 : 9),
                    panel_small_px, CANVAS_LEFT, 0, page->style->text);
    }
}

static void draw_axes(const struct panel *p, const struct spectrum_page *page)
{
    char text[32];
    double top_hz = page->row_hz * (double)(page->n_rows - 1);
    double step_hz = trace_nice(top_hz / 8);
    for (int i = 0; i * step_hz <= top_hz * (1 + 1e-9); i++) {
        double y = round(p->top + p->height * (1 - i * step_hz / top_hz)) + 0.5;
        const double tick[] = {p->left - 4, y, p->left, y};
        canvas_line(p->canvas, tick, 2, 1, page->style->frame);
        snprintf(text, sizeof text, i ? "%g" : "%g Hz", i * step_hz);
        canvas_text(p->canvas, text, p->left - 7, y + 4, panel_small_px, CANVAS_RIGHT, 0,
                    page->style->text);
    }
    for (size_t i = 0; i <= page->n_x; i += p->division_px < 60 ? 2 : 1) {
        snprintf(text, sizeof text, i ? "%g" : "%g ms", (double)i * page->ms_per_div);
        canvas_text(p->canvas, text, p->left + round((double)i * p->division_px),
                    p->top + p->height + panel_small_px + 5, panel_small_px, CANVAS_CENTER, 0,
                    page->style->text);
    }
}

int spectrum_draw(unsigned char **out, size_t *n, const struct spectrum_page *page,
                  enum canvas_format format, struct err *e)
{
    struct panel p;
    struct panel_texts texts = {page->title, page->subtitle, page->captions};
    double top_db = 0;
    assert(page->n_rows >= 2 && page->n_frames >= 1 && page->ms_per_div > 0);
    *out = NULL;
    *n = 0;
    int rc = find_top(&top_db, page, e);
    if (rc == 0)
        rc = panel_new(&p, format, page->style, &texts, hz_px, scale_px, page->n_x, page->n_y,
                       page->division_px, e);
    if (rc < 0)
        return rc;
    rc = draw_power(&p, page, top_db, e);
    panel_frame(&p);
    draw_scale(&p, page, top_db);
    draw_axes(&p, page);
    if (rc == 0)
        rc = canvas_file(out, n, p.canvas, e);
    canvas_free(p.canvas);
    return rc;
}
