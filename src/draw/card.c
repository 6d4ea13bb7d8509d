/* card.c: see card.h. */
#include "draw/card.h"

#include "base/bytes.h"
#include "base/err.h"
#include "draw/canvas.h"
#include "draw/heat.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// The layout, in pixels.
static const double margin = 24, title_size = 18, text_size = 15, small_size = 12;
static const double line_height = 18, scale_height = 110, scale_bar = 90;
static const double picture_side = 400, bar_height = 18, row_height = 46, bars_width = 300;

static const uint32_t color_ground = 0xFFFFFF, color_ink = 0x1D2730, color_soft = 0x6B7680;
static const uint32_t color_rail = 0xE6EAED, color_bar = 0x2C7FB8, color_most = 0x0B5A8A;

static size_t most_probable(const struct card *card)
{
    size_t best = 0;
    for (size_t k = 1; k < card->n; k++)
        best = card->probabilities[k] > card->probabilities[best] ? k : best;
    return best;
}

// The picture's size within a square of a side, keeping its shape.
static void fit(double *w, double *h, const struct card *card, double side)
{
    double longer = (double)(card->width > card->height ? card->width : card->height);
    *w = (double)card->width * side / longer;
    *h = (double)card->height * side / longer;
}

static void draw_bars(struct canvas *c, const struct card *card, double x, double y)
{
    size_t most = most_probable(card);
    for (size_t k = 0; k < card->n; k++) {
        char percent[32];
        double p = card->probabilities[k];
        snprintf(percent, sizeof percent, "%.1f %%", 100 * p);
        canvas_text(c, card->labels[k], x, y + text_size, text_size, CANVAS_LEFT,
                    bars_width - 80, color_ink);
        canvas_text(c, percent, x + bars_width, y + text_size, text_size, CANVAS_RIGHT, 0,
                    color_ink);
        canvas_rectangle(c, x, y + text_size + 6, bars_width, bar_height - 6, color_rail);
        canvas_rectangle(c, x, y + text_size + 6, bars_width * p, bar_height - 6,
                         k == most ? color_most : color_bar);
        y += row_height;
    }
}

// The scale of heat, its end at a height.
static void draw_scale(struct canvas *c, const struct card *card, double x, double bottom)
{
    if (!card->heat_most)
        return;
    const struct heat_scale s = {
        .x = x,
        .y = bottom - scale_bar,
        .width = 14,
        .height = scale_bar,
        .color = heat_over_color,
        .most = card->heat_most,
        .least = card->heat_least ? card->heat_least : "",
        .text_px = small_size,
        .text = color_ink,
    };
    heat_draw_scale(c, &s);
}

int card_png(unsigned char **out, size_t *n, const struct card *card, struct err *e)
{
    struct canvas *c;
    double w = 0, h = 0, top = 2 * margin + title_size;
    if (card->rgb)
        fit(&w, &h, card, picture_side);
    double left = margin + (card->rgb ? w + margin : 0);
    double bars = row_height * (double)card->n, note = card->note ? row_height : 0;
    double inner = fmax(h, bars + note + (card->heat_most ? scale_height : 0));
    size_t n_captions = 0;
    while (card->captions && card->captions[n_captions])
        n_captions++;
    double total_w = left + bars_width + margin;
    double total_h = top + inner + 2 * margin + small_size + line_height * (double)n_captions;
    int rc = canvas_new(&c, (size_t)total_w, (size_t)total_h, color_ground, e);
    if (rc < 0)
        return rc;
    canvas_text(c, card->title, margin, margin + title_size, title_size, CANVAS_LEFT,
                total_w - 2 * margin, color_ink);
    if (card->rgb) {
        canvas_picture(c, card->rgb, card->width, card->height, margin, top, w, h);
        const double frame[] = {margin,  top,    margin + w, top,    margin + w,
                                top + h, margin, top + h,    margin, top};
        canvas_line(c, frame, 5, 1, color_rail);
    }
    draw_bars(c, card, left, top);
    if (card->note)
        canvas_text(c, card->note, left, top + bars + text_size, text_size, CANVAS_LEFT,
                    bars_width, color_ink);
    draw_scale(c, card, left, top + inner);
    for (size_t i = 0; i < n_captions; i++)
        canvas_text(c, card->captions[i], margin, top + inner + line_height * (double)(i + 1),
                    small_size, CANVAS_LEFT, total_w - 2 * margin, color_soft);
    canvas_text(c, "nemg \xC2\xB7 research use only", total_w - margin, total_h - margin,
                small_size, CANVAS_RIGHT, 0, color_soft);
    rc = canvas_file(out, n, c, e);
    canvas_free(c);
    return rc;
}

// Mean colour of the picture's pixels under one cell half: box filter, so that thin traces stay
// visible.
static void mean_color(unsigned out[3], const struct card *card, size_t x0, size_t x1,
                       size_t y0, size_t y1)
{
    uint64_t sum[3] = {0}, n = 0;
    x1 = x1 > x0 ? x1 : x0 + 1;
    y1 = y1 > y0 ? y1 : y0 + 1;
    for (size_t y = y0; y < y1 && y < card->height; y++)
        for (size_t x = x0; x < x1 && x < card->width; x++, n++)
            for (size_t k = 0; k < 3; k++)
                sum[k] += card->rgb[3 * (y * card->width + x) + k];
    for (size_t k = 0; k < 3; k++)
        out[k] = n ? (unsigned)(sum[k] / n) : 0;
}

static void terminal_picture(struct buffer *out, const struct card *card, size_t columns)
{
    // a cell is about twice as high as wide, so its halves are square
    size_t cols = columns, halves = cols * card->height / card->width;
    halves = halves < 2 ? 2 : halves > 2 * cols ? 2 * cols : halves;
    for (size_t row = 0; row < halves / 2; row++) {
        for (size_t col = 0; col < cols; col++) {
            unsigned upper[3], lower[3];
            size_t x0 = col * card->width / cols, x1 = (col + 1) * card->width / cols;
            size_t y0 = 2 * row * card->height / halves;
            size_t y1 = (2 * row + 1) * card->height / halves;
            size_t y2 = (2 * row + 2) * card->height / halves;
            mean_color(upper, card, x0, x1, y0, y1);
            mean_color(lower, card, x0, x1, y1, y2);
            buffer_printf(out, "\x1B[38;2;%u;%u;%um\x1B[48;2;%u;%u;%um\xE2\x96\x80", upper[0],
                          upper[1], upper[2], lower[0], lower[1], lower[2]);
        }
        buffer_printf(out, "\x1B[0m\n");
    }
}

// Eighths of a cell: U+2588 full, U+2589 seven eighths .. U+258F one eighth.
static void terminal_bar(struct buffer *out, double p, size_t columns)
{
    size_t eighths = (size_t)lround(p * 8 * (double)columns);
    for (size_t i = 0; i < columns; i++) {
        size_t here = eighths >= 8 * (i + 1) ? 8 : eighths > 8 * i ? eighths - 8 * i : 0;
        if (here)
            buffer_printf(out, "\xE2\x96%c", (int)(0x90 - here));
        else
            buffer_printf(out, "\xC2\xB7");
    }
}

void card_terminal(struct buffer *out, const struct card *card, size_t columns)
{
    size_t widest = 0;
    columns = columns < CARD_TERMINAL_MIN_COLUMNS ? CARD_TERMINAL_MIN_COLUMNS : columns;
    for (size_t k = 0; k < card->n; k++)
        widest = strlen(card->labels[k]) > widest ? strlen(card->labels[k]) : widest;
    widest = widest > columns / 3 ? columns / 3 : widest;
    buffer_printf(out, "%s\n", card->title);
    if (card->rgb && card->width)
        terminal_picture(out, card, columns < 72 ? columns : 72);
    for (size_t k = 0; k < card->n; k++) {
        buffer_printf(out, "%-*.*s %5.1f %% ", (int)widest, (int)widest, card->labels[k],
                      100 * card->probabilities[k]);
        terminal_bar(out, card->probabilities[k], columns < 72 ? columns - widest - 10 : 40);
        buffer_printf(out, "\n");
    }
    if (card->note)
        buffer_printf(out, "%s\n", card->note);
    buffer_printf(out, "research use only\n");
}
