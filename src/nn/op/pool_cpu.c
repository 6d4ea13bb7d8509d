/*
 * pool_cpu.c: pooling in parallel over pixels, in any type of numbers; sums are float32. The definitions are
 * in pool_ref.c.
 *
 * Gradients are gathered: each input pixel collects from the windows that lie over it. So every
 * pixel is written once, by one thread, in a fixed order.
 *
 * saved (max, training): [pixels of out][c] which pixel of the full window it was, uint8.
 */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"
#include "nn/op/typed_cpu.h"
#include "nn/op/window_cpu.h"

#include <stdint.h>
#include <string.h>

// Whose sums are held at a time.
enum { CHANNELS_AT_ONCE = 128 };

static size_t fewer(size_t a, size_t b)
{
    return a < b ? a : b;
}

// The windows over pixel i, on an axis of n windows.
static struct range over_pixel(struct axis a, size_t i, size_t n)
{
    size_t at = i + a.pad, last = at / a.stride + 1;
    return (struct range){at < a.k ? 0 : (at - a.k) / a.stride + 1, last < n ? last : n};
}

// Of the input, or the output: one pixel.
struct place {
    size_t image, y, x;
};

static size_t row_at(const struct tensor *t, struct place at)
{
    return (at.image * t->h + at.y) * t->w + at.x;
}

static number *pixel(const struct tensor *t, struct place at)
{
    return row_of(t, row_at(t, at));
}

// The output's pixels whose windows lie over the input's.
static struct patch windows_over(const struct node *n, struct place at)
{
    const struct pool_params *p = &n->params->pool;
    return (struct patch){over_pixel(rows_of(p), at.y, n->out.h),
                          over_pixel(columns_of(p), at.x, n->out.w), at.image};
}

// Which pixel of the full window at (y, x) the input's (iy, ix) is.
static uint8_t tap_of(const struct node *n, size_t y, size_t x, size_t iy, size_t ix)
{
    const struct pool_params *p = &n->params->pool;
    return (uint8_t)((iy + p->pad_h - y * p->stride) * p->kw + (ix + p->pad_w - x * p->stride));
}

static void max_row(number *restrict best, const number *restrict x, size_t c)
{
    for (size_t k = 0; k < c; k++)
        best[k] = get(x[k]) > get(best[k]) ? x[k] : best[k];
}

static void which_max_row(number *restrict best, uint8_t *restrict which,
                          const number *restrict x, uint8_t tap, size_t c)
{
    for (size_t k = 0; k < c; k++) {
        bool is_more = get(x[k]) > get(best[k]);
        best[k] = is_more ? x[k] : best[k];
        which[k] = is_more ? tap : which[k];
    }
}

static int max_prepare(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    const struct pool_params *p = &n->params->pool;
    if (p->kh > UINT8_MAX || p->kh * p->kw > UINT8_MAX)
        return err_set(e, ERR_UNSUPPORTED, "a maximum over %zu x %zu, wanted at most %d places",
                       p->kh, p->kw, UINT8_MAX);
    n->saved_bytes = n->context->has_backward ? tensor_elements(&n->out) : 0;
    return 0;
}

static void max_pixel(const struct node *n, struct place at)
{
    struct patch p = patch_of(n, at.image, at.y, at.x);
    size_t c = n->out.c, row = row_at(&n->out, at);
    number *best = row_of(&n->out, row);
    uint8_t *which = n->saved;
    if (which)
        which += row * c;
    memcpy(best, pixel(&n->in[0], (struct place){at.image, p.v.first, p.h.first}),
           c * sizeof *best);
    if (which)
        memset(which, tap_of(n, at.y, at.x, p.v.first, p.h.first), c);
    for (size_t iy = p.v.first; iy < p.v.last; iy++)
        for (size_t ix = p.h.first; ix < p.h.last; ix++) {
            const number *in = pixel(&n->in[0], (struct place){at.image, iy, ix});
            if (which)
                which_max_row(best, which, in, tap_of(n, at.y, at.x, iy, ix), c);
            else
                max_row(best, in, c);
        }
}

static int max_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    const struct tensor *out = &n->out;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < out->n * out->h; i++)
        for (size_t x = 0; x < out->w; x++)
            max_pixel(n, (struct place){i / out->h, i % out->h, x});
    return 0;
}

// What a gradient adds to, or 0.
static void start_sum(float *restrict sum, const number *restrict d, bool adds, size_t c)
{
    for (size_t k = 0; k < c; k++)
        sum[k] = adds ? get(d[k]) : 0;
}

static void put_row(number *restrict d, const float *restrict sum, float scale, size_t c)
{
    for (size_t k = 0; k < c; k++)
        d[k] = put(sum[k] * scale);
}

static void take_where(float *restrict sum, const uint8_t *restrict which, uint8_t tap,
                       const number *restrict dout, size_t c)
{
    for (size_t k = 0; k < c; k++)
        sum[k] += where(which[k] == tap, get(dout[k]));
}

// The gradient of channels [first, first + c) of a pixel of the input.
static void max_gather(const struct node *n, struct place at, size_t first, size_t c)
{
    float sum[CHANNELS_AT_ONCE];
    struct patch p = windows_over(n, at);
    number *d = pixel(&n->din[0], at) + first;
    start_sum(sum, d, n->din_adds[0], c);
    for (size_t y = p.v.first; y < p.v.last; y++)
        for (size_t x = p.h.first; x < p.h.last; x++) {
            size_t window = row_at(&n->out, (struct place){at.image, y, x});
            const uint8_t *which = (const uint8_t *)n->saved + window * n->out.c + first;
            take_where(sum, which, tap_of(n, y, x, at.y, at.x),
                       row_of(&n->dout, window) + first, c);
        }
    put_row(d, sum, 1, c);
}

typedef void (*gather)(const struct node *n, struct place at, size_t first, size_t c);

static int backward(const struct node *n, gather g)
{
    const struct tensor *din = &n->din[0];
    size_t c = din->c;
    if (!din->data)
        return 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < din->n * din->h; i++)
        for (size_t x = 0; x < din->w; x++)
            for (size_t k = 0; k < c; k += CHANNELS_AT_ONCE)
                g(n, (struct place){i / din->h, i % din->h, x}, k,
                  fewer(c - k, CHANNELS_AT_ONCE));
    return 0;
}

static int max_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    return backward(n, max_gather);
}

static void add_row(float *restrict sum, const number *restrict x, float scale, size_t c)
{
    for (size_t k = 0; k < c; k++)
        sum[k] += get(x[k]) * scale;
}

// Channels [first, first + c) of a pixel of the output.
static void average_channels(const struct node *n, const struct patch *p, size_t row,
                             size_t first, size_t c)
{
    float sum[CHANNELS_AT_ONCE];
    memset(sum, 0, c * sizeof *sum);
    for (size_t y = p->v.first; y < p->v.last; y++)
        for (size_t x = p->h.first; x < p->h.last; x++)
            add_row(sum, pixel(&n->in[0], (struct place){p->image, y, x}) + first, 1, c);
    put_row(row_of(&n->out, row) + first, sum, 1 / (float)patch_n_pixels(p), c);
}

static int average_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    const struct tensor *out = &n->out;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < out->n * out->h; i++)
        for (size_t x = 0; x < out->w; x++) {
            struct patch p = patch_of(n, i / out->h, i % out->h, x);
            for (size_t k = 0; k < out->c; k += CHANNELS_AT_ONCE)
                average_channels(n, &p, i * out->w + x, k, fewer(out->c - k, CHANNELS_AT_ONCE));
        }
    return 0;
}

static void average_gather(const struct node *n, struct place at, size_t first, size_t c)
{
    float sum[CHANNELS_AT_ONCE];
    struct patch p = windows_over(n, at);
    number *d = pixel(&n->din[0], at) + first;
    start_sum(sum, d, n->din_adds[0], c);
    for (size_t y = p.v.first; y < p.v.last; y++)
        for (size_t x = p.h.first; x < p.h.last; x++) {
            struct patch under = patch_of(n, at.image, y, x);
            size_t window = row_at(&n->out, (struct place){at.image, y, x});
            add_row(sum, row_of(&n->dout, window) + first, 1 / (float)patch_n_pixels(&under),
                    c);
        }
    put_row(d, sum, 1, c);
}

static int average_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    return backward(n, average_gather);
}

const struct op_impl CPU_TYPED(max_pool_cpu) = {
    .op = &op_max_pool,
    .dtype = CPU_DTYPE,
    .strided = true,
    .prepare = max_prepare,
    .forward = max_forward,
    .backward = max_backward,
};
const struct op_impl CPU_TYPED(average_pool_cpu) = {
    .op = &op_average_pool,
    .dtype = CPU_DTYPE,
    .strided = true,
    .forward = average_forward,
    .backward = average_backward,
};
