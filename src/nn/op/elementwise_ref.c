/*
 * elementwise_ref.c: ReLU, addition, concatenation and dropout by their definitions.
 *
 * Dropout keeps an element where its own random number, a function of (seed, step, node,
 * element), lies below `keep`: the mask needs no memory and is the same on any number of
 * threads.
 */
#include "base/err.h"
#include "base/rng.h"
#include "nn/op/ref.h"

#include <string.h>

// d = what is there (if adding) + v
static void put(float *d, bool adds, float v)
{
    *d = adds ? *d + v : v;
}

static int relu_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (size_t i = 0; i < tensor_rows(&n->out); i++)
        for (size_t k = 0; k < n->out.c; k++) {
            float v = tensor_row(&n->in[0], i)[k];
            tensor_row(&n->out, i)[k] = v < 0 ? 0 : v; // NaN stays NaN
        }
    return 0;
}

static int relu_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (size_t i = 0; n->din[0].data && i < tensor_rows(&n->out); i++)
        for (size_t k = 0; k < n->out.c; k++) {
            float g = tensor_row(&n->out, i)[k] > 0 ? tensor_row(&n->dout, i)[k] : 0;
            put(&tensor_row(&n->din[0], i)[k], n->din_adds[0], g);
        }
    return 0;
}

static int add_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (size_t i = 0; i < tensor_rows(&n->out); i++)
        for (size_t k = 0; k < n->out.c; k++)
            tensor_row(&n->out, i)[k] =
                tensor_row(&n->in[0], i)[k] + tensor_row(&n->in[1], i)[k];
    return 0;
}

static int add_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (int a = 0; a < 2; a++)
        for (size_t i = 0; n->din[a].data && i < tensor_rows(&n->out); i++)
            for (size_t k = 0; k < n->out.c; k++)
                put(&tensor_row(&n->din[a], i)[k], n->din_adds[a], tensor_row(&n->dout, i)[k]);
    return 0;
}

// Of numbers of any type: all have the output's.
static int concat_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t size = dtype_bytes(n->out.dtype);
    for (size_t i = 0; i < tensor_rows(&n->out); i++) {
        unsigned char *out = tensor_row_any(&n->out, i);
        for (size_t a = 0; a < n->n_in; out += n->in[a++].c * size)
            if (tensor_row_any(&n->in[a], i) != out) // else it is a view into out
                memcpy(out, tensor_row_any(&n->in[a], i), n->in[a].c * size);
    }
    return 0;
}

static bool wants_copy(const struct node *n, size_t a, size_t i, const float *dout)
{
    return n->din[a].data && tensor_row(&n->din[a], i) != dout; // else it is a view into dout
}

static int concat_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (size_t i = 0; i < tensor_rows(&n->out); i++) {
        const float *dout = tensor_row(&n->dout, i);
        for (size_t a = 0; a < n->n_in; dout += n->in[a++].c)
            for (size_t k = 0; wants_copy(n, a, i, dout) && k < n->in[a].c; k++)
                put(&tensor_row(&n->din[a], i)[k], n->din_adds[a], dout[k]);
    }
    return 0;
}

// 1 / keep where the element is kept, else 0.
static float dropout_factor(const struct node *n, size_t element)
{
    const struct net_context *c = n->context;
    float keep = n->params->dropout.keep;
    if (!c->drops_out)
        return 1;
    uint32_t four[4];
    rng_at(four, c->seed, c->step << 16 | (uint64_t)n->graph_node, element / 4);
    float u = (float)(four[element % 4] >> 8) * 0x1p-24f;
    return u < keep ? 1 / keep : 0;
}

static int dropout_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (size_t i = 0; i < tensor_rows(&n->out); i++)
        for (size_t k = 0; k < n->out.c; k++)
            tensor_row(&n->out, i)[k] =
                tensor_row(&n->in[0], i)[k] * dropout_factor(n, i * n->out.c + k);
    return 0;
}

static int dropout_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (size_t i = 0; n->din[0].data && i < tensor_rows(&n->out); i++)
        for (size_t k = 0; k < n->out.c; k++)
            put(&tensor_row(&n->din[0], i)[k], n->din_adds[0],
                tensor_row(&n->dout, i)[k] * dropout_factor(n, i * n->out.c + k));
    return 0;
}

const struct op_impl relu_ref = {
    .op = &op_relu,
    .strided = true,
    .forward = relu_forward,
    .backward = relu_backward,
};
const struct op_impl add_ref = {
    .op = &op_add,
    .strided = true,
    .forward = add_forward,
    .backward = add_backward,
};
const struct op_impl concat_ref = {
    .op = &op_concat,
    .strided = true,
    .forward = concat_forward,
    .backward = concat_backward,
};
const struct op_impl concat_u8_ref = {
    .op = &op_concat,
    .dtype = DTYPE_U8,
    .strided = true,
    .forward = concat_forward,
};
const struct op_impl dropout_ref = {
    .op = &op_dropout,
    .strided = true,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
