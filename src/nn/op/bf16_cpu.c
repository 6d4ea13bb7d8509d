/*
 * bf16_cpu.c: ReLU, addition (with the ReLU behind it), concatenation and pools in bfloat16, in parallel
 * over pixels: sums are float32, rounded once: see bf16_ref.c.
 */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"
#include "nn/op/number.h"
#include "nn/op/window_cpu.h"

#include <math.h>
#include <string.h>

static int relu_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t m = tensor_rows(&n->out), c = n->out.c;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        const uint16_t *restrict x = tensor_row_any(&n->in[0], i);
        uint16_t *restrict y = tensor_row_any(&n->out, i);
        for (size_t k = 0; k < c; k++)
            y[k] = number_from_bf16(x[k]) < 0 ? 0 : x[k]; // NaN stays NaN
    }
    return 0;
}

static int add_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t m = tensor_rows(&n->out), c = n->out.c;
    float least = n->fuse_relu ? 0 : -INFINITY;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        const uint16_t *restrict x = tensor_row_any(&n->in[0], i);
        const uint16_t *restrict z = tensor_row_any(&n->in[1], i);
        uint16_t *restrict y = tensor_row_any(&n->out, i);
        for (size_t k = 0; k < c; k++) {
            float v = number_from_bf16(x[k]) + number_from_bf16(z[k]);
            y[k] = number_to_bf16(v < least ? least : v); // NaN stays NaN
        }
    }
    return 0;
}

static void max_row(uint16_t *restrict best, const uint16_t *restrict x, size_t c)
{
    for (size_t k = 0; k < c; k++)
        best[k] = number_from_bf16(x[k]) > number_from_bf16(best[k]) ? x[k] : best[k];
}

static int max_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t m = tensor_rows(&n->out), c = n->out.c;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        struct patch p = patch_of(n, i);
        uint16_t *out = tensor_row_any(&n->out, i);
        memcpy(out, patch_pixel(n, &p, p.v.first, p.h.first), c * sizeof *out);
        for (size_t y = p.v.first; y < p.v.last; y++)
            for (size_t x = p.h.first; x < p.h.last; x++)
                max_row(out, patch_pixel(n, &p, y, x), c);
    }
    return 0;
}

enum { CHANNELS_AT_ONCE = 128 };

static void add_row(float *restrict sum, const uint16_t *restrict x, size_t c)
{
    for (size_t k = 0; k < c; k++)
        sum[k] += number_from_bf16(x[k]);
}

static void average_channels(const struct node *n, const struct patch *p, size_t i,
                             size_t first, size_t c)
{
    float sum[CHANNELS_AT_ONCE] = {0};
    uint16_t *out = (uint16_t *)tensor_row_any(&n->out, i) + first;
    float share = 1 / (float)patch_n_pixels(p);
    for (size_t y = p->v.first; y < p->v.last; y++)
        for (size_t x = p->h.first; x < p->h.last; x++)
            add_row(sum, (const uint16_t *)patch_pixel(n, p, y, x) + first, c);
    for (size_t k = 0; k < c; k++)
        out[k] = number_to_bf16(sum[k] * share);
}

static int average_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t m = tensor_rows(&n->out), c = n->out.c;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        struct patch p = patch_of(n, i);
        for (size_t k = 0; k < c; k += CHANNELS_AT_ONCE)
            average_channels(n, &p, i, k, c - k < CHANNELS_AT_ONCE ? c - k : CHANNELS_AT_ONCE);
    }
    return 0;
}

const struct op_impl CPU(relu_bf16_cpu) = {
    .op = &op_relu,
    .dtype = DTYPE_BF16,
    .strided = true,
    .forward = relu_forward,
};
const struct op_impl CPU(add_bf16_cpu) = {
    .op = &op_add,
    .dtype = DTYPE_BF16,
    .strided = true,
    .fuses_relu = true,
    .forward = add_forward,
};
const struct op_impl CPU(max_pool_bf16_cpu) = {
    .op = &op_max_pool,
    .dtype = DTYPE_BF16,
    .strided = true,
    .forward = max_forward,
};
const struct op_impl CPU(average_pool_bf16_cpu) = {
    .op = &op_average_pool,
    .dtype = DTYPE_BF16,
    .strided = true,
    .forward = average_forward,
};
