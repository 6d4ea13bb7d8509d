/*
 * document.h: headings, text, tables and figures, told once and written as one HTML file or as the
 * pages of a PDF.
 *
 * The HTML needs nothing else: no script, no style sheet, no font, no request. Tables are tables,
 * figures are SVG with a title, a description and text. It follows the reader's choice of light or
 * dark, and can be printed. The PDF is A4, with text that can be searched, an outline, and page
 * numbers.
 *
 * Texts are UTF-8 and copied. A failed allocation stays in the document and is told by the
 * writers, so that telling needs no checks.
 */
#pragma once

#include "draw/canvas.h"
#include "draw/chart.h"

#include <stdbool.h>
#include <stddef.h>

struct document;
struct err;

enum { DOCUMENT_WIDTH = 680, DOCUMENT_HALF = 332 }; // pixels of a figure, alone or two in a row

int document_new(struct document **out, const char *title, const char *footer, struct err *e);
void document_free(struct document *d); // accepts NULL

// Zeroed memory that lives as long as the document, for what figures draw; NULL when failed.
void *document_keep(struct document *d, size_t n, size_t size);
char *document_text_kept(struct document *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void document_heading(struct document *d, int level, const char *text); // 1 or 2
void document_text(struct document *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void document_lead(struct document *d, const char *fmt, ...) // what must not be overlooked
    __attribute__((format(printf, 2, 3)));
void document_note(struct document *d, const char *fmt, ...) // small
    __attribute__((format(printf, 2, 3)));
void document_item(struct document *d, const char *fmt, ...) // of a list
    __attribute__((format(printf, 2, 3)));

// A table: its caption (NULL: none), its columns ('l' text that may be broken, 'r' numbers; one
// letter each) and their heads; then cells one after another. The first cell of a row is its head.
void document_table(struct document *d, const char *caption, const char *columns,
                    const char *const *heads);
void document_cell(struct document *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

// Figures that follow each other stand in a row as far as they fit. draw() must not fail; context
// must live as long as the document.
struct document_figure {
    const char *title, *description; // for those who cannot see it; title also above it
    const char *caption;             // under it; NULL: none
    double width, height;            // pixels; width at most DOCUMENT_WIDTH
    void (*draw)(struct canvas *c, struct chart_box box, const void *context);
    const void *context;
};
void document_figure(struct document *d, const struct document_figure *f);

// The file; mem_free(). ERR_MEMORY.
int document_html(unsigned char **out, size_t *n, const struct document *d, struct err *e);
int document_pdf(unsigned char **out, size_t *n, const struct document *d, struct err *e);
