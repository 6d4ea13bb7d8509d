/* recording.c: finds the format of a file; recordings in memory and parts of others. */
#include "wave/recording.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "wave/wave_priv.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct wave_format *const formats[] = {
    &raw_format,   &refused_formats, &wfdb_format, &edf_format,
    &sound_format, &text_format,     NULL}; // text last: any file with digits may be text

const char *const recording_polarity_names[] = {"unknown", "negative-up", "positive-up", NULL};

int wave_new(struct recording **out, const char *format, const char *path, struct err *e)
{
    struct recording *r = mem_zalloc(sizeof *r);
    *out = NULL;
    if (!r || !(r->store = mem_zalloc(sizeof *r->store))) {
        mem_free(r);
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    }
    arena_init(&r->store->arena);
    r->format = format;
    r->store->path = arena_strdup(&r->store->arena, path);
    if (!r->store->path) {
        recording_close(r);
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    }
    *out = r;
    return 0;
}

void recording_close(struct recording *r)
{
    if (!r)
        return;
    if (r->store->source && r->store->source->close)
        r->store->source->close(r->store->state);
    mem_free(r->annotations);
    mem_free(r->notes);
    mem_free(r->repairs);
    arena_release(&r->store->arena);
    mem_free(r->store);
    mem_free(r);
}

// By onset; those of one onset stay as they came, which qsort() alone does not promise.
static int compare_annotations(const void *a, const void *b)
{
    const struct annotation *x = a, *y = b;
    return (x->onset_s > y->onset_s) - (x->onset_s < y->onset_s);
}

static bool is_sorted(const struct annotation *a, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (a[i].onset_s < a[i - 1].onset_s)
            return false;
    return true;
}

static void merge(struct annotation *to, const struct annotation *a, size_t middle, size_t n)
{
    size_t i = 0, j = middle;
    for (size_t k = 0; k < n; k++)
        to[k] =
            j == n || (i < middle && compare_annotations(&a[i], &a[j]) <= 0) ? a[i++] : a[j++];
}

// Merge sort, from runs of one upwards.
static void sort_annotations(struct recording *r)
{
    size_t n = r->n_annotations;
    if (is_sorted(r->annotations, n))
        return;
    struct annotation *a = r->annotations, *b = mem_array(n, sizeof *b);
    if (!b) {
        r->store->failed = true;
        return;
    }
    for (size_t run = 1; run < n; run *= 2) {
        for (size_t at = 0; at < n; at += 2 * run) {
            size_t left = n - at;
            merge(b + at, a + at, run < left ? run : left, 2 * run < left ? 2 * run : left);
        }
        struct annotation *other = a;
        a = b;
        b = other;
    }
    r->annotations = a;
    mem_free(b);
}

// How many samples of floating point are no numbers; they will be read as 0.
static int count_no_numbers(struct recording *r, struct err *e)
{
    float block[1024];
    for (size_t i = 0; r->store->may_be_no_number && i < r->n_channels; i++) {
        uint64_t n = r->channels[i].n_samples, n_wrong = 0, first = 0;
        for (uint64_t at = 0; at < n; at += 1024) {
            size_t k = n - at < 1024 ? (size_t)(n - at) : 1024;
            int rc = r->store->source->read(r, i, at, k, block, e);
            if (rc < 0)
                return rc;
            for (size_t j = 0; j < k; j++)
                if (!isfinite(block[j]) && n_wrong++ == 0)
                    first = at + j;
        }
        if (n_wrong)
            wave_repair(r, "channel %zu: %llu samples from %llu on are no numbers: read as 0",
                        i + 1, (unsigned long long)n_wrong, (unsigned long long)first);
    }
    return 0;
}

int wave_check(struct recording *r, struct err *e)
{
    const char *path = r->store->path;
    int rc = count_no_numbers(r, e);
    if (rc < 0)
        return rc;
    sort_annotations(r);
    if (r->store->n_repairs_left_out) {
        size_t n = r->store->n_repairs_left_out;
        char *last = arena_printf(&r->store->arena, "and %zu more of the same file", n + 1);
        if (last)
            r->repairs[r->n_repairs - 1] = last;
    }
    if (r->store->is_over)
        return err_set(e, ERR_LIMIT, "%s: over %d annotations", path,
                       RECORDING_MAX_ANNOTATIONS);
    if (r->store->failed)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (size_t i = 0; i < r->n_channels; i++)
        if (r->channels[i].n_samples > RECORDING_MAX_SAMPLES)
            return err_set(e, ERR_LIMIT, "%s: channel %zu of %llu samples, wanted at most %llu",
                           path, i + 1, (unsigned long long)r->channels[i].n_samples,
                           (unsigned long long)RECORDING_MAX_SAMPLES);
    return 0;
}

// The name of what is there: "100" becomes "100.hea", and so does "100.dat" beside it.
static int find_file(char **out, const char *path, struct err *e)
{
    const char *extension = path_extension(path);
    *out = NULL;
    if (!file_exists(path) || !strcmp(extension, "dat")) {
        size_t n = strlen(path) - (!strcmp(extension, "dat") ? 4 : 0);
        char *header = mem_printf("%.*s.hea", (int)n, path);
        if (!header)
            return err_set(e, ERR_MEMORY, "%s: no memory", path);
        if (file_exists(header)) {
            *out = header;
            return 0;
        }
        mem_free(header);
    }
    if (file_is_folder(path))
        return err_set(e, ERR_IO, "%s: is a folder, wanted a recording", path);
    *out = mem_strdup(path);
    return *out ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", path);
}

static int look(struct wave_probe *p, unsigned char *head, struct err *e)
{
    int rc = file_check_regular(p->path, e);
    if (rc < 0)
        return rc;
    FILE *f = fopen(p->path, "rb");
    if (!f)
        return err_set(e, ERR_IO, "%s: %s", p->path, strerror(errno));
    p->head = head;
    p->n_head = fread(head, 1, WAVE_PROBE_BYTES, f);
    rc = ferror(f) ? err_set(e, ERR_IO, "%s: %s", p->path, strerror(errno)) : 0;
    fclose(f);
    if (rc == 0)
        rc = file_size(&p->n_bytes, p->path, e);
    if (rc == 0 && p->n_head == 0)
        rc = err_set(e, ERR_FORMAT, "%s: empty file", p->path);
    return rc;
}

static int open_as(struct recording **out, const struct wave_format *f, const char *path,
                   const struct recording_hints *h, struct err *e)
{
    struct recording *r;
    int rc = wave_new(&r, f->name, path, e);
    if (rc < 0)
        return rc;
    wave_reads(r, r->store->path);
    rc = f->open(r, r->store->path, h, e);
    if (rc == 0)
        rc = eaf_read_beside(r, path, e);
    if (rc == 0)
        rc = wave_check(r, e);
    if (rc < 0) {
        recording_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

int recording_open(struct recording **out, const char *path,
                   const struct recording_hints *hints, struct err *e)
{
    static const struct recording_hints none;
    unsigned char head[WAVE_PROBE_BYTES];
    char *file;
    *out = NULL;
    hints = hints ? hints : &none;
    int rc = find_file(&file, path, e);
    if (rc < 0)
        return rc;
    struct wave_probe p = {.path = file, .hints = hints};
    rc = look(&p, head, e);
    const struct wave_format *const *f = formats;
    while (rc == 0 && *f && !(*f)->matches(&p))
        f++;
    if (rc == 0 && !*f)
        rc = err_set(e, ERR_UNSUPPORTED, "%s: not a recording of a known format", path);
    if (rc == 0)
        rc = open_as(out, *f, file, hints, e);
    mem_free(file);
    return rc;
}

int recording_read(struct recording *r, size_t channel, uint64_t first, size_t n, float *out,
                   struct err *e)
{
    assert(channel < r->n_channels);
    assert(first <= r->channels[channel].n_samples);
    assert(n <= r->channels[channel].n_samples - first);
    int rc = n ? r->store->source->read(r, channel, first, n, out, e) : 0;
    for (size_t i = 0; rc == 0 && r->store->may_be_no_number && i < n; i++)
        if (!isfinite(out[i]))
            out[i] = 0;
    return rc;
}

double recording_duration_s(const struct recording *r)
{
    double most = 0;
    for (size_t i = 0; i < r->n_channels; i++) {
        double s = (double)r->channels[i].n_samples / r->channels[i].rate_hz;
        most = s > most ? s : most;
    }
    return most;
}

static const char *copy_text(struct recording *r, const char *s)
{
    return s ? wave_text(r, s, strlen(s)) : NULL;
}

static int copy_facts(struct recording *r, const struct recording_facts *f, struct err *e)
{
    int rc = wave_make_channels(r, f->n_channels, e);
    for (size_t i = 0; rc == 0 && i < f->n_channels; i++) {
        const char *name = r->channels[i].name;
        r->channels[i] = f->channels[i];
        r->channels[i].name = f->channels[i].name ? copy_text(r, f->channels[i].name) : name;
        r->channels[i].prefilter = copy_text(r, f->channels[i].prefilter);
        rc = wave_check_rate(f->channels[i].rate_hz, r->channels[i].name, e);
    }
    for (size_t i = 0; rc == 0 && i < f->n_annotations; i++) {
        struct annotation a = f->annotations[i];
        a.label = copy_text(r, a.label);
        a.text = copy_text(r, a.text);
        wave_annotate(r, &a);
    }
    for (size_t i = 0; rc == 0 && i < f->n_notes; i++)
        wave_note(r, copy_text(r, f->notes[i]));
    r->patient = copy_text(r, f->patient);
    r->muscle = copy_text(r, f->muscle);
    r->side = copy_text(r, f->side);
    r->site = copy_text(r, f->site);
    r->start_time = copy_text(r, f->start_time);
    r->polarity = f->polarity;
    return rc;
}

static int memory_read(struct recording *r, size_t channel, uint64_t first, size_t n,
                       float *out, struct err *e)
{
    (void)e;
    float *const *samples = r->store->state;
    memcpy(out, samples[channel] + first, n * sizeof *out);
    return 0;
}

static void memory_close(void *state)
{
    float **samples = state;
    for (size_t i = 0; samples && samples[i]; i++)
        mem_free(samples[i]);
    mem_free(samples);
}

const struct wave_source wave_memory_source = {memory_read, memory_close};

int recording_new(struct recording **out, const struct recording_facts *facts,
                  const float *const *samples, struct err *e)
{
    struct recording *r;
    *out = NULL;
    int rc = wave_new(&r, "memory", "memory", e);
    if (rc < 0)
        return rc;
    rc = copy_facts(r, facts, e);
    float **copies = NULL;
    if (rc == 0 && !(copies = mem_array(facts->n_channels + 1, sizeof *copies)))
        rc = err_set(e, ERR_MEMORY, "no memory for a recording");
    if (copies) {
        r->store->state = copies;
        r->store->source = &wave_memory_source;
    }
    for (size_t i = 0; rc == 0 && i < facts->n_channels; i++) {
        size_t n = (size_t)facts->channels[i].n_samples;
        copies[i] = mem_array(n, sizeof *copies[i]);
        if (!copies[i])
            rc = err_set(e, ERR_MEMORY, "no memory for %zu samples", n);
        else if (n)
            memcpy(copies[i], samples[i], n * sizeof *copies[i]);
    }
    if (rc == 0)
        rc = wave_check(r, e);
    if (rc < 0) {
        recording_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

struct slice {
    struct recording *of;
    size_t *channels;
    uint64_t *first;
};

static int slice_read(struct recording *r, size_t channel, uint64_t first, size_t n, float *out,
                      struct err *e)
{
    const struct slice *s = r->store->state;
    return recording_read(s->of, s->channels[channel], s->first[channel] + first, n, out, e);
}

static const struct wave_source slice_source = {slice_read, NULL};

// Samples from round(from_s * rate) to round(to_s * rate), within what there is.
static void cut_channel(struct channel *c, uint64_t *first, double from_s, double to_s)
{
    double most = (double)c->n_samples;
    double from = fmin(fmax(round(from_s * c->rate_hz), 0), most);
    double to = fmin(fmax(round(to_s * c->rate_hz), from), most);
    *first = (uint64_t)from;
    c->n_samples = (uint64_t)to - (uint64_t)from;
}

static void cut_annotations(struct recording *r, const struct recording *of, double from_s,
                            double to_s, int channel)
{
    for (size_t i = 0; i < of->n_annotations; i++) {
        struct annotation a = of->annotations[i];
        double end_s = a.onset_s + a.duration_s;
        bool is_inside = a.duration_s > 0 ? a.onset_s < to_s && end_s > from_s
                                          : a.onset_s >= from_s && a.onset_s < to_s;
        if (!is_inside || (channel >= 0 && a.channel >= 0 && a.channel != channel))
            continue;
        double onset_s = fmax(a.onset_s, from_s);
        if (onset_s > a.onset_s || end_s > to_s)
            a.duration_s = fmin(end_s, to_s) - onset_s;
        a.onset_s = onset_s - from_s;
        a.channel = channel >= 0 && a.channel >= 0 ? 0 : a.channel;
        a.label = copy_text(r, a.label);
        a.text = copy_text(r, a.text);
        wave_annotate(r, &a);
    }
}

static int slice_check(const struct recording *of, double from_s, double to_s, int channel,
                       struct err *e)
{
    if (channel >= 0 && (size_t)channel >= of->n_channels)
        return err_set(e, ERR_USAGE, "%s: no channel %d, wanted 1 to %zu", of->store->path,
                       channel + 1, of->n_channels);
    if (!(from_s >= 0 && to_s > from_s && from_s < recording_duration_s(of)))
        return err_set(e, ERR_USAGE, "%s: nothing from %g s to %g s, it lasts %g s",
                       of->store->path, from_s, to_s, recording_duration_s(of));
    return 0;
}

int recording_slice(struct recording **out, struct recording *of, double from_s, double to_s,
                    int channel, struct err *e)
{
    struct recording *r;
    *out = NULL;
    int rc = slice_check(of, from_s, to_s, channel, e);
    if (rc < 0 || (rc = wave_new(&r, of->format, of->store->path, e)) < 0)
        return rc;
    struct arena *a = &r->store->arena;
    r->store->inputs = of->store->inputs; // of the other's arena, which lives longer
    size_t n = channel >= 0 ? 1 : of->n_channels;
    struct slice *s = arena_alloc(a, sizeof *s);
    if (s && (s->channels = arena_array(a, n, sizeof *s->channels)) &&
        (s->first = arena_array(a, n, sizeof *s->first))) {
        struct recording_facts facts = {
            .channels = of->channels + (channel >= 0 ? channel : 0),
            .n_channels = n,
            .patient = of->patient,
            .muscle = of->muscle,
            .side = of->side,
            .site = of->site,
            .start_time = from_s > 0 ? NULL : of->start_time,
            .polarity = of->polarity,
            .notes = (const char *const *)of->notes,
            .n_notes = of->n_notes,
        };
        rc = copy_facts(r, &facts, e);
        for (size_t i = 0; rc == 0 && i < n; i++) {
            s->channels[i] = i + (channel >= 0 ? (size_t)channel : 0);
            cut_channel(&r->channels[i], &s->first[i], from_s, to_s);
        }
        s->of = of;
        r->store->state = s;
        r->store->source = &slice_source;
        cut_annotations(r, of, from_s, to_s, channel);
        for (size_t i = 0; i < of->n_repairs; i++)
            wave_repair(r, "%s", of->repairs[i]);
    } else
        rc = err_set(e, ERR_MEMORY, "%s: no memory", of->store->path);
    if (rc == 0)
        rc = wave_check(r, e);
    if (rc < 0)
        recording_close(r);
    else
        *out = r;
    return rc;
}
