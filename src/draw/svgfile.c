/* svgfile.c: see svgfile.h. */
#include "draw/svgfile.h"

#include "base/bytes.h"

#include <math.h>
#include <stdio.h>

// Without zeros at the end; "-0" is "0". Ours, since printf may be told another decimal point.
static void number(struct buffer *out, double v)
{
    long long hundredths = llround(v * 100);
    unsigned long long left =
        hundredths < 0 ? (unsigned long long)-hundredths : (unsigned long long)hundredths;
    buffer_printf(out, "%s%llu", hundredths < 0 ? "-" : "", left / 100);
    if (left % 10)
        buffer_printf(out, ".%02llu", left % 100);
    else if (left % 100)
        buffer_printf(out, ".%llu", left % 100 / 10);
}

static void attribute(struct buffer *out, const char *name, double v)
{
    buffer_printf(out, " %s=\"", name);
    number(out, v);
    buffer_u8(out, '"');
}

static void box(struct buffer *out, double x, double y, double w, double h)
{
    attribute(out, "x", x);
    attribute(out, "y", y);
    attribute(out, "width", w);
    attribute(out, "height", h);
}

static void escaped(struct buffer *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            buffer_printf(out, "&amp;");
            break;
        case '<':
            buffer_printf(out, "&lt;");
            break;
        case '>':
            buffer_printf(out, "&gt;");
            break;
        default:
            buffer_u8(out, (uint8_t)*text);
        }
}

void svg_begin(struct buffer *out, size_t width, size_t height)
{
    buffer_printf(out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" "
                  "xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"%zu\" height=\"%zu\" "
                  "viewBox=\"0 0 %zu %zu\" font-family=\"DejaVu Sans, Verdana, sans-serif\">\n",
                  width, height, width, height);
}

void svg_title(struct buffer *out, const char *title)
{
    buffer_printf(out, "<title>");
    escaped(out, title);
    buffer_printf(out, "</title>\n");
}

void svg_describe(struct buffer *out, const char *text)
{
    buffer_printf(out, "<desc>");
    escaped(out, text);
    buffer_printf(out, "</desc>\n");
}

void svg_end(struct buffer *out)
{
    buffer_printf(out, "</svg>\n");
}

void svg_rectangle(struct buffer *out, double x, double y, double w, double h, uint32_t color)
{
    buffer_printf(out, "<rect");
    box(out, x, y, w, h);
    buffer_printf(out, " fill=\"#%06X\"/>\n", color);
}

void svg_line(struct buffer *out, const double *xy, size_t n, double width, uint32_t color,
              bool is_soft, double dash_px)
{
    buffer_printf(out, "<polyline fill=\"none\" stroke=\"#%06X\" stroke-linejoin=\"round\"",
                  color);
    attribute(out, "stroke-width", width);
    if (dash_px > 0)
        attribute(out, "stroke-dasharray", dash_px);
    if (!is_soft)
        buffer_printf(out, " shape-rendering=\"crispEdges\"");
    buffer_printf(out, " points=\"");
    for (size_t i = 0; i < n; i++) {
        number(out, xy[2 * i]);
        buffer_u8(out, ',');
        number(out, xy[2 * i + 1]);
        buffer_u8(out, i + 1 == n ? '"' : i % 8 == 7 ? '\n' : ' ');
    }
    buffer_printf(out, "/>\n");
}

void svg_text(struct buffer *out, const char *text, double x, double y, double size,
              const char *anchor, bool is_bold, uint32_t color)
{
    buffer_printf(out, "<text");
    attribute(out, "x", x);
    attribute(out, "y", y);
    attribute(out, "font-size", size);
    if (is_bold)
        buffer_printf(out, " font-weight=\"bold\"");
    buffer_printf(out, " text-anchor=\"%s\" fill=\"#%06X\">", anchor, color);
    escaped(out, text);
    buffer_printf(out, "</text>\n");
}

// RFC 4648, section 4.
static void base64(struct buffer *out, const unsigned char *data, size_t n)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = (uint32_t)data[i] << 16;
        three |= i + 1 < n ? (uint32_t)data[i + 1] << 8 : 0;
        three |= i + 2 < n ? data[i + 2] : 0;
        for (size_t k = 0; k < 4; k++)
            buffer_u8(out, i + k <= n ? (uint8_t)digits[three >> (18 - 6 * k) & 63] : '=');
    }
}

void svg_png(struct buffer *out, const unsigned char *png, size_t n, double x, double y,
             double w, double h)
{
    buffer_printf(out, "<image");
    box(out, x, y, w, h);
    buffer_printf(out, " preserveAspectRatio=\"none\" xlink:href=\"data:image/png;base64,");
    base64(out, png, n);
    buffer_printf(out, "\"/>\n");
}

void svg_clip_begin(struct buffer *out, size_t id, double x, double y, double w, double h)
{
    buffer_printf(out, "<clipPath id=\"clip%zu\"><rect", id);
    box(out, x, y, w, h);
    buffer_printf(out, "/></clipPath>\n<g clip-path=\"url(#clip%zu)\">\n", id);
}

void svg_clip_end(struct buffer *out)
{
    buffer_printf(out, "</g>\n");
}
