/* chart.c: see chart.h. */
#include "draw/chart.h"

#include "draw/canvas.h"
#include "draw/trace.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double text_px = 11, line_px = 14;

uint32_t chart_color(size_t i)
{
    static const uint32_t colors[] = {0x0072B2, 0xD55E00, 0x009E73, 0xAA4499,
                                      0x56B4E9, 0xE69F00, 0x1D2730};
    return colors[i % (sizeof colors / sizeof *colors)];
}

// Dash of the i-th curve, pixels.
static double dash_of(size_t i)
{
    static const double dashes[] = {0, 7, 2.5, 11, 4.5};
    return dashes[i % (sizeof dashes / sizeof *dashes)];
}

// ---- Axes ----

struct panel {
    struct canvas *canvas;
    double left, top, width, height;
    const struct chart_axis *x, *y; // y NULL: rows
};

static double share_of(const struct chart_axis *a, double v)
{
    return a->is_log ? (log10(v) - log10(a->from)) / (log10(a->to) - log10(a->from))
                     : (v - a->from) / (a->to - a->from);
}

static double x_of(const struct panel *p, double v)
{
    return p->left + p->width * fmin(1, fmax(0, share_of(p->x, v)));
}

static double y_of(const struct panel *p, double v)
{
    return p->top + p->height * (1 - fmin(1, fmax(0, share_of(p->y, v))));
}

static void segment(struct canvas *c, double x0, double y0, double x1, double y1, double width,
                    uint32_t color)
{
    const double xy[] = {x0, y0, x1, y1};
    canvas_line(c, xy, 2, width, color);
}

// Lines of one pixel are sharp on half pixels.
static double sharp(double v)
{
    return floor(v) + 0.5;
}

// The next value to be written on an axis behind v, about `most` in all; the first one at v = -HUGE_VAL.
static double next_tick(const struct chart_axis *a, double v, double most)
{
    if (a->is_log) {
        double next = v > 0 ? v * 10 : pow(10, ceil(log10(a->from) - 1e-9));
        return next;
    }
    double step = trace_nice((a->to - a->from) / most);
    return v < a->from ? ceil(a->from / step - 1e-9) * step : v + step;
}

static bool is_within(const struct chart_axis *a, double v)
{
    return v <= a->to + 1e-9 * fabs(a->to - a->from);
}

static void number_text(char *out, size_t n, double v)
{
    snprintf(out, n, "%.4g", fabs(v) < 1e-12 ? 0 : v);
}

static void draw_x_axis(const struct panel *p)
{
    char text[32];
    double most = fmax(2, floor(p->width / 55));
    for (double v = next_tick(p->x, -HUGE_VAL, most); is_within(p->x, v);
         v = next_tick(p->x, v, most)) {
        double x = sharp(x_of(p, v));
        segment(p->canvas, x, p->top, x, p->top + p->height, 1, CHART_GRID);
        number_text(text, sizeof text, v);
        canvas_text(p->canvas, text, x, p->top + p->height + line_px, text_px, CANVAS_CENTER, 0,
                    CHART_SOFT);
    }
    if (p->x->label)
        canvas_text(p->canvas, p->x->label, p->left + p->width / 2,
                    p->top + p->height + 2 * line_px + 2, text_px, CANVAS_CENTER, p->width,
                    CHART_INK);
}

static void draw_y_axis(const struct panel *p)
{
    char text[32];
    double most = fmax(2, floor(p->height / 40));
    for (double v = next_tick(p->y, -HUGE_VAL, most); is_within(p->y, v);
         v = next_tick(p->y, v, most)) {
        double y = sharp(y_of(p, v));
        segment(p->canvas, p->left, y, p->left + p->width, y, 1, CHART_GRID);
        number_text(text, sizeof text, v);
        canvas_text(p->canvas, text, p->left - 6, y + text_px / 3, text_px, CANVAS_RIGHT, 0,
                    CHART_SOFT);
    }
    if (p->y->label) // level and above the axis: nobody turns their head
        canvas_text(p->canvas, p->y->label, p->left - 30, p->top - 8, text_px, CANVAS_LEFT,
                    p->width + 30, CHART_INK);
}

static void draw_frame(const struct panel *p)
{
    double x = sharp(p->left), y = sharp(p->top + p->height);
    const double xy[] = {x, p->top, x, y, p->left + p->width, y};
    canvas_line(p->canvas, xy, 3, 1, CHART_SOFT);
}

// ---- Curves ----

enum { PIECE = 256 }; // points of a line drawn at once

static void draw_points(const struct panel *p, const struct chart_series *s, double width,
                        uint32_t color)
{
    double xy[2 * PIECE];
    size_t n = 0;
    for (size_t i = 0; i <= s->n; i++) {
        bool is_there = i < s->n && isfinite(s->x[i]) && isfinite(s->y[i]);
        if (is_there) {
            xy[2 * n] = x_of(p, s->x[i]);
            xy[2 * n++ + 1] = y_of(p, s->y[i]);
        }
        if (n > 1 && (!is_there || n == PIECE))
            canvas_line(p->canvas, xy, n, width, color);
        if (n == PIECE) { // the next piece goes on from here
            memmove(xy, xy + 2 * (size_t)(PIECE - 1), 2 * sizeof *xy);
            n = 1;
        } else if (!is_there) {
            n = 0;
        }
    }
}

static void draw_series(const struct panel *p, const struct chart_series *s, size_t i)
{
    uint32_t color = s->is_guide ? CHART_SOFT : chart_color(i);
    canvas_dash(p->canvas, s->is_guide ? 3 : dash_of(i));
    draw_points(p, s, s->is_guide ? 1 : 2, color);
    canvas_dash(p->canvas, 0);
    for (size_t k = 0; s->has_dots && k < s->n; k++)
        if (isfinite(s->x[k]) && isfinite(s->y[k]))
            canvas_rectangle(p->canvas, x_of(p, s->x[k]) - 3, y_of(p, s->y[k]) - 3, 6, 6,
                             color);
}

static void draw_legend(const struct panel *p, const struct chart_curves *chart)
{
    double width = 0, rows = 0;
    for (size_t i = 0; i < chart->n_series; i++)
        if (chart->series[i].name) {
            width = fmax(width, canvas_text_width(p->canvas, chart->series[i].name, text_px));
            rows++;
        }
    width = fmin(width, p->width * 0.75);
    double left =
        chart->legend == CHART_LOWER_LEFT ? p->left + 8 : p->left + p->width - width - 40;
    double y = chart->legend == CHART_UPPER_RIGHT
                   ? p->top + 4
                   : p->top + p->height - rows * (line_px + 2) - 6;
    if (rows > 0)
        canvas_rectangle(p->canvas, left - 4, y, width + 42, rows * (line_px + 2) + 4,
                         CHART_GROUND);
    for (size_t i = 0; i < chart->n_series; i++) {
        const struct chart_series *s = &chart->series[i];
        if (!s->name)
            continue;
        y += line_px + 2;
        canvas_dash(p->canvas, s->is_guide ? 3 : dash_of(i));
        segment(p->canvas, left, y - 4, left + 26, y - 4, s->is_guide ? 1 : 2,
                s->is_guide ? CHART_SOFT : chart_color(i));
        canvas_dash(p->canvas, 0);
        canvas_text(p->canvas, s->name, left + 32, y, text_px, CANVAS_LEFT, width, CHART_INK);
    }
}

void chart_curves(struct canvas *c, struct chart_box box, const struct chart_curves *chart)
{
    struct panel p = {c,         box.x + 42, box.y + 26, box.width - 54, box.height - 62,
                      &chart->x, &chart->y};
    draw_x_axis(&p);
    draw_y_axis(&p);
    draw_frame(&p);
    for (size_t i = 0; i < chart->n_series; i++)
        draw_series(&p, &chart->series[i], i);
    draw_legend(&p, chart);
}

// ---- Values with intervals ----

static const double row_px = 19, apart_px = 7;

double chart_values_height(const struct chart_values *chart)
{
    double height = 44;
    for (size_t i = 0; i < chart->n; i++)
        height += row_px + (i && chart->values[i].label ? apart_px : 0);
    return height;
}

static void draw_value(const struct panel *p, const struct chart_values *chart,
                       const struct chart_value *v, double y)
{
    uint32_t color = chart_color(v->i_color);
    if (v->label)
        canvas_text(p->canvas, v->label, p->left - 10, y + text_px / 3, text_px, CANVAS_RIGHT,
                    chart->label_px - 10, CHART_INK);
    if (v->text)
        canvas_text(p->canvas, v->text, p->left + p->width + 10, y + text_px / 3, text_px,
                    CANVAS_LEFT, chart->text_px - 10, CHART_INK);
    if (!isfinite(v->value))
        return;
    double x = x_of(p, v->value);
    if (chart->has_bars)
        canvas_rectangle(p->canvas, p->left, y - 6, x - p->left, 12, color);
    if (isfinite(v->low) && isfinite(v->high)) {
        uint32_t ink = chart->has_bars ? CHART_INK : color;
        double low = x_of(p, v->low), high = x_of(p, v->high);
        segment(p->canvas, low, y, high, y, 2, ink);
        segment(p->canvas, low, y - 4, low, y + 4, 1.5, ink);
        segment(p->canvas, high, y - 4, high, y + 4, 1.5, ink);
    }
    if (!chart->has_bars)
        canvas_rectangle(p->canvas, x - 4, y - 4, 8, 8, color);
}

void chart_values(struct canvas *c, struct chart_box box, const struct chart_values *chart)
{
    struct panel p = {c,
                      box.x + chart->label_px,
                      box.y + 4,
                      box.width - chart->label_px - chart->text_px - 8,
                      chart_values_height(chart) - 40,
                      &chart->x,
                      NULL};
    double y = p.top - row_px / 2;
    draw_x_axis(&p);
    draw_frame(&p);
    if (isfinite(chart->reference)) {
        double x = sharp(x_of(&p, chart->reference));
        canvas_dash(c, 3);
        segment(c, x, p.top, x, p.top + p.height, 1, CHART_INK);
        canvas_dash(c, 0);
    }
    for (size_t i = 0; i < chart->n; i++) {
        y += row_px + (i && chart->values[i].label ? apart_px : 0);
        draw_value(&p, chart, &chart->values[i], y);
    }
}

// ---- Matrix ----

// Cells have inks of their own, one off those of text and ground: they stay when a style sheet
// turns the page dark.
static const uint32_t cell_dark = 0x101A22, cell_light = 0xFFFFFE;

// White to the first series' blue.
static uint32_t shade(double share)
{
    static const int light[] = {0xF4, 0xF8, 0xFB}, dark[] = {0x00, 0x5C, 0x94};
    uint32_t color = 0;
    for (size_t k = 0; k < 3; k++)
        color = color << 8 | (uint32_t)lround(light[k] + share * (dark[k] - light[k]));
    return color;
}

static void draw_cell(struct canvas *c, struct chart_box at, double count, double share)
{
    char text[32];
    uint32_t ink = share > 0.75 ? cell_light : cell_dark; // 4.2 to 1 at the least
    double middle = at.x + at.width / 2, y = at.y + at.height / 2;
    canvas_rectangle(c, at.x + 1, at.y + 1, at.width - 2, at.height - 2, shade(share));
    snprintf(text, sizeof text, "%.0f", count);
    canvas_bold(c, true);
    canvas_text(c, text, middle, y + (at.height > 34 ? -1 : 5), 14, CANVAS_CENTER, at.width,
                ink);
    canvas_bold(c, false);
    if (at.height <= 34)
        return;
    snprintf(text, sizeof text, "%.0f %%", 100 * share);
    canvas_text(c, text, middle, y + 14, text_px, CANVAS_CENTER, at.width, ink);
}

void chart_matrix(struct canvas *c, struct chart_box box, const struct chart_matrix *chart)
{
    double left = 40, top = box.y + 40;
    for (size_t i = 0; i < chart->n_rows; i++)
        left = fmax(left, canvas_text_width(c, chart->rows[i], text_px) + 16);
    left = box.x + fmin(left, box.width * 0.4);
    double w = (box.x + box.width - left) / (double)chart->n_columns;
    double h = (box.y + box.height - top) / (double)chart->n_rows;
    canvas_text(c, chart->column_title, left + (box.x + box.width - left) / 2, box.y + 14,
                text_px, CANVAS_CENTER, box.width, CHART_SOFT);
    canvas_text(c, chart->row_title, left - 10, box.y + 32, text_px, CANVAS_RIGHT, 0,
                CHART_SOFT);
    for (size_t k = 0; k < chart->n_columns; k++)
        canvas_text(c, chart->columns[k], left + ((double)k + 0.5) * w, box.y + 32, text_px,
                    CANVAS_CENTER, w - 4, CHART_INK);
    for (size_t i = 0; i < chart->n_rows; i++) {
        const double *row = chart->counts + i * chart->n_columns;
        double sum = 0;
        for (size_t k = 0; k < chart->n_columns; k++)
            sum += row[k];
        canvas_text(c, chart->rows[i], left - 10, top + ((double)i + 0.5) * h + text_px / 3,
                    text_px, CANVAS_RIGHT, left - box.x - 10, CHART_INK);
        for (size_t k = 0; k < chart->n_columns; k++)
            draw_cell(c, (struct chart_box){left + (double)k * w, top + (double)i * h, w, h},
                      row[k], sum > 0 ? row[k] / sum : 0);
    }
}
