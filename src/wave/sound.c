/*
 * sound.c: WAV, FLAC, Ogg, MP3 and what else libsndfile reads, as EMG machines and telephones
 * record; and the writing of WAV.
 *
 * A sound file knows no microvolts: whole numbers are counts, those of lossy codecs are brought
 * to the range of 16 bits. A WAV that we wrote says its gains in its comment, one for each
 * channel: "nemg: 10(0)/uV 1(0)/counts", the count of 0 in brackets; value = (count - zero) /
 * gain. It holds 16 bits when every channel's own scale fits these, floating point in [-1, 1]
 * otherwise.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "wave/wave_priv.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMENT "nemg: "

enum { BLOCK = 8192 }; // numbers of all channels together, read at a time

struct sound {
    SNDFILE *file;
    sf_count_t n_frames, at; // where the file stands
    size_t n_channels;
    bool is_float;
    double scale; // of floating point, or of whole numbers of 32 bits: to counts
    void *block;  // [BLOCK], int or float; where the last read frames are kept
    sf_count_t block_at;
    size_t n_block; // frames
};

static bool matches(const struct wave_probe *p)
{
    static const char *const magic[] = {"RIFF", "RIFX", "RF64", "fLaC", "OggS",
                                        "FORM", "caff", ".snd", "ID3",  NULL};
    for (const char *const *m = magic; *m; m++)
        if (p->n_head >= strlen(*m) && !memcmp(p->head, *m, strlen(*m)))
            return true;
    return p->n_head >= 2 && p->head[0] == 0xff && (p->head[1] & 0xe0) == 0xe0 &&
           text_ends_with_nocase(p->path, ".mp3");
}

static void sound_close(void *state)
{
    struct sound *s = state;
    if (s->file)
        sf_close(s->file);
    mem_free(s->block);
}

// Makes the block hold frame `first`.
static int load(struct recording *r, struct sound *s, uint64_t first, struct err *e)
{
    sf_count_t at = (sf_count_t)first, n = BLOCK / (sf_count_t)s->n_channels;
    if (at >= s->block_at && at - s->block_at < (sf_count_t)s->n_block)
        return 0;
    if (at != s->at && sf_seek(s->file, at, SEEK_SET) != at)
        return err_set(e, ERR_IO, "%s: cannot go to sample %lld: %s", r->store->path,
                       (long long)at, sf_strerror(s->file));
    sf_count_t got =
        s->is_float ? sf_readf_float(s->file, s->block, n) : sf_readf_int(s->file, s->block, n);
    s->block_at = at;
    s->n_block = got > 0 ? (size_t)got : 0;
    s->at = at + (sf_count_t)s->n_block;
    if (s->n_block == 0)
        return err_set(e, ERR_IO, "%s: ends at sample %lld, wanted %lld", r->store->path,
                       (long long)at, (long long)s->n_frames);
    return 0;
}

static int sound_read(struct recording *r, size_t channel, uint64_t first, size_t n, float *out,
                      struct err *e)
{
    struct sound *s = r->store->state;
    const struct channel *c = &r->channels[channel];
    double gain = c->counts_per_uv != 0 ? c->counts_per_uv : 1;
    for (size_t done = 0; done < n;) {
        int rc = load(r, s, first + done, e);
        if (rc < 0)
            return rc;
        size_t at = (size_t)(first + done - (uint64_t)s->block_at), k = s->n_block - at;
        k = k < n - done ? k : n - done;
        const float *f = s->block;
        const int *v = s->block;
        for (size_t i = 0; i < k; i++) {
            size_t j = (at + i) * s->n_channels + channel;
            double count = (s->is_float ? (double)f[j] : (double)v[j]) * s->scale;
            out[done + i] = (float)((count - c->baseline_counts) / gain);
        }
        done += k;
    }
    return 0;
}

static const struct wave_source sound_source = {sound_read, sound_close};

// What kind of numbers it holds. Lossy ones get a warning.
static void take_numbers(struct recording *r, struct sound *s, int format)
{
    int kind = format & SF_FORMAT_SUBMASK, bits = 16;
    bool is_pcm = true, is_own_float = kind == SF_FORMAT_FLOAT || kind == SF_FORMAT_DOUBLE;
    switch (kind) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
        bits = 8;
        break;
    case SF_FORMAT_PCM_16:
    case SF_FORMAT_ALAC_16:
        break;
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_ALAC_24:
        bits = 24;
        break;
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_ALAC_32:
        bits = 32;
        break;
    default:
        is_pcm = false;
    }
    s->is_float = !is_pcm;
    s->scale = is_pcm ? ldexp(1, bits - 32) : is_own_float ? 1 : 32768;
    r->store->may_be_no_number = is_own_float;
    for (size_t i = 0; i < r->n_channels; i++)
        r->channels[i].bits = is_pcm ? bits : 0;
    if (!is_pcm && !is_own_float)
        wave_repair(r, "a lossy codec: shapes of waveforms and quiet parts have changed");
}

// Our own comment; false: it says nothing of all channels.
static bool take_gains(struct recording *r, const char *comment)
{
    if (!comment || !text_starts_with(comment, COMMENT))
        return false;
    const char *at = comment + strlen(COMMENT);
    for (size_t i = 0; i < r->n_channels; i++) {
        struct channel *c = &r->channels[i];
        char *end;
        double gain = strtod(at, &end), zero = *end == '(' ? strtod(end + 1, &end) : 0;
        bool is_uv = text_starts_with(end, ")/uV");
        if (!(fabs(gain) > 1e-15 && fabs(gain) < 1e15) || !isfinite(zero) ||
            !(is_uv || text_starts_with(end, ")/counts")))
            return false;
        c->unit = is_uv ? CHANNEL_UNIT_MICROVOLTS : CHANNEL_UNIT_COUNTS;
        c->counts_per_uv = gain;
        c->baseline_counts = zero;
        at = end + strcspn(end, " ");
    }
    return true;
}

static int sound_open(struct recording *r, const char *path, const struct recording_hints *h,
                      struct err *e)
{
    SF_INFO info = {0};
    double rate = 0;
    struct sound *s = arena_alloc(&r->store->arena, sizeof *s);
    if (!s)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    r->store->state = s;
    r->store->source = &sound_source;
    s->file = sf_open(path, SFM_READ, &info);
    if (!s->file)
        return err_set(e, ERR_FORMAT, "%s: %s", path, sf_strerror(NULL));
    if (info.channels < 1 || info.frames < 0 || (uint64_t)info.frames > RECORDING_MAX_SAMPLES)
        return err_set(e, ERR_FORMAT, "%s: %lld samples in %d channels", path,
                       (long long)info.frames, info.channels);
    s->n_channels = (size_t)info.channels;
    s->n_frames = info.frames;
    s->block = mem_array(BLOCK, sizeof(int) > sizeof(float) ? sizeof(int) : sizeof(float));
    if (!s->block)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    int rc = wave_make_channels(r, s->n_channels, e);
    if (rc == 0)
        rc = wave_choose_rate(&rate, r, info.samplerate, h, e);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < r->n_channels; i++) {
        r->channels[i].rate_hz = rate;
        r->channels[i].n_samples = (uint64_t)info.frames;
        r->channels[i].unit = CHANNEL_UNIT_COUNTS;
    }
    take_numbers(r, s, info.format);
    if (!take_gains(r, sf_get_string(s->file, SF_STR_COMMENT)))
        wave_use_gain(r, h);
    return 0;
}

const struct wave_format sound_format = {"sound", matches, sound_open};

/* ---- WAV written ---- */

struct wav_plan {
    struct wave_quantiser *channels;
    bool is_float;
    char *comment;
};

// 16 bits if the channels' own scales fit them, else floating point between -1 and 1.
static int choose_scales(struct wav_plan *p, struct recording *r, struct err *e)
{
    int rc = 0;
    for (int pass = 0; rc == 0 && pass < 2; pass++) {
        p->is_float = pass;
        for (size_t i = 0; rc == 0 && i < r->n_channels; i++) {
            const struct channel *c = &r->channels[i];
            struct wave_quantiser *q = &p->channels[i];
            *q = (struct wave_quantiser){.r = r, .channel = i};
            q->lowest = pass ? -1 : -32768;
            q->highest = pass ? 1 : 32767;
            rc = wave_choose_scale(&q->scale, r, i, q->lowest, q->highest, e);
            if (!pass && (c->counts_per_uv == 0 || q->scale.gain != c->counts_per_uv))
                p->is_float = true;
        }
        if (!p->is_float)
            break;
    }
    return rc;
}

static int describe(struct wav_plan *p, struct recording *r, struct err *e)
{
    p->comment = mem_strdup("nemg:");
    for (size_t i = 0; p->comment && i < r->n_channels; i++) {
        char gain[WAVE_NUMBER_BYTES];
        const struct wave_scale *s = &p->channels[i].scale;
        char *more =
            mem_printf("%s %s(%.17g)/%s", p->comment, wave_number(gain, s->gain), s->baseline,
                       r->channels[i].unit == CHANNEL_UNIT_MICROVOLTS ? "uV" : "counts");
        mem_free(p->comment);
        p->comment = more;
    }
    return p->comment ? 0 : err_set(e, ERR_MEMORY, "no memory for a comment");
}

static int check_wav(const char *path, const struct recording *r, struct err *e)
{
    if (!r->n_channels)
        return err_set(e, ERR_USAGE, "%s: no channels to write", path);
    double rate = r->channels[0].rate_hz;
    for (size_t i = 1; i < r->n_channels; i++)
        if (r->channels[i].rate_hz != rate)
            return err_set(e, ERR_UNSUPPORTED,
                           "%s: channels of %.10g and %.10g Hz, WAV wants one rate", path, rate,
                           r->channels[i].rate_hz);
    if (rate != floor(rate) || rate < 1 || rate > INT32_MAX)
        return err_set(e, ERR_UNSUPPORTED, "%s: %.10g Hz, WAV wants a whole number", path,
                       rate);
    double n = 4 * recording_duration_s(r) * rate * (double)r->n_channels;
    if (n > 4e9)
        return err_set(e, ERR_LIMIT, "%s: %.3g bytes, WAV holds 4e9", path, n);
    return 0;
}

// One block of frames: each channel, interleaved.
static int fill(struct wav_plan *p, struct recording *r, uint64_t at, size_t k, void *out,
                float *values, int32_t *counts, struct err *e)
{
    size_t n = r->n_channels;
    for (size_t i = 0; i < n; i++) {
        struct wave_quantiser *q = &p->channels[i];
        uint64_t there = r->channels[i].n_samples;
        if (!p->is_float) {
            int rc = wave_quantise(q, at, k, counts, e);
            if (rc < 0)
                return rc;
            for (size_t j = 0; j < k; j++)
                ((int16_t *)out)[j * n + i] = (int16_t)counts[j];
            continue;
        }
        size_t m = at >= there ? 0 : there - at < k ? (size_t)(there - at) : k;
        int rc = recording_read(r, i, at < there ? at : there, m, values, e);
        if (rc < 0)
            return rc;
        for (size_t j = 0; j < k; j++)
            ((float *)out)[j * n + i] =
                j < m ? (float)((double)values[j] * q->scale.gain + q->scale.baseline) : 0;
    }
    return 0;
}

static int write_frames(SNDFILE *f, struct wav_plan *p, struct recording *r, const char *path,
                        struct err *e)
{
    size_t n = r->n_channels, block = 1 + BLOCK / n;
    uint64_t n_frames = 0;
    float *out = mem_array(block * n, sizeof *out), *values = mem_array(block, sizeof *values);
    int32_t *counts = mem_array(block, sizeof *counts);
    int rc = out && values && counts ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (size_t i = 0; i < n; i++)
        if (r->channels[i].n_samples > n_frames)
            n_frames = r->channels[i].n_samples;
    for (uint64_t at = 0; rc == 0 && at < n_frames; at += block) {
        size_t k = n_frames - at < block ? (size_t)(n_frames - at) : block;
        rc = fill(p, r, at, k, out, values, counts, e);
        if (rc < 0)
            break;
        sf_count_t m = (sf_count_t)k;
        if ((p->is_float ? sf_writef_float(f, out, m)
                         : sf_writef_short(f, (const short *)(const void *)out, m)) != m)
            rc = err_set(e, ERR_IO, "%s: %s", path, sf_strerror(f));
    }
    mem_free(out);
    mem_free(values);
    mem_free(counts);
    return rc;
}

int wav_write(const char *path, struct recording *r, struct err *e)
{
    struct file_draft d = {0};
    struct wav_plan p = {0};
    SNDFILE *f = NULL;
    int rc = check_wav(path, r, e);
    if (rc < 0)
        return rc;
    p.channels = mem_array(r->n_channels, sizeof *p.channels);
    rc = p.channels ? choose_scales(&p, r, e) : err_set(e, ERR_MEMORY, "%s: no memory", path);
    if (rc == 0 && (rc = describe(&p, r, e)) == 0)
        rc = file_draft_open(&d, path, e);
    if (rc == 0) {
        SF_INFO info = {.samplerate = (int)r->channels[0].rate_hz,
                        .channels = (int)r->n_channels};
        info.format = SF_FORMAT_WAV | (p.is_float ? SF_FORMAT_FLOAT : SF_FORMAT_PCM_16);
        f = sf_open_fd(fileno(d.f), SFM_WRITE, &info, SF_FALSE);
        if (!f)
            rc = err_set(e, ERR_IO, "%s: %s", path, sf_strerror(NULL));
        else
            sf_set_string(f, SF_STR_COMMENT, p.comment);
    }
    if (rc == 0)
        rc = write_frames(f, &p, r, path, e);
    if (f && sf_close(f) != 0 && rc == 0)
        rc = err_set(e, ERR_IO, "%s: could not be ended", path);
    if (rc == 0)
        rc = file_draft_commit(&d, e);
    file_draft_abandon(&d);
    mem_free(p.channels);
    mem_free(p.comment);
    return rc;
}
