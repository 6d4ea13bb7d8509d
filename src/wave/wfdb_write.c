/*
 * wfdb_write.c: a recording as a WFDB record: x.dat in format 16, x.atr, and last x.hea (see
 * wfdb.c for their bytes). Gains are written per millivolt; values that are no voltage get the
 * unit "counts".
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "wave/wave_priv.h"
#include "wave/wfdb_annotations.h"

#include <stdio.h>
#include <string.h>

enum { LOWEST = -32767, HIGHEST = 32767, BLOCK_FRAMES = 256 }; // -32768 means "missing"

struct plan {
    const char *path; // of the header
    char *stem;       // without ".hea"
    struct wave_quantiser *channels;
    size_t *per_frame;
    uint16_t *sums;
    int16_t *first; // the initial values
    uint64_t n_frames;
    size_t frame; // samples of all channels
};

static void store_i16le(unsigned char *p, int32_t v)
{
    p[0] = (unsigned char)(v & 0xff);
    p[1] = (unsigned char)(v >> 8 & 0xff);
}

// k frames of all channels into bytes, the channels in turn.
static int fill_block(struct plan *p, uint64_t frame, size_t k, unsigned char *bytes,
                      int32_t *counts, struct err *e)
{
    size_t at = 0;
    for (size_t i = 0; i < p->channels[0].r->n_channels; i++) {
        size_t m = p->per_frame[i], n = k * m;
        int rc = wave_quantise(&p->channels[i], frame * m, n, counts, e);
        if (rc < 0)
            return rc;
        if (frame == 0)
            p->first[i] = (int16_t)counts[0];
        for (size_t j = 0; j < n; j++) {
            p->sums[i] = (uint16_t)(p->sums[i] + (uint32_t)counts[j]);
            store_i16le(bytes + 2 * (j / m * p->frame + at + j % m), counts[j]);
        }
        at += m;
    }
    return 0;
}

static int write_samples(struct plan *p, struct file_draft *d, struct err *e)
{
    size_t block = 1 + (size_t)BLOCK_FRAMES * 64 / (p->frame + 64); // fewer of long frames
    unsigned char *bytes = mem_array(block, p->frame * 2);
    int32_t *counts = mem_array(block, p->frame * sizeof *counts);
    int rc = bytes && counts ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", p->path);
    for (uint64_t at = 0; rc == 0 && at < p->n_frames; at += block) {
        size_t k = p->n_frames - at < block ? (size_t)(p->n_frames - at) : block;
        rc = fill_block(p, at, k, bytes, counts, e);
        if (rc == 0)
            rc = wave_put(d, bytes, k * p->frame * 2, e);
    }
    mem_free(bytes);
    mem_free(counts);
    return rc;
}

static int write_annotations(const struct recording *r, struct file_draft *d, double frame_hz,
                             struct err *e)
{
    struct buffer b = {0};
    int rc = wfdb_annotations_write(&b, r, frame_hz, e);
    if (rc == 0)
        rc = wave_put(d, b.data, b.n, e);
    else
        err_prefix(e, "%s", d->path);
    buffer_release(&b);
    return rc;
}

static void put_fact(struct buffer *b, const char *key, const char *value)
{
    if (value)
        buffer_printf(b, "# %s: %s\n", key, value);
}

// "2019-04-30T12:34:56" as " 12:34:56 30/04/2019".
static void put_start(struct buffer *b, const char *start)
{
    if (start && strlen(start) >= 19)
        buffer_printf(b, " %.8s %.2s/%.2s/%.4s", start + 11, start + 8, start + 5, start);
}

static int write_header(const struct plan *p, const struct recording *r, struct file_draft *d,
                        struct err *e)
{
    struct buffer b = {0};
    char number[WAVE_NUMBER_BYTES];
    const char *name = path_base(p->stem);
    double frame_hz = r->channels[0].rate_hz / (double)p->per_frame[0];
    buffer_printf(&b, "%s %zu %s %llu", name, r->n_channels, wave_number(number, frame_hz),
                  (unsigned long long)p->n_frames);
    put_start(&b, r->start_time);
    buffer_printf(&b, "\n");
    for (size_t i = 0; i < r->n_channels; i++) {
        const struct channel *c = &r->channels[i];
        bool is_uv = c->unit == CHANNEL_UNIT_MICROVOLTS;
        double gain = p->channels[i].scale.gain * (is_uv ? 1e3 : 1);
        buffer_printf(&b, "%s.dat 16", name);
        if (p->per_frame[i] > 1)
            buffer_printf(&b, "x%zu", p->per_frame[i]);
        buffer_printf(&b, " %s(%d)/%s %d 0 %d %d 0 %s\n", wave_number(number, gain),
                      (int)p->channels[i].scale.baseline, is_uv ? "mV" : "counts",
                      c->bits > 0 && c->bits < 16 ? c->bits : 16, p->first[i],
                      (int16_t)p->sums[i], c->name);
    }
    put_fact(&b, "patient", r->patient);
    put_fact(&b, "muscle", r->muscle);
    put_fact(&b, "side", r->side);
    put_fact(&b, "site", r->site);
    put_fact(&b, "polarity", wave_polarity_line(r));
    for (size_t i = 0; i < r->n_notes; i++)
        buffer_printf(&b, "# %s\n", r->notes[i]);
    int rc = b.failed ? err_set(e, ERR_MEMORY, "%s: no memory", p->path)
                      : wave_put(d, b.data, b.n, e);
    buffer_release(&b);
    return rc;
}

static int make_plan(struct plan *p, struct arena *a, struct recording *r, struct err *e)
{
    size_t n = r->n_channels;
    const char *name = path_base(p->path);
    bool has_extension = text_ends_with_nocase(name, ".hea");
    p->stem = arena_strndup(a, p->path, strlen(p->path) - (has_extension ? 4 : 0));
    p->channels = arena_array(a, n, sizeof *p->channels);
    p->per_frame = arena_array(a, n, sizeof *p->per_frame);
    p->sums = arena_array(a, n, sizeof *p->sums);
    p->first = arena_array(a, n, sizeof *p->first);
    if (!has_extension && p->stem)
        p->path = arena_printf(a, "%s.hea", p->stem);
    if (!p->stem || !p->path || !p->channels || !p->per_frame || !p->sums || !p->first)
        return err_set(e, ERR_MEMORY, "%s: no memory", name);
    name = path_base(p->stem);
    if (!*name || strpbrk(name, " \t\r\n") || *name == '#')
        return err_set(e, ERR_USAGE, "%s: WFDB wants a name without blanks", p->path);
    int rc = wave_common_frame(p->per_frame, &p->n_frames, r, e);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct wave_quantiser *q = &p->channels[i];
        *q =
            (struct wave_quantiser){.r = r, .channel = i, .lowest = LOWEST, .highest = HIGHEST};
        rc = wave_choose_scale(&q->scale, r, i, LOWEST, HIGHEST, e);
        p->frame += p->per_frame[i];
    }
    return rc;
}

// Before any of the three is replaced.
static int check_outputs(const struct plan *p, const struct recording *r, const char *samples,
                         const char *annotations, struct err *e)
{
    int rc = wave_check_output(r, p->path, e);
    if (rc == 0)
        rc = wave_check_output(r, samples, e);
    return rc == 0 ? wave_check_output(r, annotations, e) : rc;
}

// All three, so that a full disk shows before the first of them is replaced; the header comes last.
// Annotations of an earlier record must not stay beside the new one.
static int write_files(struct plan *p, struct recording *r, const char *samples,
                       const char *annotations, struct err *e)
{
    enum { SAMPLES, ANNOTATIONS, HEADER, N_FILES };
    const char *const paths[N_FILES] = {samples, r->n_annotations ? annotations : NULL,
                                        p->path};
    struct file_draft d[N_FILES] = {0};
    double frame_hz = r->channels[0].rate_hz / (double)p->per_frame[0];
    int rc = 0;
    for (int i = 0; rc == 0 && i < N_FILES; i++)
        rc = paths[i] ? file_draft_open(&d[i], paths[i], e) : 0;
    if (rc == 0)
        rc = write_samples(p, &d[SAMPLES], e);
    if (rc == 0 && paths[ANNOTATIONS])
        rc = write_annotations(r, &d[ANNOTATIONS], frame_hz, e);
    if (rc == 0)
        rc = write_header(p, r, &d[HEADER], e);
    for (int i = 0; rc == 0 && i < N_FILES; i++)
        rc = paths[i] ? file_draft_flush(&d[i], e) : 0;
    if (rc == 0 && !paths[ANNOTATIONS])
        rc = file_remove(annotations, e);
    for (int i = 0; rc == 0 && i < N_FILES; i++)
        rc = file_draft_commit(&d[i], e);
    for (int i = 0; i < N_FILES; i++)
        file_draft_abandon(&d[i]);
    return rc;
}

int wfdb_write(const char *path, struct recording *r, struct err *e)
{
    struct arena a;
    struct plan p = {.path = path};
    if (!r->n_channels)
        return err_set(e, ERR_USAGE, "%s: no channels to write", path);
    arena_init(&a);
    int rc = make_plan(&p, &a, r, e);
    if (rc == 0) {
        const char *samples = arena_printf(&a, "%s.dat", p.stem);
        const char *annotations = arena_printf(&a, "%s.atr", p.stem);
        rc = samples && annotations ? check_outputs(&p, r, samples, annotations, e)
                                    : err_set(e, ERR_MEMORY, "%s: no memory", path);
        if (rc == 0)
            rc = write_files(&p, r, samples, annotations, e);
    }
    arena_release(&a);
    return rc;
}
