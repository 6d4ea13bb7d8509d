/* recording_write.c: see recording_write.h; what the writers share: see wave_priv.h. */
#include "wave/recording_write.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "wave/wave_priv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1024 }; // samples at a time, on the stack

#define EDF_LEAVES_OUT                                                                         \
    "notes other than sex, birthdate, name, technician and equipment, letters of names that "  \
    "are "                                                                                     \
    "not ASCII, and what is longer than a field"

static const struct writer {
    struct recording_format_facts facts;
    int (*write)(const char *path, struct recording *r, struct err *e);
} writers[] = {
    {{"wfdb", "hea", NULL}, wfdb_write},
    {{"edf", "edf", EDF_LEAVES_OUT}, edf_write},
    {{"bdf", "bdf", EDF_LEAVES_OUT}, bdf_write},
    {{"wav", "wav", "annotations, notes, and facts of patient, muscle and time"}, wav_write},
    {{"csv", "csv", "annotations, notes, and facts of patient, muscle and time"}, csv_write},
};

static const struct writer *find(const char *path, const char *format)
{
    const char *extension = path_extension(path);
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++)
        if (format ? !text_compare_nocase(format, writers[i].facts.name)
                   : !text_compare_nocase(extension, writers[i].facts.extension))
            return &writers[i];
    return NULL;
}

const struct recording_format_facts *recording_write_format(const char *path,
                                                            const char *format)
{
    const struct writer *w = find(path, format);
    return w ? &w->facts : NULL;
}

static int find_or_say(const struct writer **out, const char *path, const char *format,
                       struct err *e)
{
    *out = find(path, format);
    return *out ? 0
                : err_set(e, ERR_USAGE,
                          "%s: cannot write \"%s\", wanted wfdb (.hea), edf, bdf, wav or csv",
                          path, format ? format : path_extension(path));
}

int recording_write_check(const char *path, const char *format, struct err *e)
{
    static const char *const beside[] = {"dat", "atr", "eaf", NULL};
    const struct writer *w;
    int rc = find_or_say(&w, path, format, e);
    if (rc < 0 || w->write != wfdb_write)
        return rc;
    size_t n = strlen(path) - (text_ends_with_nocase(path, ".hea") ? 4 : 0);
    for (const char *const *x = beside; rc == 0 && *x; x++) {
        char *header = mem_printf("%.*s.hea", (int)n, path),
             *other = mem_printf("%.*s.%s", (int)n, path, *x);
        if (!header || !other)
            rc = err_set(e, ERR_MEMORY, "%s: no memory", path);
        else if (file_exists(other) && !file_exists(header))
            rc = err_set(
                e, ERR_USAGE,
                "%s: is there without the %s that it would belong to: name another file", other,
                path_base(header));
        mem_free(header);
        mem_free(other);
    }
    return rc;
}

int recording_write(const char *path, const char *format, struct recording *r, struct err *e)
{
    const struct writer *w;
    int found = find_or_say(&w, path, format, e);
    if (found < 0)
        return found;
    // of WFDB's three files path may be none: wfdb_write() looks at each
    int rc = w->write == wfdb_write ? 0 : wave_check_output(r, path, e);
    return rc < 0 ? rc : w->write(path, r, e);
}

static int no_number(const struct recording *r, size_t channel, uint64_t i, struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s: channel %zu: sample %llu is no number", r->store->path,
                   channel + 1, (unsigned long long)i);
}

// The smallest and the largest value, 0 for an empty channel; and whether all are whole numbers.
static int range_of(double range[2], bool *is_whole, struct recording *r, size_t channel,
                    struct err *e)
{
    float block[BLOCK];
    uint64_t n = r->channels[channel].n_samples;
    range[0] = range[1] = 0;
    *is_whole = true;
    for (uint64_t at = 0; at < n; at += BLOCK) {
        size_t k = n - at < BLOCK ? (size_t)(n - at) : BLOCK;
        int rc = recording_read(r, channel, at, k, block, e);
        if (rc < 0)
            return rc;
        for (size_t i = 0; i < k; i++) {
            double v = (double)block[i];
            if (!isfinite(v))
                return no_number(r, channel, at + i, e);
            range[0] = v < range[0] || at + i == 0 ? v : range[0];
            range[1] = v > range[1] || at + i == 0 ? v : range[1];
            *is_whole = *is_whole && v == rint(v);
        }
    }
    return 0;
}

int wave_choose_scale(struct wave_scale *out, struct recording *r, size_t channel,
                      int32_t lowest, int32_t highest, struct err *e)
{
    const struct channel *c = &r->channels[channel];
    double range[2];
    bool is_whole;
    int rc = range_of(range, &is_whole, r, channel, e);
    if (rc < 0)
        return rc;
    double gain = c->counts_per_uv, base = round(c->baseline_counts);
    if (c->unit == CHANNEL_UNIT_COUNTS && is_whole) { // as they are, moved if need be
        gain = 1;
        base = range[0] < lowest    ? lowest - range[0]
               : range[1] > highest ? highest - range[1]
                                    : 0;
    }
    double a = rint(range[0] * gain + base), b = rint(range[1] * gain + base);
    bool fits = fmin(a, b) >= lowest && fmax(a, b) <= highest;
    if (gain != 0 && isfinite(gain) && fits && base >= lowest && base <= highest) {
        *out = (struct wave_scale){gain, base, fmin(a, b), fmax(a, b)};
        return 0;
    }
    double most = fmax(fabs(range[0]), fabs(range[1]));
    *out = (struct wave_scale){.gain = 1};
    if (most > 1e-30) { // a gain above 1e30 is none
        double room = fmin(-(double)lowest, (double)highest) / most;
        double digits = pow(10, floor(log10(room)) - 2);
        out->gain = floor(room / digits) * digits;
        char text[WAVE_NUMBER_BYTES]; // 3 digits, without what binary adds to them
        snprintf(text, sizeof text, "%.3g", out->gain);
        out->gain = strtod(text, NULL);
    }
    out->min = rint(range[0] * out->gain);
    out->max = rint(range[1] * out->gain);
    return 0;
}

int wave_quantise(struct wave_quantiser *q, uint64_t first, size_t n, int32_t *out,
                  struct err *e)
{
    float block[BLOCK];
    uint64_t there = q->r->channels[q->channel].n_samples;
    size_t done = 0;
    while (done < n && first + done < there) {
        size_t k = n - done < BLOCK ? n - done : BLOCK;
        k = there - first - done < k ? (size_t)(there - first - done) : k;
        int rc = recording_read(q->r, q->channel, first + done, k, block, e);
        if (rc < 0)
            return rc;
        for (size_t i = 0; i < k; i++) {
            double v = rint((double)block[i] * q->scale.gain + q->scale.baseline);
            if (!isfinite(v))
                return no_number(q->r, q->channel, first + done + i, e);
            v = fmin(fmax(v, q->lowest), q->highest);
            out[done + i] = (int32_t)v;
        }
        done += k;
        q->last = out[done - 1];
    }
    while (done < n)
        out[done++] = there ? q->last : (int32_t)q->scale.baseline;
    return 0;
}

int wave_common_frame(size_t *per_frame, uint64_t *n_frames, const struct recording *r,
                      struct err *e)
{
    double slowest = RECORDING_MAX_RATE_HZ;
    *n_frames = 0;
    for (size_t i = 0; i < r->n_channels; i++)
        slowest = fmin(slowest, r->channels[i].rate_hz);
    for (size_t i = 0; i < r->n_channels; i++) {
        const struct channel *c = &r->channels[i];
        double ratio = c->rate_hz / slowest;
        if (fabs(ratio - round(ratio)) > 1e-9 * ratio || ratio > 65536)
            return err_set(e, ERR_UNSUPPORTED,
                           "%s: channels of %.10g and %.10g Hz, wanted whole multiples",
                           r->store->path, slowest, c->rate_hz);
        per_frame[i] = (size_t)round(ratio);
        uint64_t n = (c->n_samples + per_frame[i] - 1) / per_frame[i];
        *n_frames = n > *n_frames ? n : *n_frames;
    }
    return 0;
}

const char *wave_number(char out[WAVE_NUMBER_BYTES], double v)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, WAVE_NUMBER_BYTES, "%.*g", digits, v);
        if (strtod(out, NULL) == v)
            break;
    }
    return out;
}

int wave_put(struct file_draft *d, const void *bytes, size_t n, struct err *e)
{
    if (n && fwrite(bytes, 1, n, d->f) != n)
        return err_set(e, ERR_IO, "%s: %s", d->path, strerror(errno));
    return 0;
}
