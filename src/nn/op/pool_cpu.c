/*
 * pool_cpu.c: pooling in parallel over rows of pixels. The definitions are in pool_ref.c.
 *
 * Gradients are gathered: each input pixel collects from the windows that lie over it. So every
 * pixel is written once, by one thread, in a fixed order.
 *
 * saved (max, training): [pixels of out][c] which pixel of the full window it was, uint8.
 */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"
#include "nn/op/window_cpu.h"

#include <stdint.h>
#include <string.h>

// The windows over pixel i, on an axis of n windows.
static struct range over_pixel(struct axis a, size_t i, size_t n)
{
    size_t at = i + a.pad, last = at / a.stride + 1;
    return (struct range){at < a.k ? 0 : (at - a.k) / a.stride + 1, last < n ? last : n};
}

// Which pixel of the full window at (y, x) the input's (iy, ix) is.
static size_t tap_of(const struct pool_params *p, size_t y, size_t x, size_t iy, size_t ix)
{
    return (iy + p->pad_h - y * p->stride) * p->kw + (ix + p->pad_w - x * p->stride);
}

static void add_row(float *restrict sum, const float *restrict x, size_t c)
{
    for (size_t k = 0; k < c; k++)
        sum[k] += x[k];
}

static void add_scaled_row(float *restrict sum, const float *restrict x, float scale, size_t c)
{
    for (size_t k = 0; k < c; k++)
        sum[k] += x[k] * scale;
}

static void scale_row(float *x, float scale, size_t c)
{
    for (size_t k = 0; k < c; k++)
        x[k] *= scale;
}

static void max_row(float *restrict best, const float *restrict x, size_t c)
{
    for (size_t k = 0; k < c; k++)
        best[k] = x[k] > best[k] ? x[k] : best[k];
}

static void which_max_row(float *restrict best, uint8_t *restrict which,
                          const float *restrict x, uint8_t tap, size_t c)
{
    for (size_t k = 0; k < c; k++) {
        bool is_more = x[k] > best[k];
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

static void max_pixel(const struct node *n, size_t image, size_t y, size_t x)
{
    const struct pool_params *p = &n->params->pool;
    struct range v = under_window(rows_of(p), y, n->in[0].h);
    struct range h = under_window(columns_of(p), x, n->in[0].w);
    size_t c = n->out.c;
    float *best = tensor_pixel(&n->out, image, y, x);
    uint8_t *which = n->saved;
    if (which)
        which += ((image * n->out.h + y) * n->out.w + x) * c;
    memcpy(best, tensor_pixel(&n->in[0], image, v.first, h.first), c * sizeof *best);
    if (which)
        memset(which, (int)tap_of(p, y, x, v.first, h.first), c);
    for (size_t iy = v.first; iy < v.last; iy++)
        for (size_t ix = h.first; ix < h.last; ix++) {
            const float *in = tensor_pixel(&n->in[0], image, iy, ix);
            if (which)
                which_max_row(best, which, in, (uint8_t)tap_of(p, y, x, iy, ix), c);
            else
                max_row(best, in, c);
        }
}

static int max_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n->out.n * n->out.h; i++)
        for (size_t x = 0; x < n->out.w; x++)
            max_pixel(n, i / n->out.h, i % n->out.h, x);
    return 0;
}

static void take_where(float *restrict d, const uint8_t *restrict which, uint8_t tap,
                       const float *restrict dout, size_t c)
{
    for (size_t k = 0; k < c; k++)
        d[k] += which[k] == tap ? dout[k] : 0;
}

static void max_gather(const struct node *n, size_t image, size_t iy, size_t ix)
{
    const struct pool_params *p = &n->params->pool;
    struct range v = over_pixel(rows_of(p), iy, n->out.h);
    struct range h = over_pixel(columns_of(p), ix, n->out.w);
    size_t c = n->out.c;
    float *d = tensor_pixel(&n->din[0], image, iy, ix);
    if (!n->din_adds[0])
        memset(d, 0, c * sizeof *d);
    for (size_t y = v.first; y < v.last; y++)
        for (size_t x = h.first; x < h.last; x++) {
            const uint8_t *which =
                (const uint8_t *)n->saved + ((image * n->out.h + y) * n->out.w + x) * c;
            take_where(d, which, (uint8_t)tap_of(p, y, x, iy, ix),
                       tensor_pixel(&n->dout, image, y, x), c);
        }
}

static int max_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    const struct tensor *din = &n->din[0];
    if (!din->data)
        return 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < din->n * din->h; i++)
        for (size_t x = 0; x < din->w; x++)
            max_gather(n, i / din->h, i % din->h, x);
    return 0;
}

static size_t count(struct range v, struct range h)
{
    return (v.last - v.first) * (h.last - h.first);
}

static int average_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    struct axis rows = rows_of(&n->params->pool), columns = columns_of(&n->params->pool);
    size_t c = n->out.c;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n->out.n * n->out.h; i++)
        for (size_t x = 0; x < n->out.w; x++) {
            struct range v = under_window(rows, i % n->out.h, n->in[0].h);
            struct range h = under_window(columns, x, n->in[0].w);
            float *out = tensor_pixel(&n->out, i / n->out.h, i % n->out.h, x);
            memset(out, 0, c * sizeof *out);
            for (size_t iy = v.first; iy < v.last; iy++)
                for (size_t ix = h.first; ix < h.last; ix++)
                    add_row(out, tensor_pixel(&n->in[0], i / n->out.h, iy, ix), c);
            scale_row(out, 1 / (float)count(v, h), c);
        }
    return 0;
}

static void average_gather(const struct node *n, size_t image, size_t iy, size_t ix)
{
    const struct pool_params *p = &n->params->pool;
    struct range v = over_pixel(rows_of(p), iy, n->out.h);
    struct range h = over_pixel(columns_of(p), ix, n->out.w);
    float *d = tensor_pixel(&n->din[0], image, iy, ix);
    if (!n->din_adds[0])
        memset(d, 0, n->out.c * sizeof *d);
    for (size_t y = v.first; y < v.last; y++)
        for (size_t x = h.first; x < h.last; x++) {
            size_t n_pixels = count(under_window(rows_of(p), y, n->din[0].h),
                                    under_window(columns_of(p), x, n->din[0].w));
            add_scaled_row(d, tensor_pixel(&n->dout, image, y, x), 1 / (float)n_pixels,
                           n->out.c);
        }
}

static int average_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    const struct tensor *din = &n->din[0];
    if (!din->data)
        return 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < din->n * din->h; i++)
        for (size_t x = 0; x < din->w; x++)
            average_gather(n, i / din->h, i % din->h, x);
    return 0;
}

static int global_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t n_pixels = n->in[0].h * n->in[0].w, c = n->out.c;
#pragma omp parallel for schedule(static)
    for (size_t image = 0; image < n->out.n; image++) {
        float *out = tensor_row(&n->out, image);
        memset(out, 0, c * sizeof *out);
        for (size_t i = 0; i < n_pixels; i++)
            add_row(out, tensor_row(&n->in[0], image * n_pixels + i), c);
        scale_row(out, 1 / (float)n_pixels, c);
    }
    return 0;
}

static int global_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    const struct tensor *din = &n->din[0];
    size_t n_pixels = n->in[0].h * n->in[0].w, c = n->out.c;
    if (!din->data)
        return 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < tensor_rows(din); i++) {
        float *d = tensor_row(din, i);
        if (!n->din_adds[0])
            memset(d, 0, c * sizeof *d);
        add_scaled_row(d, tensor_row(&n->dout, i / n_pixels), 1 / (float)n_pixels, c);
    }
    return 0;
}

const struct op_impl CPU(max_pool_cpu) = {
    .op = &op_max_pool,
    .strided = true,
    .prepare = max_prepare,
    .forward = max_forward,
    .backward = max_backward,
};
const struct op_impl CPU(average_pool_cpu) = {
    .op = &op_average_pool,
    .strided = true,
    .forward = average_forward,
    .backward = average_backward,
};
const struct op_impl CPU(global_average_cpu) = {
    .op = &op_global_average,
    .strided = true,
    .forward = global_forward,
    .backward = global_backward,
};
