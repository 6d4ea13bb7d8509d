/*
 * document_html.c: a document as one HTML file.
 *
 * SVG figures name their colours in attributes; in a dark page the style sheet gives ink, grid and
 * ground of a chart (chart.h) other values by these attributes. So the same figure serves both.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "draw/document_priv.h"

#include <stdio.h>
#include <string.h>

static const char style[] =
    ":root{color-scheme:light dark;--ground:#fff;--ink:#1d2730;--soft:#56636e;--line:#d5dbe0;"
    "--band:#f4f6f8;--lead:#e9f2f8;--edge:#0072b2}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 \"DejaVu Sans\","
    "Verdana,system-ui,sans-serif}\n"
    "main{max-width:54rem;margin:0 auto;padding:2rem 1.25rem 4rem}\n"
    "h1,h2,h3{line-height:1.25;margin:2.2em 0 .6em}\n"
    "h1{font-size:1.8rem;margin-top:0}h2{font-size:1.35rem;border-bottom:1px solid var(--line);"
    "padding-bottom:.25em}h3{font-size:1.08rem}\n"
    "p,li{max-width:46rem}.note,figcaption,caption{color:var(--soft);font-size:.87rem}\n"
    ".lead{background:var(--lead);border-left:.3rem solid var(--edge);padding:.7rem 1rem;"
    "max-width:none}\n"
    "nav ul{columns:2;padding-left:1.2rem}\n"
    "a{color:var(--edge)}\n"
    ".scroll{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;font-size:.87rem}"
    "caption{text-align:left;padding:0 0 .4rem}\n"
    "th,td{padding:.32rem .55rem;border-bottom:1px solid var(--line);text-align:left;"
    "vertical-align:top}\n"
    "thead th{border-bottom:2px solid var(--soft)}tbody tr:nth-child(even){background:"
    "var(--band)}\n"
    "th{font-weight:600}.r{text-align:right;white-space:nowrap;font-variant-numeric:"
    "tabular-nums}\n"
    "td,tbody th{overflow-wrap:break-word}\n"
    ".figures{display:flex;flex-wrap:wrap;gap:1.25rem 1rem;margin:1rem 0}\n"
    "figure{margin:0;max-width:100%}figure h4{margin:0 0 .3rem;font-size:.92rem}"
    "figure svg{max-width:100%;height:auto;display:block}\n"
    "footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.6rem;"
    "color:var(--soft);font-size:.87rem}\n"
    "@media (prefers-color-scheme:dark){:root{--ground:#14191e;--ink:#e6ebef;--soft:#a3b0ba;"
    "--line:#38434c;--band:#1b2229;--lead:#182a38;--edge:#63b7e8}\n"
    "svg [fill=\"#1D2730\"]{fill:#e6ebef}svg [stroke=\"#1D2730\"]{stroke:#e6ebef}"
    "svg [fill=\"#56636E\"]{fill:#a3b0ba}svg [stroke=\"#56636E\"]{stroke:#a3b0ba}"
    "svg [stroke=\"#DDE2E6\"]{stroke:#333d46}svg [fill=\"#FFFFFF\"]{fill:#14191e}svg "
    "[fill=\"#F4F6F8\"]{fill:#1f272e}"
    "svg [stroke=\"#0072B2\"]{stroke:#4aa8dd}svg [fill=\"#0072B2\"]{fill:#4aa8dd}"
    "svg [stroke=\"#AA4499\"]{stroke:#d982c8}svg [fill=\"#AA4499\"]{fill:#d982c8}}\n"
    "@media print{:root{color-scheme:light}body{font-size:10pt}main{padding:0;max-width:none}"
    "h2,h3,figure,tr{break-inside:avoid}h2,h3{break-after:avoid}nav{display:none}"
    ".scroll{overflow:visible}}\n";

static void put(struct buffer *b, const char *s)
{
    buffer_append(b, s, strlen(s));
}

static void put_escaped(struct buffer *b, const char *s)
{
    for (; s && *s; s++)
        switch (*s) {
        case '&':
            put(b, "&amp;");
            break;
        case '<':
            put(b, "&lt;");
            break;
        case '>':
            put(b, "&gt;");
            break;
        case '"':
            put(b, "&quot;");
            break;
        default:
            buffer_u8(b, (uint8_t)*s);
        }
}

static void put_element(struct buffer *b, const char *name, const char *text)
{
    buffer_printf(b, "<%s>", name);
    put_escaped(b, text);
    buffer_printf(b, "</%.*s>\n", (int)strcspn(name, " "), name);
}

static void put_contents(struct buffer *b, const struct document *d)
{
    size_t i = 0;
    put(b, "<nav aria-label=\"contents\"><ul>\n");
    for (const struct block *x = d->first; x; x = x->next)
        if (x->kind == BLOCK_HEADING && x->level == 1) {
            buffer_printf(b, "<li><a href=\"#s%zu\">", i++);
            put_escaped(b, x->text);
            put(b, "</a></li>\n");
        }
    put(b, "</ul></nav>\n");
}

static const char *class_of(const struct block *b, size_t column)
{
    return b->columns[column] == 'r' ? " class=\"r\"" : "";
}

static void put_table(struct buffer *b, const struct block *x)
{
    put(b, "<div class=\"scroll\"><table>\n");
    if (x->text)
        put_element(b, "caption", x->text);
    put(b, "<thead><tr>");
    for (size_t k = 0; k < x->n_columns; k++) {
        buffer_printf(b, "<th scope=\"col\"%s>", class_of(x, k));
        put_escaped(b, x->heads[k]);
        put(b, "</th>");
    }
    put(b, "</tr></thead>\n<tbody>\n");
    for (const struct row *r = x->rows; r; r = r->next) {
        put(b, "<tr>");
        for (size_t k = 0; k < x->n_columns; k++) {
            const char *name = k ? "td" : "th";
            buffer_printf(b, "<%s%s%s>", name, k ? "" : " scope=\"row\"", class_of(x, k));
            put_escaped(b, r->cells[k]);
            buffer_printf(b, "</%s>", name);
        }
        put(b, "</tr>\n");
    }
    put(b, "</tbody></table></div>\n");
}

static int put_figure(struct buffer *b, const struct document_figure *f, struct err *e)
{
    struct canvas *c;
    unsigned char *svg = NULL;
    size_t n;
    int rc = canvas_new_as(&c, CANVAS_FORMAT_SVG, (size_t)f->width, (size_t)f->height,
                           CHART_GROUND, e);
    if (rc < 0)
        return rc;
    canvas_title(c, f->title);
    canvas_describe(c, f->description);
    f->draw(c, (struct chart_box){0, 0, f->width, f->height}, f->context);
    rc = canvas_file(&svg, &n, c, e);
    canvas_free(c);
    if (rc < 0)
        return rc;
    put(b, "<figure style=\"width:");
    buffer_printf(b, "%.0fpx\">", f->width);
    put_element(b, "h4", f->title);
    // the XML declaration has no place within HTML
    static const char begins[] = "<svg ";
    const char *from = strstr((const char *)svg, begins);
    size_t skipped = (size_t)(from - (const char *)svg) + strlen(begins);
    buffer_printf(b, "%srole=\"img\" aria-label=\"", begins);
    put_escaped(b, f->title);
    put(b, ". ");
    put_escaped(b, f->description);
    put(b, "\" ");
    buffer_append(b, svg + skipped, n - skipped);
    if (f->caption)
        put_element(b, "figcaption", f->caption);
    put(b, "</figure>\n");
    mem_free(svg);
    return 0;
}

// What opens and closes around runs of figures and of items.
static void put_borders(struct buffer *b, const struct block *before, const struct block *x)
{
    enum block_kind was = before ? before->kind : BLOCK_TEXT, is = x ? x->kind : BLOCK_TEXT;
    if (was != is && was == BLOCK_FIGURE)
        put(b, "</div>\n");
    if (was != is && was == BLOCK_ITEM)
        put(b, "</ul>\n");
    if (was != is && is == BLOCK_FIGURE)
        put(b, "<div class=\"figures\">\n");
    if (was != is && is == BLOCK_ITEM)
        put(b, "<ul>\n");
}

static int put_block(struct buffer *b, const struct block *x, size_t *n_headings, struct err *e)
{
    static const char *const names[] = {[BLOCK_TEXT] = "p",
                                        [BLOCK_LEAD] = "p class=\"lead\"",
                                        [BLOCK_NOTE] = "p class=\"note\"",
                                        [BLOCK_ITEM] = "li"};
    char name[32];
    switch (x->kind) {
    case BLOCK_HEADING:
        if (x->level == 1)
            snprintf(name, sizeof name, "h2 id=\"s%zu\"", (*n_headings)++);
        put_element(b, x->level == 1 ? name : "h3", x->text);
        return 0;
    case BLOCK_TABLE:
        put_table(b, x);
        return 0;
    case BLOCK_FIGURE:
        return put_figure(b, &x->figure, e);
    default:
        put_element(b, names[x->kind], x->text);
        return 0;
    }
}

int document_html(unsigned char **out, size_t *n, const struct document *d, struct err *e)
{
    struct buffer b = {0};
    size_t n_headings = 0;
    int rc = d->failed ? err_set(e, ERR_MEMORY, "no memory for a document") : 0;
    *out = NULL;
    *n = 0;
    put(&b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
            "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    put_element(&b, "title", d->title);
    buffer_printf(&b, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
    put_element(&b, "h1", d->title);
    const struct block *before = NULL;
    bool has_contents = false;
    for (const struct block *x = d->first; rc == 0 && x; before = x, x = x->next) {
        put_borders(&b, before, x);
        if (x->kind == BLOCK_HEADING && !has_contents) {
            put_contents(&b, d);
            has_contents = true;
        }
        rc = put_block(&b, x, &n_headings, e);
    }
    put_borders(&b, before, NULL);
    put_element(&b, "footer", d->footer);
    put(&b, "</main>\n</body>\n</html>\n");
    if (rc == 0 && b.failed)
        rc = err_set(e, ERR_MEMORY, "no memory for a document");
    if (rc < 0) {
        buffer_release(&b);
        return rc;
    }
    *out = b.data;
    *n = b.n;
    return 0;
}
