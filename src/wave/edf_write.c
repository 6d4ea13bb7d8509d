/*
 * edf_write.c: a recording as EDF+ (16 bits) or BDF+ (24 bits); edf.h has the bytes.
 *
 * Three things have to be found first:
 *
 * - the length of a data record: all rates must give whole numbers of samples in it, and what
 *   must be filled up behind the end should be short. 23437.5 Hz wants an even number of
 *   seconds, or 0.08.
 * - the physical range in eight letters each. It is rounded outwards, and samples are then
 *   quantised with the gain as it was written, so that each comes back within half a step.
 * - the room for annotations: the same in each record, enough for all when they are laid one
 *   after another.
 */
#include "wave/edf.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "wave/wave_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RECORD_SAMPLES = 1 << 24, GOOD_RECORD_BYTES = 61440, KEEPER_BYTES = 40 }; // [1], [2]

struct channel_plan {
    struct wave_quantiser q;
    size_t n; // samples in a record
    const char *unit;
    char physical[2][9]; // minimum, maximum
};

struct plan {
    const char *path;
    struct recording *r;
    size_t width; // bytes of a sample
    struct channel_plan *channels;
    double record_s;
    char record_text[9];
    uint64_t n_records;
    size_t n_signals, most; // with the annotations; samples of the longest channel in a record
    struct buffer lists;    // of annotations, each ended by a zero
    size_t list_at;         // what has been written of them
    size_t room;            // bytes for annotations in a record
};

/* ---- how long a record is ---- */

// Samples in a record of so many seconds; 0: not a whole number, or too many.
static size_t samples_in(double rate_hz, double seconds)
{
    double n = rate_hz * seconds;
    return n < 0.5 || n > MAX_RECORD_SAMPLES || fabs(n - round(n)) > 1e-12 * n
               ? 0
               : (size_t)round(n);
}

// What a length costs: samples to fill up, over-long records, and a little for short ones.
// Infinite: it does not fit.
static double cost_of(const struct plan *p, double seconds)
{
    double n_bytes = 0, most_s = recording_duration_s(p->r);
    for (size_t i = 0; i < p->r->n_channels; i++) {
        size_t n = samples_in(p->r->channels[i].rate_hz, seconds);
        if (n == 0)
            return HUGE_VAL;
        n_bytes += (double)(n * p->width);
    }
    double padding_s = ceil(most_s / seconds - 1e-9) * seconds - most_s;
    double too_long = n_bytes > GOOD_RECORD_BYTES ? 10 * n_bytes / GOOD_RECORD_BYTES : 0;
    return padding_s * 2 + too_long + fabs(log(seconds)) * 0.1;
}

static int choose_record(struct plan *p, struct err *e)
{
    double best = HUGE_VAL;
    for (int ms = 10; ms <= 60000; ms += ms < 10000 ? 1 : 1000) {
        double cost = cost_of(p, ms / 1e3);
        if (cost < best) {
            best = cost;
            p->record_s = ms / 1e3;
        }
    }
    if (best == HUGE_VAL)
        return err_set(
            e, ERR_UNSUPPORTED,
            "%s: no data record has whole numbers of samples at %.10g Hz%s: resample", p->path,
            p->r->channels[0].rate_hz, p->r->n_channels > 1 ? " and the other rates" : "");
    snprintf(p->record_text, sizeof p->record_text, "%.8g", p->record_s);
    p->n_records = 0;
    for (size_t i = 0; i < p->r->n_channels; i++) {
        size_t n = samples_in(p->r->channels[i].rate_hz, p->record_s);
        uint64_t k = (p->r->channels[i].n_samples + n - 1) / n;
        p->channels[i].n = n;
        p->most = n > p->most ? n : p->most;
        p->n_records = k > p->n_records ? k : p->n_records;
    }
    if (p->n_records == 0 && p->lists.n)
        p->n_records = 1;
    if (p->n_records > 99999999)
        return err_set(e, ERR_LIMIT, "%s: %llu data records, EDF counts to 99999999", p->path,
                       (unsigned long long)p->n_records);
    return 0;
}

/* ---- ranges ---- */

// v in at most eight letters, not nearer to 0 than v. False: it does not fit.
static bool eight_letters(char out[9], double v)
{
    for (int digits = 6; digits >= 0; digits--) {
        double unit = pow(10, -digits), out_v = round(v / unit) * unit;
        char text[64];
        if (fabs(out_v - v) > 1e-13 * fabs(v)) // not exact: away from 0
            out_v = (v < 0 ? floor(v / unit) : ceil(v / unit)) * unit;
        int n = snprintf(text, sizeof text, "%.*f", digits, out_v);
        if (n > 8)
            continue;
        if (strchr(text, '.')) // 3276.800 says no more than 3276.8
            for (; text[n - 1] == '0' || text[n - 1] == '.'; text[n] = '\0')
                if (text[--n] == '.') {
                    text[n] = '\0';
                    break;
                }
        memcpy(out, text, (size_t)n + 1);
        return strtod(out, NULL) != 0;
    }
    return false;
}

// Physical limits of the quantiser's digital ones, in the first unit that has letters for them.
// *is_exact: the letters say exactly that.
static bool put_range(struct channel_plan *c, bool is_uv, double *per_uv, bool *is_exact)
{
    static const struct {
        const char *name;
        double per_uv;
    } units[] = {{"uV", 1}, {"mV", 1e-3}, {"nV", 1e3}};
    const struct wave_quantiser *q = &c->q;
    double v[2] = {(q->lowest - q->scale.baseline) / q->scale.gain,
                   (q->highest - q->scale.baseline) / q->scale.gain};
    for (size_t k = 0; k < (is_uv ? 3u : 1u); k++) {
        bool fits = fmax(fabs(v[0]), fabs(v[1])) * units[k].per_uv >= 0.01;
        *is_exact = true;
        for (int j = 0; j < 2 && fits; j++) {
            double wanted = v[j] * units[k].per_uv;
            fits = eight_letters(c->physical[j], wanted);
            if (fits && fabs(strtod(c->physical[j], NULL) - wanted) > 1e-12 * fabs(wanted))
                *is_exact = false;
        }
        c->unit = is_uv ? units[k].name : "counts";
        *per_uv = units[k].per_uv;
        if (fits)
            return true;
    }
    return false;
}

/*
 * The whole digital range, if eight letters say exactly what it is in volts; else a round part of
 * it that holds all values and for which they do: 24 bits of 2 uV are -16777216 uV, one letter too
 * many, and -8000000 counts are -16000000. Else the whole range, with its limits rounded.
 */
static int choose_range(struct plan *p, size_t i, struct err *e)
{
    static const int32_t round_limits[] = {0,       8000000, 6400000, 4000000, 3200000, 3000000,
                                           2000000, 1000000, 640000,  320000,  300000,  100000,
                                           64000,   32768,   32000,   30000,   25600,   20000,
                                           16000,   10000,   0};
    struct channel_plan *c = &p->channels[i];
    struct wave_quantiser *q = &c->q;
    bool is_uv = p->r->channels[i].unit == CHANNEL_UNIT_MICROVOLTS, is_exact = false;
    double per = 1;
    const int32_t most = p->width == 3 ? 8388607 : 32767;
    const size_t n = sizeof round_limits / sizeof round_limits[0];
    *q = (struct wave_quantiser){.r = p->r, .channel = i};
    int rc = wave_choose_scale(&q->scale, p->r, i, -most - 1, most, e);
    for (size_t k = 0; rc == 0 && k < n && !is_exact; k++) { // the last time as the first
        bool is_whole = round_limits[k] == 0;
        q->highest = is_whole ? most : round_limits[k];
        q->lowest = is_whole ? -most - 1 : -q->highest;
        bool holds = q->scale.min >= q->lowest && q->scale.max <= q->highest;
        if (q->highest > most || !(holds || is_whole) ||
            !put_range(c, is_uv, &per, &is_exact)) {
            is_exact = false;
            if (k + 1 == n)
                rc = err_set(e, ERR_LIMIT,
                             "%s: channel %zu: EDF has no eight letters for its range", p->path,
                             i + 1);
        }
    }
    if (rc < 0)
        return rc;
    double a = strtod(c->physical[0], NULL), b = strtod(c->physical[1], NULL);
    q->scale.gain = ((double)q->highest - q->lowest) / (b - a) * per;
    q->scale.baseline = q->lowest - a * q->scale.gain / per;
    return 0;
}

/* ---- annotations ---- */

// A decimal number without exponent that reads back as v, if 17 places are enough for that.
static void put_decimal(struct buffer *b, const char *before, double v)
{
    char text[64];
    for (int digits = 0; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*f", digits, fabs(v));
        if (strtod(text, NULL) == fabs(v))
            break;
    }
    buffer_printf(b, "%s%s", before, text);
}

// n letters of ASCII, padded with blanks; what is none becomes a question mark.
static void put_field(unsigned char *header, size_t at, size_t n, const char *s)
{
    memset(header + at, ' ', n);
    for (size_t i = 0; *s && i < n; s++) {
        unsigned char c = (unsigned char)*s;
        if (c >> 6 == 2) // the rest of a letter of UTF-8
            continue;
        header[at + i++] = c >= ' ' && c <= '~' ? c : '?';
    }
}

// A channel is named by what the header will have of its name.
static void put_list(struct buffer *b, const struct recording *r, const struct annotation *a)
{
    put_decimal(b, a->onset_s < 0 ? "-" : "+", a->onset_s);
    if (a->duration_s > 0)
        put_decimal(b, "\x15", a->duration_s);
    buffer_printf(b, "\x14%s", a->label);
    if (a->text)
        buffer_printf(b, ": %s", a->text);
    if (a->channel >= 0) {
        char name[17] = "";
        put_field((unsigned char *)name, 0, 16, r->channels[a->channel].name);
        buffer_printf(b, "@@%s", text_trim(name));
    }
    buffer_append(b, "\x14", 2); // and its zero
}

// All lists, and the room that each record has for them.
static int plan_lists(struct plan *p, struct err *e)
{
    size_t longest = 0;
    for (size_t i = 0; i < p->r->n_annotations; i++) {
        size_t before = p->lists.n;
        put_list(&p->lists, p->r, &p->r->annotations[i]);
        longest = p->lists.n - before > longest ? p->lists.n - before : longest;
    }
    int rc = choose_record(p, e);
    if (rc < 0)
        return rc;
    const struct annotation end = {recording_duration_s(p->r), 0, -1, EDF_ENDS, NULL};
    double whole_s = (double)p->n_records * p->record_s;
    if (whole_s - end.onset_s > 1e-9) { // what lies behind is filled up
        size_t before = p->lists.n;
        put_list(&p->lists, p->r, &end);
        longest = p->lists.n - before > longest ? p->lists.n - before : longest;
    }
    size_t n = p->n_records ? (size_t)p->n_records : 1;
    p->room = KEEPER_BYTES + p->lists.n / n + 1 + longest;
    p->room += p->width - p->room % p->width;
    return p->lists.failed ? err_set(e, ERR_MEMORY, "%s: no memory", p->path) : 0;
}

// The room of one record: when it begins, and the next lists that fit.
static void put_lists(struct plan *p, uint64_t record, unsigned char *to)
{
    struct buffer keeper = {0};
    memset(to, 0, p->room);
    put_decimal(&keeper, "+", (double)record * p->record_s);
    buffer_append(&keeper, "\x14\x14", 3);
    if (keeper.failed) {
        p->lists.failed = true;
        return;
    }
    size_t n = keeper.n < KEEPER_BYTES ? keeper.n : KEEPER_BYTES;
    memcpy(to, keeper.data, n);
    buffer_release(&keeper);
    while (p->list_at < p->lists.n) {
        const char *list = (const char *)p->lists.data + p->list_at;
        size_t m = strlen(list) + 1;
        if (n + m > p->room)
            break;
        memcpy(to + n, list, m);
        n += m;
        p->list_at += m;
    }
}

/* ---- the file ---- */

static const char *note_of(const struct recording *r, const char *key)
{
    size_t n = strlen(key);
    for (size_t i = 0; i < r->n_notes; i++)
        if (!strncmp(r->notes[i], key, n) && r->notes[i][n] == ':')
            return r->notes[i] + n + 1 + strspn(r->notes[i] + n + 1, " ");
    return NULL;
}

// One word of EDF+: blanks are underscores, "X" is not known.
static void put_word(struct buffer *b, const char *key, const char *value)
{
    size_t at = b->n;
    buffer_printf(b, "%s%s%s", b->n ? " " : "", key, value && *value ? value : "X");
    for (size_t i = at + 1; i < b->n; i++)
        if (b->data[i] == ' ')
            b->data[i] = '_';
}

// Into the first of two fields that has room for it.
static void put_more(struct buffer fields[2], const char *key, const char *value)
{
    size_t n = value ? strlen(key) + strlen(value) + 1 : 0;
    for (int i = 0; n && i < 2; i++)
        if (fields[i].n + n <= 80) {
            put_word(&fields[i], key, value);
            return;
        }
}

static void put_people(const struct plan *p, unsigned char *header, struct buffer fields[2])
{
    static const char *const months = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
    static const char *const of_patient[] = {"sex", "birthdate", "name"};
    static const char *const of_recording[] = {"administration code", "technician",
                                               "equipment"};
    const struct recording *r = p->r;
    const char *t = r->start_time && strlen(r->start_time) >= 19 ? r->start_time : NULL;
    char date[32] = "", text[32];
    long month = t ? strtol(t + 5, NULL, 10) : 0;
    if (month >= 1 && month <= 12)
        snprintf(date, sizeof date, "%.2s-%.3s-%.4s", t + 8, months + 3 * (month - 1), t);
    put_word(&fields[0], "", "Startdate");
    put_word(&fields[0], "", date);
    put_word(&fields[1], "", r->patient);
    for (int i = 0; i < 3; i++) {
        put_word(&fields[0], "", note_of(r, of_recording[i]));
        put_word(&fields[1], "", note_of(r, of_patient[i]));
    }
    put_more(fields, "muscle:", r->muscle);
    put_more(fields, "side:", r->side);
    put_more(fields, "site:", r->site);
    put_more(fields, "polarity:", wave_polarity_line(r));
    for (int i = 0; i < 2; i++) {
        buffer_u8(&fields[i], 0);
        if (!fields[i].failed)
            put_field(header, i ? 8 : 88, 80, (const char *)fields[i].data);
    }
    snprintf(text, sizeof text, "%.2s.%.2s.%.2s", t ? t + 8 : "01", t ? t + 5 : "01",
             t ? t + 2 : "85");
    put_field(header, 168, 8, text);
    snprintf(text, sizeof text, "%.2s.%.2s.%.2s", t ? t + 11 : "00", t ? t + 14 : "00",
             t ? t + 17 : "00");
    put_field(header, 176, 8, text);
}

static void put_signal(const struct plan *p, unsigned char *header, size_t i)
{
    const char *text[EDF_N_FIELDS] = {0};
    char n_text[24], digital[2][24];
    bool is_channel = i < p->r->n_channels;
    const struct channel_plan *c = &p->channels[is_channel ? i : 0];
    bool is_bdf = p->width == 3;
    snprintf(digital[0], sizeof digital[0], "%d",
             is_channel ? c->q.lowest
             : is_bdf   ? -8388608
                        : -32768);
    snprintf(digital[1], sizeof digital[1], "%d",
             is_channel ? c->q.highest
             : is_bdf   ? 8388607
                        : 32767);
    snprintf(n_text, sizeof n_text, "%zu", is_channel ? c->n : p->room / p->width);
    text[EDF_LABEL] = is_channel ? p->r->channels[i].name
                      : is_bdf   ? EDF_LABEL_OF_BDF
                                 : EDF_LABEL_OF_EDF;
    text[EDF_UNIT] = is_channel ? c->unit : "";
    text[EDF_PHYSICAL_MIN] = is_channel ? c->physical[0] : "-1";
    text[EDF_PHYSICAL_MAX] = is_channel ? c->physical[1] : "1";
    text[EDF_DIGITAL_MIN] = digital[0];
    text[EDF_DIGITAL_MAX] = digital[1];
    text[EDF_PREFILTER] = is_channel ? p->r->channels[i].prefilter : NULL;
    text[EDF_SAMPLES] = n_text;
    for (int k = 0; k < EDF_N_FIELDS; k++)
        put_field(header, edf_field_at((enum edf_field)k, i, p->n_signals),
                  edf_field_bytes((enum edf_field)k), text[k] ? text[k] : "");
}

static int write_header(const struct plan *p, struct file_draft *d, struct err *e)
{
    size_t n = EDF_FIXED_BYTES + p->n_signals * EDF_SIGNAL_BYTES;
    unsigned char *header = mem_alloc(n);
    struct buffer fields[2] = {{0}, {0}}; // recording, patient
    char text[24];
    if (!header)
        return err_set(e, ERR_MEMORY, "%s: no memory", p->path);
    put_field(header, 0, 8, p->width == 3 ? "?BIOSEMI" : "0");
    if (p->width == 3)
        header[0] = 0xff;
    put_people(p, header, fields);
    snprintf(text, sizeof text, "%zu", n);
    put_field(header, 184, 8, text);
    put_field(header, 192, 44, p->width == 3 ? "BDF+C" : "EDF+C");
    snprintf(text, sizeof text, "%llu", (unsigned long long)p->n_records);
    put_field(header, 236, 8, text);
    put_field(header, 244, 8, p->record_text);
    snprintf(text, sizeof text, "%zu", p->n_signals);
    put_field(header, 252, 4, text);
    for (size_t i = 0; i < p->n_signals; i++)
        put_signal(p, header, i);
    int rc = fields[0].failed || fields[1].failed
                 ? err_set(e, ERR_MEMORY, "%s: no memory", p->path)
                 : wave_put(d, header, n, e);
    buffer_release(&fields[0]);
    buffer_release(&fields[1]);
    mem_free(header);
    return rc;
}

static int write_records(struct plan *p, struct file_draft *d, struct err *e)
{
    size_t n_bytes = p->most * p->width > p->room ? p->most * p->width : p->room;
    int32_t *counts = mem_array(p->most, sizeof *counts);
    unsigned char *bytes = mem_alloc(n_bytes);
    int rc = counts && bytes ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", p->path);
    for (uint64_t k = 0; rc == 0 && k < p->n_records; k++) {
        for (size_t i = 0; rc == 0 && i < p->r->n_channels; i++) {
            struct channel_plan *c = &p->channels[i];
            rc = wave_quantise(&c->q, k * c->n, c->n, counts, e);
            unsigned char *to = bytes;
            for (size_t j = 0; rc == 0 && j < c->n; j++)
                for (size_t b = 0; b < p->width; b++)
                    *to++ = (unsigned char)((uint32_t)counts[j] >> 8 * b & 0xff);
            if (rc == 0)
                rc = wave_put(d, bytes, c->n * p->width, e);
        }
        put_lists(p, k, bytes);
        if (rc == 0 && p->lists.failed)
            rc = err_set(e, ERR_MEMORY, "%s: no memory", p->path);
        if (rc == 0)
            rc = wave_put(d, bytes, p->room, e);
    }
    mem_free(counts);
    mem_free(bytes);
    return rc;
}

static int write_as(const char *path, struct recording *r, size_t width, struct err *e)
{
    struct file_draft d = {0};
    struct plan p = {.path = path, .r = r, .width = width, .n_signals = r->n_channels + 1};
    if (!r->n_channels)
        return err_set(e, ERR_USAGE, "%s: no channels to write", path);
    p.channels = mem_array(r->n_channels, sizeof *p.channels);
    int rc = p.channels ? plan_lists(&p, e) : err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (size_t i = 0; rc == 0 && i < r->n_channels; i++)
        rc = choose_range(&p, i, e);
    if (rc == 0)
        rc = file_draft_open(&d, path, e);
    if (rc == 0)
        rc = write_header(&p, &d, e);
    if (rc == 0)
        rc = write_records(&p, &d, e);
    if (rc == 0)
        rc = file_draft_commit(&d, e);
    file_draft_abandon(&d);
    buffer_release(&p.lists);
    mem_free(p.channels);
    return rc;
}

int edf_write(const char *path, struct recording *r, struct err *e)
{
    return write_as(path, r, 2, e);
}

int bdf_write(const char *path, struct recording *r, struct err *e)
{
    return write_as(path, r, 3, e);
}
