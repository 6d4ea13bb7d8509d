/*
 * bilinear.c: see bilinear.h.
 *
 * A row of the picture is interpolated along x when a row of out needs it first, and kept for the
 * next ones: each is read once. All loops but the one that fetches bytes run over neighbours in
 * memory, which compilers turn into vectors.
 */
#include "image/bilinear.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { CHANNELS = 3 };

struct place {
    size_t low, high; // the pixels on both sides
    float part;       // of the high one
    bool is_inside;
};

static struct place place_of(float at, size_t first, size_t n)
{
    float last = (float)(n - 1);
    struct place p = {.is_inside = at >= 0 && at <= last};
    at = at < 0 ? 0 : at > last ? last : at;
    size_t low = (size_t)at;
    p.part = at - (float)low;
    p.low = first + low;
    p.high = low + 1 < n ? p.low + 1 : p.low;
    return p;
}

void strip_begin(struct strip *s, const struct sample_source *source, size_t first, size_t n)
{
    assert(n <= STRIP_COLUMNS && source->height && source->width &&
           source->top + source->height <= source->image->height &&
           source->left + source->width <= source->image->width);
    s->source = source;
    s->n = s->begin = n;
    s->end = 0;
    s->holds[0] = s->holds[1] = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        float x = source->x + (float)(first + i) * source->step;
        struct place p = place_of(x, source->left, source->width);
        s->left[i] = (uint32_t)p.low * CHANNELS;
        s->right[i] = (uint32_t)p.high * CHANNELS;
        for (size_t k = 0; k < CHANNELS; k++)
            s->part[i * CHANNELS + k] = p.part;
        if (p.is_inside || !source->outside) { // neighbours, for x ascends
            s->begin = s->begin < i ? s->begin : i;
            s->end = i + 1;
        }
    }
}

// The pixels at `at` bytes into a row. Four bytes are one move, three are two; behind the last
// pixel of all there is no fourth.
static void fetch(uint8_t *out, const uint8_t *row, const uint32_t *at, size_t n, bool is_last)
{
    if (is_last)
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * CHANNELS, row + at[i], CHANNELS);
    else
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * CHANNELS, row + at[i], CHANNELS + 1);
}

static const float *along_x(struct strip *s, size_t y)
{
    float *out = s->rows[y % 2], before = s->source->before;
    if (s->holds[y % 2] == y)
        return out;
    s->holds[y % 2] = y;
    const struct image *im = s->source->image;
    const uint8_t *row = im->rgb + y * im->width * CHANNELS;
    uint8_t left[STRIP_FLOATS + 1], right[STRIP_FLOATS + 1];
    fetch(left, row, s->left, s->n, y + 1 == im->height);
    fetch(right, row, s->right, s->n, y + 1 == im->height);
    for (size_t i = 0; i < s->n * CHANNELS; i++) {
        float l = (float)left[i] * before, r = (float)right[i] * before;
        out[i] = l + (r - l) * s->part[i];
    }
    return out;
}

static void fill(float *out, size_t n, const float *colour)
{
    for (size_t i = 0; i < n; i++, out += CHANNELS)
        memcpy(out, colour, CHANNELS * sizeof *out);
}

void strip_row(struct strip *s, float *out, float y)
{
    const struct sample_source *from = s->source;
    struct place p = place_of(y, from->top, from->height);
    if (from->outside && !p.is_inside) {
        fill(out, s->n, from->outside);
        return;
    }
    const float *upper = along_x(s, p.low), *lower = along_x(s, p.high);
    float after = from->after;
    for (size_t i = 0; i < s->n * CHANNELS; i++)
        out[i] = (upper[i] + (lower[i] - upper[i]) * p.part) * after;
    if (from->outside) {
        fill(out, s->begin, from->outside);
        fill(out + s->end * CHANNELS, s->n - s->end, from->outside);
    }
}
