/*
 * document_pdf.c: a document as pages of A4.
 *
 * Blocks are set one under the other; a block that does not fit begins a page, a heading takes what
 * follows with it, and a table that goes on repeats its heads.
 */
#include "base/err.h"
#include "draw/document_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// A4 at 96 pixels an inch, with margins that leave DOCUMENT_WIDTH.
enum { PAGE_WIDTH = 794, PAGE_HEIGHT = 1123, MARGIN = 57, BOTTOM = 66, LINE_BYTES = 480 };
static const double text_px = 12.5, small_px = 10.5, gap_px = 9;
static const uint32_t ink = CHART_INK, soft = CHART_SOFT, rule = 0xD5DBE0, band = CHART_BAND,
                      lead_ground = 0xE9F2F8, lead_edge = 0x0072B2;

struct pages {
    struct canvas *canvas;
    const struct document *document;
    double y; // where the next block begins
    size_t n_pages;
};

static double leading(double size)
{
    return ceil(size * 1.45);
}

static void write_footer(struct pages *p)
{
    char text[32];
    double y = PAGE_HEIGHT - 34;
    const double xy[] = {MARGIN, y - 15.5, PAGE_WIDTH - MARGIN, y - 15.5};
    canvas_line(p->canvas, xy, 2, 1, rule);
    canvas_text(p->canvas, p->document->footer, MARGIN, y, small_px, CANVAS_LEFT, 560, soft);
    snprintf(text, sizeof text, "page %zu", p->n_pages);
    canvas_text(p->canvas, text, PAGE_WIDTH - MARGIN, y, small_px, CANVAS_RIGHT, 0, soft);
}

static void next_page(struct pages *p)
{
    canvas_next_page(p->canvas);
    p->n_pages++;
    p->y = MARGIN;
    write_footer(p);
}

// Makes room; true if that took a new page.
static bool want(struct pages *p, double height)
{
    if (p->y + height <= PAGE_HEIGHT - BOTTOM || p->y <= MARGIN)
        return false;
    next_page(p);
    return true;
}

// ---- Lines ----

// The bytes of text that fit into width: whole words, or of a longer word as much as fits.
static size_t fit_line(struct pages *p, const char *text, double size, double width)
{
    char line[LINE_BYTES + 1];
    size_t best = 0, n = 0;
    for (;;) {
        size_t next = n + strcspn(text + n, " ");
        if (next > LINE_BYTES)
            break;
        snprintf(line, sizeof line, "%.*s", (int)next, text);
        if (canvas_text_width(p->canvas, line, size) > width)
            break;
        best = next;
        if (!text[next])
            return best;
        n = next + strspn(text + next, " ");
    }
    if (best)
        return best;
    size_t word = strcspn(text, " ");
    for (best = word < LINE_BYTES ? word : LINE_BYTES; best > 1; best--) {
        if (((unsigned char)text[best] & 0xC0) == 0x80)
            continue; // within a character
        snprintf(line, sizeof line, "%.*s", (int)best, text);
        if (canvas_text_width(p->canvas, line, size) <= width)
            break;
    }
    return best ? best : 1;
}

// Writes (or only counts) lines from y on; returns their number.
static size_t set_lines(struct pages *p, const char *text, double x, double y, double width,
                        double size, uint32_t color, bool is_written)
{
    size_t n_lines = 0;
    char line[LINE_BYTES + 1];
    for (text = text ? text : ""; *text; n_lines++) {
        size_t n = fit_line(p, text, size, width);
        snprintf(line, sizeof line, "%.*s", (int)n, text);
        if (is_written)
            canvas_text(p->canvas, line, x, y + size + leading(size) * (double)n_lines, size,
                        CANVAS_LEFT, 0, color);
        text += n;
        text += strspn(text, " ");
    }
    return n_lines;
}

static double height_of(struct pages *p, const char *text, double width, double size)
{
    return leading(size) * (double)set_lines(p, text, 0, 0, width, size, ink, false);
}

static void set_paragraph(struct pages *p, const char *text, double left, double size,
                          uint32_t color)
{
    double width = DOCUMENT_WIDTH - left, height = height_of(p, text, width, size);
    want(p, height);
    set_lines(p, text, MARGIN + left, p->y, width, size, color, true);
    p->y += height + gap_px;
}

static void set_lead(struct pages *p, const char *text)
{
    double width = DOCUMENT_WIDTH - 32, height = height_of(p, text, width, text_px) + 18;
    want(p, height);
    canvas_rectangle(p->canvas, MARGIN, p->y, DOCUMENT_WIDTH, height, lead_ground);
    canvas_rectangle(p->canvas, MARGIN, p->y, 4, height, lead_edge);
    set_lines(p, text, MARGIN + 18, p->y + 8, width, text_px, ink, true);
    p->y += height + gap_px;
}

static void set_item(struct pages *p, const char *text)
{
    double height = height_of(p, text, DOCUMENT_WIDTH - 18, text_px);
    want(p, height);
    canvas_text(p->canvas, "\xE2\x80\xA2", MARGIN + 4, p->y + text_px, text_px, CANVAS_LEFT, 0,
                ink);
    set_lines(p, text, MARGIN + 18, p->y, DOCUMENT_WIDTH - 18, text_px, ink, true);
    p->y += height + 3;
}

// What a heading wants to have below it: the text that follows it, and the figure behind that.
static double room_below(struct pages *p, const struct block *b)
{
    const struct block *next = b->next;
    double height = 60;
    if (next && next->kind == BLOCK_TEXT) {
        height += height_of(p, next->text, DOCUMENT_WIDTH, text_px);
        next = next->next;
    }
    return height + (next && next->kind == BLOCK_FIGURE ? next->figure.height : 70);
}

static void set_heading(struct pages *p, const struct block *b)
{
    double size = b->level == 1 ? 17 : 13.5, above = b->level == 1 ? 18 : 8;
    want(p, above + size + room_below(p, b)); // not alone at a page's end
    p->y += p->y > MARGIN ? above : 0;
    canvas_bookmark(p->canvas, b->level - 1, b->text);
    canvas_bold(p->canvas, true);
    canvas_text(p->canvas, b->text, MARGIN, p->y + size, size, CANVAS_LEFT, DOCUMENT_WIDTH,
                ink);
    canvas_bold(p->canvas, false);
    p->y += size + 7;
    if (b->level == 1) {
        const double xy[] = {MARGIN, p->y + 0.5, MARGIN + DOCUMENT_WIDTH, p->y + 0.5};
        canvas_line(p->canvas, xy, 2, 1, rule);
        p->y += 5;
    }
    p->y += gap_px / 2;
}

// ---- Tables ----

enum { MAX_COLUMNS = 16, KEPT_WHOLE = 260 }; // a table not higher than that is not broken
static const double cell_pad_px = 6;

struct grid {
    const struct block *b;
    size_t n;
    double width[MAX_COLUMNS], left[MAX_COLUMNS];
    double size; // of its letters, pixels
};

static double cell_width(struct pages *p, const char *text, bool is_bold)
{
    canvas_bold(p->canvas, is_bold);
    double width = canvas_text_width(p->canvas, text ? text : "", small_px);
    canvas_bold(p->canvas, false);
    return width + 2 * cell_pad_px + 1;
}

// As wide as its longest word.
static double word_width(struct pages *p, const char *text, bool is_bold)
{
    char word[64];
    double most = 0;
    for (text = text ? text : ""; *text; text += strspn(text, " ")) {
        size_t n = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)(n < 24 ? n : 24), text);
        most = fmax(most, cell_width(p, word, is_bold));
        text += n;
    }
    return most;
}

static void widen(struct grid *g, double *least, struct pages *p, const char *text, size_t k,
                  bool is_bold)
{
    g->width[k] = fmax(g->width[k], cell_width(p, text, is_bold));
    least[k] =
        fmax(least[k], g->b->columns[k] == 'l' ? word_width(p, text, is_bold) : g->width[k]);
}

// Each column as wide as its widest cell. Where that is too much, columns of text give what they
// can spare, in proportion: no word is broken for it.
static void lay_grid(struct grid *g, struct pages *p, const struct block *b)
{
    double total = 0, spare = 0, least[MAX_COLUMNS] = {0}, x = MARGIN;
    *g = (struct grid){.b = b, .n = b->n_columns < MAX_COLUMNS ? b->n_columns : MAX_COLUMNS};
    for (size_t k = 0; k < g->n; k++)
        widen(g, least, p, b->heads[k], k, true);
    for (const struct row *r = b->rows; r; r = r->next)
        for (size_t k = 0; k < g->n; k++)
            widen(g, least, p, r->cells[k], k, k == 0);
    for (size_t k = 0; k < g->n; k++) {
        total += g->width[k];
        spare += g->width[k] - least[k];
    }
    double over = fmin(fmax(0, total - DOCUMENT_WIDTH), spare);
    double factor =
        fmin(1, DOCUMENT_WIDTH / (total - over)); // of letters, where that is not enough
    g->size = small_px * factor;
    for (size_t k = 0; k < g->n; k++) {
        g->width[k] -= spare > 0 ? (g->width[k] - least[k]) / spare * over : 0;
        g->width[k] *= factor;
        g->left[k] = x;
        x += g->width[k];
    }
}

// One row of texts from y on, or only its height.
static double set_row(struct pages *p, const struct grid *g, const char *const *texts,
                      bool is_head, bool is_written)
{
    double height = 0;
    for (size_t k = 0; k < g->n; k++) {
        double inner = g->width[k] - 2 * cell_pad_px + 0.5;
        canvas_bold(p->canvas, is_head || k == 0);
        if (is_written && g->b->columns[k] == 'r')
            canvas_text(p->canvas, texts[k] ? texts[k] : "",
                        g->left[k] + g->width[k] - cell_pad_px, p->y + g->size + 3, g->size,
                        CANVAS_RIGHT, g->width[k], ink);
        size_t n = g->b->columns[k] == 'r'
                       ? 1
                       : set_lines(p, texts[k], g->left[k] + cell_pad_px, p->y + 3, inner,
                                   g->size, ink, is_written);
        height = fmax(height, leading(g->size) * (double)(n ? n : 1) + 6);
    }
    canvas_bold(p->canvas, false);
    return height;
}

static void set_heads(struct pages *p, const struct grid *g)
{
    double height = set_row(p, g, g->b->heads, true, true);
    double right = g->left[g->n - 1] + g->width[g->n - 1];
    p->y += height;
    const double xy[] = {MARGIN, p->y, right, p->y};
    canvas_line(p->canvas, xy, 2, 1.5, soft);
}

// Height of all rows and the heads.
static double table_height(struct pages *p, const struct grid *g)
{
    double height = set_row(p, g, g->b->heads, true, false);
    for (const struct row *r = g->b->rows; r; r = r->next)
        height += set_row(p, g, r->cells, false, false);
    return height;
}

static void set_table(struct pages *p, const struct block *b)
{
    struct grid g;
    size_t n_rows = 0;
    lay_grid(&g, p, b);
    double right = g.left[g.n - 1] + g.width[g.n - 1];
    double whole = table_height(p, &g) + 2 * leading(small_px);
    want(p, whole < KEPT_WHOLE ? whole : 80);
    if (b->text) {
        double height = height_of(p, b->text, DOCUMENT_WIDTH, small_px);
        set_lines(p, b->text, MARGIN, p->y, DOCUMENT_WIDTH, small_px, soft, true);
        p->y += height + 3;
    }
    set_heads(p, &g);
    for (const struct row *r = b->rows; r; r = r->next) {
        double height = set_row(p, &g, r->cells, false, false);
        if (want(p, height))
            set_heads(p, &g);
        if (n_rows++ % 2)
            canvas_rectangle(p->canvas, MARGIN, p->y, right - MARGIN, height, band);
        set_row(p, &g, r->cells, false, true);
        p->y += height;
    }
    const double xy[] = {MARGIN, p->y, right, p->y};
    canvas_line(p->canvas, xy, 2, 1, rule);
    p->y += 2 * gap_px;
}

// ---- Figures ----

static double caption_height(struct pages *p, const struct document_figure *f)
{
    return f->caption ? height_of(p, f->caption, f->width, small_px) + 3 : 0;
}

static void set_figure(struct pages *p, const struct document_figure *f, double x)
{
    canvas_bold(p->canvas, true);
    canvas_text(p->canvas, f->title, x, p->y + text_px, 11.5, CANVAS_LEFT, f->width, ink);
    canvas_bold(p->canvas, false);
    f->draw(p->canvas, (struct chart_box){x, p->y + 20, f->width, f->height}, f->context);
    if (f->caption)
        set_lines(p, f->caption, x, p->y + 20 + f->height + 3, f->width, small_px, soft, true);
}

// Sets the figures that fit beside each other; returns the last of them.
static const struct block *set_figures(struct pages *p, const struct block *b)
{
    const struct block *last = b;
    double width = b->figure.width, height = b->figure.height + caption_height(p, &b->figure);
    for (const struct block *x = b->next; x && x->kind == BLOCK_FIGURE; x = x->next) {
        if (width + 16 + x->figure.width > DOCUMENT_WIDTH + 0.5)
            break;
        width += 16 + x->figure.width;
        height = fmax(height, x->figure.height + caption_height(p, &x->figure));
        last = x;
    }
    want(p, height + 20);
    double x = MARGIN;
    for (const struct block *f = b;; f = f->next) {
        set_figure(p, &f->figure, x);
        x += f->figure.width + 16;
        if (f == last)
            break;
    }
    p->y += height + 20 + 1.5 * gap_px;
    return last;
}

static const struct block *set_block(struct pages *p, const struct block *b)
{
    switch (b->kind) {
    case BLOCK_HEADING:
        set_heading(p, b);
        break;
    case BLOCK_TEXT:
        set_paragraph(p, b->text, 0, text_px, ink);
        break;
    case BLOCK_LEAD:
        set_lead(p, b->text);
        break;
    case BLOCK_NOTE:
        set_paragraph(p, b->text, 0, small_px, soft);
        break;
    case BLOCK_ITEM:
        set_item(p, b->text);
        p->y += b->next && b->next->kind == BLOCK_ITEM ? 0 : gap_px;
        break;
    case BLOCK_TABLE:
        set_table(p, b);
        break;
    case BLOCK_FIGURE:
        return set_figures(p, b);
    }
    return b;
}

int document_pdf(unsigned char **out, size_t *n, const struct document *d, struct err *e)
{
    struct pages p = {.document = d, .y = MARGIN, .n_pages = 1};
    *out = NULL;
    if (d->failed)
        return err_set(e, ERR_MEMORY, "no memory for a document");
    int rc =
        canvas_new_as(&p.canvas, CANVAS_FORMAT_PDF, PAGE_WIDTH, PAGE_HEIGHT, CHART_GROUND, e);
    if (rc < 0)
        return rc;
    canvas_title(p.canvas, d->title);
    write_footer(&p);
    canvas_bold(p.canvas, true);
    double height = height_of(&p, d->title, DOCUMENT_WIDTH, 22);
    set_lines(&p, d->title, MARGIN, p.y, DOCUMENT_WIDTH, 22, ink, true);
    canvas_bold(p.canvas, false);
    p.y += height + 2 * gap_px;
    for (const struct block *b = d->first; b; b = b->next)
        b = set_block(&p, b);
    rc = canvas_file(out, n, p.canvas, e);
    canvas_free(p.canvas);
    return rc;
}
