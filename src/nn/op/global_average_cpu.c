/* global_average_cpu.c: the mean over a map, float32, in parallel over examples: see pool_ref.c. */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"

#include <string.h>

static int forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t n_pixels = n->in[0].h * n->in[0].w, c = n->out.c;
#pragma omp parallel for schedule(static)
    for (size_t image = 0; image < n->out.n; image++) {
        float *restrict out = tensor_row(&n->out, image);
        memset(out, 0, c * sizeof *out);
        for (size_t i = 0; i < n_pixels; i++) {
            const float *restrict x = tensor_row(&n->in[0], image * n_pixels + i);
            for (size_t k = 0; k < c; k++)
                out[k] += x[k];
        }
        for (size_t k = 0; k < c; k++)
            out[k] *= 1 / (float)n_pixels;
    }
    return 0;
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    const struct tensor *din = &n->din[0];
    size_t n_pixels = n->in[0].h * n->in[0].w, c = n->out.c;
    float share = 1 / (float)n_pixels;
    if (!din->data)
        return 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < tensor_rows(din); i++) {
        float *restrict d = tensor_row(din, i);
        const float *restrict g = tensor_row(&n->dout, i / n_pixels);
        if (!n->din_adds[0])
            memset(d, 0, c * sizeof *d);
        for (size_t k = 0; k < c; k++)
            d[k] += g[k] * share;
    }
    return 0;
}

const struct op_impl CPU(global_average_cpu) = {
    .op = &op_global_average,
    .strided = true,
    .forward = forward,
    .backward = backward,
};
