/* window_ref.h: the window of a convolution or pool, for the loops of the reference backend. */
#pragma once

#include "nn/op.h"

struct window {
    size_t stride, pad_h, pad_w, kh, kw, c_in, c_out;
};

static inline struct window window_of(const struct node *n)
{
    const struct conv_params *p = &n->params->conv;
    return (struct window){
        .stride = p->stride,
        .pad_h = p->is_same ? (p->kh - 1) / 2 : p->pad_h,
        .pad_w = p->is_same ? (p->kw - 1) / 2 : p->pad_w,
        .kh = p->kh,
        .kw = p->kw,
        .c_in = n->in[0].c,
        .c_out = p->c_out,
    };
}

static inline struct window window_of_pool(const struct node *n)
{
    const struct pool_params *p = &n->params->pool;
    return (struct window){.stride = p->stride,
                           .pad_h = p->pad_h,
                           .pad_w = p->pad_w,
                           .kh = p->kh,
                           .kw = p->kw,
                           .c_in = n->in[0].c,
                           .c_out = n->out.c};
}

// The row of `in` under tap (u, v) of the window at (y, x); false where that is in the padding.
static inline bool window_row(size_t *row, const struct window *w, const struct tensor *in,
                              size_t image, size_t y, size_t x, size_t u, size_t v)
{
    size_t iy = y * w->stride + u, ix = x * w->stride + v;
    if (iy < w->pad_h || ix < w->pad_w || iy - w->pad_h >= in->h || ix - w->pad_w >= in->w)
        return false;
    *row = (image * in->h + iy - w->pad_h) * in->w + ix - w->pad_w;
    return true;
}
