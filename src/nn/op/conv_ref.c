/*
 * conv_ref.c: convolution (cross-correlation) by its definition.
 *
 *   out[n][y][x][o] = bias[o] + sum over u, v, i of
 *                     in[n][y s + u - pad][x s + v - pad][i] * weights[u][v][i][o]
 *
 * Sums are kept in double, so that this is the better number when another backend differs.
 */
#include "base/err.h"
#include "nn/op/ref.h"
#include "nn/op/window_ref.h"

#include <string.h>

// The input pixel under a tap of the window, or NULL where it lies in the padding.
static float *tap(const struct window *w, const struct tensor *in, size_t image, size_t y,
                  size_t x, size_t u, size_t v)
{
    size_t row;
    return window_row(&row, w, in, image, y, x, u, v) ? tensor_row(in, row) : NULL;
}

static const float *kernel(const struct window *w, const float *weights, size_t u, size_t v)
{
    return weights + (u * w->kw + v) * w->c_in * w->c_out; // [c_in][c_out]
}

static double output(const struct node *n, const struct window *w, size_t image, size_t y,
                     size_t x, size_t o)
{
    const float *bias = n->variable[VARIABLE_BIASES];
    double sum = bias ? (double)bias[o] : 0;
    for (size_t u = 0; u < w->kh; u++)
        for (size_t v = 0; v < w->kw; v++) {
            const float *in = tap(w, &n->in[0], image, y, x, u, v);
            const float *k = kernel(w, n->variable[VARIABLE_WEIGHTS], u, v);
            for (size_t i = 0; in && i < w->c_in; i++)
                sum += (double)in[i] * (double)k[i * w->c_out + o];
        }
    return sum;
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    struct window w = window_of(n);
    for (size_t image = 0; image < n->out.n; image++)
        for (size_t y = 0; y < n->out.h; y++)
            for (size_t x = 0; x < n->out.w; x++)
                for (size_t o = 0; o < w.c_out; o++)
                    tensor_pixel(&n->out, image, y, x)[o] =
                        (float)output(n, &w, image, y, x, o);
    return 0;
}

// One output pixel's share of both gradients.
static void backward_pixel(const struct node *n, const struct window *w, size_t image, size_t y,
                           size_t x)
{
    const float *dout = tensor_pixel(&n->dout, image, y, x);
    for (size_t u = 0; u < w->kh; u++)
        for (size_t v = 0; v < w->kw; v++) {
            const float *in = tap(w, &n->in[0], image, y, x, u, v);
            if (!in)
                continue;
            float *din = n->din[0].data ? tap(w, &n->din[0], image, y, x, u, v) : NULL;
            const float *k = kernel(w, n->variable[VARIABLE_WEIGHTS], u, v);
            float *dweights = n->dvariable[VARIABLE_WEIGHTS];
            float *dk = dweights ? dweights + (k - n->variable[VARIABLE_WEIGHTS]) : NULL;
            for (size_t i = 0; i < w->c_in; i++) {
                double sum = 0;
                for (size_t o = 0; o < w->c_out; o++)
                    sum += (double)dout[o] * (double)k[i * w->c_out + o];
                if (din)
                    din[i] += (float)sum;
                for (size_t o = 0; dk && o < w->c_out; o++)
                    dk[i * w->c_out + o] += in[i] * dout[o];
            }
        }
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    struct window w = window_of(n);
    float *dbias = n->dvariable[VARIABLE_BIASES];
    if (n->dvariable[VARIABLE_WEIGHTS])
        memset(n->dvariable[VARIABLE_WEIGHTS], 0,
               w.kh * w.kw * w.c_in * w.c_out * sizeof(float));
    if (dbias)
        memset(dbias, 0, w.c_out * sizeof(float));
    for (size_t i = 0; n->din[0].data && !n->din_adds[0] && i < tensor_rows(&n->din[0]); i++)
        memset(tensor_row(&n->din[0], i), 0, w.c_in * sizeof(float));
    for (size_t image = 0; image < n->out.n; image++)
        for (size_t y = 0; y < n->out.h; y++)
            for (size_t x = 0; x < n->out.w; x++) {
                backward_pixel(n, &w, image, y, x);
                for (size_t o = 0; dbias && o < w.c_out; o++)
                    dbias[o] += tensor_pixel(&n->dout, image, y, x)[o];
            }
    return 0;
}

const struct op_impl conv_ref = {
    .op = &op_conv,
    .forward = forward,
    .backward = backward,
};
