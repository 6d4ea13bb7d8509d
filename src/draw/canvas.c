/* canvas.c: see canvas.h. */
#include "draw/canvas.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"

#include <cairo/cairo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 512 };

struct canvas {
    cairo_surface_t *surface;
    cairo_t *cairo;
    size_t width, height;
    bool is_short_of_memory;
};

int canvas_new(struct canvas **out, size_t width, size_t height, uint32_t background,
               struct err *e)
{
    *out = NULL;
    if (!width || !height || width > CANVAS_MAX_SIDE || height > CANVAS_MAX_SIDE)
        return err_set(e, ERR_LIMIT, "a drawing of %zu x %zu pixels, wanted 1 to %d", width,
                       height, CANVAS_MAX_SIDE);
    struct canvas *c = mem_zalloc(sizeof *c);
    if (!c)
        return err_set(e, ERR_MEMORY, "no memory to draw");
    c->width = width;
    c->height = height;
    c->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    c->cairo = cairo_create(c->surface); // of a failed surface: fails, too, and says so later
    cairo_select_font_face(c->cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           CAIRO_FONT_WEIGHT_NORMAL);
    canvas_rectangle(c, 0, 0, (double)width, (double)height, background);
    *out = c;
    return 0;
}

void canvas_free(struct canvas *c)
{
    if (!c)
        return;
    cairo_destroy(c->cairo);
    cairo_surface_destroy(c->surface);
    mem_free(c);
}

static void set_color(struct canvas *c, uint32_t color)
{
    cairo_set_source_rgb(c->cairo, (color >> 16 & 255) / 255.0, (color >> 8 & 255) / 255.0,
                         (color & 255) / 255.0);
}

void canvas_rectangle(struct canvas *c, double x, double y, double w, double h, uint32_t color)
{
    set_color(c, color);
    cairo_rectangle(c->cairo, x, y, w, h);
    cairo_fill(c->cairo);
}

void canvas_line(struct canvas *c, const double *xy, size_t n, double width, uint32_t color)
{
    set_color(c, color);
    cairo_set_line_width(c->cairo, width);
    cairo_set_line_join(c->cairo, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = 0; i < n; i++)
        cairo_line_to(c->cairo, xy[2 * i], xy[2 * i + 1]); // the first one moves there
    cairo_stroke(c->cairo);
}

void canvas_picture(struct canvas *c, const uint8_t *rgb, size_t w, size_t h, double x,
                    double y, double to_w, double to_h)
{
    if (w > CANVAS_MAX_SIDE || h > CANVAS_MAX_SIDE) {
        c->is_short_of_memory = true;
        return;
    }
    int stride = cairo_format_stride_for_width(CAIRO_FORMAT_RGB24, (int)w);
    unsigned char *pixels = mem_array((size_t)stride, h);
    if (!pixels) {
        c->is_short_of_memory = true;
        return;
    }
    for (size_t i = 0; i < h; i++)
        for (size_t k = 0; k < w; k++) {
            const uint8_t *from = rgb + 3 * (i * w + k);
            uint32_t pixel = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
            memcpy(pixels + i * (size_t)stride + 4 * k, &pixel, sizeof pixel);
        }
    cairo_surface_t *s =
        cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_RGB24, (int)w, (int)h, stride);
    cairo_save(c->cairo);
    cairo_translate(c->cairo, x, y);
    cairo_scale(c->cairo, to_w / (double)w, to_h / (double)h);
    cairo_set_source_surface(c->cairo, s, 0, 0);
    cairo_pattern_set_extend(cairo_get_source(c->cairo), CAIRO_EXTEND_PAD);
    cairo_rectangle(c->cairo, 0, 0, (double)w, (double)h);
    cairo_fill(c->cairo);
    cairo_restore(c->cairo);
    cairo_surface_destroy(s);
    mem_free(pixels);
}

// How many bytes the UTF-8 character at s has, 0 if it is none.
static size_t character_bytes(const char *s)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t n = u[0] < 0x80                    ? 1
               : u[0] >= 0xC2 && u[0] <= 0xDF ? 2
               : u[0] >= 0xE0 && u[0] <= 0xEF ? 3
               : u[0] >= 0xF0 && u[0] <= 0xF4 ? 4
                                              : 0;
    for (size_t i = 1; i < n; i++)
        if ((u[i] & 0xC0) != 0x80)
            return 0;
    // overlong forms, surrogates and what lies behind Unicode's end: cairo refuses them
    bool is_bad = (u[0] == 0xE0 && u[1] < 0xA0) || (u[0] == 0xED && u[1] > 0x9F) ||
                  (u[0] == 0xF0 && u[1] < 0x90) || (u[0] == 0xF4 && u[1] > 0x8F);
    return is_bad ? 0 : n;
}

// The characters of text, cleaned; at[i] is where character i begins, at[*n] the end.
static void clean(char *out, size_t *at, size_t *n, const char *text)
{
    size_t used = 0;
    *n = 0;
    while (*text && used + 5 < TEXT_BYTES) {
        size_t bytes = character_bytes(text);
        at[(*n)++] = used;
        if (bytes && (unsigned char)*text >= 0x20 && *text != 0x7F)
            memcpy(out + used, text, bytes);
        else
            out[used] = '?';
        used += bytes && out[used] != '?' ? bytes : 1;
        text += bytes ? bytes : 1;
    }
    at[*n] = used;
    out[used] = '\0';
}

static double width_of(struct canvas *c, const char *text)
{
    cairo_text_extents_t x;
    cairo_text_extents(c->cairo, text, &x);
    return x.x_advance;
}

// Takes characters out of the middle until it fits.
static void shorten(struct canvas *c, char *text, const size_t *at, size_t n, double max_width)
{
    char whole[TEXT_BYTES + 8];
    snprintf(whole, sizeof whole, "%s", text);
    for (size_t out = 1; width_of(c, text) > max_width && out < n; out++) {
        size_t head = (n - out) / 2;
        snprintf(text, TEXT_BYTES + 8, "%.*s\xE2\x80\xA6%s", (int)at[head], whole,
                 whole + at[head + out]);
    }
}

void canvas_text(struct canvas *c, const char *text, double x, double y, double size,
                 enum canvas_align align, double max_width, uint32_t color)
{
    char shown[TEXT_BYTES + 8];
    size_t at[TEXT_BYTES + 1], n;
    clean(shown, at, &n, text);
    cairo_set_font_size(c->cairo, size);
    if (max_width > 0)
        shorten(c, shown, at, n, max_width);
    double left = align == CANVAS_LEFT    ? x
                  : align == CANVAS_RIGHT ? x - width_of(c, shown)
                                          : x - width_of(c, shown) / 2;
    set_color(c, color);
    cairo_move_to(c->cairo, left, y);
    cairo_show_text(c->cairo, shown);
    cairo_new_path(c->cairo);
}

void canvas_turn(struct canvas *c, double degrees)
{
    cairo_rotate(c->cairo, degrees * acos(-1) / 180);
}

static int check(struct canvas *c, struct err *e)
{
    cairo_status_t status = cairo_status(c->cairo);
    if (c->is_short_of_memory || status == CAIRO_STATUS_NO_MEMORY)
        return err_set(e, ERR_MEMORY, "no memory to draw");
    if (status != CAIRO_STATUS_SUCCESS)
        return err_set(e, ERR_UNSUPPORTED, "drawing failed: %s",
                       cairo_status_to_string(status));
    cairo_surface_flush(c->surface);
    return 0;
}

static cairo_status_t append(void *context, const unsigned char *data, unsigned int n)
{
    struct buffer *b = context;
    buffer_append(b, data, n);
    return b->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

int canvas_png(unsigned char **out, size_t *n, struct canvas *c, struct err *e)
{
    struct buffer b = {0};
    *out = NULL;
    *n = 0;
    int rc = check(c, e);
    if (rc == 0 &&
        cairo_surface_write_to_png_stream(c->surface, append, &b) != CAIRO_STATUS_SUCCESS)
        rc = err_set(e, ERR_MEMORY, "no memory for a PNG");
    if (rc < 0) {
        buffer_release(&b);
        return rc;
    }
    *out = b.data;
    *n = b.n;
    return 0;
}

int canvas_rgb(uint8_t *out, struct canvas *c, struct err *e)
{
    int rc = check(c, e);
    if (rc < 0)
        return rc;
    const unsigned char *pixels = cairo_image_surface_get_data(c->surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(c->surface);
    for (size_t i = 0; i < c->height; i++)
        for (size_t k = 0; k < c->width; k++, out += 3) {
            uint32_t pixel;
            memcpy(&pixel, pixels + i * stride + 4 * k, sizeof pixel);
            out[0] = (uint8_t)(pixel >> 16);
            out[1] = (uint8_t)(pixel >> 8);
            out[2] = (uint8_t)pixel;
        }
    return 0;
}
