/*
 * tensor.h: a shape and the memory it describes. A tensor never owns its memory: the net plans
 * one block for all of them (net_compile) and hands out views.
 *
 * The layout is NHWC, TensorFlow's own: the channel varies fastest. A tensor that is one addend
 * of a concatenation may be a view into it; then neighbouring pixels lie further apart than its
 * own channels. Signals are [N][1][L][C], vectors [N][1][1][C].
 *
 * Tensors that are fed or fetched are float32. Inside a net they may be of a narrower type, which number.h
 * converts to and from, or lie in blocks of channels, which some kernels read faster: never as slices of
 * anything but a concatenation of one picture.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum dtype {
    DTYPE_F32,  // IEEE 754 binary32
    DTYPE_BF16, // bfloat16: the upper half of a binary32
    DTYPE_U8, // 0 to 255, times the tensor's scale; what multiplies it is signed (op/inference.h)
    DTYPE_F32_BLOCKS, // binary32, [n][c / 8][h][w][8]: oneDNN's nChw8c
    N_DTYPES
};

static inline size_t dtype_bytes(enum dtype d)
{
    return d == DTYPE_BF16 ? 2 : d == DTYPE_U8 ? 1 : 4;
}

enum { TENSOR_BLOCK = 8 }; // channels of a block

struct shape { // of one example, without N
    size_t h, w, c;
};

struct tensor {
    size_t n, h, w, c;
    size_t stride; // numbers from one pixel to the next, >= c; > c: a slice of a concatenation
    union {        // [n][h][w] pixels, each of c numbers, `stride` apart
        float *data;
        uint16_t *bf16;
        uint8_t *u8;
        void *numbers; // of any type
    };
    enum dtype dtype;
    float scale; // DTYPE_U8: the value of 1, above 0
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

// The same of a tensor of any type.
static inline void *tensor_row_any(const struct tensor *t, size_t i)
{
    return t->u8 + i * t->stride * dtype_bytes(t->dtype);
}

static inline size_t tensor_bytes(const struct tensor *t)
{
    return tensor_elements(t) * dtype_bytes(t->dtype);
}

// A tensor in blocks as one in NHWC: each block a picture of 8 channels.
static inline struct tensor tensor_of_blocks(const struct tensor *t)
{
    return (struct tensor){.n = t->n * (t->c / TENSOR_BLOCK),
                           .h = t->h,
                           .w = t->w,
                           .c = TENSOR_BLOCK,
                           .stride = TENSOR_BLOCK,
                           .data = t->data};
}
