/* convert_cpu.c: from one type of numbers to another, in parallel over pixels: see convert_ref.c. */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"
#include "nn/op/number.h"

#include <assert.h>
#include <string.h>

static void to_u8(void *restrict to, const void *restrict from, float scale, size_t c)
{
    uint8_t *restrict y = to;
    const float *restrict x = from;
    float factor = 1 / scale;
    for (size_t k = 0; k < c; k++)
        y[k] = number_to_u8(x[k] * factor);
}

static void from_u8(void *restrict to, const void *restrict from, float scale, size_t c)
{
    float *restrict y = to;
    const uint8_t *restrict x = from;
    for (size_t k = 0; k < c; k++)
        y[k] = scale * (float)x[k];
}

static void to_bf16(void *restrict to, const void *restrict from, float scale, size_t c)
{
    number_bf16 *restrict y = to;
    const float *restrict x = from;
    (void)scale;
    for (size_t k = 0; k < c; k++)
        y[k] = number_to_bf16(x[k]);
}

static void from_bf16(void *restrict to, const void *restrict from, float scale, size_t c)
{
    float *restrict y = to;
    const number_bf16 *restrict x = from;
    (void)scale;
    for (size_t k = 0; k < c; k++)
        y[k] = number_from_bf16(x[k]);
}

typedef void (*convert_row)(void *restrict to, const void *restrict from, float scale,
                            size_t c);

// Between NHWC and blocks of 8 channels, either way.
static void convert_blocks(const struct tensor *to, const struct tensor *from)
{
    bool to_blocks = to->dtype == DTYPE_F32_BLOCKS;
    struct tensor blocks = tensor_of_blocks(to_blocks ? to : from);
    const struct tensor *plain = to_blocks ? from : to;
    size_t n_blocks = plain->c / TENSOR_BLOCK;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < plain->n * plain->h; i++)
        for (size_t x = 0; x < plain->w; x++) {
            float *pixel = tensor_pixel(plain, i / plain->h, i % plain->h, x);
            for (size_t k = 0; k < n_blocks; k++) {
                float *block =
                    tensor_pixel(&blocks, i / plain->h * n_blocks + k, i % plain->h, x);
                memcpy(to_blocks ? block : pixel + k * TENSOR_BLOCK,
                       to_blocks ? pixel + k * TENSOR_BLOCK : block,
                       TENSOR_BLOCK * sizeof *block);
            }
        }
}

// By the type that is not float32.
static const convert_row to_f32[N_DTYPES] = {[DTYPE_BF16] = from_bf16, [DTYPE_U8] = from_u8};
static const convert_row from_f32[N_DTYPES] = {[DTYPE_BF16] = to_bf16, [DTYPE_U8] = to_u8};

static void convert(const struct tensor *to, const struct tensor *from,
                    const convert_row *to_f32_rows, const convert_row *from_f32_rows)
{
    bool is_f32 = from->dtype == DTYPE_F32;
    convert_row row = is_f32 ? from_f32_rows[to->dtype] : to_f32_rows[from->dtype];
    float scale = is_f32 ? to->scale : from->scale;
    size_t m = tensor_rows(to);
    assert(row && (is_f32 || to->dtype == DTYPE_F32));
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++)
        row(tensor_row_any(to, i), tensor_row_any(from, i), scale, to->c);
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    bool has_blocks = n->in[0].dtype == DTYPE_F32_BLOCKS || n->out.dtype == DTYPE_F32_BLOCKS;
    if (has_blocks)
        convert_blocks(&n->out, &n->in[0]);
    else
        convert(&n->out, &n->in[0], to_f32, from_f32);
    return 0;
}

static void add_to_bf16(void *restrict to, const void *restrict from, float scale, size_t c)
{
    number_bf16 *restrict y = to;
    const float *restrict x = from;
    (void)scale;
    for (size_t k = 0; k < c; k++)
        y[k] = number_to_bf16(number_from_bf16(y[k]) + x[k]);
}

static void add_from_bf16(void *restrict to, const void *restrict from, float scale, size_t c)
{
    float *restrict y = to;
    const number_bf16 *restrict x = from;
    (void)scale;
    for (size_t k = 0; k < c; k++)
        y[k] += number_from_bf16(x[k]);
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    static const convert_row adds_to_f32[N_DTYPES] = {[DTYPE_BF16] = add_from_bf16};
    static const convert_row adds_from_f32[N_DTYPES] = {[DTYPE_BF16] = add_to_bf16};
    (void)b;
    (void)e;
    if (n->din[0].data && n->din_adds[0])
        convert(&n->din[0], &n->dout, adds_to_f32, adds_from_f32);
    else if (n->din[0].data)
        convert(&n->din[0], &n->dout, to_f32, from_f32);
    return 0;
}

const struct op_impl CPU(convert_cpu) = {
    .op = &op_convert,
    .strided = true,
    .forward = forward,
    .backward = backward,
};
