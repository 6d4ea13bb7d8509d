/*
 * edf.c: reads EDF, EDF+, BDF and BDF+ (edf.h has their bytes), with the small sins that real
 * files have: wrong counts, commas in numbers, zero bytes or nothing where blanks should be,
 * letters that are not ASCII, a last record that was cut. Each is repaired and reported.
 *
 * In EDF+D the records need not follow each other: a gap is read as zeros, and gets an
 * annotation "gap" and a repair line. Times count from the first sample, not from the second
 * in which it lies.
 */
#include "wave/edf.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "wave/wave_priv.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

enum {
    MAX_ANNOTATION_BYTES = 1 << 26, // of one record
    MAX_SEGMENTS = 1 << 20,
    FIELD_BYTES = 81,
};
#define MAX_RECORD_BYTES (UINT64_C(1) << 31)

// Records that follow each other without a gap.
struct segment {
    uint64_t record;
    double onset_s; // of its first sample
};

struct edf {
    struct samplefile file;
    const unsigned char *header;
    size_t n_signals, n_header, width;
    bool has_gaps; // EDF+D
    double record_s;
    uint64_t n_records, record_bytes;
    size_t *samples;               // in a record, of each signal
    size_t *signal_of;             // of each channel
    struct sample_layout *layouts; // of each channel
    struct segment *segments;
    size_t n_segments, segment_capacity;
    double first_onset_s; // what the file calls the time of the first sample
    double end_s;         // "Recording ends"; negative: not said
};

size_t edf_field_bytes(enum edf_field field)
{
    static const unsigned char bytes[EDF_N_FIELDS] = {16, 80, 8, 8, 8, 8, 8, 80, 8, 32};
    return bytes[field];
}

size_t edf_field_at(enum edf_field field, size_t i, size_t n_signals)
{
    size_t at = EDF_FIXED_BYTES;
    for (int k = 0; k < (int)field; k++)
        at += edf_field_bytes((enum edf_field)k) * n_signals;
    return at + edf_field_bytes(field) * i;
}

static bool matches(const struct wave_probe *p)
{
    static const char edf[] = "0       ", bdf[] = "\xff"
                                                  "BIOSEMI";
    return !p->hints->dtype && p->n_head >= 8 &&
           (!memcmp(p->head, edf, 8) || !memcmp(p->head, bdf, 8) ||
            (text_ends_with_nocase(p->path, ".edf") && p->head[0] == '0'));
}

static void edf_close(void *state)
{
    struct edf *x = state;
    samplefile_close(&x->file);
    mem_free(x->segments);
}

/* ---- fields ---- */

// A field without its padding. Zero bytes end it.
static const char *field(char out[FIELD_BYTES], const struct edf *x, size_t at, size_t n)
{
    memcpy(out, x->header + at, n);
    out[n] = '\0';
    return text_trim(out);
}

// A number; a comma for the point, or something behind the number, is a small sin. False:
// there is no number at all.
static bool number(double *out, struct recording *r, const struct edf *x, size_t at, size_t n)
{
    char text[FIELD_BYTES], was[FIELD_BYTES];
    const char *s = field(text, x, at, n);
    memcpy(was, s, strlen(s) + 1);
    char *comma = strchr(text, ',');
    if (comma)
        *comma = '.';
    if (*s == '+')
        s++;
    size_t n_number = strspn(s, "0123456789.+-eE");
    bool has_more = s[n_number];
    text[(size_t)(s - text) + n_number] = '\0';
    if (!text_to_double(out, s))
        return false;
    if (comma || has_more)
        wave_repair(r, "header byte %zu: \"%s\" read as %s", at, was, s);
    return true;
}

static bool whole(int64_t *out, struct recording *r, const struct edf *x, size_t at, size_t n)
{
    double v;
    if (!number(&v, r, x, at, n) || fabs(v) > 1e15 || v != floor(v))
        return false;
    *out = (int64_t)v;
    return true;
}

static int bad_field(const struct recording *r, const struct edf *x, size_t at, size_t n,
                     const char *wanted, struct err *e)
{
    char text[FIELD_BYTES];
    const char *found = field(text, x, at, n);
    return err_set(e, ERR_FORMAT, "%s: header byte %zu: \"%.40s\", wanted %s", r->store->path,
                   at, text_is_utf8(found) ? found : "?", wanted);
}

/* ---- the header ---- */

static int read_whole_header(struct recording *r, struct edf *x, struct err *e)
{
    const char *path = r->store->path;
    const unsigned char *p;
    char text[FIELD_BYTES];
    size_t n;
    if (x->file.n_bytes < EDF_FIXED_BYTES)
        return err_set(e, ERR_FORMAT, "%s: ends within its header, at byte %llu", path,
                       (unsigned long long)x->file.n_bytes);
    int rc = samplefile_bytes(&p, &x->file, 0, EDF_FIXED_BYTES, e);
    if (rc < 0)
        return rc;
    x->header = p;
    x->width = p[0] == 0xff ? 3 : 2;
    if (!text_to_size(&n, field(text, x, 252, 4)) || n == 0)
        return bad_field(r, x, 252, 4, "a number of signals", e);
    if (n > EDF_MAX_SIGNALS)
        return err_set(e, ERR_LIMIT, "%s: %zu signals, wanted at most %d", path, n,
                       EDF_MAX_SIGNALS);
    x->n_signals = n;
    x->n_header = EDF_FIXED_BYTES + n * EDF_SIGNAL_BYTES;
    if (x->file.n_bytes < x->n_header)
        return err_set(e, ERR_FORMAT, "%s: ends within its header, at byte %llu of %zu", path,
                       (unsigned long long)x->file.n_bytes, x->n_header);
    unsigned char *header = arena_alloc(&r->store->arena, x->n_header);
    if (!header)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (size_t at = 0; at < x->n_header; at += EDF_SIGNAL_BYTES) {
        if ((rc = samplefile_bytes(&p, &x->file, at, EDF_SIGNAL_BYTES, e)) < 0)
            return rc;
        memcpy(header + at, p, EDF_SIGNAL_BYTES);
    }
    x->header = header;
    return 0;
}

// What is no letter of ASCII, once for the file; the unit's micro sign is no sin worth a line.
static void report_letters(struct recording *r, const struct edf *x)
{
    size_t unit = edf_field_at(EDF_UNIT, 0, x->n_signals);
    for (size_t i = 8; i < x->n_header; i++)
        if ((x->header[i] < ' ' || x->header[i] > '~') &&
            !(i >= unit && i < unit + 8 * x->n_signals)) {
            wave_repair(r, "header byte %zu: %s: %s", i,
                        x->header[i] ? "no ASCII letter" : "a zero byte for a blank",
                        x->header[i] ? "taken as UTF-8 or Latin-1" : "taken as a blank");
            return;
        }
}

static void note_field(struct recording *r, const char *key, const char *value, size_t n)
{
    if (n && !(n == 1 && value[0] == 'X'))
        wave_note(r, arena_printf(&r->store->arena, "%s: %.*s", key, (int)n, value));
}

// EDF+'s words of a field, blanks written as underscores; n of them, the rest in the last.
static size_t subfields(struct recording *r, const struct edf *x, size_t at, char **words,
                        size_t n_max)
{
    size_t n = 0;
    char *s = wave_text(r, x->header + at, 80);
    while (s && *s && n < n_max) {
        words[n++] = s;
        s += n < n_max ? strcspn(s, " ") : strlen(s);
        if (*s)
            *s++ = '\0';
        s += strspn(s, " ");
    }
    for (size_t i = 0; i < n; i++)
        for (char *c = words[i]; *c; c++)
            if (*c == '_')
                *c = ' ';
    return n;
}

// Behind the equipment: "muscle:biceps brachii side:left".
static void take_more(struct recording *r, char *more)
{
    static const char *const keys[] = {"muscle:", "side:", "site:", "polarity:", NULL};
    while (*more) {
        char *end = more + strlen(more);
        for (const char *const *k = keys; *k; k++) { // a word begins where a key does
            char *next = strstr(more + 1, *k);
            if (next && next[-1] == ' ' && next < end)
                end = next;
        }
        char *line = wave_text(r, more, (size_t)(end - more));
        if (line)
            wave_take_line(r, line);
        more = end;
    }
}

static void take_people(struct recording *r, const struct edf *x, bool is_plus, char date[12])
{
    char *w[6] = {0};
    static const char *const patient[] = {NULL, "sex", "birthdate", "name"};
    static const char *const recording[] = {NULL, NULL, "administration code", "technician",
                                            "equipment"};
    char *whole_patient = wave_text(r, x->header + 8, 80);
    char *whole_recording = wave_text(r, x->header + 88, 80);
    if (!is_plus) {
        r->patient = whole_patient && *whole_patient ? whole_patient : NULL;
        if (whole_recording)
            note_field(r, "recording", whole_recording, strlen(whole_recording));
        return;
    }
    size_t n = subfields(r, x, 8, w, 5);
    if (n == 5)
        take_more(r, w[4]);
    if (n && strcmp(w[0], "X") != 0)
        r->patient = w[0];
    for (size_t i = 1; i < n && i < 4; i++)
        note_field(r, patient[i], w[i], strlen(w[i]));
    n = subfields(r, x, 88, w, 6);
    if (n > 1 && !strcmp(w[0], "Startdate") && strlen(w[1]) == 11)
        memcpy(date, w[1], 12);
    for (size_t i = 2; i < n && i < 5; i++)
        note_field(r, recording[i], w[i], strlen(w[i]));
    if (n == 6)
        take_more(r, w[5]);
}

static void take_start(struct recording *r, const struct edf *x, const char date[12])
{
    const unsigned char *p = x->header + 168;
    int v[6];
    static const unsigned char at[6] = {0, 3, 6, 8, 11, 14};
    for (size_t i = 0; i < 6; i++) {
        const unsigned char *d = p + at[i];
        if (!isdigit(d[0]) || !isdigit(d[1]))
            return;
        v[i] = 10 * (d[0] - '0') + d[1] - '0';
    }
    int year = v[2] + (v[2] >= 85 ? 1900 : 2000);
    if (date[0]) { // dd-MMM-yyyy has all of the year
        int full = 0;
        for (size_t i = 7; i < 11 && isdigit((unsigned char)date[i]); i++)
            full = 10 * full + date[i] - '0';
        year = full >= 1000 ? full : year;
    }
    if (v[0] < 1 || v[0] > 31 || v[1] < 1 || v[1] > 12 || v[3] > 23 || v[4] > 59 || v[5] > 60)
        return;
    r->start_time = arena_printf(&r->store->arena, "%04d-%02d-%02dT%02d:%02d:%02d", year, v[1],
                                 v[0], v[3], v[4], v[5]);
}

// How long a record is, and how many there really are.
static int count_records(struct recording *r, struct edf *x, struct err *e)
{
    int64_t said = -1, header_bytes = 0;
    if (!whole(&header_bytes, r, x, 184, 8) || header_bytes != (int64_t)x->n_header)
        wave_repair(r, "header byte 184: %lld bytes of header, %zu for %zu signals: the latter",
                    (long long)header_bytes, x->n_header, x->n_signals);
    if (!number(&x->record_s, r, x, 244, 8) || x->record_s < 0 || x->record_s > 1e9)
        return bad_field(r, x, 244, 8, "the seconds of a data record", e);
    bool is_said = whole(&said, r, x, 236, 8);
    uint64_t n_data = x->file.n_bytes - x->n_header;
    x->n_records = n_data / x->record_bytes;
    if (!is_said || said != (int64_t)x->n_records)
        wave_repair(r, "header byte 236: %lld data records, the file holds %llu: the latter",
                    (long long)said, (unsigned long long)x->n_records);
    if (n_data % x->record_bytes)
        wave_repair(r, "the last data record was cut: its %llu of %llu bytes are left out",
                    (unsigned long long)(n_data % x->record_bytes),
                    (unsigned long long)x->record_bytes);
    return 0;
}

static bool is_annotation(const struct edf *x, size_t i)
{
    char text[FIELD_BYTES];
    const char *s = field(text, x, edf_field_at(EDF_LABEL, i, x->n_signals), 16);
    return !strcmp(s, EDF_LABEL_OF_EDF) || !strcmp(s, EDF_LABEL_OF_BDF);
}

static int read_sizes(struct recording *r, struct edf *x, size_t *n_channels, struct err *e)
{
    x->samples = arena_array(&r->store->arena, x->n_signals, sizeof *x->samples);
    if (!x->samples)
        return err_set(e, ERR_MEMORY, "%s: no memory", r->store->path);
    *n_channels = 0;
    for (size_t i = 0; i < x->n_signals; i++) {
        size_t at = edf_field_at(EDF_SAMPLES, i, x->n_signals);
        int64_t n;
        if (!whole(&n, r, x, at, 8) || n < 1)
            return bad_field(r, x, at, 8, "at least 1 sample in a record", e);
        if ((uint64_t)n > MAX_RECORD_BYTES / x->width ||
            (x->record_bytes += (uint64_t)n * x->width) > MAX_RECORD_BYTES)
            return err_set(e, ERR_LIMIT, "%s: data records of over %llu bytes", r->store->path,
                           (unsigned long long)MAX_RECORD_BYTES);
        x->samples[i] = (size_t)n;
        *n_channels += !is_annotation(x, i);
    }
    return count_records(r, x, e);
}

/* ---- signals ---- */

// The gain from two points; without one the channel is in counts.
static void take_scale(struct recording *r, const struct edf *x, size_t i, struct channel *c)
{
    double v[4] = {0};
    bool is_there = true;
    char text[FIELD_BYTES];
    for (int k = 0; k < 4; k++)
        is_there &=
            number(&v[k], r, x,
                   edf_field_at((enum edf_field)(EDF_PHYSICAL_MIN + k), i, x->n_signals), 8);
    const char *unit = field(text, x, edf_field_at(EDF_UNIT, i, x->n_signals), 8);
    double uv = wave_microvolts_per(unit), gain = (v[3] - v[2]) / (v[1] - v[0]);
    c->unit = uv > 0 ? CHANNEL_UNIT_MICROVOLTS : CHANNEL_UNIT_COUNTS;
    if (!is_there || !isfinite(gain) || fabs(gain) < 1e-15 || fabs(gain) > 1e15) {
        wave_repair(r, "signal %zu (%s): no gain: digital and physical ranges make none", i + 1,
                    c->name);
        c->unit = CHANNEL_UNIT_COUNTS;
        c->counts_per_uv = 1;
        return;
    }
    c->counts_per_uv = gain / (uv > 0 ? uv : 1);
    c->baseline_counts = v[2] - v[0] * gain;
    if (v[3] > v[2])
        c->bits = (int)fmin(ceil(log2(v[3] - v[2] + 1)), 32);
    if (uv == 0 && *unit && text_compare_nocase(unit, "counts") != 0)
        wave_repair(r, "signal %zu (%s): unit \"%s\" is no voltage: kept as numbers", i + 1,
                    c->name, wave_text(r, unit, strlen(unit)));
}

static int take_signal(struct recording *r, struct edf *x, size_t i, size_t i_channel,
                       const struct recording_hints *h, struct err *e)
{
    struct channel *c = &r->channels[i_channel];
    char *name = wave_text(r, x->header + edf_field_at(EDF_LABEL, i, x->n_signals), 16);
    char *filter = wave_text(r, x->header + edf_field_at(EDF_PREFILTER, i, x->n_signals), 80);
    char *transducer =
        wave_text(r, x->header + edf_field_at(EDF_TRANSDUCER, i, x->n_signals), 80);
    if (name && *name)
        c->name = name;
    c->prefilter = filter && *filter ? filter : NULL;
    if (transducer && *transducer)
        wave_note(r,
                  arena_printf(&r->store->arena, "transducer of %s: %s", c->name, transducer));
    take_scale(r, x, i, c);
    double rate = x->record_s > 0 ? (double)x->samples[i] / x->record_s : 0;
    int rc = rate > 0 ? wave_check_rate(rate, r->store->path, e) : 0;
    if (rc == 0)
        rc = wave_choose_rate(&c->rate_hz, r, rate, h, e);
    if (rc == 0 && x->n_records > RECORDING_MAX_SAMPLES / x->samples[i])
        rc = err_set(e, ERR_LIMIT, "%s: over %llu samples", r->store->path,
                     (unsigned long long)RECORDING_MAX_SAMPLES);
    c->n_samples = x->n_records * x->samples[i];
    return rc;
}

static int take_signals(struct recording *r, struct edf *x, size_t n_channels,
                        const struct recording_hints *h, struct err *e)
{
    struct arena *a = &r->store->arena;
    int rc = wave_make_channels(r, n_channels, e);
    if (rc < 0)
        return rc;
    x->layouts = arena_array(a, n_channels + 1, sizeof *x->layouts);
    x->signal_of = arena_array(a, n_channels + 1, sizeof *x->signal_of);
    if (!x->layouts || !x->signal_of)
        return err_set(e, ERR_MEMORY, "%s: no memory", r->store->path);
    size_t at = 0, k = 0;
    for (size_t i = 0; rc == 0 && i < x->n_signals; i++) {
        if (!is_annotation(x, i)) {
            x->layouts[k] = (struct sample_layout){
                x->width == 3 ? SAMPLE_CODING_I24LE : SAMPLE_CODING_I16LE, x->n_header,
                (size_t)(x->record_bytes / x->width), at, x->samples[i]};
            x->signal_of[k] = i;
            rc = take_signal(r, x, i, k++, h, e);
        }
        at += x->samples[i];
    }
    return rc;
}

/* ---- annotations and gaps ---- */

// "+12.5", ended by one of `ends`; NULL: it is no number so ended.
static const char *take_time(double *out, const char *s, const char *ends)
{
    char text[64];
    size_t n = strcspn(s, ends);
    if (n == 0 || n >= sizeof text || !s[n])
        return NULL;
    memcpy(text, s, n);
    text[n] = '\0';
    char *comma = strchr(text, ',');
    if (comma)
        *comma = '.';
    return text_to_double(out, text) && fabs(*out) < 1e10 ? s + n : NULL;
}

// One text: "label[: text][@@channel]".
static void take_text(struct recording *r, struct edf *x, double onset_s, double duration_s,
                      const char *bytes, size_t n)
{
    struct annotation a = {onset_s - x->first_onset_s, duration_s, -1, NULL, NULL};
    char *label = wave_text(r, bytes, n);
    if (!label || !*label)
        return;
    if (!strcmp(label, EDF_ENDS))
        x->end_s = a.onset_s;
    char *at = NULL;
    for (char *p = strstr(label, "@@"); p; p = strstr(p + 1, "@@"))
        at = p;
    for (size_t i = 0; at && a.channel < 0 && i < r->n_channels; i++)
        if (!strcmp(r->channels[i].name, at + 2)) {
            a.channel = (int)i;
            *at = '\0';
        }
    char *text = strstr(label, ": ");
    if (text && text > label && text[2]) {
        *text = '\0';
        a.text = text + 2;
    }
    a.label = label;
    wave_annotate(r, &a);
}

// One list of texts, ended by zero. False: it is damaged.
static bool take_list(struct recording *r, struct edf *x, const char *s, size_t n,
                      double *first_onset_s, bool *has_onset)
{
    double onset_s, duration_s = 0;
    const char *end = s + n, *at = take_time(&onset_s, s, "\x14\x15");
    if (!at || (*s != '+' && *s != '-'))
        return false;
    if (*at == EDF_DURATION_MARK) {
        at = take_time(&duration_s, at + 1, "\x14");
        if (!at || duration_s < 0)
            return false;
    }
    if (!*has_onset) { // the first list of a record says when it begins
        *has_onset = true;
        *first_onset_s = onset_s;
    }
    for (at++; at < end;) {
        const char *stop = memchr(at, EDF_TEXT_MARK, (size_t)(end - at));
        size_t n_text = stop ? (size_t)(stop - at) : (size_t)(end - at);
        take_text(r, x, onset_s, duration_s, at, n_text);
        at += n_text + 1;
        if (!stop)
            return false;
    }
    return true;
}

static bool add_segment(struct edf *x, uint64_t record, double onset_s)
{
    if (x->n_segments == x->segment_capacity) {
        size_t more = x->segment_capacity ? 2 * x->segment_capacity : 16;
        struct segment *s = mem_resize(x->segments, more, sizeof *s);
        if (!s)
            return false;
        x->segments = s;
        x->segment_capacity = more;
    }
    x->segments[x->n_segments++] = (struct segment){record, onset_s};
    return true;
}

// In EDF+D: does this record begin where the one before ended?
static int place_record(struct recording *r, struct edf *x, uint64_t record, double onset_s,
                        struct err *e)
{
    double fastest = 1;
    for (size_t i = 0; i < r->n_channels; i++)
        fastest = fmax(fastest, r->channels[i].rate_hz);
    assert(x->n_segments);
    const struct segment *last = &x->segments[x->n_segments - 1];
    double expected = last->onset_s + (double)(record - last->record) * x->record_s;
    double gap = onset_s - x->first_onset_s - expected;
    if (fabs(gap) < 0.5 / fastest)
        return 0;
    if (gap < 0) {
        wave_repair(r,
                    "data record %llu begins %.9g s before the one before ends: put behind it",
                    (unsigned long long)record + 1, -gap);
        return 0;
    }
    wave_repair(r, "gap of %.9g s at %.9g s: read as zeros", gap, expected);
    struct annotation a = {expected, gap, -1, "gap", NULL};
    wave_annotate(r, &a);
    if (x->n_segments == MAX_SEGMENTS)
        return err_set(e, ERR_LIMIT, "%s: over %d gaps", r->store->path, MAX_SEGMENTS);
    if (!add_segment(x, record, expected + gap))
        return err_set(e, ERR_MEMORY, "%s: no memory", r->store->path);
    return 0;
}

static int fill(char *to, struct edf *x, uint64_t offset, size_t n, struct err *e)
{
    for (size_t done = 0; done < n;) {
        size_t k = n - done < SAMPLEFILE_WINDOW_BYTES ? n - done : SAMPLEFILE_WINDOW_BYTES;
        const unsigned char *p;
        int rc = samplefile_bytes(&p, &x->file, offset + done, k, e);
        if (rc < 0)
            return rc;
        memcpy(to + done, p, k);
        done += k;
    }
    to[n] = '\0';
    return 0;
}

// All lists of one record and signal.
static void take_lists(struct recording *r, struct edf *x, uint64_t record, const char *text,
                       size_t n, double *onset_s, bool *has_onset)
{
    const char *end = text + n;
    while (text < end) {
        size_t m = strlen(text);
        if (m && record == 0 && !*has_onset) { // before its texts: they count from it
            double t;
            if (take_time(&t, text, "\x14\x15"))
                x->first_onset_s = t;
        }
        if (m && !take_list(r, x, text, m, onset_s, has_onset))
            wave_repair(r, "data record %llu: a damaged list of annotations",
                        (unsigned long long)record + 1);
        text += m + 1;
    }
}

static int read_annotations(struct recording *r, struct edf *x, struct err *e)
{
    size_t most = 0;
    for (size_t i = 0; i < x->n_signals; i++)
        if (is_annotation(x, i) && x->samples[i] * x->width > most)
            most = x->samples[i] * x->width;
    if (!most)
        return 0;
    if (most > MAX_ANNOTATION_BYTES)
        return err_set(e, ERR_LIMIT, "%s: %zu bytes of annotations in a record, at most %d",
                       r->store->path, most, MAX_ANNOTATION_BYTES);
    char *text = mem_alloc(most + 1);
    int rc = text ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", r->store->path);
    if (rc == 0 && x->has_gaps && !add_segment(x, 0, 0))
        rc = err_set(e, ERR_MEMORY, "%s: no memory", r->store->path);
    x->file.ahead = most * 4 < x->record_bytes ? 4096 : SAMPLEFILE_WINDOW_BYTES;
    for (uint64_t k = 0; rc == 0 && k < x->n_records; k++) {
        uint64_t at = x->n_header + k * x->record_bytes;
        double onset_s = 0;
        bool has_onset = false;
        for (size_t i = 0; rc == 0 && i < x->n_signals; i++) {
            size_t n = x->samples[i] * x->width;
            if (is_annotation(x, i) && (rc = fill(text, x, at, n, e)) == 0)
                take_lists(r, x, k, text, n, &onset_s, &has_onset);
            at += n;
        }
        if (rc == 0 && x->has_gaps && has_onset)
            rc = place_record(r, x, k, onset_s, e);
        if (rc == 0 && r->store->is_over)
            break;
    }
    x->file.ahead = SAMPLEFILE_WINDOW_BYTES;
    mem_free(text);
    return rc;
}

// Where sample 0 of a segment lies in a channel.
static uint64_t segment_start(const struct segment *s, const struct channel *c)
{
    return (uint64_t)round(s->onset_s * c->rate_hz);
}

// Lengths with the gaps, and where "Recording ends" within the last record.
static int settle_lengths(struct recording *r, struct edf *x, struct err *e)
{
    bool is_end = false;
    double whole_s = (double)x->n_records * x->record_s;
    const struct segment *last = x->n_segments ? &x->segments[x->n_segments - 1] : NULL;
    if (last)
        whole_s = last->onset_s + (double)(x->n_records - last->record) * x->record_s;
    if (x->end_s >= 0 && x->end_s <= whole_s && x->end_s > whole_s - x->record_s)
        is_end = true;
    for (size_t i = 0; i < r->n_channels; i++) {
        struct channel *c = &r->channels[i];
        size_t m = x->samples[x->signal_of[i]];
        if (last && last->onset_s * c->rate_hz > (double)RECORDING_MAX_SAMPLES)
            return err_set(e, ERR_LIMIT, "%s: gaps up to %g s, wanted at most %llu samples",
                           r->store->path, last->onset_s,
                           (unsigned long long)RECORDING_MAX_SAMPLES);
        if (last)
            c->n_samples = segment_start(last, c) + (x->n_records - last->record) * m;
        if (is_end && round(x->end_s * c->rate_hz) < (double)c->n_samples)
            c->n_samples = (uint64_t)round(x->end_s * c->rate_hz);
    }
    size_t n = 0;
    for (size_t i = 0; i < r->n_annotations; i++) // that end is no event
        if (!is_end || strcmp(r->annotations[i].label, EDF_ENDS) != 0)
            r->annotations[n++] = r->annotations[i];
    r->n_annotations = n;
    return 0;
}

static int edf_read(struct recording *r, size_t channel, uint64_t first, size_t n, float *out,
                    struct err *e)
{
    struct edf *x = r->store->state;
    const struct channel *c = &r->channels[channel];
    const struct sample_layout *l = &x->layouts[channel];
    size_t m = x->samples[x->signal_of[channel]], low = 0, high = x->n_segments;
    if (x->n_segments < 2)
        return samplefile_values(&x->file, l, c, first, n, out, e);
    while (high - low > 1) { // the last segment that begins at or before first
        size_t middle = low + (high - low) / 2;
        if (segment_start(&x->segments[middle], c) <= first)
            low = middle;
        else
            high = middle;
    }
    for (size_t done = 0; done < n; low++) {
        const struct segment *s = &x->segments[low];
        bool is_last = low + 1 == x->n_segments;
        uint64_t begin = segment_start(s, c), at = first + done - begin;
        uint64_t held = ((is_last ? x->n_records : s[1].record) - s->record) * m;
        uint64_t next = is_last ? begin + held : segment_start(&s[1], c);
        held = held < next - begin ? held : next - begin; // rounded times may overlap by one
        size_t k = at < held ? (size_t)(held - at < n - done ? held - at : n - done) : 0;
        int rc =
            k ? samplefile_values(&x->file, l, c, s->record * m + at, k, out + done, e) : 0;
        if (rc < 0)
            return rc;
        done += k;
        for (; done < n && first + done < next; done++)
            out[done] = 0;
    }
    return 0;
}

static const struct wave_source edf_source = {edf_read, edf_close};

static int edf_open(struct recording *r, const char *path, const struct recording_hints *h,
                    struct err *e)
{
    char text[FIELD_BYTES], date[12] = "";
    size_t n_channels = 0;
    struct edf *x = arena_alloc(&r->store->arena, sizeof *x);
    if (!x)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    x->file.fd = -1;
    x->end_s = -1;
    r->store->state = x;
    r->store->source = &edf_source;
    int rc = samplefile_open(&x->file, path, e);
    if (rc == 0)
        rc = read_whole_header(r, x, e);
    if (rc < 0)
        return rc;
    const char *kind = field(text, x, 192, 44);
    bool is_plus = text_starts_with(kind, "EDF+") || text_starts_with(kind, "BDF+");
    x->has_gaps = is_plus && kind[4] == 'D';
    r->format = x->width == 3 ? "bdf" : "edf";
    report_letters(r, x);
    take_people(r, x, is_plus, date);
    take_start(r, x, date);
    if ((rc = read_sizes(r, x, &n_channels, e)) == 0 &&
        (rc = take_signals(r, x, n_channels, h, e)) == 0 &&
        (rc = read_annotations(r, x, e)) == 0)
        rc = settle_lengths(r, x, e);
    return rc;
}

const struct wave_format edf_format = {"edf", matches, edf_open};
