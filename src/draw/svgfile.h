/*
 * svgfile.h: the text of an SVG picture, bit by bit into a buffer.
 *
 * Elements of SVG 1.1 that every viewer knows: rect, polyline, text, image, and a clip per
 * rectangle. Numbers have two decimals: a hundredth of a pixel.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

void svg_begin(struct buffer *out, size_t width, size_t height);
void svg_title(struct buffer *out, const char *title);   // UTF-8; right behind svg_begin()
void svg_describe(struct buffer *out, const char *text); // UTF-8; behind the title
void svg_end(struct buffer *out);

void svg_rectangle(struct buffer *out, double x, double y, double w, double h, uint32_t color);
// dash_px: as long a dash and a gap behind it; 0: none.
void svg_line(struct buffer *out, const double *xy, size_t n, double width, uint32_t color,
              bool is_soft, double dash_px); // xy [n][2]
// text: UTF-8 without control characters; anchor: "start", "middle" or "end".
void svg_text(struct buffer *out, const char *text, double x, double y, double size,
              const char *anchor, bool is_bold, uint32_t color);
void svg_png(struct buffer *out, const unsigned char *png, size_t n, double x, double y,
             double w, double h);
void svg_clip_begin(struct buffer *out, size_t id, double x, double y, double w, double h);
void svg_clip_end(struct buffer *out);
