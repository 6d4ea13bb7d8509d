/*
 * dense_ref.c: a fully connected layer by its definition:
 * out[n][o] = bias[o] + sum over i of in[n][i] * weights[i][o], in flattened as H, W, C.
 */
#include "base/err.h"
#include "nn/op/ref.h"

static size_t n_inputs(const struct node *n)
{
    return n->in[0].h * n->in[0].w * n->in[0].c;
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    const float *weights = n->variable[VARIABLE_WEIGHTS], *bias = n->variable[VARIABLE_BIASES];
    size_t n_in = n_inputs(n), n_out = n->out.c;
    for (size_t image = 0; image < n->out.n; image++)
        for (size_t o = 0; o < n_out; o++) {
            double sum = (double)bias[o];
            for (size_t i = 0; i < n_in; i++)
                sum += (double)n->in[0].data[image * n_in + i] * (double)weights[i * n_out + o];
            n->out.data[image * n_out + o] = (float)sum;
        }
    return 0;
}

static void backward_variables(struct node *n, size_t n_in, size_t n_out)
{
    float *dweights = n->dvariable[VARIABLE_WEIGHTS], *dbias = n->dvariable[VARIABLE_BIASES];
    for (size_t o = 0; o < n_out; o++) {
        for (size_t i = 0; dweights && i < n_in; i++) {
            double sum = 0;
            for (size_t image = 0; image < n->out.n; image++)
                sum += (double)n->in[0].data[image * n_in + i] *
                       (double)n->dout.data[image * n_out + o];
            dweights[i * n_out + o] = (float)sum;
        }
        double sum = 0;
        for (size_t image = 0; image < n->out.n; image++)
            sum += (double)n->dout.data[image * n_out + o];
        if (dbias)
            dbias[o] = (float)sum;
    }
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t n_in = n_inputs(n), n_out = n->out.c;
    backward_variables(n, n_in, n_out);
    for (size_t image = 0; n->din[0].data && image < n->out.n; image++)
        for (size_t i = 0; i < n_in; i++) {
            double sum = 0;
            for (size_t o = 0; o < n_out; o++)
                sum += (double)n->dout.data[image * n_out + o] *
                       (double)n->variable[VARIABLE_WEIGHTS][i * n_out + o];
            float *d = &n->din[0].data[image * n_in + i];
            *d = (n->din_adds[0] ? *d : 0) + (float)sum;
        }
    return 0;
}

const struct op_impl dense_ref = {
    .op = &op_dense,
    .forward = forward,
    .backward = backward,
};
