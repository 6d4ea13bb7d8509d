/* api_recordings.c: recordings: which there are, what they say, their trace and their sound. */
#include "web/routes.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "dsp/resample.h"
#include "wave/recording.h"
#include "web/overview.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/shelf.h"
#include "web/stretch.h"
#include "web/workbench.h"

#include <math.h>
#include <string.h>

enum { COLUMNS_MAX = 16384, SAMPLES_A_COLUMN = 4, TRACE_HEAD_BYTES = 32 };
static const double sound_rate_hz = 48000, sound_max_s = 120; // see api.js for the rate

ROUTE_HANDLER(api_recordings_list)
{
    json_t *list;
    (void)q;
    int rc = shelf_list(&list, w->shelf, e);
    return rc < 0 ? rc : reply_json(out, list, e);
}

ROUTE_HANDLER(api_recordings_post)
{
    char id[SHELF_ID_BYTES];
    int rc = shelf_add(id, w->shelf, q->upload, e);
    if (rc < 0)
        return rc;
    out->status = 201;
    return reply_json(out, json_pack("{s:s}", "recording", id), e);
}

static json_t *channel_json(const struct channel *c)
{
    return json_pack("{s:o, s:s, s:f, s:I, s:o}", "name", jsontext_string(c->name), "unit",
                     c->unit == CHANNEL_UNIT_MICROVOLTS ? "uV" : "counts", "rate_hz",
                     c->rate_hz, "n_samples", (json_int_t)c->n_samples, "prefilter",
                     jsontext_string(c->prefilter));
}

// Who the person is, when it was and what was noted stays in the file.
static json_t *facts_json(const struct shelf_item *item, const char *id)
{
    const struct recording *r = item->recording;
    json_t *channels = json_array(), *repairs = json_array();
    for (size_t i = 0; i < r->n_channels; i++)
        json_array_append_new(channels, channel_json(&r->channels[i]));
    for (size_t i = 0; i < r->n_repairs; i++)
        json_array_append_new(repairs, jsontext_string(r->repairs[i]));
    return json_pack("{s:s, s:o, s:f, s:o, s:o, s:o, s:s, s:o, s:o}", "recording", id, "name",
                     jsontext_string(item->name), "duration_s", recording_duration_s(r),
                     "muscle", jsontext_string(r->muscle), "side", jsontext_string(r->side),
                     "site", jsontext_string(r->site), "polarity",
                     recording_polarity_names[r->polarity], "channels", channels, "repairs",
                     repairs);
}

ROUTE_HANDLER(api_recordings_get)
{
    struct shelf_item *item;
    int rc = shelf_take(&item, out, w->shelf, q->parameters[0], e);
    if (rc == 0)
        rc = reply_json(out, facts_json(item, q->parameters[0]), e);
    shelf_give(w->shelf, item);
    return rc;
}

// ---- Stretches ----

struct wish {
    struct stretch stretch; // its offset is not set
    double from_s, duration_s, rate_hz;
    size_t columns;
};

static int parse_wish(struct wish *out, const struct request *q, const struct recording *r,
                      double max_s, struct err *e)
{
    struct stretch *s = &out->stretch;
    *out = (struct wish){.columns = 0};
    if (r->n_channels == 0)
        return err_set(e, ERR_FORMAT, "a recording without channels");
    int rc = request_count(&s->channel, q, "channel", 0, 0, r->n_channels - 1, e);
    double end_s = recording_duration_s(r);
    if (rc == 0)
        rc = request_number(&out->from_s, q, "from", 0, 0, end_s, e);
    if (rc == 0)
        rc = request_number(&out->duration_s, q, "duration", fmin(1, max_s), 1e-6, max_s, e);
    if (rc == 0)
        rc = request_count(&out->columns, q, "columns", 1000, 1, COLUMNS_MAX, e);
    if (rc == 0)
        rc = request_number(&s->highpass_hz, q, "highpass", 0, 0, 1e6, e);
    if (rc == 0)
        rc = request_number(&s->lowpass_hz, q, "lowpass", 0, 0, 1e6, e);
    if (rc == 0)
        rc = request_number(&s->notch_hz, q, "notch", 0, 0, 1e6, e);
    if (rc < 0)
        return rc;
    out->rate_hz = r->channels[s->channel].rate_hz;
    // a low-pass that the rate cannot hold any more is one that is not there
    if (s->lowpass_hz >= 0.499 * out->rate_hz)
        s->lowpass_hz = 0;
    if (s->notch_hz >= 0.499 * out->rate_hz)
        s->notch_hz = 0;
    s->first = (uint64_t)llround(out->from_s * out->rate_hz);
    s->n = (size_t)llround(fmin(out->duration_s, end_s - out->from_s) * out->rate_hz);
    uint64_t n_samples =
        r->channels[s->channel].n_samples; // of a channel shorter than the longest
    s->first = s->first < n_samples ? s->first : n_samples;
    s->n = s->n < n_samples - s->first ? s->n : (size_t)(n_samples - s->first);
    return 0;
}

enum trace_kind { TRACE_SAMPLES, TRACE_MINMAX };

// "NTR1", kind, number of samples or columns, samples that there are; time of the first one and from
// one to the next in seconds; then float32, two a column. Little-endian.
static int put_trace(struct reply *out, enum trace_kind kind, size_t n, double from_s,
                     double step_s, const float *values, struct err *e)
{
    struct buffer b = {0};
    size_t n_floats = kind == TRACE_MINMAX ? 2 * n : n;
    uint64_t bits;
    uint32_t word;
    buffer_append(&b, "NTR1", 4);
    buffer_u32le(&b, kind);
    buffer_u32le(&b, (uint32_t)n);
    buffer_u32le(&b, 0);
    memcpy(&bits, &from_s, sizeof bits);
    buffer_u64le(&b, bits);
    memcpy(&bits, &step_s, sizeof bits);
    buffer_u64le(&b, bits);
    unsigned char *at = buffer_extend(&b, n_floats * sizeof word);
    for (size_t i = 0; at && i < n_floats; i++, at += sizeof word) {
        memcpy(&word, &values[i], sizeof word);
        store_u32le(at, word);
    }
    if (b.failed) {
        buffer_release(&b);
        return err_set(e, ERR_MEMORY, "no memory for a trace");
    }
    reply_bytes(out, "application/octet-stream", b.data, b.n);
    return 0;
}

static int trace_of_overview(struct reply *out, const struct wish *x,
                             const struct shelf_item *item, struct err *e)
{
    const struct overview *o = &item->overviews[x->stretch.channel];
    double per_column = (double)x->stretch.n / (double)x->columns;
    float offset = (float)item->offsets[x->stretch.channel];
    float *minmax = mem_array(x->columns, 2 * sizeof *minmax);
    if (!minmax)
        return err_set(e, ERR_MEMORY, "no memory for a trace");
    for (size_t k = 0; k < x->columns; k++) {
        overview_range(minmax + 2 * k, o, x->stretch.first + (uint64_t)((double)k * per_column),
                       (uint64_t)per_column);
        minmax[2 * k] -= offset;
        minmax[2 * k + 1] -= offset;
    }
    int rc =
        put_trace(out, TRACE_MINMAX, x->columns, x->from_s, per_column / x->rate_hz, minmax, e);
    mem_free(minmax);
    return rc;
}

static int trace_of_samples(struct reply *out, const struct wish *x,
                            const struct shelf_item *item, struct err *e)
{
    struct stretch s = x->stretch;
    double per_column = (double)s.n / (double)x->columns;
    float *values, *minmax = NULL;
    size_t n;
    s.offset = item->offsets[s.channel];
    int rc = stretch_read(&values, &n, item->recording, &s, e);
    if (rc < 0)
        return rc;
    double first_s = (double)s.first / x->rate_hz;
    if (per_column <= SAMPLES_A_COLUMN)
        rc = put_trace(out, TRACE_SAMPLES, n, first_s, 1 / x->rate_hz, values, e);
    else if (!(minmax = mem_array(x->columns, 2 * sizeof *minmax)))
        rc = err_set(e, ERR_MEMORY, "no memory for a trace");
    else {
        stretch_minmax(minmax, x->columns, values, n, per_column);
        rc = put_trace(out, TRACE_MINMAX, x->columns, first_s, per_column / x->rate_hz, minmax,
                       e);
    }
    mem_free(minmax);
    mem_free(values);
    return rc;
}

// Read through a handle of its own, so that sweeps of the recording do not wait for it.
static int make_overview(struct workbench *w, const char *id, size_t channel, struct err *e)
{
    struct recording *r;
    char *name;
    struct overview o = {0};
    struct shelf_item *item;
    struct reply unused = {.fd = -1};
    int rc = shelf_open_again(&r, &name, w->shelf, id, e);
    if (rc == 0)
        rc = overview_make(&o, r, channel, e);
    recording_close(r);
    mem_free(name);
    if (rc < 0)
        return rc;
    rc = shelf_take(&item, &unused, w->shelf, id, e);
    if (rc == 0 && !item->overviews[channel].bin) {
        item->overviews[channel] = o;
        o = (struct overview){0};
    }
    shelf_give(w->shelf, item);
    overview_release(&o);
    return rc;
}

ROUTE_HANDLER(api_recordings_trace)
{
    const char *id = q->parameters[0];
    struct shelf_item *item;
    struct wish x = {0};
    int rc = shelf_take(&item, out, w->shelf, id, e);
    if (rc == 0)
        rc = parse_wish(&x, q, item->recording, HUGE_VAL, e);
    if (rc < 0) {
        shelf_give(w->shelf, item);
        return rc;
    }
    const struct stretch *s = &x.stretch;
    bool is_filtered = s->highpass_hz > 0 || s->lowpass_hz > 0 || s->notch_hz > 0;
    bool is_wide = !is_filtered && (double)s->n / (double)x.columns >= 2.0 * OVERVIEW_LEAST_BIN;
    if (is_wide && !item->overviews[s->channel].bin) {
        shelf_give(w->shelf, item);
        rc = make_overview(w, id, s->channel, e);
        if (rc < 0 || (rc = shelf_take(&item, out, w->shelf, id, e)) < 0)
            return rc;
    }
    is_wide = is_wide && item->overviews[s->channel].bin; // closed in between: from its samples
    rc = is_wide ? trace_of_overview(out, &x, item, e) : trace_of_samples(out, &x, item, e);
    shelf_give(w->shelf, item);
    return rc;
}

// float32 at 48 kHz, which every browser plays, in the channel's unit.
ROUTE_HANDLER(api_recordings_sound)
{
    struct shelf_item *item;
    struct wish x = {0};
    float *values = NULL;
    size_t n = 0;
    int rc = shelf_take(&item, out, w->shelf, q->parameters[0], e);
    if (rc == 0)
        rc = parse_wish(&x, q, item->recording, sound_max_s, e);
    if (rc == 0) {
        x.stretch.offset = item->offsets[x.stretch.channel];
        rc = stretch_read(&values, &n, item->recording, &x.stretch, e);
    }
    shelf_give(w->shelf, item);
    if (rc < 0)
        return rc;
    size_t n_out = resample_length(n, x.rate_hz, sound_rate_hz);
    float *sound = mem_array(n_out, sizeof *sound);
    rc = sound ? 0 : err_set(e, ERR_MEMORY, "no memory for sound");
    if (rc == 0 && n_out)
        rc = resample(sound, values, n, x.rate_hz, sound_rate_hz, e);
    mem_free(values);
    if (rc < 0)
        mem_free(sound);
    else
        reply_bytes(out, "application/octet-stream", (unsigned char *)sound,
                    n_out * sizeof *sound);
    return rc;
}
