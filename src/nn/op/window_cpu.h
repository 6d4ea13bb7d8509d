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
