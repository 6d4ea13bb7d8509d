/* convert_cpu.c: from one type of numbers to another, in parallel over pixels: see convert_ref.c. */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"
#include "nn/op/number.h"

#include <assert.h>

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
    uint16_t *restrict y = to;
    const float *restrict x = from;
    (void)scale;
    for (size_t k = 0; k < c; k++)
        y[k] = number_to_bf16(x[k]);
}

static void from_bf16(void *restrict to, const void *restrict from, float scale, size_t c)
{
    float *restrict y = to;
    const uint16_t *restrict x = from;
    (void)scale;
    for (size_t k = 0; k < c; k++)
        y[k] = number_from_bf16(x[k]);
}

typedef void (*convert_row)(void *restrict to, const void *restrict from, float scale,
                            size_t c);

static int forward(struct backend *b, struct node *n, struct err *e)
{
    static const convert_row to_f32[N_DTYPES] = {
        [DTYPE_BF16] = from_bf16, [DTYPE_U8] = from_u8};
    static const convert_row from_f32[N_DTYPES] = {[DTYPE_BF16] = to_bf16, [DTYPE_U8] = to_u8};
    (void)b;
    (void)e;
    const struct tensor *in = &n->in[0], *out = &n->out;
    bool is_f32 = in->dtype == DTYPE_F32;
    convert_row convert = is_f32 ? from_f32[out->dtype] : to_f32[in->dtype];
    float scale = is_f32 ? out->scale : in->scale;
    size_t m = tensor_rows(out);
    assert(convert && (is_f32 || out->dtype == DTYPE_F32));
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++)
        convert(tensor_row_any(out, i), tensor_row_any(in, i), scale, out->c);
    return 0;
}

const struct op_impl CPU(convert_cpu) = {
    .op = &op_convert,
    .strided = true,
    .forward = forward,
};
