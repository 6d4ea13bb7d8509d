/*
 * spectrum.c: spectrum_draw() of trace.h.
 *
 * The scale (heat.h) reaches from the strongest thousandth of all values 60 dB down: about what lies
 * between a large motor unit and an amplifier's noise.
 */
#include "draw/trace.h"

#include "base/err.h"
#include "base/mem.h"
#include "draw/draw_priv.h"
#include "draw/heat.h"
#include "draw/style.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { RANGE_DB = 60, SCALE_STEPS = 64 };
static const double hz_px = 58, scale_px = 74;

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
            uint32_t color = heat_color(1 - (top_db - db) / RANGE_DB);
            uint8_t *pixel = rgb + 3 * (i * page->n_frames + k);
            pixel[0] = (uint8_t)(color >> 16);
            pixel[1] = (uint8_t)(color >> 8);
            pixel[2] = (uint8_t)color;
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
        canvas_rectangle(c, x, p->top + floor((double)i * step), 12, ceil(step) + 1,
                         heat_color(1 - ((double)i + 0.5) / SCALE_STEPS));
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
    panel_times(p, page->ms_per_div);
}

int spectrum_draw(unsigned char **out, size_t *n, const struct spectrum_page *page,
                  enum canvas_format format, struct err *e)
{
    struct panel p = {0};
    double top_db = 0;
    assert(page->n_rows >= 2 && page->n_frames >= 1 && page->ms_per_div > 0);
    const struct panel_spec spec = {
        .style = page->style,
        .title = page->title,
        .subtitle = page->subtitle,
        .captions = page->captions,
        .left_px = hz_px,
        .right_px = scale_px,
        .n_x = page->n_x,
        .n_y = page->n_y,
        .division_px = page->division_px,
    };
    *out = NULL;
    *n = 0;
    int rc = find_top(&top_db, page, e);
    if (rc == 0)
        rc = panel_new(&p, format, &spec, e);
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
