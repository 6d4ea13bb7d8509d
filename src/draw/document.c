/* document.c: see document.h. A document is a list of blocks in an arena. */
#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "draw/document_priv.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int document_new(struct document **out, const char *title, const char *footer, struct err *e)
{
    struct document *d = *out = mem_zalloc(sizeof *d);
    if (!d)
        return err_set(e, ERR_MEMORY, "no memory for a document");
    arena_init(&d->arena);
    d->title = arena_strdup(&d->arena, title);
    d->footer = arena_strdup(&d->arena, footer);
    d->failed = !d->title || !d->footer;
    return 0;
}

void document_free(struct document *d)
{
    if (!d)
        return;
    arena_release(&d->arena);
    mem_free(d);
}

void *document_keep(struct document *d, size_t n, size_t size)
{
    void *p = arena_array(&d->arena, n, size);
    d->failed = d->failed || !p;
    return p;
}

__attribute__((format(printf, 2, 0))) static char *format_text(struct document *d,
                                                               const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = n >= 0 ? arena_alloc(&d->arena, (size_t)n + 1) : NULL;
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    d->failed = d->failed || !text;
    return text;
}

char *document_text_kept(struct document *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = format_text(d, fmt, ap);
    va_end(ap);
    return text;
}

static const char *keep(struct document *d, const char *text)
{
    const char *kept = text ? arena_strdup(&d->arena, text) : NULL;
    d->failed = d->failed || (text && !kept);
    return kept;
}

static struct block *add(struct document *d, enum block_kind kind, const char *text)
{
    struct block *b = arena_alloc(&d->arena, sizeof *b);
    if (!b) {
        d->failed = true;
        return NULL;
    }
    b->kind = kind;
    b->text = text;
    if (d->last)
        d->last->next = b;
    else
        d->first = b;
    d->last = b;
    return b;
}

void document_heading(struct document *d, int level, const char *text)
{
    struct block *b = add(d, BLOCK_HEADING, keep(d, text));
    if (b)
        b->level = level;
}

void document_text(struct document *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(d, BLOCK_TEXT, format_text(d, fmt, ap));
    va_end(ap);
}

void document_lead(struct document *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(d, BLOCK_LEAD, format_text(d, fmt, ap));
    va_end(ap);
}

void document_note(struct document *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(d, BLOCK_NOTE, format_text(d, fmt, ap));
    va_end(ap);
}

void document_item(struct document *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(d, BLOCK_ITEM, format_text(d, fmt, ap));
    va_end(ap);
}

void document_table(struct document *d, const char *caption, const char *columns,
                    const char *const *heads)
{
    struct block *b = add(d, BLOCK_TABLE, keep(d, caption));
    if (!b)
        return;
    assert(*columns);
    b->n_columns = strlen(columns);
    b->columns = keep(d, columns);
    b->heads = document_keep(d, b->n_columns, sizeof *b->heads);
    for (size_t i = 0; b->heads && i < b->n_columns; i++)
        b->heads[i] = keep(d, heads[i]);
}

static struct row *add_row(struct document *d, struct block *b)
{
    struct row *r = document_keep(d, 1, sizeof *r);
    const char **cells = document_keep(d, b->n_columns, sizeof *cells);
    if (!r || !cells)
        return NULL;
    r->cells = cells;
    if (b->last)
        b->last->next = r;
    else
        b->rows = r;
    b->n_in_last = 0;
    return b->last = r;
}

void document_cell(struct document *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = format_text(d, fmt, ap);
    va_end(ap);
    struct block *b = d->last;
    if (d->failed || !b)
        return;
    assert(b->kind == BLOCK_TABLE);
    struct row *r = b->last && b->n_in_last < b->n_columns ? b->last : add_row(d, b);
    if (r)
        r->cells[b->n_in_last++] = text;
}

void document_figure(struct document *d, const struct document_figure *f)
{
    struct block *b = add(d, BLOCK_FIGURE, NULL);
    if (!b)
        return;
    b->figure = *f;
    b->figure.title = keep(d, f->title);
    b->figure.description = keep(d, f->description);
    b->figure.caption = keep(d, f->caption);
}
