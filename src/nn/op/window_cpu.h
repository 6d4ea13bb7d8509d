/* window_cpu.h: where the windows of a pool lie. */
#pragma once

#include "nn/op.h"

// Places [first, last) of a row or column.
struct range {
    size_t first, last;
};

// The window along one axis.
struct axis {
    size_t k, stride, pad;
};

static inline struct axis rows_of(const struct pool_params *p)
{
    return (struct axis){p->kh, p->stride, p->pad_h};
}

static inline struct axis columns_of(const struct pool_params *p)
{
    return (struct axis){p->kw, p->stride, p->pad_w};
}

// The pixels under window i, on an axis of n pixels.
static inline struct range under_window(struct axis a, size_t i, size_t n)
{
    size_t from = i * a.stride, to = from + a.k;
    return (struct range){from < a.pad ? 0 : from - a.pad, to - a.pad < n ? to - a.pad : n};
}

// Pixels of a map: columns h of rows v. Of any type of numbers.
struct patch {
    struct range v, h;
    size_t image;
};

// What lies under the window of the output's (y, x).
static inline struct patch patch_of(const struct node *n, size_t image, size_t y, size_t x)
{
    const struct pool_params *p = &n->params->pool;
    return (struct patch){under_window(rows_of(p), y, n->in[0].h),
                          under_window(columns_of(p), x, n->in[0].w), image};
}

static inline size_t patch_n_pixels(const struct patch *p)
{
    return (p->v.last - p->v.first) * (p->h.last - p->h.first);
}

static inline const void *patch_pixel(const struct node *n, const struct patch *p, size_t y,
                                      size_t x)
{
    const struct tensor *in = &n->in[0];
    return tensor_row_any(in, (p->image * in->h + y) * in->w + x);
}
