/* wave.c: what the readers share: see wave_priv.h. */
#include "wave/wave_priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char FAILED[] = ""; // stands for text that there was no memory for

char *wave_text(struct recording *r, const void *bytes, size_t n)
{
    struct arena *a = &r->store->arena;
    const unsigned char *p = bytes;
    char *s = arena_strndup(a, bytes ? bytes : "", n);
    if (s && !text_is_utf8(s)) { // Latin-1: each byte of the upper half becomes two
        char *wide = arena_alloc(a, 2 * n + 1), *to = wide;
        for (size_t i = 0; wide && i < n && p[i]; i++) {
            if (p[i] < 0x80)
                *to++ = (char)p[i];
            else {
                *to++ = (char)(0xc0 | p[i] >> 6);
                *to++ = (char)(0x80 | (p[i] & 0x3f));
            }
        }
        s = wide;
    }
    if (!s) {
        r->store->failed = true;
        return arena_strdup(a, FAILED);
    }
    for (char *c = s; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return text_trim(s);
}

// One more place in a list of pointers, which grows by doubling.
static bool push(struct recording *r, char ***list, size_t *n, const char *line)
{
    if ((*n & (*n - 1)) == 0) {
        char **more = mem_resize(*list, *n ? 2 * *n : 1, sizeof *more);
        if (!more) {
            r->store->failed = true;
            return false;
        }
        *list = more;
    }
    (*list)[(*n)++] = arena_strdup(&r->store->arena, line);
    if (!(*list)[*n - 1]) {
        (*n)--;
        r->store->failed = true;
        return false;
    }
    return true;
}

void wave_repair(struct recording *r, const char *fmt, ...)
{
    char line[400];
    if (r->n_repairs == RECORDING_MAX_REPAIRS) {
        r->store->n_repairs_left_out++;
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    push(r, &r->repairs, &r->n_repairs, wave_text(r, line, strlen(line)));
}

void wave_note(struct recording *r, const char *text)
{
    enum { MAX_NOTES = 4096 };
    if (!text || !*text)
        return;
    if (r->n_notes == MAX_NOTES) {
        wave_repair(r, "more than %d lines of notes: the rest left out", MAX_NOTES);
        return;
    }
    push(r, &r->notes, &r->n_notes, text);
}

void wave_annotate(struct recording *r, const struct annotation *a)
{
    struct recording_store *s = r->store;
    if (r->n_annotations == RECORDING_MAX_ANNOTATIONS) {
        s->is_over = true;
        return;
    }
    if (r->n_annotations == s->annotation_capacity) {
        size_t more = s->annotation_capacity ? 2 * s->annotation_capacity : 64;
        struct annotation *list = mem_resize(r->annotations, more, sizeof *list);
        if (!list) {
            s->failed = true;
            return;
        }
        r->annotations = list;
        s->annotation_capacity = more;
    }
    r->annotations[r->n_annotations] = *a;
    if (!a->label)
        r->annotations[r->n_annotations].label = FAILED;
    r->n_annotations++;
}

static bool take_polarity(struct recording *r, const char *value)
{
    for (int i = 1; recording_polarity_names[i]; i++)
        if (!text_compare_nocase(value, recording_polarity_names[i])) {
            r->polarity = (enum recording_polarity)i;
            return true;
        }
    return false;
}

void wave_take_line(struct recording *r, const char *line)
{
    const struct {
        const char *key;
        const char **field;
    } fields[] = {{"patient", &r->patient},
                  {"subject", &r->patient},
                  {"muscle", &r->muscle},
                  {"side", &r->side},
                  {"site", &r->site}};
    const char *colon = strchr(line, ':');
    size_t n_key = colon ? (size_t)(colon - line) : 0;
    for (size_t i = 0; colon && i < sizeof fields / sizeof fields[0]; i++) {
        if (n_key != strlen(fields[i].key) || *fields[i].field)
            continue;
        char key[16] = "";
        memcpy(key, line, n_key);
        char *value = wave_text(r, colon + 1, strlen(colon + 1));
        if (text_compare_nocase(key, fields[i].key) || !value || !*value)
            continue;
        *fields[i].field = value;
        return;
    }
    if (n_key == 8 && text_starts_with(line, "polarity")) {
        const char *value = wave_text(r, colon + 1, strlen(colon + 1));
        if (value && take_polarity(r, value))
            return;
    }
    wave_note(r, line);
}

const char *wave_polarity_line(const struct recording *r)
{
    return r->polarity == POLARITY_UNKNOWN ? NULL : recording_polarity_names[r->polarity];
}

int wave_make_channels(struct recording *r, size_t n, struct err *e)
{
    const char *path = r->store->path;
    if (n > RECORDING_MAX_CHANNELS)
        return err_set(e, ERR_LIMIT, "%s: %zu channels, wanted at most %d", path, n,
                       RECORDING_MAX_CHANNELS);
    r->channels = arena_array(&r->store->arena, n ? n : 1, sizeof *r->channels);
    if (!r->channels)
        return err_set(e, ERR_MEMORY, "%s: no memory for %zu channels", path, n);
    for (size_t i = 0; i < n; i++) {
        r->channels[i].name = arena_printf(&r->store->arena, "channel %zu", i + 1);
        if (!r->channels[i].name)
            return err_set(e, ERR_MEMORY, "%s: no memory for %zu channels", path, n);
    }
    r->n_channels = n;
    return 0;
}

int wave_check_rate(double rate_hz, const char *whose, struct err *e)
{
    if (!(rate_hz >= RECORDING_MIN_RATE_HZ && rate_hz <= RECORDING_MAX_RATE_HZ))
        return err_set(e, ERR_FORMAT, "%s: a rate of %g Hz, wanted %g to %g", whose, rate_hz,
                       RECORDING_MIN_RATE_HZ, RECORDING_MAX_RATE_HZ);
    return 0;
}

int wave_choose_rate(double *out, struct recording *r, double of_file_hz,
                     const struct recording_hints *h, struct err *e)
{
    const char *path = r->store->path;
    if (of_file_hz == 0 && h->rate_hz == 0)
        return err_set(e, ERR_USAGE,
                       "%s: does not say its sampling rate, and it is not guessed: give --rate",
                       path);
    *out = of_file_hz != 0 ? of_file_hz : h->rate_hz;
    if (of_file_hz != 0 && h->rate_hz != 0 && of_file_hz != h->rate_hz)
        wave_repair(r, "the file says %.10g Hz: the given rate of %.10g Hz is not used",
                    of_file_hz, h->rate_hz);
    return wave_check_rate(*out, path, e);
}

void wave_use_gain(struct recording *r, const struct recording_hints *h)
{
    for (size_t i = 0; h->counts_per_uv != 0 && i < r->n_channels; i++)
        if (r->channels[i].counts_per_uv == 0) {
            r->channels[i].unit = CHANNEL_UNIT_MICROVOLTS;
            r->channels[i].counts_per_uv = h->counts_per_uv;
        } else
            wave_repair(r, "channel %zu: the file says its gain: the given one is not used",
                        i + 1);
}

double wave_microvolts_per(const char *unit)
{
    // micro sign, Greek mu, and the micro sign of Latin-1
    static const struct {
        const char *name;
        double microvolts;
    } units[] = {{"uV", 1},         {"\xc2\xb5V", 1},   {"\xce\xbcV", 1},   {"\xb5V", 1},
                 {"mV", 1e3},       {"V", 1e6},         {"nV", 1e-3},       {"microvolt", 1},
                 {"microvolts", 1}, {"volt", 1e6},      {"millivolt", 1e3}, {"millivolts", 1e3},
                 {"volts", 1e6},    {"nanovolt", 1e-3}, {"nanovolts", 1e-3}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (!text_compare_nocase(unit, units[i].name))
            return units[i].microvolts;
    return 0;
}

void wave_reads(struct recording *r, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return; // whoever reads it will say why
    struct wave_input *input = arena_alloc(&r->store->arena, sizeof *input);
    if (!input) {
        r->store->failed = true;
        return;
    }
    *input = (struct wave_input){(uint64_t)st.st_dev, (uint64_t)st.st_ino, r->store->inputs};
    r->store->inputs = input;
}

// By device and inode, which see through "./", links and other spellings.
int wave_check_output(const struct recording *r, const char *path, struct err *e)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return 0;
    for (const struct wave_input *i = r->store->inputs; i; i = i->next)
        if (i->device == (uint64_t)st.st_dev && i->number == (uint64_t)st.st_ino)
            return err_set(e, ERR_USAGE, "%s: the recording is read from it: name another file",
                           path);
    return 0;
}
