/* concat_cpu.c: concatenation of numbers of any type, in parallel over pixels: see elementwise_ref.c. */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"
#include "nn/op/number.h"

#include <string.h>

static int forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t m = tensor_rows(&n->out), size = dtype_bytes(n->out.dtype);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        unsigned char *out = tensor_row_any(&n->out, i);
        for (size_t a = 0; a < n->n_in; out += n->in[a++].c * size)
            if (tensor_row_any(&n->in[a], i) != out) // else it is a view into out
                memcpy(out, tensor_row_any(&n->in[a], i), n->in[a].c * size);
    }
    return 0;
}

static void add_f32(void *restrict d, const void *restrict g, size_t c)
{
    float *restrict to = d;
    const float *restrict from = g;
    for (size_t k = 0; k < c; k++)
        to[k] += from[k];
}

static void add_bf16(void *restrict d, const void *restrict g, size_t c)
{
    number_bf16 *restrict to = d;
    const number_bf16 *restrict from = g;
    for (size_t k = 0; k < c; k++)
        to[k] = number_to_bf16(number_from_bf16(to[k]) + number_from_bf16(from[k]));
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    void (*add)(void *restrict d, const void *restrict g, size_t c) =
        n->out.dtype == DTYPE_F32 ? add_f32 : add_bf16;
    size_t m = tensor_rows(&n->out), size = dtype_bytes(n->out.dtype);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        const unsigned char *dout = tensor_row_any(&n->dout, i);
        for (size_t a = 0; a < n->n_in; dout += n->in[a++].c * size) {
            void *d = n->din[a].data ? tensor_row_any(&n->din[a], i) : NULL;
            if (!d || d == dout) // not wanted, or a view into dout
                continue;
            if (n->din_adds[a])
                add(d, dout, n->in[a].c);
            else
                memcpy(d, dout, n->in[a].c * size);
        }
    }
    return 0;
}

const struct op_impl CPU(concat_cpu_f32) = {
    .op = &op_concat,
    .strided = true,
    .forward = forward,
    .backward = backward,
};
const struct op_impl CPU(concat_cpu_bf16) = {
    .op = &op_concat,
    .dtype = DTYPE_BF16,
    .strided = true,
    .forward = forward,
    .backward = backward,
};
const struct op_impl CPU(concat_cpu_u8) = {
    .op = &op_concat,
    .dtype = DTYPE_U8,
    .strided = true,
    .forward = forward,
};
