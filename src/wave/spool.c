/* spool.c: see spool.h. */
#include "wave/spool.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "wave/wave_priv.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = {'N', 'E', 'M', 'G', 'S', 'P', 'L', '1'};
enum { HEAD_BYTES = 16, BLOCK = 1 << 16 };

// ---- Writing ----

static json_t *channel_json(const struct channel *c)
{
    return json_pack("{s:o, s:i, s:f, s:I, s:f, s:f, s:i, s:o}", "name",
                     jsontext_string(c->name), "unit", (int)c->unit, "rate_hz", c->rate_hz,
                     "n_samples", (json_int_t)c->n_samples, "counts_per_uv", c->counts_per_uv,
                     "baseline_counts", c->baseline_counts, "bits", c->bits, "prefilter",
                     jsontext_string(c->prefilter));
}

static json_t *annotation_json(const struct annotation *a)
{
    return json_pack("[f, f, i, o, o]", a->onset_s, a->duration_s, a->channel,
                     jsontext_string(a->label), jsontext_string(a->text));
}

static json_t *facts_json(const struct recording *r)
{
    json_t *channels = json_array(), *annotations = json_array(), *notes = json_array(),
           *repairs = json_array();
    int bad = 0;
    for (size_t i = 0; i < r->n_channels; i++)
        bad |= json_array_append_new(channels, channel_json(&r->channels[i]));
    for (size_t i = 0; i < r->n_annotations; i++)
        bad |= json_array_append_new(annotations, annotation_json(&r->annotations[i]));
    for (size_t i = 0; i < r->n_notes; i++)
        bad |= json_array_append_new(notes, jsontext_string(r->notes[i]));
    for (size_t i = 0; i < r->n_repairs; i++)
        bad |= json_array_append_new(repairs, jsontext_string(r->repairs[i]));
    json_t *o =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i}", "channels", channels,
                  "annotations", annotations, "notes", notes, "repairs", repairs, "patient",
                  jsontext_string(r->patient), "muscle", jsontext_string(r->muscle), "side",
                  jsontext_string(r->side), "site", jsontext_string(r->site), "start_time",
                  jsontext_string(r->start_time), "polarity", (int)r->polarity);
    if (bad) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static int put_header(int fd, const struct recording *r, struct err *e)
{
    static const char zeros[SPOOL_ALIGNMENT];
    unsigned char head[HEAD_BYTES];
    json_t *facts = facts_json(r);
    char *text = facts ? json_dumps(facts, JSON_COMPACT) : NULL; // reals with all their digits
    json_decref(facts);
    if (!text)
        return err_set(e, ERR_MEMORY, "no memory for what a recording says");
    size_t n = strlen(text);
    memcpy(head, magic, sizeof magic);
    store_u64le(head + 8, n);
    int rc = n > SPOOL_HEADER_MAX_BYTES
                 ? err_set(e, ERR_LIMIT, "a recording with %zu MB of text", n >> 20)
                 : file_put(fd, head, sizeof head, e);
    if (rc == 0)
        rc = file_put(fd, text, n, e);
    if (rc == 0)
        rc = file_put(fd, zeros, SPOOL_ALIGNMENT - (HEAD_BYTES + n) % SPOOL_ALIGNMENT, e);
    free(text);
    return rc;
}

int spool_write(int fd, struct recording *r, struct err *e)
{
    float *block = mem_array(BLOCK, sizeof *block);
    int rc = block ? put_header(fd, r, e) : err_set(e, ERR_MEMORY, "no memory to read");
    for (size_t i = 0; rc == 0 && i < r->n_channels; i++) {
        uint64_t n = r->channels[i].n_samples;
        for (uint64_t at = 0; rc == 0 && at < n; at += BLOCK) {
            size_t k = n - at < BLOCK ? (size_t)(n - at) : BLOCK;
            rc = recording_read(r, i, at, k, block, e);
            if (rc == 0)
                rc = file_put(fd, block, k * sizeof *block, e);
        }
    }
    mem_free(block);
    return rc;
}

// ---- Reading ----

struct spool {
    int fd;
    uint64_t *offset; // [channels], bytes
};

static int spool_read(struct recording *r, size_t channel, uint64_t first, size_t n, float *out,
                      struct err *e)
{
    const struct spool *s = r->store->state;
    uint64_t at = s->offset[channel] + first * sizeof *out;
    size_t left = n * sizeof *out;
    char *to = (char *)out;
    while (left > 0) {
        ssize_t done = pread(s->fd, to, left, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return err_set(e, ERR_IO, "a recording in between: %s",
                           done ? strerror(errno) : "too short");
        to += done;
        at += (uint64_t)done;
        left -= (size_t)done;
    }
    return 0;
}

static void spool_close(void *state)
{
    struct spool *s = state;
    close(s->fd);
    mem_free(s->offset);
    mem_free(s);
}

static const struct wave_source spool_source = {spool_read, spool_close};

static const char *take_text(struct recording *r, const json_t *v)
{
    return json_is_string(v) ? wave_text(r, json_string_value(v), json_string_length(v)) : NULL;
}

static int take_channels(struct recording *r, const json_t *list, struct spool *s,
                         uint64_t n_floats, struct err *e)
{
    size_t n = json_array_size(list);
    uint64_t at = 0;
    int rc = n && n <= RECORDING_MAX_CHANNELS ? wave_make_channels(r, n, e)
                                              : err_set(e, ERR_FORMAT, "no channels");
    if (rc == 0 && !(s->offset = mem_array(n, sizeof *s->offset)))
        rc = err_set(e, ERR_MEMORY, "no memory for channels");
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const json_t *o = json_array_get(list, i);
        struct channel *c = &r->channels[i];
        const char *name = take_text(r, json_object_get(o, "name"));
        json_int_t samples = json_integer_value(json_object_get(o, "n_samples"));
        c->name = name ? name : c->name;
        c->unit = json_integer_value(json_object_get(o, "unit")) == CHANNEL_UNIT_COUNTS
                      ? CHANNEL_UNIT_COUNTS
                      : CHANNEL_UNIT_MICROVOLTS;
        c->rate_hz = json_number_value(json_object_get(o, "rate_hz"));
        c->counts_per_uv = json_number_value(json_object_get(o, "counts_per_uv"));
        c->baseline_counts = json_number_value(json_object_get(o, "baseline_counts"));
        json_int_t bits = json_integer_value(json_object_get(o, "bits"));
        c->bits = bits > 0 && bits <= 64 ? (int)bits : 0;
        c->prefilter = take_text(r, json_object_get(o, "prefilter"));
        rc = wave_check_rate(c->rate_hz, c->name, e);
        if (rc == 0 && (samples < 0 || (uint64_t)samples > n_floats - at))
            rc = err_set(e, ERR_FORMAT, "channel %zu says more samples than there are", i + 1);
        c->n_samples = (uint64_t)samples;
        s->offset[i] = at * sizeof(float);
        at += c->n_samples;
    }
    return rc;
}

static void take_annotations(struct recording *r, const json_t *list)
{
    size_t i;
    const json_t *o;
    json_array_foreach(list, i, o)
    {
        struct annotation a = {
            json_number_value(json_array_get(o, 0)), json_number_value(json_array_get(o, 1)),
            -1, take_text(r, json_array_get(o, 3)), take_text(r, json_array_get(o, 4))};
        json_int_t channel = json_integer_value(json_array_get(o, 2));
        if (channel >= 0 && (size_t)channel < r->n_channels)
            a.channel = (int)channel;
        if (a.label)
            wave_annotate(r, &a);
    }
}

static void take_facts(struct recording *r, const json_t *o)
{
    size_t i;
    const json_t *line;
    json_int_t polarity = json_integer_value(json_object_get(o, "polarity"));
    take_annotations(r, json_object_get(o, "annotations"));
    json_array_foreach(json_object_get(o, "notes"), i, line) if (json_is_string(line))
        wave_note(r, take_text(r, line));
    json_array_foreach(json_object_get(o, "repairs"), i, line) if (json_is_string(line))
        wave_repair(r, "%s", take_text(r, line));
    r->patient = take_text(r, json_object_get(o, "patient"));
    r->muscle = take_text(r, json_object_get(o, "muscle"));
    r->side = take_text(r, json_object_get(o, "side"));
    r->site = take_text(r, json_object_get(o, "site"));
    r->start_time = take_text(r, json_object_get(o, "start_time"));
    if (polarity == POLARITY_NEGATIVE_UP || polarity == POLARITY_POSITIVE_UP)
        r->polarity = (enum recording_polarity)polarity;
}

// The facts; *at is where the samples begin.
static int read_header(json_t **out, uint64_t *at, int fd, uint64_t n_file, struct err *e)
{
    unsigned char head[HEAD_BYTES];
    *out = NULL;
    if (n_file < HEAD_BYTES || pread(fd, head, sizeof head, 0) != HEAD_BYTES ||
        memcmp(head, magic, sizeof magic) != 0)
        return err_set(e, ERR_FORMAT, "a recording in between: no header");
    uint64_t n = load_u64le(head + 8);
    if (n > SPOOL_HEADER_MAX_BYTES || n > n_file - HEAD_BYTES)
        return err_set(e, ERR_FORMAT, "a recording in between: a header too long");
    *at = HEAD_BYTES + n + SPOOL_ALIGNMENT - (HEAD_BYTES + n) % SPOOL_ALIGNMENT;
    if (*at > n_file)
        return err_set(e, ERR_FORMAT, "a recording in between: too short");
    char *text = mem_alloc(n);
    if (!text)
        return err_set(e, ERR_MEMORY, "no memory for a header");
    int rc = pread(fd, text, n, HEAD_BYTES) == (ssize_t)n
                 ? jsonfile_parse(out, text, n, "a recording in between", e)
                 : err_set(e, ERR_IO, "a recording in between: %s", strerror(errno));
    mem_free(text);
    return rc;
}

// Fills an empty recording, which has s already.
static int fill(struct recording *r, struct spool *s, struct err *e)
{
    struct stat st;
    json_t *facts;
    uint64_t at = 0;
    if (fstat(s->fd, &st))
        return err_set(e, ERR_IO, "a recording in between: %s", strerror(errno));
    int rc = read_header(&facts, &at, s->fd, (uint64_t)st.st_size, e);
    if (rc < 0)
        return rc;
    rc = take_channels(r, json_object_get(facts, "channels"), s,
                       ((uint64_t)st.st_size - at) / sizeof(float), e);
    for (size_t i = 0; rc == 0 && i < r->n_channels; i++)
        s->offset[i] += at;
    if (rc == 0)
        take_facts(r, facts);
    json_decref(facts);
    return rc == 0 ? wave_check(r, e) : rc;
}

int spool_open(struct recording **out, int fd, struct err *e)
{
    struct recording *r;
    struct spool *s = mem_zalloc(sizeof *s);
    *out = NULL;
    if (!s) {
        close(fd);
        return err_set(e, ERR_MEMORY, "no memory for a recording");
    }
    s->fd = fd;
    int rc = wave_new(&r, "spool", "a recording that was sent", e);
    if (rc < 0) {
        spool_close(s);
        return rc;
    }
    r->store->state = s;
    r->store->source = &spool_source;
    rc = fill(r, s, e);
    if (rc < 0) {
        recording_close(r);
        return rc;
    }
    r->store->may_be_no_number = true; // not before: wave_check() would read all
    *out = r;
    return 0;
}
