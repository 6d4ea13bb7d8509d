/* explain_show.c: an explanation as JSON and as a picture. See explain.h. */
#include "job/explain.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "draw/card.h"
#include "draw/heat.h"
#include "draw/style.h"
#include "draw/trace.h"
#include "dsp/median.h"
#include "model/modelfolder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// ---- JSON ----

static json_t *map_json(const struct saliency_map *m)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < m->rows; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < m->columns; k++)
            json_array_append_new(row, json_real((double)m->values[i * m->columns + k]));
        json_array_append_new(rows, row);
    }
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:o}", "first_y", m->first_y, "step_y",
                     m->step_y, "first_x", m->first_x, "step_x", m->step_x, "extent_x",
                     m->extent_x, "values", rows);
}

static json_t *probabilities_json(const struct explanation *x)
{
    const struct model *m = saliency_model(x->saliency);
    json_t *o = json_object();
    for (size_t k = 0; k < m->n_classes; k++)
        json_object_set_new(o, m->labels[k], json_real((double)x->probabilities[k]));
    return o;
}

json_t *explanation_json(const struct explanation *x)
{
    const struct model *m = saliency_model(x->saliency);
    const struct saliency_options *s = saliency_settings(x->saliency);
    bool is_recording = m->input.kind != INPUT_PICTURE;
    json_t *o = json_object();
    const struct {
        const char *key;
        json_t *value;
    } members[] = {
        {"file", jsontext_string(x->path)},
        {"label", jsontext_string(m->labels[x->i_predicted])},
        {"probabilities", probabilities_json(x)},
        {"class", jsontext_string(m->labels[x->i_class])},
        {"method", json_string(saliency_methods[s->method])},
        {"layer", jsontext_string(s->layer)},
        {"map", map_json(&x->map)},
        {"peak", json_real(x->peak)},
        {"rules", is_recording ? opinion_json(&x->opinion, x->agreement) : NULL},
        {"channel", is_recording ? json_integer((json_int_t)x->channel + 1) : NULL},
        {"at_s", is_recording ? json_real(x->at_s) : NULL},
        {"rate_hz", is_recording ? json_real(x->rate_hz) : NULL},
        {"n_samples", is_recording ? json_integer((json_int_t)x->n) : NULL},
    };
    bool is_whole = o != NULL;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) // takes each value
        if ((members[i].value || i < 8) &&
            json_object_set_new(o, members[i].key, members[i].value))
            is_whole = false;
    if (is_whole)
        return o;
    json_decref(o);
    return NULL;
}

// ---- Pictures ----

enum { MAX_CAPTIONS = 6 };

struct texts {
    struct arena arena;
    const char *title, *most;
    const char *captions[MAX_CAPTIONS + 1];
    size_t n;
};

static void add_caption(struct texts *t, const char *text)
{
    if (text && t->n < MAX_CAPTIONS)
        t->captions[t->n++] = text;
}

// What both kinds of pictures say.
static int make_texts(struct texts *t, const struct explanation *x, struct err *e)
{
    const struct model *m = saliency_model(x->saliency);
    const struct saliency_options *s = saliency_settings(x->saliency);
    struct arena *a = &t->arena;
    const char *label = m->labels[x->i_class];
    const char *of = s->layer ? arena_printf(a, " of %s", s->layer) : "";
    t->title = path_base(x->path);
    t->most = arena_printf(a, "for %s", label);
    const char *how = arena_printf(a, "%s%s: what speaks for %s (probability %.1f %%)",
                                   saliency_titles[s->method], of ? of : "", label,
                                   100 * (double)x->probabilities[x->i_class]);
    const char *most =
        x->i_class == x->i_predicted
            ? ""
            : arena_printf(a, "the network's answer is %s (%.1f %%)", m->labels[x->i_predicted],
                           100 * (double)x->probabilities[x->i_predicted]);
    if (!t->most || !how || !most || !of)
        return err_set(e, ERR_MEMORY, "no memory for captions");
    add_caption(t, how);
    if (*most)
        add_caption(t, most);
    if (!(x->peak > 0))
        add_caption(t, "nothing in it speaks for this class");
    return 0;
}

static int draw_picture(unsigned char **out, size_t *n, const struct explanation *x,
                        const struct texts *t, struct err *e)
{
    const struct model *m = saliency_model(x->saliency);
    size_t w = x->picture.width, h = x->picture.height;
    uint8_t *rgb = mem_array(w * h, 3);
    double *p = mem_array(m->n_classes, sizeof *p);
    int rc = rgb && p ? 0 : err_set(e, ERR_MEMORY, "no memory to draw a picture");
    if (rc == 0) {
        memcpy(rgb, x->picture.rgb, w * h * 3);
        heat_over(rgb, x->share, w, h);
        for (size_t k = 0; k < m->n_classes; k++)
            p[k] = (double)x->probabilities[k];
        const struct card card = {
            .title = t->title,
            .rgb = rgb,
            .width = w,
            .height = h,
            .labels = (const char *const *)m->labels,
            .probabilities = p,
            .n = m->n_classes,
            .captions = t->captions,
            .heat_most = t->most,
            .heat_least = "nothing",
        };
        rc = card_png(out, n, &card, e);
    }
    mem_free(rgb);
    mem_free(p);
    return rc;
}

// "rules: PSW (positive first, 12.1 ms, negative / positive 0.12, 8.1 Hz)"
static const char *opinion_text(struct arena *a, const struct explanation *x)
{
    const struct rules_finding *f = &x->opinion.finding;
    const char *says = rules_class_names[f->points_to], *text;
    if (!f->has_discharge)
        return arena_printf(a, "rules: %s (nothing above noise)", says);
    const struct rule_finding *r = f->rule;
    const char *first = !isfinite(r[RULE_FIRST_DEFLECTION].value) ? "polarity not told"
                        : r[RULE_FIRST_DEFLECTION].value > 0      ? "positive first"
                                                                  : "negative first";
    text = arena_printf(a, "rules: %s (%s, %.1f ms", says, first,
                        (double)(f->end - f->first) * 1000 / x->opinion.rate_hz);
    if (text && isfinite(r[RULE_NEGATIVE_RATIO].value))
        text =
            arena_printf(a, "%s, negative / positive %.2f", text, r[RULE_NEGATIVE_RATIO].value);
    if (text && isfinite(r[RULE_RATE].value))
        text = arena_printf(a, "%s, %.1f Hz", text, r[RULE_RATE].value);
    return text ? arena_printf(
                      a, "%s)%s", text,
                      x->agreement == OPINION_DISAGREES ? ": disagrees with the network" : "")
                : NULL;
}

// Takes the median off; returns the largest deviation.
static int level(float **out, double *peak, const struct explanation *x, struct err *e)
{
    float *y = mem_array(x->n, sizeof *y);
    *out = y;
    *peak = 0;
    if (!y)
        return err_set(e, ERR_MEMORY, "no memory to draw a trace");
    memcpy(y, x->window, x->n * sizeof *y);
    float middle = median_of(y, x->n);
    for (size_t i = 0; i < x->n; i++) {
        y[i] = x->window[i] - middle;
        *peak = fmax(*peak, fabs((double)y[i]));
    }
    return 0;
}

static int draw_trace(unsigned char **out, size_t *n, const struct explanation *x,
                      struct texts *t, enum canvas_format format, struct err *e)
{
    enum { N_Y = 8 };
    float *y = NULL;
    double peak, window_ms = (double)x->n * 1000 / x->rate_hz;
    const char *unit = x->is_uv ? "\xC2\xB5V" : "counts";
    char amount[48];
    int rc = level(&y, &peak, x, e);
    if (rc < 0)
        return rc;
    double ms_per_div = trace_nice(window_ms / 10 * (1 - 1e-9));
    double per_div = peak > 0 ? trace_nice(peak / (0.45 * N_Y)) : 50;
    trace_amount(amount, sizeof amount, per_div, unit);
    add_caption(t, opinion_text(&t->arena, x));
    add_caption(t, arena_printf(&t->arena, "%g ms/div \xC2\xB7 %s/div \xC2\xB7 negative up%s",
                                ms_per_div, amount,
                                x->knows_polarity ? "" : " (polarity not told)"));
    const char *title =
        *x->channel_name ? arena_printf(&t->arena, "%s \xC2\xB7 %s", t->title, x->channel_name)
                         : t->title;
    struct trace_sweep sweep = {
        .samples = y, .n = x->n, .rate_hz = x->rate_hz, .heat = x->share};
    const struct trace_page page = {
        .style = styles,
        .title = title ? title : t->title,
        .subtitle = arena_printf(&t->arena, "at %.3f s", x->at_s),
        .captions = t->captions,
        .unit = unit,
        .ms_per_div = ms_per_div,
        .per_div = per_div,
        .n_x = (size_t)fmin(ceil(window_ms / ms_per_div * (1 - 1e-9)), TRACE_MAX_DIVISIONS),
        .n_y = N_Y,
        .division_px = 64,
        .is_turned = true,
        .sweeps = &sweep,
        .n_sweeps = 1,
        .heat_most = t->most,
        .heat_least = "nothing",
    };
    rc = trace_draw(out, n, &page, format, e);
    mem_free(y);
    return rc;
}

int explanation_draw(unsigned char **out, size_t *n, const struct explanation *x,
                     enum canvas_format format, struct err *e)
{
    bool is_picture = saliency_model(x->saliency)->input.kind == INPUT_PICTURE;
    struct texts t = {0};
    *out = NULL;
    *n = 0;
    if (is_picture && format != CANVAS_FORMAT_PNG)
        return err_set(e, ERR_UNSUPPORTED, "an explained picture is drawn as .png only");
    arena_init(&t.arena);
    int rc = make_texts(&t, x, e);
    if (rc == 0)
        rc = is_picture ? draw_picture(out, n, x, &t, e) : draw_trace(out, n, x, &t, format, e);
    arena_release(&t.arena);
    return rc;
}
