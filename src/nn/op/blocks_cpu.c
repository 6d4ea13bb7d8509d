/*
 * blocks_cpu.c: ReLU, addition, concatenation and pools of float32 in blocks of 8 channels, for inference.
 * What looks at one number at a time sees each block as a picture of 8 channels.
 */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"
#include "nn/op/window_cpu.h"

#include <string.h>

// The same node, of tensors as `view` sees them.
static struct node seen_as(const struct node *n, struct tensor (*view)(const struct tensor *t))
{
    struct node seen = *n;
    for (size_t k = 0; k < n->n_in; k++)
        seen.in[k] = view(&n->in[k]);
    seen.out = view(&n->out);
    return seen;
}

static int relu_forward(struct backend *b, struct node *n, struct err *e)
{
    struct node seen = seen_as(n, tensor_of_blocks);
    return CPU(relu_cpu_f32).forward(b, &seen, e);
}

static int add_forward(struct backend *b, struct node *n, struct err *e)
{
    struct node seen = seen_as(n, tensor_of_blocks);
    return CPU(add_cpu_f32).forward(b, &seen, e);
}

// All numbers of a picture are one row: an addend's lie together in the sum's.
static struct tensor pictures_as_rows(const struct tensor *t)
{
    size_t c = t->h * t->w * t->c;
    return (struct tensor){.n = t->n, .h = 1, .w = 1, .c = c, .stride = c, .data = t->data};
}

static int concat_forward(struct backend *b, struct node *n, struct err *e)
{
    struct node seen = seen_as(n, pictures_as_rows);
    return CPU(concat_cpu_f32).forward(b, &seen, e);
}

static void max_block(const struct tensor *in, size_t image, struct range v, struct range h,
                      float *restrict out)
{
    float best[TENSOR_BLOCK];
    memcpy(best, tensor_pixel(in, image, v.first, h.first), sizeof best);
    for (size_t y = v.first; y < v.last; y++)
        for (size_t x = h.first; x < h.last; x++) {
            const float *from = tensor_pixel(in, image, y, x);
            for (size_t k = 0; k < TENSOR_BLOCK; k++)
                best[k] = from[k] > best[k] ? from[k] : best[k];
        }
    memcpy(out, best, sizeof best);
}

static void average_block(const struct tensor *in, size_t image, struct range v, struct range h,
                          float *restrict out)
{
    float sum[TENSOR_BLOCK] = {0};
    float share = 1 / (float)((v.last - v.first) * (h.last - h.first));
    for (size_t y = v.first; y < v.last; y++)
        for (size_t x = h.first; x < h.last; x++) {
            const float *from = tensor_pixel(in, image, y, x);
            for (size_t k = 0; k < TENSOR_BLOCK; k++)
                sum[k] += from[k];
        }
    for (size_t k = 0; k < TENSOR_BLOCK; k++)
        out[k] = sum[k] * share;
}

static int pool_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    const struct pool_params *p = &n->params->pool;
    const struct tensor in = tensor_of_blocks(&n->in[0]), out = tensor_of_blocks(&n->out);
    bool is_max = n->op == &op_max_pool;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < out.n * out.h; i++) {
        struct range v = under_window(rows_of(p), i % out.h, in.h);
        for (size_t x = 0; x < out.w; x++) {
            struct range h = under_window(columns_of(p), x, in.w);
            float *to = tensor_pixel(&out, i / out.h, i % out.h, x);
            if (is_max)
                max_block(&in, i / out.h, v, h, to);
            else
                average_block(&in, i / out.h, v, h, to);
        }
    }
    return 0;
}

const struct op_impl CPU(relu_blocks_cpu) = {
    .op = &op_relu,
    .dtype = DTYPE_F32_BLOCKS,
    .forward = relu_forward,
};
const struct op_impl CPU(add_blocks_cpu) = {
    .op = &op_add,
    .dtype = DTYPE_F32_BLOCKS,
    .fuses_relu = true,
    .forward = add_forward,
};
const struct op_impl CPU(concat_blocks_cpu) = {
    .op = &op_concat,
    .dtype = DTYPE_F32_BLOCKS,
    .forward = concat_forward,
};
const struct op_impl CPU(max_pool_blocks_cpu) = {
    .op = &op_max_pool,
    .dtype = DTYPE_F32_BLOCKS,
    .forward = pool_forward,
};
const struct op_impl CPU(average_pool_blocks_cpu) = {
    .op = &op_average_pool,
    .dtype = DTYPE_F32_BLOCKS,
    .forward = pool_forward,
};
