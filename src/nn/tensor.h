/*
 * tensor.h: a shape and the memory it describes. A tensor never owns its memory: the net plans
 * one block for all of them (net_compile) and hands out views.
 *
 * The layout is NHWC, TensorFlow's own: the channel varies fastest. A tensor that is one addend
 * of a concatenation may be a view into it; then neighbouring pixels lie further apart than its
 * own channels. Signals are [N][1][L][C], vectors [N][1][1][C].
 */
#pragma once

#include <stddef.h>

enum dtype {
    DTYPE_F32, // IEEE 754 binary32
};

struct shape { // of one example, without N
    size_t h, w, c;
};

struct tensor {
    size_t n, h, w, c;
    size_t stride; // floats from one pixel to the next, >= c; > c: a slice of a concatenation
    float *data;   // [n][h][w] pixels, each of c floats, `stride` apart
};

static inline size_t tensor_rows(const struct tensor *t)
{
    return t->n * t->h * t->w;
}

static inline size_t tensor_elements(const struct tensor *t)
{
    return tensor_rows(t) * t->c;
}

static inline int tensor_is_dense(const struct tensor *t)
{
    return t->stride == t->c;
}

// The channels of one pixel.
static inline float *tensor_pixel(const struct tensor *t, size_t n, size_t y, size_t x)
{
    return t->data + ((n * t->h + y) * t->w + x) * t->stride;
}

// The channels of the i-th pixel of all, 0 <= i < tensor_rows().
static inline float *tensor_row(const struct tensor *t, size_t i)
{
    return t->data + i * t->stride;
}
