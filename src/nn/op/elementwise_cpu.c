/*
 * elementwise_cpu.c: ReLU, addition (with the ReLU behind it) and concatenation, in parallel
 * over pixels. The definitions are in elementwise_ref.c.
 */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"

#include <math.h>
#include <string.h>

static int relu_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t m = tensor_rows(&n->out), c = n->out.c;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        const float *restrict x = tensor_row(&n->in[0], i);
        float *restrict y = tensor_row(&n->out, i);
        for (size_t k = 0; k < c; k++)
            y[k] = x[k] < 0 ? 0 : x[k]; // NaN stays NaN
    }
    return 0;
}

// d = (adds: d +) g, where out > least
static void pass_row(float *restrict d, const float *restrict g, const float *restrict out,
                     float least, bool adds, size_t c)
{
    if (adds)
        for (size_t k = 0; k < c; k++)
            d[k] += out[k] > least ? g[k] : 0;
    else
        for (size_t k = 0; k < c; k++)
            d[k] = out[k] > least ? g[k] : 0;
}

static int relu_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t m = tensor_rows(&n->out), c = n->out.c;
    if (!n->din[0].data)
        return 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++)
        pass_row(tensor_row(&n->din[0], i), tensor_row(&n->dout, i), tensor_row(&n->out, i), 0,
                 n->din_adds[0], c);
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
        const float *restrict x = tensor_row(&n->in[0], i), *restrict z =
                                                                tensor_row(&n->in[1], i);
        float *restrict y = tensor_row(&n->out, i);
        for (size_t k = 0; k < c; k++) {
            float v = x[k] + z[k];
            y[k] = v < least ? least : v; // NaN stays NaN
        }
    }
    return 0;
}

static int add_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t m = tensor_rows(&n->out), c = n->out.c;
    float least = n->fuse_relu ? 0 : -INFINITY;
    for (int a = 0; a < 2; a++) {
        if (!n->din[a].data)
            continue;
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < m; i++)
            pass_row(tensor_row(&n->din[a], i), tensor_row(&n->dout, i), tensor_row(&n->out, i),
                     least, n->din_adds[a], c);
    }
    return 0;
}

// Of numbers of any type: all have the output's.
static int concat_forward(struct backend *b, struct node *n, struct err *e)
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

static void copy_or_add(float *restrict d, const float *restrict g, bool adds, size_t c)
{
    if (!adds)
        memcpy(d, g, c * sizeof *d);
    for (size_t k = 0; adds && k < c; k++)
        d[k] += g[k];
}

static int concat_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t m = tensor_rows(&n->out);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        const float *dout = tensor_row(&n->dout, i);
        for (size_t a = 0; a < n->n_in; dout += n->in[a++].c)
            if (n->din[a].data && tensor_row(&n->din[a], i) != dout)
                copy_or_add(tensor_row(&n->din[a], i), dout, n->din_adds[a], n->in[a].c);
    }
    return 0;
}

const struct op_impl CPU(relu_cpu) = {
    .op = &op_relu,
    .strided = true,
    .forward = relu_forward,
    .backward = relu_backward,
};
const struct op_impl CPU(add_cpu) = {
    .op = &op_add,
    .strided = true,
    .fuses_relu = true,
    .fuses_relu_gradient = true,
    .relu_reads_out = true,
    .forward = add_forward,
    .backward = add_backward,
};
const struct op_impl CPU(concat_cpu) = {
    .op = &op_concat,
    .strided = true,
    .forward = concat_forward,
    .backward = concat_backward,
};
const struct op_impl CPU(concat_bf16_cpu) = {
    .op = &op_concat,
    .dtype = DTYPE_BF16,
    .strided = true,
    .forward = concat_forward,
};
const struct op_impl CPU(concat_u8_cpu) = {
    .op = &op_concat,
    .dtype = DTYPE_U8,
    .strided = true,
    .forward = concat_forward,
};

void CPU(add_into)(const struct tensor *d, const float *g)
{
    size_t m = tensor_rows(d), c = d->c;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++)
        copy_or_add(tensor_row(d, i), g + i * c, true, c);
}
