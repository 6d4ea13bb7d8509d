/* trace.c: see trace.h. */
#include "draw/trace.h"

#include "base/err.h"
#include "base/mem.h"
#include "draw/columns.h"
#include "draw/draw_priv.h"
#include "draw/style.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

// Room for a row's label, "12.345 s".
static const double label_px = 58;

double trace_nice(double v)
{
    double base = pow(10, floor(log10(v)));
    const double steps[] = {1, 2, 5};
    for (int i = 0; i < 3; i++)
        if (v <= base * steps[i] * (1 + 1e-9))
            return base * steps[i];
    return base * 10;
}

static double row_y(const struct panel *p, size_t i, size_t n)
{
    return p->top + p->height * ((double)i + 0.5) / (double)n;
}

static int draw_sweep(const struct panel *p, const struct trace_page *page, size_t i,
                      enum canvas_format format, struct err *e)
{
    const struct trace_sweep *s = &page->sweeps[i];
    double px_per_ms = p->division_px / page->ms_per_div;
    struct column_map map = {
        .x0 = p->left + s->first_ms * px_per_ms,
        .dx = 1000 / s->rate_hz * px_per_ms,
        .y0 = row_y(p, i, page->n_sweeps),
        .dy = (page->is_turned ? 1 : -1) * p->division_px / page->per_div,
        .column = format == CANVAS_FORMAT_PNG ? 1 : 0.25, // of a vector: 384 per inch
    };
    size_t n_max = columns_max(&map, s->n);
    double *xy = mem_array(n_max, 2 * sizeof *xy);
    if (!xy)
        return err_set(e, ERR_MEMORY, "no memory to draw a sweep");
    size_t n = columns_line(xy, &map, s->samples, s->n);
    for (size_t k = 0; k < n; k++) // far outside is outside, too; and fits cairo's numbers
        xy[2 * k + 1] = fmax(fmin(xy[2 * k + 1], 20000), -20000);
    canvas_antialias(p->canvas, page->style->is_soft);
    canvas_line(p->canvas, xy, n, page->style->trace_px, page->style->trace);
    canvas_antialias(p->canvas, true);
    mem_free(xy);
    return 0;
}

// One division up and one to the right, with their sizes, in the lower right corner.
static void draw_calibration(const struct panel *p, const struct trace_page *page)
{
    struct canvas *c = p->canvas;
    const struct style *s = page->style;
    char text[48];
    double d = round(p->division_px), x = p->left + p->width - round(1.35 * d) - 0.5;
    double y = p->top + p->height - round(0.4 * d) - 0.5;
    const double xy[] = {x, y - d, x, y, x + d, y};
    canvas_line(c, xy, 3, 2, s->text);
    snprintf(text, sizeof text, "%g %s", page->per_div, page->unit);
    canvas_text(c, text, x - 5, y - d / 2 + 4, panel_small_px, CANVAS_RIGHT, 0, s->text);
    snprintf(text, sizeof text, "%g ms", page->ms_per_div);
    canvas_text(c, text, x + d / 2, y + panel_small_px + 2, panel_small_px, CANVAS_CENTER, 0,
                s->text);
}

static void draw_times(const struct panel *p, const struct trace_page *page)
{
    char text[32];
    size_t every = p->division_px * 2 < 60 ? 5 : p->division_px < 60 ? 2 : 1;
    for (size_t i = 0; i <= page->n_x; i += every) {
        snprintf(text, sizeof text, i ? "%g" : "%g ms", (double)i * page->ms_per_div);
        canvas_text(p->canvas, text, p->left + round((double)i * p->division_px),
                    p->top + p->height + panel_small_px + 5, panel_small_px, CANVAS_CENTER, 0,
                    page->style->text);
    }
}

int trace_draw(unsigned char **out, size_t *n, const struct trace_page *page,
               enum canvas_format format, struct err *e)
{
    struct panel p;
    struct panel_texts texts = {page->title, page->subtitle, page->captions};
    bool has_labels = false;
    assert(page->n_sweeps >= 1 && page->n_sweeps <= TRACE_MAX_SWEEPS);
    assert(page->n_x >= 1 && page->n_x <= TRACE_MAX_DIVISIONS);
    assert(page->n_y >= 1 && page->n_y <= TRACE_MAX_DIVISIONS);
    assert(page->ms_per_div > 0 && page->per_div > 0);
    *out = NULL;
    *n = 0;
    for (size_t i = 0; i < page->n_sweeps; i++)
        has_labels = has_labels || page->sweeps[i].label;
    int rc = panel_new(&p, format, page->style, &texts, has_labels ? label_px : 0, 0, page->n_x,
                       page->n_y, page->division_px, e);
    if (rc < 0)
        return rc;
    panel_grid(&p);
    canvas_clip(p.canvas, p.left, p.top, p.width, p.height);
    for (size_t i = 0; rc == 0 && i < page->n_sweeps; i++)
        rc = draw_sweep(&p, page, i, format, e);
    canvas_unclip(p.canvas);
    panel_frame(&p);
    draw_calibration(&p, page);
    draw_times(&p, page);
    for (size_t i = 0; i < page->n_sweeps; i++)
        if (page->sweeps[i].label)
            canvas_text(p.canvas, page->sweeps[i].label, p.left - 6,
                        row_y(&p, i, page->n_sweeps) + 4, panel_small_px, CANVAS_RIGHT,
                        label_px, page->style->text);
    if (rc == 0)
        rc = canvas_file(out, n, p.canvas, e);
    canvas_free(p.canvas);
    return rc;
}
