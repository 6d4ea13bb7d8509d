/*
 * classify_recordings.c: see classify_recordings.h.
 *
 * A recording is read at the model's rate in pieces of a batch of windows, so that hours fit. The next
 * piece is read and resampled by a thread of its own while the network computes this one on the other threads: of
 * ten minutes at 48 kHz that is half of the work. Where the rules want the recording, too, pieces are read
 * in turn.
 */
#include "job/classify_recordings.h"

#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "data/strip.h"
#include "job/evaluate.h"
#include "job/predict.h"
#include "job/second_opinion.h"
#include "job/sets.h"
#include "model/modelfolder.h"
#include "wave/recording.h"

#include <math.h>
#include <pthread.h>

// Windows [first, first + n) of a recording, as the network reads them.
struct piece {
    const struct work *w;
    const struct strip *s;
    size_t first, n;
    float *values; // [(batch - 1) * hop + n_samples] of the recording
    float *inputs; // [batch][input_floats()]
    bool has_thread;
    pthread_t thread;
    int rc; // of reading
    struct err e;
};

struct work {
    struct model *m;
    struct predictor *predictor;
    bool want_rules;
    size_t batch, hop; // windows, samples
    size_t channel;
    float *probabilities;
    struct second_opinion *rules; // of the recording; NULL: not wanted
    struct piece pieces[2];       // the one that is computed and the next
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to classify recordings");
}

static void *read_piece(void *context)
{
    struct piece *p = context;
    const struct work *w = p->w;
    const struct input *in = &w->m->input;
    size_t n_samples = (p->n - 1) * w->hop + in->signal.n_samples;
    p->rc = strip_read(p->s, p->first * w->hop, n_samples, p->values, &p->e);
    for (size_t i = 0; p->rc == 0 && i < p->n; i++)
        p->rc = input_read_window(p->inputs + i * input_floats(in), in, p->values + i * w->hop,
                                  p->s->is_uv, &p->e);
    return NULL;
}

// Reads from window `first` of n_windows, on a thread if there is one to be had; n 0: none is left.
static void start_piece(struct piece *p, const struct work *w, const struct strip *s,
                        size_t first, size_t n_windows)
{
    size_t left = first < n_windows ? n_windows - first : 0;
    p->w = w;
    p->s = s;
    p->first = first;
    p->n = left < w->batch ? left : w->batch;
    p->rc = 0;
    p->has_thread = p->n && !w->rules && pthread_create(&p->thread, NULL, read_piece, p) == 0;
    if (p->n && !p->has_thread)
        read_piece(p);
}

static void join_piece(struct piece *p)
{
    if (p->has_thread)
        pthread_join(p->thread, NULL);
    p->has_thread = false;
}

static json_t *window_json(const struct work *w, size_t first_sample, const float *q,
                           size_t *n_unsure)
{
    const struct model *m = w->m;
    json_t *probabilities = json_object();
    for (size_t k = 0; k < m->n_classes; k++)
        json_object_set_new(probabilities, m->labels[k], json_real((double)q[k]));
    json_t *o =
        json_pack("{s:f, s:s, s:o}", "onset_s", (double)first_sample / m->input.signal.rate_hz,
                  "label", m->labels[argmax(q, m->n_classes)], "probabilities", probabilities);
    *n_unsure += sets_put(o, m, q);
    return o;
}

static void count(json_t *per_class, const char *label)
{
    json_int_t n = json_integer_value(json_object_get(per_class, label));
    json_object_set_new(per_class, label, json_integer(n + 1));
}

// Adds what the rules say of a window to what the network does.
static int add_rules(json_t *window, const struct work *w, size_t first_sample, struct err *e)
{
    const struct input_signal *in = &w->m->input.signal;
    struct opinion x;
    double from_s = (double)first_sample / in->rate_hz;
    int rc = second_opinion_of(&x, w->rules, from_s,
                               from_s + (double)in->n_samples / in->rate_hz, e);
    if (rc < 0)
        return rc;
    enum rules_class c = x.finding.points_to;
    const char *label = json_string_value(json_object_get(window, "label"));
    enum opinion_agreement a = opinion_compare(c, label, w->m->labels, w->m->n_classes);
    if (json_object_set_new(window, "rules", json_string(rules_class_names[c])) ||
        json_object_set_new(window, "agrees", opinion_agreement_json(a)))
        return no_memory(e);
    return 0;
}

static int run_piece(struct work *w, const struct piece *p, json_t *windows, json_t *per_class,
                     size_t *n_unsure, struct err *e)
{
    int rc = predictor_run(w->predictor, p->inputs, p->n, NULL, w->probabilities, e);
    for (size_t i = 0; rc == 0 && i < p->n; i++) {
        const float *q = w->probabilities + i * w->m->n_classes;
        count(per_class, w->m->labels[argmax(q, w->m->n_classes)]);
        json_t *window = window_json(w, (p->first + i) * w->hop, q, n_unsure);
        if (window && w->rules)
            rc = add_rules(window, w, (p->first + i) * w->hop, e);
        if (json_array_append_new(windows, window))
            rc = no_memory(e);
    }
    return rc;
}

// All n windows.
static int run_pieces(struct work *w, const struct strip *s, size_t n, json_t *windows,
                      json_t *per_class, size_t *n_unsure, const struct monitor *monitor,
                      struct err *e)
{
    struct piece *now = &w->pieces[0], *next = &w->pieces[1];
    int rc = 0;
    start_piece(now, w, s, 0, n);
    while (rc == 0 && now->n) {
        join_piece(now);
        if (now->rc < 0) {
            *e = now->e;
            return now->rc;
        }
        start_piece(next, w, s, now->first + now->n, n);
        rc = run_piece(w, now, windows, per_class, n_unsure, e);
        monitor_progress(monitor, "classifying", now->first + now->n, n, "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while classifying");
        struct piece *done = now;
        now = next;
        next = done;
    }
    join_piece(now);
    return rc;
}

static int run_recording(json_t **out, struct work *w, struct recording *r, const char *path,
                         const struct monitor *monitor, struct err *e)
{
    struct strip s;
    size_t n_samples = w->m->input.signal.n_samples, n_unsure = 0;
    json_t *windows = json_array(), *per_class = json_object();
    *out = NULL;
    for (size_t k = 0; k < w->m->n_classes; k++)
        json_object_set_new(per_class, w->m->labels[k], json_integer(0));
    int rc = strip_of(&s, r, w->channel, w->m->input.signal.rate_hz, e);
    if (rc == 0 && s.n_samples < n_samples)
        rc = err_set(e, ERR_FORMAT, "%s: %g s, shorter than a window of %g s", path,
                     recording_duration_s(r), (double)n_samples / w->m->input.signal.rate_hz);
    if (rc == 0 && w->want_rules)
        rc = second_opinion_new(&w->rules, r, w->channel, e);
    size_t n = rc == 0 ? ((size_t)s.n_samples - n_samples) / w->hop + 1 : 0;
    if (rc == 0)
        rc = run_pieces(w, &s, n, windows, per_class, &n_unsure, monitor, e);
    if (rc == 0 && !(*out = json_pack("{s:o, s:f, s:O, s:O}", "file", jsontext_string(path),
                                      "duration_s", recording_duration_s(r), "per_class",
                                      per_class, "windows", windows)))
        rc = no_memory(e);
    if (rc == 0 && w->m->is_calibrated)
        json_object_set_new(*out, "n_unsure", json_integer((json_int_t)n_unsure));
    json_decref(windows);
    json_decref(per_class);
    second_opinion_free(w->rules);
    w->rules = NULL;
    return rc;
}

static int run_path(json_t **out, struct work *w, const char *path,
                    const struct monitor *monitor, struct err *e)
{
    struct recording *r;
    *out = NULL;
    int rc = recording_open(&r, path, NULL, e);
    if (rc == 0)
        rc = run_recording(out, w, r, path, monitor, e);
    recording_close(r);
    return rc;
}

static int prepare(struct work *w, const struct classify_recordings_options *o, struct err *e)
{
    const struct input_signal *in = &w->m->input.signal;
    double hop = o->hop_ms > 0 ? o->hop_ms / 1000 * in->rate_hz : (double)in->n_samples / 2;
    if (!(hop >= 1 && hop <= INPUT_MAX_SAMPLES))
        return err_set(e, ERR_USAGE, "a hop of %g ms is %g samples at %g Hz, wanted 1 to %d",
                       o->hop_ms, hop, in->rate_hz, INPUT_MAX_SAMPLES);
    w->hop = (size_t)lround(hop);
    w->want_rules = o->want_rules;
    w->batch = o->batch ? o->batch : predictor_best_batch(&w->m->network);
    w->channel = o->channel;
    w->probabilities = mem_array(w->batch, w->m->n_classes * sizeof *w->probabilities);
    if (!w->probabilities)
        return no_memory(e);
    for (size_t i = 0; i < 2; i++) {
        struct piece *p = &w->pieces[i];
        p->inputs = mem_array(w->batch, input_floats(&w->m->input) * sizeof *p->inputs);
        p->values = mem_array((w->batch - 1) * w->hop + in->n_samples, sizeof *p->values);
        if (!p->inputs || !p->values)
            return no_memory(e);
    }
    // a team that shared a core with the reader would wait for it, actively
    size_t n_threads = net_threads(o->n_threads), n_reading = !w->want_rules && n_threads > 1;
    int rc = predictor_open_model(
        &w->predictor, w->m,
        &(struct predictor_options){w->batch, n_threads - n_reading, o->numbers}, e);
    if (rc == 0)
        predictor_set_temperature(w->predictor, w->m->calibration.temperature);
    return rc;
}

static int run_all(json_t *results, json_t *rejected, struct work *w,
                   const struct classify_recordings_options *o, const struct monitor *monitor,
                   struct err *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < o->n_paths; i++) {
        json_t *result;
        rc = o->opened ? run_recording(&result, w, o->opened, o->paths[i], monitor, e)
                       : run_path(&result, w, o->paths[i], monitor, e);
        if (rc == 0)
            rc = json_array_append_new(results, result) ? no_memory(e) : 0;
        else if (rc != ERR_CANCELLED && rc != ERR_MEMORY && rc != ERR_DEVICE) {
            json_array_append_new(rejected,
                                  json_pack("{s:o, s:o}", "file", jsontext_string(o->paths[i]),
                                            "why", jsontext_string(e->text)));
            rc = 0;
        }
    }
    if (rc == 0 && !json_array_size(results))
        rc = err_set(e, ERR_FORMAT, "%s",
                     json_string_value(json_object_get(json_array_get(rejected, 0), "why")));
    return rc;
}

int classify_recordings(json_t **report, struct model *m,
                        const struct classify_recordings_options *o,
                        const struct monitor *monitor, struct err *e)
{
    struct work w = {.m = m};
    json_t *results = json_array(), *rejected = json_array(), *classes = json_array();
    double ms_per_sample = 1000 / m->input.signal.rate_hz;
    *report = NULL;
    for (size_t k = 0; k < m->n_classes; k++)
        json_array_append_new(classes, jsontext_string(m->labels[k]));
    int rc = prepare(&w, o, e);
    if (rc == 0)
        rc = run_all(results, rejected, &w, o, monitor, e);
    if (rc == 0 &&
        !(*report = json_pack(
              "{s:o, s:s, s:O, s:o, s:f, s:f, s:O, s:O}", "model", jsontext_string(m->name),
              "number_type", predictor_number_type(m, o->numbers), "classes", classes,
              "calibration", sets_calibration(m), "window_ms",
              (double)m->input.signal.n_samples * ms_per_sample, "hop_ms",
              (double)w.hop * ms_per_sample, "results", results, "rejected", rejected)))
        rc = no_memory(e);
    predictor_close(w.predictor);
    json_decref(results);
    json_decref(rejected);
    json_decref(classes);
    mem_free(w.probabilities);
    for (size_t i = 0; i < 2; i++) {
        mem_free(w.pieces[i].inputs);
        mem_free(w.pieces[i].values);
    }
    return rc;
}
