/*
 * wfdb.c: WFDB records (PhysioNet): a header of text, files of samples, an annotation file.
 *
 *   NAME N_SIGNALS [RATE[/COUNTER[(BASE)]] [N_SAMPLES [TIME [DATE]]]]
 *   FILE FORMAT[xPER_FRAME][:SKEW][+BYTES] [GAIN[(BASELINE)][/UNITS] [BITS [ZERO [INITIAL
 *       [CHECKSUM [BLOCK [DESCRIPTION]]]]]]]          one line for each signal
 *   # comments: "muscle: tibialis anterior" and such become fields, the rest notes
 *
 * Lines end with LF, CR LF or, from old Macintoshes, CR. Signals of one file take turns in it.
 * Read: formats 8 (differences), 16, 24, 32, 61 (16 bits, high byte first), 80 and 160 (offset
 * binary), 212 (12 bits). A checksum is the sum of a signal's samples modulo 65536. A gain that
 * is 0 or absent means "not calibrated": counts. Samples that a recorder marked as missing (the
 * lowest number) are read as that number.
 *
 * [1] WFDB Applications Guide, header(5) and signal(5); physionet.org
 */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "wave/wave_priv.h"
#include "wave/wfdb_annotations.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADER_MAX_BYTES = 1 << 20,
    MAX_PER_FRAME = 1 << 16,
    MAX_FIELDS = 16,
    DIFFERENCES_MAX_BYTES = 256 << 20, // format 8 is decoded as a whole
};
#define CHECKSUM_MAX_BYTES (UINT64_C(1) << 30) // of more, the checksums are not looked at

static const struct {
    int number;
    enum sample_coding coding;
    int bits;
} formats[] = {{8, SAMPLE_CODING_I8, 8},       {16, SAMPLE_CODING_I16LE, 16},
               {24, SAMPLE_CODING_I24LE, 24},  {32, SAMPLE_CODING_I32LE, 32},
               {61, SAMPLE_CODING_I16BE, 16},  {80, SAMPLE_CODING_U8, 8},
               {160, SAMPLE_CODING_U16LE, 16}, {212, SAMPLE_CODING_P212, 12}};

struct wfdb_signal {
    size_t i_file;
    int format;
    struct sample_layout layout;
    int64_t skew;
    int32_t initial;
    bool has_checksum;
    int64_t checksum;
    double *sums; // of format 8: the samples; else NULL
};

struct wfdb {
    struct samplefile *files;
    size_t n_files; // opened
    char **names;   // of all files
    size_t n_names;
    struct wfdb_signal *signals;
    size_t n_signals;
    double frame_hz;
    uint64_t n_frames; // 0: the header does not say
};

static bool matches(const struct wave_probe *p)
{
    return !p->hints->dtype && text_ends_with_nocase(p->path, ".hea");
}

static void wfdb_close(void *state)
{
    struct wfdb *w = state;
    for (size_t i = 0; i < w->n_files; i++)
        samplefile_close(&w->files[i]);
    for (size_t i = 0; w->signals && i < w->n_signals; i++)
        mem_free(w->signals[i].sums);
}

static int wfdb_read(struct recording *r, size_t channel, uint64_t first, size_t n, float *out,
                     struct err *e)
{
    struct wfdb *w = r->store->state;
    const struct wfdb_signal *s = &w->signals[channel];
    const struct channel *c = &r->channels[channel];
    double gain = c->counts_per_uv != 0 ? c->counts_per_uv : 1;
    first += (uint64_t)s->skew;
    if (!s->sums)
        return samplefile_values(&w->files[s->i_file], &s->layout, c, first, n, out, e);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)((s->sums[first + i] - c->baseline_counts) / gain);
    return 0;
}

static const struct wave_source wfdb_source = {wfdb_read, wfdb_close};

/* ---- the header ---- */

struct lines {
    char *at;
    size_t number; // of the line given last, from 1
};

// The next line without its end; NULL: there are no more.
static char *next_line(struct lines *l)
{
    if (!*l->at)
        return NULL;
    char *line = l->at;
    size_t n = strcspn(line, "\r\n");
    l->at += n;
    if (l->at[0] == '\r' && l->at[1] == '\n')
        *l->at++ = '\0';
    if (*l->at)
        *l->at++ = '\0';
    l->number++;
    return line;
}

// Words of a line; the last one takes all that is left.
static size_t split_words(char *line, char **words, size_t n_max)
{
    size_t n = 0;
    for (char *at = text_trim(line); *at && n < n_max; n++) {
        words[n] = at;
        at += n + 1 < n_max ? strcspn(at, " \t") : strlen(at);
        if (*at)
            *at++ = '\0';
        at = text_trim(at);
    }
    return n;
}

// The number that s begins with; *end moves behind it. False: it begins with none.
static bool leading_number(double *out, const char *s, const char **end)
{
    char *stop;
    *out = strtod(s, &stop);
    *end = stop;
    return stop != s && isfinite(*out);
}

static int line_error(const struct recording *r, size_t line, const char *what,
                      const char *found, struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s: line %zu: %s \"%.60s\"", r->store->path, line, what,
                   found);
}

// "12:34:56" and "30/04/2019" as "2019-04-30T12:34:56"; a time without date is left out.
static void take_start(struct recording *r, const char *time, const char *date)
{
    int h = 0, m = 0, s = 0, day = 0, month = 0, year = 0;
    int n = time ? sscanf(time, "%2d:%2d:%2d", &h, &m, &s) : 0; // NOLINT(cert-err34-c)
    if (n < 2 || !date ||
        sscanf(date, "%2d/%2d/%4d", &day, &month, &year) != 3 || // NOLINT(cert-err34-c)
        h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60 || day < 1 || day > 31 ||
        month < 1 || month > 12 || year < 1)
        return;
    if (n == 2) { // minutes and seconds
        s = m;
        m = h;
        h = 0;
    }
    r->start_time = arena_printf(&r->store->arena, "%04d-%02d-%02dT%02d:%02d:%02d", year, month,
                                 day, h, m, s);
}

static int read_record_line(struct recording *r, struct wfdb *w, char *line, size_t number,
                            const struct recording_hints *h, struct err *e)
{
    char *word[6] = {0};
    double rate = 0;
    const char *end;
    size_t n = split_words(line, word, 6), n_signals = 0, n_frames = 0;
    if (n && strchr(word[0], '/'))
        return err_set(e, ERR_UNSUPPORTED,
                       "%s: a record of several segments: open each of them", r->store->path);
    if (n < 2 || !text_to_size(&n_signals, word[1]))
        return line_error(r, number, "wanted a record's name and its number of signals, found",
                          n ? word[n - 1] : "", e);
    if (n > 2 && (!leading_number(&rate, word[2], &end) || (*end && *end != '/')))
        return line_error(r, number, "wanted a rate in Hz, found", word[2], e);
    if (n > 3 && !text_to_size(&n_frames, word[3]))
        return line_error(r, number, "wanted a number of samples, found", word[3], e);
    if (n > 2 && !(rate > 0))
        return line_error(r, number, "wanted a rate above 0 Hz, found", word[2], e);
    if (n_signals == 0)
        return err_set(e, ERR_FORMAT, "%s: no signals", r->store->path);
    if (n_frames > RECORDING_MAX_SAMPLES)
        return err_set(e, ERR_LIMIT, "%s: %zu samples, wanted at most %llu", r->store->path,
                       n_frames, (unsigned long long)RECORDING_MAX_SAMPLES);
    take_start(r, word[4], word[5]);
    w->n_frames = n_frames;
    int rc = wave_choose_rate(&w->frame_hz, r, rate, h, e);
    if (rc == 0 && (rc = wave_make_channels(r, n_signals, e)) == 0) {
        struct arena *a = &r->store->arena;
        w->signals = arena_array(a, n_signals, sizeof *w->signals);
        w->names = arena_array(a, n_signals, sizeof *w->names);
        w->files = arena_array(a, n_signals, sizeof *w->files);
        if (!w->signals || !w->names || !w->files)
            return err_set(e, ERR_MEMORY, "%s: no memory", r->store->path);
        w->n_signals = n_signals;
    }
    return rc;
}

// "16x4:2+512": format, samples per frame, skew and bytes to pass over.
static int read_format(struct recording *r, struct wfdb_signal *s, const char *word,
                       size_t number, struct err *e)
{
    char *end;
    long format = strtol(word, &end, 10), per_frame = 1, skew = 0;
    long long offset = 0;
    if (*end == 'x')
        per_frame = strtol(end + 1, &end, 10);
    if (*end == ':')
        skew = strtol(end + 1, &end, 10);
    if (*end == '+')
        offset = strtoll(end + 1, &end, 10);
    if (*end || end == word || per_frame < 1 || per_frame > MAX_PER_FRAME || skew < 0 ||
        skew > INT32_MAX || offset < 0 || offset > INT64_MAX / 2)
        return line_error(r, number, "wanted a format such as 16 or 212x4, found", word, e);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i].number == format) {
            s->format = formats[i].number;
            s->layout.coding = formats[i].coding;
            s->layout.per_frame = (size_t)per_frame;
            s->layout.offset_bytes = (uint64_t)offset;
            s->skew = skew;
            r->channels[s - ((struct wfdb *)r->store->state)->signals].bits = formats[i].bits;
            return 0;
        }
    return err_set(e, ERR_UNSUPPORTED,
                   "%s: line %zu: format %ld, wanted 8, 16, 24, 32, 61, 80, 160 or 212",
                   r->store->path, number, format);
}

// "500(12)/mV": counts per unit, the count of 0, and the unit (mV if absent).
static int read_gain(struct recording *r, struct channel *c, const char *word, bool *has_base,
                     size_t number, struct err *e)
{
    const char *end;
    double gain, base = 0, uv = 1e3;
    if (!leading_number(&gain, word, &end))
        return line_error(r, number, "wanted a gain, found", word, e);
    *has_base = *end == '(';
    if (*has_base && (!leading_number(&base, end + 1, &end) || *end++ != ')'))
        return line_error(r, number, "wanted a baseline in brackets, found", word, e);
    if (*end == '/')
        uv = wave_microvolts_per(end + 1);
    else if (*end)
        return line_error(r, number, "wanted a gain such as 500(0)/mV, found", word, e);
    if (fabs(base) > 1e10 || (gain != 0 && !(fabs(gain) > 1e-12 && fabs(gain) < 1e15)))
        return line_error(r, number, "an absurd gain or baseline", word, e);
    c->baseline_counts = base;
    if (gain == 0)
        return 0;
    if (uv > 0) {
        c->unit = CHANNEL_UNIT_MICROVOLTS;
        c->counts_per_uv = gain / uv;
    } else {
        c->counts_per_uv = gain;
        if (text_compare_nocase(end + 1, "counts") != 0)
            wave_repair(r, "line %zu: unit \"%s\" is no voltage: kept as numbers", number,
                        end + 1);
    }
    return 0;
}

static int read_signal_line(struct recording *r, struct wfdb *w, size_t i, char *line,
                            size_t number, struct err *e)
{
    char *word[9] = {0};
    struct wfdb_signal *s = &w->signals[i];
    struct channel *c = &r->channels[i];
    size_t n = split_words(line, word, 9), j = 0;
    int64_t v;
    bool has_base = false;
    c->unit = CHANNEL_UNIT_COUNTS;
    if (n < 2)
        return line_error(r, number, "wanted a file and a format, found", n ? word[0] : "", e);
    if (strchr(word[0], '/') || !strcmp(word[0], "-") || !strcmp(word[0], "~"))
        return line_error(r, number, "wanted a file beside the header, found", word[0], e);
    while (j < w->n_names && strcmp(w->names[j], word[0]) != 0)
        j++;
    if (j == w->n_names && !(w->names[w->n_names++] = arena_strdup(&r->store->arena, word[0])))
        return err_set(e, ERR_MEMORY, "%s: no memory", r->store->path);
    s->i_file = j;
    int rc = read_format(r, s, word[1], number, e);
    if (rc == 0 && n > 2)
        rc = read_gain(r, c, word[2], &has_base, number, e);
    if (rc < 0)
        return rc;
    if (n > 3 && text_to_i64(&v, word[3]) && v > 0 && v <= 64)
        c->bits = (int)v;
    if (n > 4 && !has_base && text_to_i64(&v, word[4]) && llabs(v) <= INT32_MAX)
        c->baseline_counts = (double)v; // the middle of the converter's range
    if (n > 5 && text_to_i64(&v, word[5]) && llabs(v) <= INT32_MAX)
        s->initial = (int32_t)v;
    if (n > 6)
        s->has_checksum = text_to_i64(&s->checksum, word[6]);
    if (n > 8)
        c->name = wave_text(r, word[8], strlen(word[8]));
    c->rate_hz = w->frame_hz * (double)s->layout.per_frame;
    return wave_check_rate(c->rate_hz, r->store->path, e);
}

static int read_header(struct recording *r, struct wfdb *w, struct lines *l,
                       const struct recording_hints *h, struct err *e)
{
    size_t i = 0;
    bool has_record = false;
    int rc = 0;
    for (char *line; rc == 0 && (line = next_line(l));) {
        line = text_trim(line);
        if (*line == '#') {
            char *comment = wave_text(r, line + 1, strlen(line + 1));
            if (comment)
                wave_take_line(r, comment);
        } else if (*line && !has_record) {
            has_record = true;
            rc = read_record_line(r, w, line, l->number, h, e);
        } else if (*line && i < w->n_signals)
            rc = read_signal_line(r, w, i++, line, l->number, e);
        else if (*line)
            wave_repair(r, "line %zu: more signals than the %zu declared: left out", l->number,
                        w->n_signals);
    }
    if (rc == 0 && !has_record)
        rc = err_set(e, ERR_FORMAT, "%s: no record line", r->store->path);
    if (rc == 0 && i < w->n_signals)
        rc = err_set(e, ERR_FORMAT, "%s: describes %zu signals, %zu declared", r->store->path,
                     i, w->n_signals);
    return rc;
}

/* ---- the files of samples ---- */

// Where each signal lies in the frames of its file; they must agree on what a frame is.
static int lay_out(struct recording *r, struct wfdb *w, size_t file, struct err *e)
{
    size_t frame = 0;
    const struct wfdb_signal *first = NULL;
    for (size_t i = 0; i < w->n_signals; i++) {
        struct wfdb_signal *s = &w->signals[i];
        if (s->i_file != file)
            continue;
        first = first ? first : s;
        if (s->format != first->format || s->layout.offset_bytes != first->layout.offset_bytes)
            return err_set(e, ERR_FORMAT, "%s: signals of different formats in the file %s",
                           r->store->path, w->names[file]);
        s->layout.at = frame;
        frame += s->layout.per_frame;
    }
    for (size_t i = 0; i < w->n_signals; i++)
        if (w->signals[i].i_file == file)
            w->signals[i].layout.frame = frame;
    return 0;
}

// Opens a file beside the header and says how many frames it really holds.
static int open_samples(struct recording *r, struct wfdb *w, size_t file, uint64_t *n_frames,
                        struct err *e)
{
    const char *path = r->store->path;
    int n_folder = (int)(path_base(path) - path);
    char *full = arena_printf(&r->store->arena, "%.*s%s", n_folder, path, w->names[file]);
    if (!full)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    int rc = samplefile_open(&w->files[file], full, e);
    if (rc < 0)
        return rc;
    w->n_files = file + 1;
    wave_reads(r, full);
    if ((rc = lay_out(r, w, file, e)) < 0)
        return rc;
    const struct wfdb_signal *s = w->signals;
    while (s->i_file != file)
        s++;
    uint64_t n_bytes = w->files[file].n_bytes, skip = s->layout.offset_bytes;
    *n_frames = sample_coding_count(s->layout.coding, n_bytes > skip ? n_bytes - skip : 0) /
                s->layout.frame;
    return 0;
}

// The header's length, unless the files hold less.
static int settle_length(struct recording *r, struct wfdb *w, const uint64_t *n_frames,
                         struct err *e)
{
    for (size_t i = 0; i < w->n_signals; i++) {
        struct wfdb_signal *s = &w->signals[i];
        uint64_t there = n_frames[s->i_file], n = w->n_frames ? w->n_frames : there;
        bool is_first = i == 0 || w->signals[i - 1].i_file != s->i_file;
        if (is_first && there < n)
            wave_repair(r, "%s: holds %llu samples of the %llu that the header says: shortened",
                        w->names[s->i_file], (unsigned long long)there, (unsigned long long)n);
        else if (is_first && there > n)
            wave_repair(r, "%s: holds %llu samples, the header says %llu: the rest is left out",
                        w->names[s->i_file], (unsigned long long)there, (unsigned long long)n);
        n = there < n ? there : n;
        if (n > RECORDING_MAX_SAMPLES / s->layout.per_frame)
            return err_set(e, ERR_LIMIT, "%s: over %llu samples", r->store->path,
                           (unsigned long long)RECORDING_MAX_SAMPLES);
        n *= s->layout.per_frame;
        if ((uint64_t)s->skew > n)
            return err_set(e, ERR_FORMAT, "%s: a skew of %lld samples in a signal of %llu",
                           r->store->path, (long long)s->skew, (unsigned long long)n);
        r->channels[i].n_samples = n - (uint64_t)s->skew;
    }
    return 0;
}

// Format 8: each byte is the difference to the sample before.
static int add_differences(struct recording *r, struct wfdb *w, size_t i, struct err *e)
{
    struct wfdb_signal *s = &w->signals[i];
    size_t n = (size_t)r->channels[i].n_samples + (size_t)s->skew;
    if (n > DIFFERENCES_MAX_BYTES)
        return err_set(e, ERR_LIMIT, "%s: %zu samples in format 8, wanted at most %d",
                       r->store->path, n, DIFFERENCES_MAX_BYTES);
    s->sums = mem_array(n, sizeof *s->sums);
    if (!s->sums)
        return err_set(e, ERR_MEMORY, "%s: no memory for %zu samples", r->store->path, n);
    int rc = samplefile_counts(&w->files[s->i_file], &s->layout, 0, n, s->sums, e);
    double sum = s->initial;
    for (size_t k = 0; rc == 0 && k < n; k++)
        s->sums[k] = sum += s->sums[k];
    return rc;
}

static int check_sum(struct recording *r, struct wfdb *w, size_t i, struct err *e)
{
    enum { BLOCK = 1024 };
    double block[BLOCK];
    struct wfdb_signal *s = &w->signals[i];
    uint64_t n = r->channels[i].n_samples + (uint64_t)s->skew;
    int64_t sum = 0;
    for (uint64_t at = 0; at < n; at += BLOCK) {
        size_t k = n - at < BLOCK ? (size_t)(n - at) : BLOCK;
        if (s->sums)
            memcpy(block, s->sums + at, k * sizeof *block);
        else {
            int rc = samplefile_counts(&w->files[s->i_file], &s->layout, at, k, block, e);
            if (rc < 0)
                return rc;
        }
        for (size_t j = 0; j < k; j++)
            sum += (int64_t)block[j];
    }
    if (((sum ^ s->checksum) & 0xffff) != 0)
        wave_repair(r, "%s: signal %zu: checksum %d, the header says %lld: samples kept",
                    w->names[s->i_file], i + 1, (int)(int16_t)(uint16_t)(sum & 0xffff),
                    (long long)s->checksum);
    return 0;
}

static int check_sums(struct recording *r, struct wfdb *w, const struct recording_hints *h,
                      struct err *e)
{
    uint64_t n_bytes = 0;
    for (size_t i = 0; i < w->n_names; i++)
        n_bytes += w->files[i].n_bytes;
    for (size_t i = 0; i < w->n_signals; i++) {
        struct wfdb_signal *s = &w->signals[i];
        int rc = s->format == 8 ? add_differences(r, w, i, e) : 0;
        bool is_whole =
            !w->n_frames || r->channels[i].n_samples + (uint64_t)s->skew ==
                                w->n_frames * s->layout.per_frame; // else it cannot fit
        if (rc == 0 && s->has_checksum && is_whole && n_bytes <= CHECKSUM_MAX_BYTES &&
            !(h && h->skip_checksums))
            rc = check_sum(r, w, i, e);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int wfdb_open(struct recording *r, const char *path, const struct recording_hints *h,
                     struct err *e)
{
    unsigned char *text;
    size_t n;
    uint64_t *n_frames = NULL;
    struct wfdb *w = arena_alloc(&r->store->arena, sizeof *w);
    if (!w)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    r->store->state = w;
    r->store->source = &wfdb_source;
    int rc = file_read(&text, &n, path, HEADER_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    rc = read_header(r, w, &(struct lines){(char *)text, 0}, h, e);
    mem_free(text);
    if (rc == 0 && !(n_frames = arena_array(&r->store->arena, w->n_names, sizeof *n_frames)))
        rc = err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (size_t i = 0; rc == 0 && i < w->n_names; i++)
        rc = open_samples(r, w, i, &n_frames[i], e);
    if (rc == 0)
        rc = settle_length(r, w, n_frames, e);
    if (rc == 0)
        rc = check_sums(r, w, h, e);
    if (rc < 0)
        return rc;
    wave_use_gain(r, h);
    return wfdb_annotations_read(r, path, w->frame_hz, e);
}

const struct wave_format wfdb_format = {"wfdb", matches, wfdb_open};
