/*
 * rawfile.c: numbers and nothing else, as the person describes them: type, rate, unit or gain,
 * channels that take turns, bytes to pass over. Nothing of it is guessed.
 */
#include "base/err.h"
#include "base/text.h"
#include "wave/wave_priv.h"

#include <math.h>
#include <string.h>

const char *const recording_dtypes[] = {"int8",    "uint8",   "int16", "int16be",
                                        "uint16",  "int24",   "int32", "int32be",
                                        "float32", "float64", NULL};
static const enum sample_coding codings[] = {
    SAMPLE_CODING_I8,    SAMPLE_CODING_U8,    SAMPLE_CODING_I16LE, SAMPLE_CODING_I16BE,
    SAMPLE_CODING_U16LE, SAMPLE_CODING_I24LE, SAMPLE_CODING_I32LE, SAMPLE_CODING_I32BE,
    SAMPLE_CODING_F32LE, SAMPLE_CODING_F64LE};

struct raw {
    struct samplefile file;
    struct sample_layout *layouts;
};

static bool matches(const struct wave_probe *p)
{
    return p->hints->dtype;
}

static void raw_close(void *state)
{
    struct raw *w = state;
    samplefile_close(&w->file);
}

static int raw_read(struct recording *r, size_t channel, uint64_t first, size_t n, float *out,
                    struct err *e)
{
    struct raw *w = r->store->state;
    return samplefile_values(&w->file, &w->layouts[channel], &r->channels[channel], first, n,
                             out, e);
}

static const struct wave_source raw_source = {raw_read, raw_close};

// Counts, or the gain that makes them microvolts.
static int choose_gain(double *counts_per_uv, const char *path, const struct recording_hints *h,
                       struct err *e)
{
    double uv = h->unit ? wave_microvolts_per(h->unit) : 0;
    bool is_counts = h->unit && !text_compare_nocase(h->unit, "counts");
    *counts_per_uv = h->counts_per_uv;
    if (h->counts_per_uv != 0 || is_counts)
        return 0;
    if (uv == 0)
        return err_set(e, ERR_USAGE,
                       "%s: raw numbers and unit \"%s\", wanted --unit uV, mV, V, nV or counts",
                       path, h->unit ? h->unit : "");
    *counts_per_uv = 1 / uv;
    return 0;
}

static int raw_open(struct recording *r, const char *path, const struct recording_hints *h,
                    struct err *e)
{
    double gain, rate;
    size_t type = 0, n = h->n_channels ? h->n_channels : 1;
    struct raw *w = arena_alloc(&r->store->arena, sizeof *w);
    while (recording_dtypes[type] && strcmp(recording_dtypes[type], h->dtype) != 0)
        type++;
    if (!recording_dtypes[type])
        return err_set(e, ERR_USAGE, "%s: type \"%s\", wanted int16, float32, ...", path,
                       h->dtype);
    if (!w)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    w->file.fd = -1;
    r->store->state = w;
    r->store->source = &raw_source;
    int rc = wave_choose_rate(&rate, r, 0, h, e);
    if (rc < 0 || (rc = choose_gain(&gain, path, h, e)) < 0 ||
        (rc = wave_make_channels(r, n, e)) < 0 || (rc = samplefile_open(&w->file, path, e)) < 0)
        return rc;
    w->layouts = arena_array(&r->store->arena, n, sizeof *w->layouts);
    if (!w->layouts)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    uint64_t skip = h->skip_bytes < w->file.n_bytes ? h->skip_bytes : w->file.n_bytes;
    uint64_t n_bytes = w->file.n_bytes - skip;
    uint64_t n_frames = sample_coding_count(codings[type], n_bytes) / n;
    uint64_t rest = n_bytes - sample_coding_bytes(codings[type], n_frames * n);
    if (rest)
        wave_repair(r, "%llu bytes at the end are no whole sample: left out",
                    (unsigned long long)rest);
    for (size_t i = 0; i < n; i++) {
        struct channel *c = &r->channels[i];
        w->layouts[i] = (struct sample_layout){codings[type], skip, n, i, 1};
        c->rate_hz = rate;
        c->n_samples = n_frames;
        c->unit = gain != 0 ? CHANNEL_UNIT_MICROVOLTS : CHANNEL_UNIT_COUNTS;
        c->counts_per_uv = gain;
        if (codings[type] != SAMPLE_CODING_F32LE && codings[type] != SAMPLE_CODING_F64LE)
            c->bits = 8 * (int)sample_coding_bytes(codings[type], 1);
    }
    r->store->may_be_no_number =
        codings[type] == SAMPLE_CODING_F32LE || codings[type] == SAMPLE_CODING_F64LE;
    return 0;
}

const struct wave_format raw_format = {"raw", matches, raw_open};
