/*
 * heat.h: how much of something, as colour: over a picture, along a line, and the scale beside it.
 *
 * Two ramps. heat_color() goes from dark to light in even steps of lightness through violet and
 * orange, so that it can be told apart in print and by those who do not see red or green.
 * heat_line() is for lines on light paper, where light colours are lost: from grey through orange
 * and vermilion, two of the colours that Okabe and Ito chose for all kinds of colour vision [1], to
 * dark brown; and the line gets wider, which needs no colour at all.
 *
 * [1] Okabe, Ito 2008, Color universal design.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct canvas;

uint32_t heat_color(double share); // 0xRRGGBB; what is outside 0 to 1 is taken for the end
uint32_t heat_line(double share);
double heat_line_px(double share, double px); // width of a line that is px wide at 0

// Lays heat over a picture, in place: rgb [h][w][3], share [h][w]. Nothing where it is 0, a veil of
// colour where it is 1; the picture, without its own colours, stays to be seen.
void heat_over(uint8_t *rgb, const float *share, size_t w, size_t h);
uint32_t heat_over_color(double share); // as it looks on white

// A bar from 1 at the top to 0, and words beside its ends.
struct heat_scale {
    double x, y, width, height;
    uint32_t (*color)(double share); // heat_color, heat_line or heat_over_color
    const char *most, *least;
    double text_px;
    uint32_t text;
};
void heat_draw_scale(struct canvas *c, const struct heat_scale *s);
