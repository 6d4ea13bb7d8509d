/*
 * panel.c: see draw_priv.h. Lines of one pixel lie on half pixels, where they are sharp; so
 * divisions are rounded to whole pixels from the left upper corner.
 */
#include "base/err.h"
#include "draw/draw_priv.h"
#include "draw/style.h"

#include <math.h>
#include <stddef.h>

static const double margin_px = 14, title_px = 14, line_px = 17;
const double panel_text_px = 12, panel_small_px = 11;

static void write_texts(const struct panel *p, const struct panel_texts *t, double width)
{
    struct canvas *c = p->canvas;
    const struct style *s = p->style;
    double y = margin_px + title_px, inner = width - 2 * margin_px;
    if (t->title)
        canvas_text(c, t->title, margin_px, y, title_px, CANVAS_LEFT,
                    t->subtitle ? inner * 0.62 : inner, s->text);
    if (t->subtitle)
        canvas_text(c, t->subtitle, width - margin_px, y, panel_text_px, CANVAS_RIGHT,
                    inner * 0.36, s->text);
    y = p->top + p->height + 26 + panel_text_px;
    for (size_t i = 0; t->captions && t->captions[i]; i++, y += line_px)
        canvas_text(c, t->captions[i], margin_px, y, panel_text_px, CANVAS_LEFT, inner,
                    s->text);
    canvas_text(c, "nemg \xC2\xB7 research use only", width - margin_px, y, panel_small_px,
                CANVAS_RIGHT, inner, s->text);
}

int panel_new(struct panel *out, enum canvas_format format, const struct style *style,
              const struct panel_texts *texts, double left_px, double right_px, size_t n_x,
              size_t n_y, double division_px, struct err *e)
{
    size_t n_captions = 0;
    while (texts->captions && texts->captions[n_captions])
        n_captions++;
    *out = (struct panel){
        .style = style,
        .left = margin_px + left_px,
        .top = round(margin_px + title_px + 12),
        .width = round((double)n_x * division_px),
        .height = round((double)n_y * division_px),
        .division_px = division_px,
        .n_x = n_x,
        .n_y = n_y,
    };
    double width = out->left + out->width + right_px + margin_px;
    double height =
        out->top + out->height + 26 + line_px * (double)(n_captions + 1) + margin_px / 2;
    int rc = canvas_new_as(&out->canvas, format, (size_t)width, (size_t)height, style->page, e);
    if (rc < 0)
        return rc;
    if (texts->title)
        canvas_title(out->canvas, texts->title);
    canvas_rectangle(out->canvas, out->left, out->top, out->width, out->height, style->panel);
    write_texts(out, texts, width);
    return 0;
}

static void segment(const struct panel *p, double x0, double y0, double x1, double y1,
                    uint32_t color)
{
    const double xy[] = {x0, y0, x1, y1};
    canvas_line(p->canvas, xy, 2, 1, color);
}

// Where division line i is; fifths: of a fifth.
static double at(double from, double division_px, double i)
{
    return from + round(i * division_px) + 0.5;
}

static void grid_lines(const struct panel *p)
{
    for (size_t i = 1; i < p->n_x; i++) {
        double x = at(p->left, p->division_px, (double)i);
        segment(p, x, p->top, x, p->top + p->height, p->style->grid);
    }
    for (size_t i = 1; i < p->n_y; i++) {
        double y = at(p->top, p->division_px, (double)i);
        segment(p, p->left, y, p->left + p->width, y, p->style->grid);
    }
}

static void grid_dots(const struct panel *p)
{
    for (size_t i = 0; i <= p->n_x; i++)
        for (size_t k = 0; k <= 5 * p->n_y; k++)
            canvas_rectangle(p->canvas, at(p->left, p->division_px, (double)i) - 0.5,
                             at(p->top, p->division_px, (double)k / 5) - 0.5, 1, 1,
                             p->style->grid);
    for (size_t i = 0; i <= 5 * p->n_x; i++)
        for (size_t k = 0; k <= p->n_y; k++)
            canvas_rectangle(p->canvas, at(p->left, p->division_px, (double)i / 5) - 0.5,
                             at(p->top, p->division_px, (double)k) - 0.5, 1, 1, p->style->grid);
}

static void grid_crosses(const struct panel *p)
{
    double arm = fmax(2, round(p->division_px / 12));
    for (size_t i = 1; i < p->n_x; i++)
        for (size_t k = 1; k < p->n_y; k++) {
            double x = at(p->left, p->division_px, (double)i);
            double y = at(p->top, p->division_px, (double)k);
            segment(p, x - arm, y, x + arm, y, p->style->grid);
            segment(p, x, y - arm, x, y + arm, p->style->grid);
        }
}

static void grid_middle(const struct panel *p)
{
    double x_mid = at(p->left, p->division_px, (double)p->n_x / 2);
    double y_mid = at(p->top, p->division_px, (double)p->n_y / 2);
    double arm = fmax(2, round(p->division_px / 14));
    segment(p, x_mid, p->top, x_mid, p->top + p->height, p->style->grid);
    segment(p, p->left, y_mid, p->left + p->width, y_mid, p->style->grid);
    for (size_t i = 1; i < p->n_x; i++) {
        double x = at(p->left, p->division_px, (double)i);
        segment(p, x, y_mid - arm, x, y_mid + arm, p->style->grid);
    }
    for (size_t i = 1; i < p->n_y; i++) {
        double y = at(p->top, p->division_px, (double)i);
        segment(p, x_mid - arm, y, x_mid + arm, y, p->style->grid);
    }
}

void panel_grid(const struct panel *p)
{
    static void (*const draw[])(const struct panel *) = {
        [STYLE_GRID_LINES] = grid_lines,
        [STYLE_GRID_DOTS] = grid_dots,
        [STYLE_GRID_CROSS] = grid_crosses,
        [STYLE_GRID_MIDDLE] = grid_middle,
    };
    if (p->style->grid_kind == STYLE_GRID_NONE)
        return;
    canvas_antialias(p->canvas, false);
    draw[p->style->grid_kind](p);
    canvas_antialias(p->canvas, true);
}

void panel_frame(const struct panel *p)
{
    double x0 = p->left + 0.5, y0 = p->top + 0.5;
    double x1 = x0 + p->width, y1 = y0 + p->height;
    const double xy[] = {x0, y0, x1, y0, x1, y1, x0, y1, x0, y0};
    canvas_line(p->canvas, xy, 5, 1, p->style->frame);
}
