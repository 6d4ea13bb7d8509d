/*
 * dense_onednn.c: a fully connected layer as oneDNN's row-major matrix products. The definition
 * is in dense_ref.c.
 */
#include "nn/op/api_onednn.h"
#include "nn/op/onednn.h"

static dnnl_dim_t n_inputs(const struct node *n)
{
    return (dnnl_dim_t)(n->in[0].h * n->in[0].w * n->in[0].c);
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    dnnl_dim_t batch = (dnnl_dim_t)n->out.n, k = n_inputs(n), m = (dnnl_dim_t)n->out.c;
    for (size_t i = 0; i < n->out.n; i++)
        memcpy(tensor_row(&n->out, i), n->variable[VARIABLE_BIASES], n->out.c * sizeof(float));
    return onednn_check(dnnl_sgemm('N', 'N', batch, m, k, 1, n->in[0].data, k,
                                   n->variable[VARIABLE_WEIGHTS], m, 1, n->out.data, m),
                        "dense layer", e);
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    dnnl_dim_t batch = (dnnl_dim_t)n->out.n, k = n_inputs(n), m = (dnnl_dim_t)n->out.c;
    float *dbias = n->dvariable[VARIABLE_BIASES];
    dnnl_status_t s = dnnl_success;
    for (size_t o = 0; dbias && o < n->out.c; o++) {
        double sum = 0;
        for (size_t i = 0; i < n->out.n; i++)
            sum += (double)tensor_row(&n->dout, i)[o];
        dbias[o] = (float)sum;
    }
    if (n->dvariable[VARIABLE_WEIGHTS])
        s = dnnl_sgemm('T', 'N', k, m, batch, 1, n->in[0].data, k, n->dout.data, m, 0,
                       n->dvariable[VARIABLE_WEIGHTS], m);
    if (s == dnnl_success && n->din[0].data)
        s = dnnl_sgemm('N', 'T', batch, k, m, 1, n->dout.data, m, n->variable[VARIABLE_WEIGHTS],
                       m, n->din_adds[0] ? 1 : 0, n->din[0].data, k);
    return onednn_check(s, "gradient of a dense layer", e);
}

const struct op_impl dense_onednn = {
    .op = &op_dense,
    .forward = forward,
    .backward = backward,
};
