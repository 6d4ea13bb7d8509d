/*
 * elementwise_cpu.c: ReLU and addition (with the ReLU behind it), in parallel over pixels, in any
 * type of numbers. The definitions are in elementwise_ref.c.
 */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"
#include "nn/op/typed_cpu.h"

#include <math.h>

static int relu_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t m = tensor_rows(&n->out), c = n->out.c;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        const number *restrict x = row_of(&n->in[0], i);
        number *restrict y = row_of(&n->out, i);
        for (size_t k = 0; k < c; k++)
            y[k] = get(x[k]) < 0 ? 0 : x[k]; // NaN stays NaN
    }
    return 0;
}

// d = (adds: d +) g, where out > least
static void pass_row(number *restrict d, const number *restrict g, const number *restrict out,
                     float least, bool adds, size_t c)
{
    if (adds)
        for (size_t k = 0; k < c; k++)
            d[k] = put(get(d[k]) + where(get(out[k]) > least, get(g[k])));
    else
        for (size_t k = 0; k < c; k++)
            d[k] = put(where(get(out[k]) > least, get(g[k])));
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
        pass_row(row_of(&n->din[0], i), row_of(&n->dout, i), row_of(&n->out, i), 0,
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
        const number *restrict x = row_of(&n->in[0], i), *restrict z = row_of(&n->in[1], i);
        number *restrict y = row_of(&n->out, i);
        for (size_t k = 0; k < c; k++) {
            float v = get(x[k]) + get(z[k]);
            y[k] = put(v < least ? least : v); // NaN stays NaN
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
            pass_row(row_of(&n->din[a], i), row_of(&n->dout, i), row_of(&n->out, i), least,
                     n->din_adds[a], c);
    }
    return 0;
}

const struct op_impl CPU_TYPED(relu_cpu) = {
    .op = &op_relu,
    .dtype = CPU_DTYPE,
    .strided = true,
    .forward = relu_forward,
    .backward = relu_backward,
};
const struct op_impl CPU_TYPED(add_cpu) = {
    .op = &op_add,
    .dtype = CPU_DTYPE,
    .strided = true,
    .fuses_relu = true,
    .fuses_relu_gradient = true,
    .relu_reads_out = true,
    .forward = add_forward,
    .backward = add_backward,
};
// d += g, which is dense float32: what oneDNN computed.
void CPU_TYPED(add_into)(const struct tensor *d, const float *g)
{
    size_t m = tensor_rows(d), c = d->c;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        number *restrict to = row_of(d, i);
        const float *restrict from = g + i * c;
        for (size_t k = 0; k < c; k++)
            to[k] = put(get(to[k]) + from[k]);
    }
}
