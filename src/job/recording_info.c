/* recording_info.c: see recording_info.h. */
#include "job/recording_info.h"

#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "dsp/measure.h"
#include "dsp/repeat.h"
#include "wave/recording.h"

#include <math.h>

enum { BLOCK = 1 << 16, REPEAT_MAX_SAMPLES = 1 << 26 };

// NULL, and so null, for 0 where that means "not known".
static json_t *known(double v)
{
    return v != 0 ? json_real(v) : json_null();
}

// The difference of the converter's largest and smallest value; 0: not known.
static double full_scale(const struct channel *c)
{
    double gain = fabs(c->counts_per_uv);
    if (c->bits == 0 || (gain == 0 && c->unit == CHANNEL_UNIT_MICROVOLTS))
        return 0;
    return ldexp(1, c->bits) / (gain > 0 ? gain : 1);
}

static int measure_channel(struct measures *out, struct recording *r, size_t i,
                           const struct monitor *monitor, struct err *e)
{
    const struct channel *c = &r->channels[i];
    struct measure *m = NULL;
    float *block = mem_array(BLOCK, sizeof *block);
    int rc = block ? measure_new(&m, c->rate_hz, full_scale(c), e)
                   : err_set(e, ERR_MEMORY, "no memory to measure");
    for (uint64_t at = 0; rc == 0 && at < c->n_samples; at += BLOCK) {
        size_t n = c->n_samples - at < BLOCK ? (size_t)(c->n_samples - at) : BLOCK;
        rc = recording_read(r, i, at, n, block, e);
        if (rc == 0)
            measure_add(m, block, n);
        monitor_progress(monitor, "measuring", at + n, c->n_samples, c->name);
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while measuring");
    }
    if (rc == 0)
        measure_end(m, out);
    measure_free(m);
    mem_free(block);
    return rc;
}

// The beginning of the channel, as far as repeat_find() looks.
static int find_repeats(json_t *list, struct recording *r, size_t i, struct err *e)
{
    struct repeat found[REPEAT_MAX];
    const struct channel *c = &r->channels[i];
    double most = fmin(REPEAT_MAX_SAMPLES, 17 * 60 * c->rate_hz);
    size_t n = (double)c->n_samples < most ? (size_t)c->n_samples : (size_t)most, n_found = 0;
    float *x = mem_array(n, sizeof *x);
    int rc = x ? recording_read(r, i, 0, n, x, e)
               : err_set(e, ERR_MEMORY, "no memory to look for repeats");
    if (rc == 0)
        rc = repeat_find(found, &n_found, NULL, x, n, c->rate_hz, e);
    for (size_t k = 0; rc == 0 && k < n_found; k++)
        json_array_append_new(list,
                              json_pack("{s:f, s:f, s:f, s:f}", "first_s", found[k].first_s,
                                        "duration_s", found[k].duration_s, "lag_s",
                                        found[k].lag_s, "similarity", found[k].similarity));
    mem_free(x);
    return rc;
}

static int put_measures(json_t *o, const struct measures *m, bool has_samples, bool has_scale)
{
    const struct {
        const char *key;
        double value;
        bool is_known;
    } reals[] = {{"min", m->min, has_samples},
                 {"max", m->max, has_samples},
                 {"offset", m->mean, has_samples},
                 {"rms", m->rms, has_samples},
                 {"noise", m->noise, has_samples},
                 {"noise_quiet", m->noise_quiet, m->noise_quiet > 0},
                 {"step", m->step, m->step > 0},
                 {"mains_50", m->mains_50, m->has_mains},
                 {"mains_60", m->mains_60, m->has_mains}};
    int bad = 0;
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++)
        bad |= json_object_set_new(o, reals[i].key,
                                   reals[i].is_known ? json_real(reals[i].value) : json_null());
    bad |= json_object_set_new(o, "n_clipped", json_integer((json_int_t)m->n_clipped));
    bad |= json_object_set_new(o, "n_clip_runs", json_integer((json_int_t)m->n_clip_runs));
    return bad | json_object_set_new(o, "n_wrapped",
                                     has_scale ? json_integer((json_int_t)m->n_wrapped)
                                               : json_null());
}

static int describe_channel(json_t *list, struct recording *r, size_t i, bool want_repeats,
                            const struct monitor *monitor, struct err *e)
{
    const struct channel *c = &r->channels[i];
    struct measures m = {0};
    json_t *repeats = json_array();
    int rc = measure_channel(&m, r, i, monitor, e);
    if (rc == 0 && want_repeats)
        rc = find_repeats(repeats, r, i, e);
    json_t *o = json_pack(
        "{s:o, s:s, s:f, s:I, s:o, s:f, s:o, s:o}", "name", jsontext_string(c->name), "unit",
        c->unit == CHANNEL_UNIT_MICROVOLTS ? "uV" : "counts", "rate_hz", c->rate_hz,
        "n_samples", (json_int_t)c->n_samples, "counts_per_uv",
        known(c->unit == CHANNEL_UNIT_MICROVOLTS ? c->counts_per_uv : 0), "baseline_counts",
        c->baseline_counts, "bits", c->bits ? json_integer(c->bits) : json_null(), "prefilter",
        jsontext_string(c->prefilter));
    bool failed = !o || put_measures(o, &m, c->n_samples > 0, full_scale(c) > 0) != 0;
    failed |=
        json_object_set_new(o, "repeats", want_repeats ? json_incref(repeats) : json_null());
    if (json_array_append_new(list, o) || failed)
        rc = rc < 0 ? rc : err_set(e, ERR_MEMORY, "no memory for the description");
    json_decref(repeats);
    return rc;
}

static json_t *describe_annotations(const struct recording *r)
{
    json_t *labels = json_object();
    for (size_t i = 0; i < r->n_annotations; i++) {
        const char *label = r->annotations[i].label;
        json_t *count = json_object_get(labels, label);
        if (count)
            json_integer_set(count, json_integer_value(count) + 1);
        else
            json_object_set_new(labels, label, json_integer(1));
    }
    return json_pack("{s:I, s:o}", "n", (json_int_t)r->n_annotations, "labels", labels);
}

static json_t *lines_json(char *const *lines, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, jsontext_string(lines[i]));
    return list;
}

int recording_info(json_t **report, const char *path, const struct recording_hints *hints,
                   bool want_repeats, const struct monitor *monitor, struct err *e)
{
    struct recording *r;
    *report = NULL;
    int rc = recording_open(&r, path, hints, e);
    if (rc < 0)
        return rc;
    json_t *channels = json_array();
    for (size_t i = 0; rc == 0 && i < r->n_channels; i++)
        if ((rc = describe_channel(channels, r, i, want_repeats, monitor, e)) < 0 &&
            rc != ERR_CANCELLED)
            err_prefix(e, "%s", path);
    if (rc == 0 &&
        !(*report = json_pack(
              "{s:o, s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:s, s:O, s:o, s:o, s:o}", "file",
              jsontext_string(path), "format", r->format, "duration_s", recording_duration_s(r),
              "patient", jsontext_string(r->patient), "muscle", jsontext_string(r->muscle),
              "side", jsontext_string(r->side), "site", jsontext_string(r->site), "start_time",
              jsontext_string(r->start_time), "polarity", recording_polarity_names[r->polarity],
              "channels", channels, "annotations", describe_annotations(r), "notes",
              lines_json(r->notes, r->n_notes), "repairs",
              lines_json(r->repairs, r->n_repairs))))
        rc = err_set(e, ERR_MEMORY, "no memory for the description");
    json_decref(channels);
    recording_close(r);
    return rc;
}
