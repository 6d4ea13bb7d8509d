/*
 * canvas.h: a picture in the making, through cairo.
 *
 * Coordinates are pixels from the upper left corner. Colours are 0xRRGGBB. A failure (no memory,
 * a picture too large) stays in the canvas and is told by canvas_png(), so that drawing needs no
 * checks. Text is UTF-8 in DejaVu Sans, or what the system has in its place; bytes that are no
 * UTF-8 are shown as '?'.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct canvas;
struct err;

enum { CANVAS_MAX_SIDE = 16384 };

enum canvas_align { CANVAS_LEFT, CANVAS_CENTER, CANVAS_RIGHT };

int canvas_new(struct canvas **out, size_t width, size_t height, uint32_t background,
               struct err *e);
void canvas_free(struct canvas *c); // accepts NULL

void canvas_rectangle(struct canvas *c, double x, double y, double w, double h, uint32_t color);
// A line through n points, xy [n][2].
void canvas_line(struct canvas *c, const double *xy, size_t n, double width, uint32_t color);
// An 8-bit RGB picture [h][w][3], scaled to a rectangle.
void canvas_picture(struct canvas *c, const uint8_t *rgb, size_t w, size_t h, double x,
                    double y, double to_w, double to_h);
// y is the base line. Text wider than max_width loses its middle ("abc…xyz"); 0: any width.
void canvas_text(struct canvas *c, const char *text, double x, double y, double size,
                 enum canvas_align align, double max_width, uint32_t color);
void canvas_turn(struct canvas *c, double degrees); // of what follows, about (0, 0)

int canvas_png(unsigned char **out, size_t *n, struct canvas *c, struct err *e); // mem_free()
// The pixels as 8-bit RGB [height][width][3].
int canvas_rgb(uint8_t *out, struct canvas *c, struct err *e);
