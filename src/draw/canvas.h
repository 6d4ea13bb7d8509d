/*
 * canvas.h: a picture in the making, as pixels, as SVG or as PDF.
 *
 * Coordinates are pixels from the upper left corner. Colours are 0xRRGGBB. A failure (no memory,
 * a picture too large) stays in the canvas and is told by canvas_file(), so that drawing needs no
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

enum canvas_format {
    CANVAS_FORMAT_PNG,
    CANVAS_FORMAT_SVG, // text stays text: it can be searched and read aloud
    CANVAS_FORMAT_PDF, // a pixel is 1/96 inch. The date in it is always the same
};
extern const char *const canvas_extensions[]; // "png", "svg", "pdf", NULL; index: the format
int canvas_format_find(enum canvas_format *out, const char *path,
                       struct err *e); // by a path's ending. ERR_USAGE

int canvas_new(struct canvas **out, size_t width, size_t height, uint32_t background,
               struct err *e); // of pixels
int canvas_new_as(struct canvas **out, enum canvas_format format, size_t width, size_t height,
                  uint32_t background, struct err *e);
void canvas_free(struct canvas *c); // accepts NULL

void canvas_rectangle(struct canvas *c, double x, double y, double w, double h, uint32_t color);
// A line through n points, xy [n][2].
void canvas_line(struct canvas *c, const double *xy, size_t n, double width, uint32_t color);
void canvas_dash(struct canvas *c, double px); // of the lines that follow; 0: none, as at first
// An 8-bit RGB picture [h][w][3], scaled to a rectangle.
void canvas_picture(struct canvas *c, const uint8_t *rgb, size_t w, size_t h, double x,
                    double y, double to_w, double to_h);
// y is the base line. Text wider than max_width loses its middle ("abc…xyz"); 0: any width.
void canvas_text(struct canvas *c, const char *text, double x, double y, double size,
                 enum canvas_align align, double max_width, uint32_t color);
void canvas_bold(struct canvas *c, bool is_on); // of what is written from now on
double canvas_text_width(struct canvas *c, const char *text, double size); // pixels
void canvas_turn(struct canvas *c, double degrees); // of what follows, about (0, 0); pixels
                                                    // only
// What follows is seen only within the rectangle, until canvas_unclip(). Not nested.
void canvas_clip(struct canvas *c, double x, double y, double w, double h);
void canvas_unclip(struct canvas *c);
// Whether what follows has soft edges; from the start, it has.
void canvas_antialias(struct canvas *c, bool is_on);
// What the picture is about, for those who cannot see it: title of an SVG or PDF. Call it first.
void canvas_title(struct canvas *c, const char *title);
void canvas_describe(struct canvas *c, const char *text); // behind the title; SVG only
// Of a PDF only: another page of the same size, in the same ground; a line of the outline, level 0
// or one below the last of level 0, that leads to the page as it is now.
void canvas_next_page(struct canvas *c);
void canvas_bookmark(struct canvas *c, int level, const char *text);

// The file in the canvas's format; mem_free(). Ends the drawing: only canvas_free() may follow.
int canvas_file(unsigned char **out, size_t *n, struct canvas *c, struct err *e);
// The pixels as 8-bit RGB [height][width][3]; not of an SVG or PDF.
int canvas_rgb(uint8_t *out, struct canvas *c, struct err *e);
