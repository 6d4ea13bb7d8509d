/*
 * canvas.c: see canvas.h.
 *
 * Pixels and PDF are cairo's. SVG is ours (svgfile.c): cairo's turns text into outlines, which
 * nobody can search, edit or have read aloud. A canvas for SVG still has a small surface of
 * cairo's, to measure text with.
 */
#include "draw/canvas.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "draw/svgfile.h"

#include <assert.h>
#include <cairo/cairo-pdf.h>
#include <cairo/cairo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 512 };

const char *const canvas_extensions[] = {"png", "svg", "pdf", NULL};

int canvas_format_find(enum canvas_format *out, const char *path, struct err *e)
{
    const char *extension = path_extension(path);
    for (int i = 0; canvas_extensions[i]; i++)
        if (text_compare_nocase(extension, canvas_extensions[i]) == 0) {
            *out = (enum canvas_format)i;
            return 0;
        }
    return err_set(e, ERR_USAGE, "%s: ends in \"%s\", wanted .png, .svg or .pdf", path,
                   extension);
}

struct canvas {
    enum canvas_format format;
    cairo_surface_t *surface;
    cairo_t *cairo;
    struct buffer file; // SVG and PDF grow in it
    size_t width, height;
    uint32_t ground;
    size_t n_clips, n_pages;
    int chapter; // of the outline, the last of level 0; 0: none
    double dash_px;
    bool is_soft, is_bold;
    bool is_short_of_memory;
};

static cairo_status_t append(void *context, const unsigned char *data, unsigned int n)
{
    struct buffer *b = context;
    buffer_append(b, data, n);
    return b->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static const double pt_per_px = 72.0 / 96;

// The date is fixed, so that the same drawing gives the same bytes.
static cairo_surface_t *pdf_surface(struct buffer *file, size_t width, size_t height)
{
    cairo_surface_t *s = cairo_pdf_surface_create_for_stream(
        append, file, (double)width * pt_per_px, (double)height * pt_per_px);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "nemg");
    return s;
}

int canvas_new(struct canvas **out, size_t width, size_t height, uint32_t background,
               struct err *e)
{
    return canvas_new_as(out, CANVAS_FORMAT_PNG, width, height, background, e);
}

int canvas_new_as(struct canvas **out, enum canvas_format format, size_t width, size_t height,
                  uint32_t background, struct err *e)
{
    *out = NULL;
    if (!width || !height || width > CANVAS_MAX_SIDE || height > CANVAS_MAX_SIDE)
        return err_set(e, ERR_LIMIT, "a drawing of %zu x %zu pixels, wanted 1 to %d", width,
                       height, CANVAS_MAX_SIDE);
    struct canvas *c = mem_zalloc(sizeof *c);
    if (!c)
        return err_set(e, ERR_MEMORY, "no memory to draw");
    c->format = format;
    c->width = width;
    c->height = height;
    c->is_soft = true;
    c->ground = background;
    c->n_pages = 1;
    bool is_svg = format == CANVAS_FORMAT_SVG;
    c->surface = format == CANVAS_FORMAT_PDF
                     ? pdf_surface(&c->file, width, height)
                     : cairo_image_surface_create(CAIRO_FORMAT_RGB24, is_svg ? 1 : (int)width,
                                                  is_svg ? 1 : (int)height);
    c->cairo = cairo_create(c->surface); // of a failed surface: fails, too, and says so later
    if (format == CANVAS_FORMAT_PDF)
        cairo_scale(c->cairo, pt_per_px, pt_per_px);
    if (is_svg)
        svg_begin(&c->file, width, height);
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
    cairo_surface_destroy(c->surface); // a PDF ends in the buffer here
    buffer_release(&c->file);
    mem_free(c);
}

static void set_color(struct canvas *c, uint32_t color)
{
    cairo_set_source_rgb(c->cairo, (color >> 16 & 255) / 255.0, (color >> 8 & 255) / 255.0,
                         (color & 255) / 255.0);
}

void canvas_rectangle(struct canvas *c, double x, double y, double w, double h, uint32_t color)
{
    if (c->format == CANVAS_FORMAT_SVG) {
        svg_rectangle(&c->file, x, y, w, h, color);
        return;
    }
    set_color(c, color);
    cairo_rectangle(c->cairo, x, y, w, h);
    cairo_fill(c->cairo);
}

void canvas_line(struct canvas *c, const double *xy, size_t n, double width, uint32_t color)
{
    if (c->format == CANVAS_FORMAT_SVG) {
        svg_line(&c->file, xy, n, width, color, c->is_soft, c->dash_px);
        return;
    }
    set_color(c, color);
    cairo_set_line_width(c->cairo, width);
    cairo_set_line_join(c->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(c->cairo, &c->dash_px, c->dash_px > 0, 0);
    for (size_t i = 0; i < n; i++)
        cairo_line_to(c->cairo, xy[2 * i], xy[2 * i + 1]); // the first one moves there
    cairo_stroke(c->cairo);
}

// A picture as a surface over *pixels, which the caller frees behind it; NULL: no memory.
static cairo_surface_t *picture_surface(unsigned char **pixels, const uint8_t *rgb, size_t w,
                                        size_t h)
{
    *pixels = NULL;
    if (w > CANVAS_MAX_SIDE || h > CANVAS_MAX_SIDE)
        return NULL;
    int stride = cairo_format_stride_for_width(CAIRO_FORMAT_RGB24, (int)w);
    unsigned char *p = mem_array((size_t)stride, h);
    if (!p)
        return NULL;
    for (size_t i = 0; i < h; i++)
        for (size_t k = 0; k < w; k++) {
            const uint8_t *from = rgb + 3 * (i * w + k);
            uint32_t pixel = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
            memcpy(p + i * (size_t)stride + 4 * k, &pixel, sizeof pixel);
        }
    *pixels = p;
    return cairo_image_surface_create_for_data(p, CAIRO_FORMAT_RGB24, (int)w, (int)h, stride);
}

static void svg_picture(struct canvas *c, cairo_surface_t *s, double x, double y, double to_w,
                        double to_h)
{
    struct buffer png = {0};
    if (cairo_surface_write_to_png_stream(s, append, &png) == CAIRO_STATUS_SUCCESS)
        svg_png(&c->file, png.data, png.n, x, y, to_w, to_h);
    else
        c->is_short_of_memory = true;
    buffer_release(&png);
}

void canvas_picture(struct canvas *c, const uint8_t *rgb, size_t w, size_t h, double x,
                    double y, double to_w, double to_h)
{
    unsigned char *pixels;
    cairo_surface_t *s = picture_surface(&pixels, rgb, w, h);
    if (!s) {
        c->is_short_of_memory = true;
        return;
    }
    if (c->format == CANVAS_FORMAT_SVG) {
        svg_picture(c, s, x, y, to_w, to_h);
    } else {
        cairo_save(c->cairo);
        cairo_translate(c->cairo, x, y);
        cairo_scale(c->cairo, to_w / (double)w, to_h / (double)h);
        cairo_set_source_surface(c->cairo, s, 0, 0);
        cairo_pattern_set_extend(cairo_get_source(c->cairo), CAIRO_EXTEND_PAD);
        cairo_rectangle(c->cairo, 0, 0, (double)w, (double)h);
        cairo_fill(c->cairo);
        cairo_restore(c->cairo);
    }
    cairo_surface_finish(s); // a PDF keeps a copy of the pixels, nothing points to them now
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
    if (c->format == CANVAS_FORMAT_SVG) {
        static const char *const anchors[] = {"start", "middle", "end"};
        svg_text(&c->file, shown, x, y, size, anchors[align], c->is_bold, color);
        return;
    }
    double left = align == CANVAS_LEFT    ? x
                  : align == CANVAS_RIGHT ? x - width_of(c, shown)
                                          : x - width_of(c, shown) / 2;
    set_color(c, color);
    cairo_move_to(c->cairo, left, y);
    cairo_show_text(c->cairo, shown);
    cairo_new_path(c->cairo);
}

void canvas_dash(struct canvas *c, double px)
{
    c->dash_px = px;
}

void canvas_bold(struct canvas *c, bool is_on)
{
    c->is_bold = is_on;
    cairo_select_font_face(c->cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           is_on ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
}

double canvas_text_width(struct canvas *c, const char *text, double size)
{
    char shown[TEXT_BYTES + 8];
    size_t at[TEXT_BYTES + 1], n;
    clean(shown, at, &n, text);
    cairo_set_font_size(c->cairo, size);
    return width_of(c, shown);
}

void canvas_next_page(struct canvas *c)
{
    assert(c->format == CANVAS_FORMAT_PDF);
    cairo_show_page(c->cairo);
    c->n_pages++;
    canvas_rectangle(c, 0, 0, (double)c->width, (double)c->height, c->ground);
}

void canvas_bookmark(struct canvas *c, int level, const char *text)
{
    char shown[TEXT_BYTES + 8], where[64];
    size_t at[TEXT_BYTES + 1], n;
    assert(c->format == CANVAS_FORMAT_PDF);
    clean(shown, at, &n, text);
    snprintf(where, sizeof where, "page=%zu", c->n_pages);
    int id = cairo_pdf_surface_add_outline(
        c->surface, level && c->chapter ? c->chapter : CAIRO_PDF_OUTLINE_ROOT, shown, where,
        CAIRO_PDF_OUTLINE_FLAG_OPEN);
    c->chapter = level ? c->chapter : id;
}

void canvas_turn(struct canvas *c, double degrees)
{
    assert(c->format == CANVAS_FORMAT_PNG);
    cairo_rotate(c->cairo, degrees * acos(-1) / 180);
}

void canvas_clip(struct canvas *c, double x, double y, double w, double h)
{
    if (c->format == CANVAS_FORMAT_SVG) {
        svg_clip_begin(&c->file, c->n_clips++, x, y, w, h);
        return;
    }
    cairo_save(c->cairo);
    cairo_rectangle(c->cairo, x, y, w, h);
    cairo_clip(c->cairo);
}

void canvas_unclip(struct canvas *c)
{
    if (c->format == CANVAS_FORMAT_SVG)
        svg_clip_end(&c->file);
    else
        cairo_restore(c->cairo);
}

void canvas_antialias(struct canvas *c, bool is_on)
{
    c->is_soft = is_on;
    cairo_set_antialias(c->cairo, is_on ? CAIRO_ANTIALIAS_DEFAULT : CAIRO_ANTIALIAS_NONE);
}

void canvas_title(struct canvas *c, const char *title)
{
    char shown[TEXT_BYTES + 8];
    size_t at[TEXT_BYTES + 1], n;
    clean(shown, at, &n, title);
    if (c->format == CANVAS_FORMAT_SVG)
        svg_title(&c->file, shown);
    else if (c->format == CANVAS_FORMAT_PDF)
        cairo_pdf_surface_set_metadata(c->surface, CAIRO_PDF_METADATA_TITLE, shown);
}

void canvas_describe(struct canvas *c, const char *text)
{
    char shown[TEXT_BYTES + 8];
    size_t at[TEXT_BYTES + 1], n;
    clean(shown, at, &n, text);
    if (c->format == CANVAS_FORMAT_SVG)
        svg_describe(&c->file, shown);
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

// Ends what is in the buffer.
static int end_file(struct canvas *c, struct err *e)
{
    cairo_status_t status = CAIRO_STATUS_SUCCESS;
    if (c->format == CANVAS_FORMAT_SVG) {
        svg_end(&c->file);
    } else if (c->format == CANVAS_FORMAT_PDF) {
        cairo_surface_finish(c->surface);
        status = cairo_surface_status(c->surface);
    } else {
        status = cairo_surface_write_to_png_stream(c->surface, append, &c->file);
    }
    if (status != CAIRO_STATUS_SUCCESS || c->file.failed)
        return err_set(e, ERR_MEMORY, "no memory for a picture");
    return 0;
}

int canvas_file(unsigned char **out, size_t *n, struct canvas *c, struct err *e)
{
    *out = NULL;
    *n = 0;
    int rc = check(c, e);
    if (rc == 0)
        rc = end_file(c, e);
    if (rc < 0)
        return rc;
    *out = c->file.data;
    *n = c->file.n;
    buffer_init(&c->file);
    return 0;
}

int canvas_rgb(uint8_t *out, struct canvas *c, struct err *e)
{
    assert(c->format == CANVAS_FORMAT_PNG);
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
