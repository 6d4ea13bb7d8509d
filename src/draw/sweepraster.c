/*
 * sweepraster.c: see sweepraster.h.
 *
 * Each column of pixels is two columns of half a pixel. For each of those the lowest and the
 * highest value of the line through the samples is found, its ends at the column's edges
 * included: so the trace is never broken, and no spike is lost. A pen of radius r then widens it
 * over the neighbours at a distance d < r by sqrt(r^2 - d^2), and what a pixel holds of it, in
 * height, is its share of the trace's colour, averaged over the two half columns. Without
 * antialiasing the pen is 1 pixel wide or more, and a pixel is the trace's when half covered.
 */
#include "draw/sweepraster.h"

#include "draw/style.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum { SUB = 2, MAX_SUB = SUB * SWEEP_MAX_SIDE };
static const double max_radius = 4;

void sweep_look_defaults(struct sweep_look *out, const struct style *style, double ms_per_div,
                         double per_div)
{
    *out = (struct sweep_look){
        .style = style,
        .ms_per_div = ms_per_div,
        .per_div = per_div,
        .n_x = 10,
        .n_y = 8,
        .is_turned = true,
        .has_grid = true,
        .line_px = style->trace_px,
        .contrast = 1,
    };
}

struct color {
    uint8_t rgb[3];
};

static struct color tinted(const struct sweep_look *look, uint32_t color)
{
    struct color c;
    for (int k = 0; k < 3; k++) {
        int v = (int)(color >> (16 - 8 * k) & 255) + look->tint[k];
        c.rgb[k] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
    return c;
}

static struct color mixed(struct color a, struct color b, double share)
{
    struct color c;
    for (int k = 0; k < 3; k++)
        c.rgb[k] = (uint8_t)lround(a.rgb[k] + share * (b.rgb[k] - a.rgb[k]));
    return c;
}

// ---- Panel and grid ----

struct raster {
    uint8_t *rgb;
    size_t width, height;
    const struct sweep_look *look;
    double div_w, div_h;
};

static void put(const struct raster *r, double x, double y, struct color c)
{
    if (x >= 0 && y >= 0 && x < (double)r->width && y < (double)r->height)
        memcpy(r->rgb + 3 * ((size_t)y * r->width + (size_t)x), c.rgb, 3);
}

static void fill(const struct raster *r, struct color c)
{
    size_t row = 3 * r->width;
    for (size_t i = 0; i < row; i += 3)
        memcpy(r->rgb + i, c.rgb, 3);
    for (size_t i = 1; i < r->height; i++)
        memcpy(r->rgb + i * row, r->rgb, row);
}

static void vertical(const struct raster *r, double x, double y0, double y1, struct color c)
{
    for (double y = fmax(y0, 0); y <= fmin(y1, (double)r->height - 1); y++)
        put(r, x, y, c);
}

static void horizontal(const struct raster *r, double x0, double x1, double y, struct color c)
{
    for (double x = fmax(x0, 0); x <= fmin(x1, (double)r->width - 1); x++)
        put(r, x, y, c);
}

// Place of grid line i, which may be outside.
static double line_at(double division, double shift, int i)
{
    return floor(i * division + shift);
}

static void grid_lines(const struct raster *r, struct color c, int n_x, int n_y)
{
    for (int i = -1; i <= n_x; i++)
        vertical(r, line_at(r->div_w, r->look->grid_x_px, i), 0, (double)r->height, c);
    for (int i = -1; i <= n_y; i++)
        horizontal(r, 0, (double)r->width, line_at(r->div_h, r->look->grid_y_px, i), c);
}

static void grid_points(const struct raster *r, struct color c, int n_x, int n_y, bool is_cross)
{
    int fine = is_cross ? 1 : 5;
    for (int i = -fine; i <= fine * n_x; i++)
        for (int k = -fine; k <= fine * n_y; k++) {
            if (i % fine && k % fine)
                continue;
            double x = line_at(r->div_w / fine, r->look->grid_x_px, i);
            double y = line_at(r->div_h / fine, r->look->grid_y_px, k);
            double arm = is_cross ? fmax(1, floor(r->div_w / 12)) : 0;
            horizontal(r, x - arm, x + arm, y, c);
            vertical(r, x, y - arm, y + arm, c);
        }
}

static void grid_middle(const struct raster *r, struct color c, int n_x, int n_y)
{
    double x_mid = floor((double)r->width / 2 + r->look->grid_x_px);
    double y_mid = floor((double)r->height / 2 + r->look->grid_y_px);
    double arm = fmax(1, floor(r->div_w / 14));
    vertical(r, x_mid, 0, (double)r->height, c);
    horizontal(r, 0, (double)r->width, y_mid, c);
    for (int i = -1; i <= n_x; i++)
        vertical(r, line_at(r->div_w, r->look->grid_x_px, i), y_mid - arm, y_mid + arm, c);
    for (int i = -1; i <= n_y; i++)
        horizontal(r, x_mid - arm, x_mid + arm, line_at(r->div_h, r->look->grid_y_px, i), c);
}

static void draw_grid(const struct raster *r)
{
    struct color c = tinted(r->look, r->look->style->grid);
    int n_x = (int)ceil(r->look->n_x) + 1, n_y = (int)ceil(r->look->n_y) + 1;
    switch (r->look->style->grid_kind) {
    case STYLE_GRID_LINES:
        grid_lines(r, c, n_x, n_y);
        break;
    case STYLE_GRID_DOTS:
        grid_points(r, c, n_x, n_y, false);
        break;
    case STYLE_GRID_CROSS:
        grid_points(r, c, n_x, n_y, true);
        break;
    case STYLE_GRID_MIDDLE:
        grid_middle(r, c, n_x, n_y);
        break;
    case STYLE_GRID_NONE:
        break;
    }
}

// ---- The trace ----

// Heights of the trace in a half column; low > high: it is not there.
struct span {
    float low, high;
};

static void widen(struct span *s, double y)
{
    s->low = fminf(s->low, (float)y);
    s->high = fmaxf(s->high, (float)y);
}

// The line from (x0, y0) to (x1, y1), x in half columns, x0 < x1.
static void add_segment(struct span *spans, size_t n, double x0, double y0, double x1,
                        double y1)
{
    double from = fmax(x0, 0), to = fmin(x1, (double)n);
    if (from > to)
        return;
    double slope = (y1 - y0) / (x1 - x0);
    size_t last = to >= (double)n ? n - 1 : (size_t)to;
    for (size_t i = from >= (double)n ? n - 1 : (size_t)from; i <= last; i++) {
        widen(&spans[i], y0 + (fmax(from, (double)i) - x0) * slope);
        widen(&spans[i], y0 + (fmin(to, (double)i + 1) - x0) * slope);
    }
}

static void find_spans(struct span *spans, const struct raster *r, const float *samples,
                       size_t n, double rate_hz, double first_ms)
{
    const struct sweep_look *look = r->look;
    size_t n_spans = SUB * r->width;
    double per_ms = SUB * r->div_w / look->ms_per_div, x = first_ms * per_ms;
    double dx = 1000 / rate_hz * per_ms;
    double dy = (look->is_turned ? 1 : -1) * r->div_h / look->per_div;
    double y0 = (double)r->height / 2 + look->middle_px, last = 0;
    for (size_t i = 0; i < n_spans; i++)
        spans[i] = (struct span){HUGE_VALF, -HUGE_VALF};
    for (size_t i = 0; i < n; i++) {
        double at = x + (double)i * dx, y = y0 + (double)samples[i] * dy;
        if (i > 0 && at >= 0 && at - dx <= (double)n_spans)
            add_segment(spans, n_spans, at - dx, last, at, y);
        last = y;
    }
}

// The pen's reach at each distance, in half columns.
static size_t make_pen(double *reach, double radius)
{
    size_t n = 0;
    for (; (double)n / SUB < radius && n <= (size_t)(SUB * max_radius); n++)
        reach[n] = sqrt(radius * radius - (double)(n * n) / (SUB * SUB));
    return n;
}

static struct span widened(const struct span *spans, size_t n, size_t i, const double *reach,
                           size_t n_reach)
{
    struct span out = {HUGE_VALF, -HUGE_VALF};
    size_t from = i + 1 > n_reach ? i + 1 - n_reach : 0;
    size_t to = i + n_reach < n ? i + n_reach : n;
    for (size_t k = from; k < to; k++) {
        float pad = (float)reach[k > i ? k - i : i - k];
        if (spans[k].low > spans[k].high)
            continue;
        out.low = fminf(out.low, spans[k].low - pad);
        out.high = fmaxf(out.high, spans[k].high + pad);
    }
    return out;
}

// Adds what the span covers of each pixel of a column; *top, *bottom: which pixels were met.
static void cover(float *share, size_t height, const struct span *s, size_t *top,
                  size_t *bottom)
{
    double low = fmax((double)s->low, 0), high = fmin((double)s->high, (double)height);
    if (low >= high)
        return;
    size_t first = (size_t)low, last = (size_t)ceil(high) - 1;
    for (size_t i = first; i <= last; i++)
        share[i] += (float)(fmin(high, (double)i + 1) - fmax(low, (double)i)) / SUB;
    *top = first < *top ? first : *top;
    *bottom = last + 1 > *bottom ? last + 1 : *bottom;
}

static void draw_trace(const struct raster *r, const struct span *spans)
{
    const struct style *style = r->look->style;
    struct color panel = tinted(r->look, style->panel);
    struct color ink = mixed(panel, tinted(r->look, style->trace), r->look->contrast);
    double reach[SUB * 4 + 2];
    double width = style->is_soft ? r->look->line_px : fmax(r->look->line_px, 1);
    size_t n_reach = make_pen(reach, width / 2);
    float share[SWEEP_MAX_SIDE];
    memset(share, 0, r->height * sizeof *share);
    for (size_t x = 0; x < r->width; x++) {
        size_t top = r->height, bottom = 0;
        for (size_t k = 0; k < SUB; k++) {
            struct span s = widened(spans, SUB * r->width, SUB * x + k, reach, n_reach);
            cover(share, r->height, &s, &top, &bottom);
        }
        for (size_t y = top; y < bottom; y++) {
            double part =
                style->is_soft ? fmin((double)share[y], 1) : (share[y] >= 0.499F ? 1 : 0);
            uint8_t *pixel = r->rgb + 3 * (y * r->width + x);
            for (int k = 0; k < 3; k++)
                pixel[k] = (uint8_t)(pixel[k] + part * (ink.rgb[k] - pixel[k]) + 0.5);
            share[y] = 0;
        }
    }
}

void sweep_rasterize(uint8_t *rgb, size_t width, size_t height, const struct sweep_look *look,
                     const float *samples, size_t n, double rate_hz, double first_ms)
{
    struct span spans[MAX_SUB];
    struct raster r = {
        rgb, width, height, look, (double)width / look->n_x, (double)height / look->n_y};
    assert(width >= 1 && width <= SWEEP_MAX_SIDE && height >= 1 && height <= SWEEP_MAX_SIDE);
    assert(look->ms_per_div > 0 && look->per_div > 0 && rate_hz > 0);
    assert(look->line_px >= 0.5 && look->line_px <= 2 * max_radius);
    fill(&r, tinted(look, look->style->panel));
    if (look->has_grid)
        draw_grid(&r);
    find_spans(spans, &r, samples, n, rate_hz, first_ms);
    draw_trace(&r, spans);
}
