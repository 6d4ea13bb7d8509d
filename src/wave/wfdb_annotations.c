/*
 * wfdb_annotations.c: see wfdb_annotations.h. An annotation file is 16-bit words, low byte
 * first: a code in the upper 6 bits, a number in the lower 10.
 *
 *   1..49  an annotation, so many ticks after the one before
 *   59     SKIP: the next two words are ticks to add, high word first
 *   60     NUM   this and the following ones: a number of the event
 *   61     SUB   a subtype of this one
 *   62     CHN   this and the following ones: the signal
 *   63     AUX   so many bytes of text follow, padded to an even number
 *   0, 0   the end
 *
 * NUM to AUX follow the annotation that they belong to. A note at time 0 that says
 * "## time resolution: N" gives the ticks per second.
 *
 * [1] WFDB Applications Guide, annot(5)
 */
#include "wave/wfdb_annotations.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "wave/wave_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE = 22, SKIP = 59, NUM = 60, SUB = 61, CHN = 62, AUX = 63, N_CODES = 50 };
enum { FILE_MAX_BYTES = 512 << 20 };

// ECG mnemonics mostly: the format's home.
static const char *const mnemonics[N_CODES] = {
    "?", "N", "L",  "R",  "a",  "V",  "F",  "J",  "A",  "S",  "E", "j", "/",
    "Q", "~", "15", "|",  "17", "s",  "T",  "*",  "D",  "\"", "=", "p", "B",
    "^", "t", "+",  "u",  "?",  "!",  "[",  "]",  "e",  "n",  "@", "x", "f",
    "(", ")", "r",  "42", "43", "44", "45", "46", "47", "48", "49"};

struct atr {
    struct recording *r;
    struct cursor c;
    double ticks_hz;
    int64_t tick; // of the annotation being read
    int channel;
    int code; // 0: none yet
    const unsigned char *aux;
    size_t n_aux;
};

// One of ours: label TAB onset TAB duration [TAB text]. False: it is not.
static bool take_own(struct annotation *a, char *text)
{
    char *onset = strchr(text, '\t'), *duration = onset ? strchr(onset + 1, '\t') : NULL;
    if (!duration)
        return false;
    char *more = strchr(duration + 1, '\t');
    *onset++ = *duration++ = '\0';
    if (more)
        *more++ = '\0';
    double onset_s, duration_s;
    if (!text_to_double(&onset_s, onset) || !text_to_double(&duration_s, duration) ||
        duration_s < 0)
        return false;
    *a = (struct annotation){onset_s, duration_s, a->channel, text, more};
    return true;
}

static void take_foreign(struct atr *t, struct annotation *a)
{
    const char *aux = t->n_aux ? wave_text(t->r, t->aux, t->n_aux) : NULL;
    bool is_note = t->code == NOTE && aux && *aux;
    a->label = is_note ? aux : mnemonics[t->code];
    a->text = is_note || (aux && !*aux) ? NULL : aux;
}

// The annotation that is complete now.
static void flush(struct atr *t)
{
    struct annotation a = {.onset_s = (double)t->tick / t->ticks_hz};
    const char *resolution = "## time resolution: ";
    char text[WFDB_AUX_MAX_BYTES + 1] = "";
    if (!t->code)
        return;
    if (t->n_aux)
        memcpy(text, t->aux, t->n_aux);
    double hz;
    char *whole = text + strlen(resolution);
    if (t->code == NOTE && text_starts_with(text, resolution)) {
        if (text_to_double(&hz, text_trim(whole)) && hz > 0)
            t->ticks_hz = hz;
        return;
    }
    a.channel = t->channel >= 0 && (size_t)t->channel < t->r->n_channels ? t->channel : -1;
    if (t->code == NOTE && take_own(&a, text)) {
        a.label = wave_text(t->r, a.label, strlen(a.label));
        a.text = a.text ? wave_text(t->r, a.text, strlen(a.text)) : NULL;
    } else
        take_foreign(t, &a);
    wave_annotate(t->r, &a);
}

static const char *step(struct atr *t, uint16_t word)
{
    int code = word >> 10, number = word & 0x3ff;
    switch (code) {
    case SKIP: {
        uint32_t ticks = (uint32_t)cursor_u16le(&t->c) << 16;
        ticks |= cursor_u16le(&t->c);
        flush(t);
        t->code = 0;
        t->tick += ticks < 0x80000000u ? (int64_t)ticks : (int64_t)ticks - INT64_C(0x100000000);
        return NULL;
    }
    case NUM:
    case SUB:
        return NULL;
    case CHN:
        t->channel = number < 0x200 ? number : -1;
        return NULL;
    case AUX:
        t->n_aux = (size_t)number < WFDB_AUX_MAX_BYTES ? (size_t)number : WFDB_AUX_MAX_BYTES;
        t->aux = cursor_take(&t->c, (size_t)number + (size_t)(number & 1));
        if (!t->aux)
            t->n_aux = 0;
        return NULL;
    default:
        if (code >= N_CODES)
            return "a code that does not exist";
        flush(t);
        t->tick += number;
        t->code = code;
        t->aux = NULL;
        t->n_aux = 0;
        return NULL;
    }
}

int wfdb_annotations_read(struct recording *r, const char *path, double frame_hz, struct err *e)
{
    int n_stem = (int)(strlen(path) - strlen(path_extension(path)));
    char *name = arena_printf(&r->store->arena, "%.*satr", n_stem, path);
    if (!name)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    if (!file_exists(name))
        return 0;
    wave_reads(r, name);
    unsigned char *bytes;
    size_t n;
    int rc = file_check_regular(name, e);
    if (rc < 0)
        return rc;
    rc = file_read(&bytes, &n, name, FILE_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    struct atr t = {.r = r, .c = cursor_of(bytes, n), .ticks_hz = frame_hz, .channel = -1};
    const char *wrong = NULL;
    uint16_t word = 1;
    while (!wrong && word && !t.c.failed) {
        word = cursor_u16le(&t.c);
        if (word && !t.c.failed)
            wrong = step(&t, word);
    }
    flush(&t);
    if (!wrong && t.c.failed)
        wrong = "an early end";
    if (wrong)
        wave_repair(r, "%s: %s at byte %zu: what comes before was read", path_base(name), wrong,
                    n - cursor_left(&t.c));
    mem_free(bytes);
    return 0;
}

static void put_word(struct buffer *out, unsigned code, unsigned number)
{
    buffer_u8(out, (uint8_t)(number & 0xff));
    buffer_u8(out, (uint8_t)(code << 2 | number >> 8));
}

// Ticks from one annotation to the next; more than 10 bits, or backwards, is a SKIP.
static void put_time(struct buffer *out, int64_t ticks)
{
    if (ticks >= 0 && ticks < 0x400) {
        put_word(out, NOTE, (unsigned)ticks);
        return;
    }
    uint32_t v = (uint32_t)((uint64_t)ticks & 0xffffffffu);
    put_word(out, SKIP, 0);
    buffer_u8(out, (uint8_t)(v >> 16 & 0xff));
    buffer_u8(out, (uint8_t)(v >> 24));
    buffer_u8(out, (uint8_t)(v & 0xff));
    buffer_u8(out, (uint8_t)(v >> 8 & 0xff));
    put_word(out, NOTE, 0);
}

int wfdb_annotations_write(struct buffer *out, const struct recording *r, double frame_hz,
                           struct err *e)
{
    int64_t tick = 0;
    int channel = 0; // of an annotation that does not say one, in other readers
    for (size_t i = 0; i < r->n_annotations; i++) {
        const struct annotation *a = &r->annotations[i];
        double at = round(fmax(a->onset_s, 0) * frame_hz);
        struct buffer aux = {0};
        buffer_printf(&aux, "%s\t%.17g\t%.17g%s%s", a->label, a->onset_s, a->duration_s,
                      a->text ? "\t" : "", a->text ? a->text : "");
        bool is_short = aux.n <= WFDB_AUX_MAX_BYTES;
        if (is_short && at - (double)tick < 0x7fffffff) {
            put_time(out, (int64_t)at - tick);
            if (a->channel != channel || i == 0)
                put_word(out, CHN, a->channel >= 0 ? (unsigned)a->channel : 0x3ff);
            put_word(out, AUX, (unsigned)aux.n);
            buffer_append(out, aux.data, aux.n);
            if (aux.n % 2)
                buffer_u8(out, 0);
        }
        buffer_release(&aux);
        if (!is_short)
            return err_set(e, ERR_LIMIT,
                           "annotation %zu: label and text are longer than WFDB's %d bytes",
                           i + 1, WFDB_AUX_MAX_BYTES - 50);
        if (!(at - (double)tick < 0x7fffffff))
            return err_set(e, ERR_LIMIT, "annotation %zu at %g s: too far for WFDB", i + 1,
                           a->onset_s);
        tick = (int64_t)at;
        channel = a->channel;
    }
    put_word(out, 0, 0);
    return out->failed ? err_set(e, ERR_MEMORY, "no memory for annotations") : 0;
}
