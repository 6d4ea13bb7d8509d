/* trace.c: see trace.h. */
#include "draw/trace.h"

#include "base/err.h"
#include "base/mem.h"
#include "draw/columns.h"
#include "draw/draw_priv.h"
#include "draw/heat.h"
#include "draw/style.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// Room for a row's label, "12.345 s".
static const double label_px = 58;

// A mark's tick; the longest label; the width of a usual letter of DejaVu Sans in its size.
static const double mark_px = 8, mark_label_px = 90, letter_width = 0.62;

// Room beside the panel for the calibration bar and what stands at it.
static const double bar_gap_px = 15, bar_text_px = 60;

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

// Colours are drawn in so many steps: a stretch of one step is one line.
enum { HEAT_STEPS = 24 };

static int heat_step(const struct trace_sweep *s, size_t i)
{
    float share = fminf(fmaxf(s->heat[i], 0), 1);
    return (int)lroundf(share * HEAT_STEPS);
}

// Samples [first, first + n) in one colour.
static void draw_stretch(const struct panel *p, const struct trace_page *page,
                         const struct trace_sweep *s, const struct column_map *whole,
                         size_t first, size_t n, double *xy)
{
    struct column_map map = *whole;
    const struct style *style = page->style;
    double share = s->heat ? (double)heat_step(s, first) / HEAT_STEPS : 0;
    map.x0 += (double)first * map.dx;
    size_t n_points = columns_line(xy, &map, s->samples + first, n);
    for (size_t k = 0; k < n_points;
         k++) // far outside is outside, too; and fits cairo's numbers
        xy[2 * k + 1] = fmax(fmin(xy[2 * k + 1], 20000), -20000);
    canvas_line(p->canvas, xy, n_points,
                s->heat ? heat_line_px(share, style->trace_px) : style->trace_px,
                s->heat ? heat_line(share) : style->trace);
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
    canvas_antialias(p->canvas, page->style->is_soft);
    for (size_t first = 0, end; first < s->n; first = end) {
        for (end = first + 1; end < s->n; end++)
            if (s->heat && heat_step(s, end) != heat_step(s, first))
                break;
        size_t n = end - first + (end < s->n); // to the next one's first sample, without a gap
        draw_stretch(p, page, s, &map, first, n, xy);
    }
    canvas_antialias(p->canvas, true);
    mem_free(xy);
    return 0;
}

// Labels stand in lanes, each behind what its lane holds already.
static void draw_marks(const struct panel *p, const struct trace_page *page)
{
    enum { N_LANES = 3 };
    const uint32_t ink = page->style->text;
    double px_per_ms = p->division_px / page->ms_per_div, ends[N_LANES] = {0};
    double row_px = p->height / (double)page->n_sweeps, tick = fmin(mark_px, row_px / 3);
    for (size_t i = 0; i < page->n_marks; i++) {
        const struct trace_mark *m = &page->marks[i];
        double x = p->left + m->at_ms * px_per_ms, y = p->top + row_px * (double)m->row;
        double span = fmin(m->span_ms * px_per_ms, p->left + p->width - x);
        const double xy[] = {x, y, x, y + tick};
        canvas_line(p->canvas, xy, 2, 1, ink);
        if (span > 1)
            canvas_rectangle(p->canvas, x, y, span, 2, ink);
        if (i && page->marks[i - 1].row != m->row)
            memset(ends, 0, sizeof ends);
        int lane = 0;
        while (lane < N_LANES && ends[lane] > x)
            lane++;
        double below = tick + panel_small_px * (double)(lane + 1);
        if (lane == N_LANES || below > row_px / 3)
            continue;
        canvas_text(p->canvas, m->label, x + 2, y + below - 2, panel_small_px, CANVAS_LEFT,
                    mark_label_px, ink);
        double width = (double)strlen(m->label) * panel_small_px * letter_width;
        ends[lane] = x + 6 + fmin(width, mark_label_px);
    }
}

void trace_amount(char *out, size_t n_bytes, double v, const char *unit)
{
    bool is_milli = v >= 1000 && strcmp(unit, "\xC2\xB5V") == 0;
    snprintf(out, n_bytes, "%g %s", is_milli ? v / 1000 : v, is_milli ? "mV" : unit);
}

// One division up and one to the right, with their sizes; beside the panel, where it hides
// nothing.
static void draw_calibration(const struct panel *p, const struct trace_page *page)
{
    struct canvas *c = p->canvas;
    const struct style *s = page->style;
    char text[48];
    double d = round(p->division_px), x = p->left + p->width + bar_gap_px;
    double y = p->top + p->height;
    const double xy[] = {x, y - d, x, y, x + d, y};
    canvas_line(c, xy, 3, 2, s->text);
    trace_amount(text, sizeof text, page->per_div, page->unit);
    canvas_text(c, text, x - 1, y - d - 6, panel_small_px, CANVAS_LEFT, 0, s->text);
    snprintf(text, sizeof text, "%g ms", page->ms_per_div);
    canvas_text(c, text, x, y + panel_small_px + 5, panel_small_px, CANVAS_LEFT, 0, s->text);
}

static void draw_heat_scale(const struct panel *p, const struct trace_page *page)
{
    const struct heat_scale s = {
        .x = p->left + p->width + bar_gap_px,
        .y = p->top,
        .width = 12,
        .height = fmin(p->height / 2, 120),
        .color = heat_line,
        .most = page->heat_most,
        .least = page->heat_least ? page->heat_least : "",
        .text_px = panel_small_px,
        .text = page->style->text,
    };
    heat_draw_scale(p->canvas, &s);
}

int trace_draw(unsigned char **out, size_t *n, const struct trace_page *page,
               enum canvas_format format, struct err *e)
{
    struct panel p = {0};
    bool has_labels = false;
    assert(page->n_sweeps >= 1 && page->n_sweeps <= TRACE_MAX_SWEEPS);
    assert(page->n_x >= 1 && page->n_x <= TRACE_MAX_DIVISIONS);
    assert(page->n_y >= 1 && page->n_y <= TRACE_MAX_DIVISIONS);
    assert(page->ms_per_div > 0 && page->per_div > 0);
    *out = NULL;
    *n = 0;
    for (size_t i = 0; i < page->n_sweeps; i++)
        has_labels = has_labels || page->sweeps[i].label;
    const struct panel_spec spec = {
        .style = page->style,
        .title = page->title,
        .subtitle = page->subtitle,
        .captions = page->captions,
        .left_px = has_labels ? label_px : 0,
        .right_px = bar_gap_px + fmax(page->division_px, bar_text_px),
        .n_x = page->n_x,
        .n_y = page->n_y,
        .division_px = page->division_px,
    };
    int rc = panel_new(&p, format, &spec, e);
    if (rc < 0)
        return rc;
    panel_grid(&p);
    canvas_clip(p.canvas, p.left, p.top, p.width, p.height);
    for (size_t i = 0; rc == 0 && i < page->n_sweeps; i++)
        rc = draw_sweep(&p, page, i, format, e);
    draw_marks(&p, page);
    canvas_unclip(p.canvas);
    panel_frame(&p);
    draw_calibration(&p, page);
    if (page->heat_most)
        draw_heat_scale(&p, page);
    panel_times(&p, page->ms_per_div);
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
