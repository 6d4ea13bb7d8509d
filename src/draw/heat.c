/* heat.c: see heat.h. */
#include "draw/heat.h"

#include "draw/canvas.h"

#include <math.h>

enum { STEPS = 64 };

// Evenly spaced in lightness.
static const uint8_t anchors[][3] = {
    {8, 10, 32},    {44, 24, 92},   {110, 36, 118},  {176, 58, 94},
    {226, 100, 52}, {246, 166, 48}, {252, 240, 190},
};
static const uint8_t line_anchors[][3] = {
    {168, 174, 180},
    {230, 159, 0},
    {213, 94, 0},
    {110, 28, 0},
};

static uint32_t between(const uint8_t (*a)[3], size_t n, double share)
{
    double at = fmin(fmax(share, 0), 1) * (double)(n - 1);
    size_t i = at >= (double)(n - 1) ? n - 2 : (size_t)at;
    uint32_t color = 0;
    for (int k = 0; k < 3; k++)
        color =
            color << 8 | (uint32_t)lround(a[i][k] + (at - (double)i) * (a[i + 1][k] - a[i][k]));
    return color;
}

uint32_t heat_color(double share)
{
    return between(anchors, sizeof anchors / sizeof anchors[0], share);
}

uint32_t heat_line(double share)
{
    return between(line_anchors, sizeof line_anchors / sizeof line_anchors[0], share);
}

double heat_line_px(double share, double px)
{
    return px * (1 + 1.2 * fmin(fmax(share, 0), 1));
}

// Lays a share's veil over grey.
static void veil(uint8_t rgb[3], double grey, double share)
{
    static const double hides_most = 0.6;
    double s = fmin(fmax(share, 0), 1), hides = hides_most * sqrt(s);
    uint32_t color = heat_color(0.35 + 0.55 * s); // the ramp's dark end would be lost on black
    for (int k = 0; k < 3; k++)
        rgb[k] = (uint8_t)lround(grey + hides * ((double)(color >> (16 - 8 * k) & 255) - grey));
}

void heat_over(uint8_t *rgb, const float *share, size_t w, size_t h)
{
    for (size_t i = 0; i < w * h; i++) {
        uint8_t *p = rgb + 3 * i;
        double grey = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]; // lightness, Rec. 601
        veil(p, grey, (double)share[i]);
    }
}

uint32_t heat_over_color(double share)
{
    uint8_t rgb[3];
    veil(rgb, 255, share);
    return (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

void heat_draw_scale(struct canvas *c, const struct heat_scale *s)
{
    double step = s->height / STEPS;
    for (int i = 0; i < STEPS; i++)
        canvas_rectangle(c, s->x, s->y + i * step, s->width, i + 1 < STEPS ? step + 0.5 : step,
                         s->color(1 - (i + 0.5) / STEPS));
    canvas_text(c, s->most, s->x + s->width + 5, s->y + s->text_px - 2, s->text_px, CANVAS_LEFT,
                0, s->text);
    canvas_text(c, s->least, s->x + s->width + 5, s->y + s->height, s->text_px, CANVAS_LEFT, 0,
                s->text);
}
