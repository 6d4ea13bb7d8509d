/*
 * explain.c: see explain.h. Reading and the map; what is drawn and told of it is in
 * explain_show.c.
 */
#include "job/explain.h"

#include "base/err.h"
#include "base/mem.h"
#include "data/strip.h"
#include "image/preprocess.h"
#include "job/evaluate.h"
#include "model/modelfolder.h"
#include "wave/recording.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to explain");
}

void explanation_release(struct explanation *x)
{
    mem_free(x->path);
    mem_free(x->probabilities);
    mem_free(x->map.values);
    mem_free(x->window);
    mem_free(x->channel_name);
    mem_free(x->share);
    image_release(&x->picture);
    *x = (struct explanation){0};
}

static int find_class(size_t *out, const struct model *m, const char *name, struct err *e)
{
    char names[160] = "";
    for (size_t k = 0; k < m->n_classes; k++) {
        size_t used = strlen(names);
        if (!strcmp(m->labels[k], name)) {
            *out = k;
            return 0;
        }
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", m->labels[k]);
    }
    return err_set(e, ERR_USAGE, "%s: no class \"%.40s\", wanted one of %s", m->name, name,
                   names);
}

// ---- Reading ----

static int read_picture(float *input, struct explanation *x, const struct model *m,
                        const struct explain_options *o, struct err *e)
{
    int rc = image_read(&x->picture, o->path, e);
    if (rc == ERR_UNSUPPORTED || rc == ERR_FORMAT)
        err_prefix(e, "%s reads pictures", m->name);
    if (rc == 0)
        preprocess_eval(input, &m->input.picture, &x->picture);
    return rc;
}

// The window from at_s on, which must be there.
static int read_window(struct explanation *x, const struct strip *s,
                       const struct explain_options *o, struct err *e)
{
    double first = round(o->at_s * s->rate_hz);
    if (!(first >= 0 && first + (double)x->n <= (double)s->n_samples))
        return err_set(
            e, ERR_USAGE,
            "%s: a window of %g s at %g s is not within the recording, which has 0 to "
            "%.3f s",
            o->path, (double)x->n / s->rate_hz, o->at_s, (double)s->n_samples / s->rate_hz);
    x->window = mem_array(x->n, sizeof *x->window);
    return x->window ? strip_read(s, (uint64_t)first, x->n, x->window, e) : no_memory(e);
}

static int judge_by_rules(struct explanation *x, struct recording *r, struct err *e)
{
    struct second_opinion *s;
    int rc = second_opinion_new(&s, r, x->channel, e);
    if (rc == 0)
        rc = second_opinion_of(&x->opinion, s, x->at_s, x->at_s + (double)x->n / x->rate_hz, e);
    second_opinion_free(s);
    return rc;
}

static int read_recording(float *input, struct explanation *x, const struct model *m,
                          const struct explain_options *o, struct err *e)
{
    struct recording *r;
    struct strip s;
    int rc = recording_open(&r, o->path, o->hints, e);
    if (rc == ERR_UNSUPPORTED)
        err_prefix(e, "%s reads recordings", m->name);
    if (rc < 0)
        return rc;
    x->n = m->input.signal.n_samples;
    x->rate_hz = m->input.signal.rate_hz;
    x->at_s = o->at_s;
    x->channel = o->channel;
    x->knows_polarity = r->polarity != POLARITY_UNKNOWN;
    if (o->channel >= r->n_channels)
        rc = err_set(e, ERR_USAGE, "%s: no channel %zu, it has %zu", o->path, o->channel + 1,
                     r->n_channels);
    if (rc == 0)
        rc = strip_of(&s, r, o->channel, x->rate_hz, e);
    if (rc == 0)
        rc = read_window(x, &s, o, e);
    if (rc == 0)
        rc = judge_by_rules(x, r, e);
    if (rc == 0 && !(x->channel_name = mem_strdup(r->channels[o->channel].name)))
        rc = no_memory(e);
    if (rc == 0) {
        x->is_uv = s.is_uv;
        rc = input_read_window(input, &m->input, x->window, s.is_uv, e);
        if (rc < 0)
            err_prefix(e, "%s at %g s", o->path, o->at_s);
    }
    recording_close(r);
    return rc;
}

// ---- What the map says of what a person sees ----

static float share_of(const struct explanation *x, double value)
{
    return x->peak > 0 ? (float)fmin(fmax(value / x->peak, 0), 1) : 0;
}

// A map of several bands is averaged over them, what speaks against the class left out.
static double over_time(const struct saliency_map *m, double at)
{
    double sum = 0;
    for (size_t i = 0; i < m->rows; i++)
        sum += fmax(saliency_at(m, m->first_y + (double)i * m->step_y, at), 0);
    return sum / (double)m->rows;
}

static int share_over_window(struct explanation *x, struct err *e)
{
    double most = 0;
    if (!(x->share = mem_array(x->n, sizeof *x->share)))
        return no_memory(e);
    for (size_t i = 0; i < x->n; i++) {
        x->share[i] = (float)over_time(&x->map, (double)i);
        most = fmax(most, (double)x->share[i]);
    }
    for (size_t i = 0; most > 0 && i < x->n; i++)
        x->share[i] = (float)((double)x->share[i] / most);
    return 0;
}

// From pixels of the file to places of the network's input: the way back through preprocess_eval().
static int share_over_picture(struct explanation *x, const struct preprocess *p, struct err *e)
{
    size_t w = x->picture.width, h = x->picture.height;
    double crop_h = (double)h * p->central_fraction, crop_w = (double)w * p->central_fraction;
    double top = ((double)h - crop_h) / 2, left = ((double)w - crop_w) / 2;
    if (!(x->share = mem_array(w * h, sizeof *x->share)))
        return no_memory(e);
    for (size_t i = 0; i < h; i++)
        for (size_t k = 0; k < w; k++) {
            double y = ((double)i - top) / crop_h, at = ((double)k - left) / crop_w;
            bool is_seen = y >= 0 && y < 1 && at >= 0 && at < 1;
            x->share[i * w + k] = is_seen
                                      ? share_of(x, saliency_at(&x->map, y * (double)p->height,
                                                                at * (double)p->width))
                                      : 0;
        }
    return 0;
}

static int keep_map(struct explanation *x, const struct saliency_map *map, struct err *e)
{
    size_t n = map->rows * map->columns;
    x->map = *map;
    if (!(x->map.values = mem_array(n, sizeof *map->values)))
        return no_memory(e);
    memcpy(x->map.values, map->values, n * sizeof *map->values);
    x->peak = -HUGE_VAL;
    for (size_t i = 0; i < n; i++)
        x->peak = fmax(x->peak, (double)map->values[i]);
    return 0;
}

int explain(struct explanation *out, struct saliency *s, const struct explain_options *o,
            struct err *e)
{
    const struct model *m = saliency_model(s);
    struct saliency_map map;
    bool is_picture = m->input.kind == INPUT_PICTURE;
    *out = (struct explanation){.saliency = s, .path = mem_strdup(o->path)};
    out->probabilities = mem_array(m->n_classes, sizeof *out->probabilities);
    float *input = mem_array(input_floats(&m->input), sizeof *input);
    int rc = out->path && out->probabilities && input ? 0 : no_memory(e);
    if (rc == 0 && o->class_name)
        rc = find_class(&out->i_class, m, o->class_name, e);
    if (rc == 0)
        rc = (is_picture ? read_picture : read_recording)(input, out, m, o, e);
    struct saliency_subject x = {input, out->window, out->is_uv};
    if (rc == 0)
        rc = saliency_answer(s, &x, out->probabilities, e);
    if (rc == 0) {
        out->i_predicted = argmax(out->probabilities, m->n_classes);
        out->i_class = o->class_name ? out->i_class : out->i_predicted;
        out->agreement = opinion_compare(out->opinion.finding.points_to,
                                         m->labels[out->i_predicted], m->labels, m->n_classes);
        rc = saliency_run(&map, s, &x, out->i_class, e);
    }
    if (rc == 0)
        rc = keep_map(out, &map, e);
    if (rc == 0)
        rc = is_picture ? share_over_picture(out, &m->input.picture, e)
                        : share_over_window(out, e);
    mem_free(input);
    if (rc < 0)
        explanation_release(out);
    return rc;
}
