/*
 * card.h: one classified picture on a card: the picture, a bar per class, "research use only"; and,
 * of an explained one, what the heat over it means.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct buffer;
struct err;

enum { CARD_TERMINAL_MIN_COLUMNS = 40 };

struct card {
    const char *title;           // the file's name
    const uint8_t *rgb;          // [height][width][3]; NULL: no picture
    size_t width, height;        // pixels
    const char *const *labels;   // [n], in the order in which they are to stand
    const double *probabilities; // [n], 0 to 1
    size_t n;
    const char *note; // a line below the bars: "unsure: Fibs or PSW"; NULL: none
    // Of a PNG only; NULL: none.
    const char *const *captions;        // lines underneath, ended by NULL
    const char *heat_most, *heat_least; // beside the scale of heat (heat.h)
};

// As a PNG file; mem_free().
int card_png(unsigned char **out, size_t *n, const struct card *card, struct err *e);

// As lines for a terminal with 24-bit colour: two pixels in a character cell, by the upper half
// block. A failed allocation shows in out->failed.
void card_terminal(struct buffer *out, const struct card *card, size_t columns);
