/*
 * bf16_ref.c: in bfloat16, by definition: what an operation gives in float32 on these inputs, rounded once.
 * So each is the backend's float32 row on copies, forward and backward; gradients that are added up are
 * added in float32. A convolution's weights are rounded, too (in inference after its batch norm was
 * folded into them); its bias is not, nor are its sums and the gradients of its variables, as in oneDNN.
 *
 * Where oneDNN has no bfloat16 for a processor, this is also how a convolution is emulated: by its
 * float32 row on numbers that bfloat16 can hold, which is what a processor with bfloat16 computes.
 *
 * forward scratch:        float32 copies of the inputs and of the output | the float32 row's scratch
 * backward scratch:       of the inputs, the output, its gradient, those of the inputs | the row's scratch
 * saved:                  the float32 row's
 * prepared (convolution): rounded weights, as float32 | bias [c_out] (inference) | the row's own
 */
#include "base/err.h"
#include "base/mem.h"
#include "nn/backend.h"
#include "nn/op/inference.h"
#include "nn/op/number.h"
#include "nn/op/ref.h"

#include <string.h>

static struct tensor copy_of(const struct tensor *t)
{
    struct tensor copy = *t;
    copy.stride = t->c;
    copy.dtype = DTYPE_F32;
    copy.numbers = NULL;
    return copy;
}

static int prepare(struct backend *b, struct node *n, struct err *e)
{
    struct node *f32 = n->state = mem_zalloc(sizeof *f32);
    if (!f32)
        return err_set(e, ERR_MEMORY, "no memory for bfloat16");
    *f32 = *n;
    f32->impl = backend_find(b, n->op, DTYPE_F32);
    f32->state = NULL;
    f32->prepared_bytes = 0;
    f32->fuse_relu = false; // done where the output is rounded
    f32->fuse_norm = NULL;  // done where the weights are
    f32->out = copy_of(&n->out);
    f32->dout = copy_of(&n->dout);
    size_t out_bytes = mem_rounded(tensor_bytes(&f32->out)), in_bytes = 0, din_bytes = 0;
    for (size_t k = 0; k < n->n_in; k++) {
        f32->in[k] = copy_of(&n->in[k]);
        f32->din[k] = copy_of(&n->din[k]);
        in_bytes += mem_rounded(tensor_bytes(&f32->in[k]));
        din_bytes += mem_rounded(tensor_bytes(&f32->din[k]));
    }
    int rc = f32->impl->prepare ? f32->impl->prepare(b, f32, e) : 0;
    n->forward_work_bytes = in_bytes + out_bytes + f32->forward_work_bytes;
    n->backward_work_bytes = in_bytes + 2 * out_bytes + din_bytes + f32->backward_work_bytes;
    n->saved_bytes = f32->saved_bytes;
    n->prepared_bytes += f32->prepared_bytes;
    return rc;
}

static void place(struct tensor *copy, unsigned char **at)
{
    copy->numbers = *at;
    *at += mem_rounded(tensor_bytes(copy));
}

// The copies lie in what is given to a pass; what is behind them is the row's.
static unsigned char *place_forward(struct node *n)
{
    struct node *f32 = n->state;
    unsigned char *at = n->forward_work;
    for (size_t k = 0; k < n->n_in; k++)
        place(&f32->in[k], &at);
    place(&f32->out, &at);
    return at;
}

static unsigned char *place_backward(struct node *n)
{
    struct node *f32 = n->state;
    unsigned char *at = n->backward_work;
    for (size_t k = 0; k < n->n_in; k++)
        place(&f32->in[k], &at);
    place(&f32->out, &at);
    place(&f32->dout, &at);
    for (size_t k = 0; k < n->n_in; k++) {
        place(&f32->din[k], &at);
        if (!n->din[k].data)
            f32->din[k].data = NULL;
    }
    return at;
}

// The row is told anew before each pass: its copies have moved.
static int bind_row(struct backend *b, struct node *n, struct err *e)
{
    struct node *f32 = n->state;
    return f32->impl->bind ? f32->impl->bind(b, f32, e) : 0;
}

static int bind(struct backend *b, struct node *n, struct err *e)
{
    struct node *f32 = n->state;
    f32->saved = n->saved;
    f32->prepared = (unsigned char *)n->prepared + n->prepared_bytes - f32->prepared_bytes;
    if (n->has_backward)
        f32->backward_work = place_backward(n);
    f32->forward_work = place_forward(n);
    return bind_row(b, n, e);
}

static void read(struct tensor *to, const struct tensor *from)
{
    for (size_t i = 0; i < tensor_rows(to); i++) {
        const number_bf16 *row = tensor_row_any(from, i);
        for (size_t k = 0; k < to->c; k++)
            tensor_row(to, i)[k] = number_from_bf16(row[k]);
    }
}

static void write(const struct tensor *to, const struct tensor *from, bool has_relu)
{
    for (size_t i = 0; i < tensor_rows(to); i++) {
        float *row = tensor_row(from, i);
        for (size_t k = 0; has_relu && k < to->c; k++)
            row[k] = row[k] < 0 ? 0 : row[k]; // NaN stays NaN
        if (to->dtype == DTYPE_F32)
            memcpy(tensor_row(to, i), row, to->c * sizeof *row);
        number_bf16 *narrow = tensor_row_any(to, i);
        for (size_t k = 0; to->dtype == DTYPE_BF16 && k < to->c; k++)
            narrow[k] = number_to_bf16(row[k]);
    }
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    struct node *f32 = n->state;
    place_forward(n);
    int rc = bind_row(b, n, e);
    for (size_t k = 0; rc == 0 && k < n->n_in; k++)
        read(&f32->in[k], &n->in[k]);
    if (rc == 0)
        rc = f32->impl->forward(b, f32, e);
    if (rc == 0)
        write(&n->out, &f32->out, n->fuse_relu);
    return rc;
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    struct node *f32 = n->state;
    place_backward(n);
    int rc = bind_row(b, n, e);
    if (rc < 0)
        return rc;
    for (size_t k = 0; k < n->n_in; k++) {
        if (n->op->backward_reads_in)
            read(&f32->in[k], &n->in[k]);
        if (n->din[k].data && n->din_adds[k])
            read(&f32->din[k], &n->din[k]);
    }
    if (n->op->backward_reads_out)
        read(&f32->out, &n->out);
    read(&f32->dout, &n->dout);
    rc = f32->impl->backward(b, f32, e);
    for (size_t k = 0; rc == 0 && k < n->n_in; k++)
        if (n->din[k].data)
            write(&n->din[k], &f32->din[k], false);
    return rc;
}

static void release(struct backend *b, struct node *n)
{
    struct node *f32 = n->state;
    if (f32 && f32->impl->release)
        f32->impl->release(b, f32);
    mem_free(f32);
    n->state = NULL;
}

static bool is_inference(const struct node *n)
{
    return !n->context->has_backward;
}

static float *rounded_weights(const struct node *n)
{
    return n->prepared;
}

static float *folded_bias(const struct node *n)
{
    return (float *)(void *)((unsigned char *)n->prepared +
                             mem_rounded(conv_n_weights(n) * sizeof(float)));
}

static int conv_prepare(struct backend *b, struct node *n, struct err *e)
{
    struct node with_bias = *n; // as the float32 row is to see it
    if (is_inference(n))
        with_bias.variable[VARIABLE_BIASES] = n->variable[VARIABLE_WEIGHTS]; // until bound
    with_bias.prepared_bytes =
        mem_rounded(conv_n_weights(n) * sizeof(float)) + mem_rounded(n->out.c * sizeof(float));
    int rc = prepare(b, &with_bias, e);
    with_bias.variable[VARIABLE_BIASES] = n->variable[VARIABLE_BIASES];
    *n = with_bias;
    return rc;
}

static int conv_bind(struct backend *b, struct node *n, struct err *e)
{
    struct node *f32 = n->state;
    f32->variable[VARIABLE_WEIGHTS] = rounded_weights(n);
    if (is_inference(n))
        f32->variable[VARIABLE_BIASES] = folded_bias(n);
    return bind(b, n, e);
}

static void round_weights(const struct node *n, const float *from)
{
    float *to = rounded_weights(n);
    for (size_t i = 0; i < conv_n_weights(n); i++)
        to[i] = number_from_bf16(number_to_bf16(from[i]));
}

static int conv_refresh(struct backend *b, struct node *n, struct err *e)
{
    struct node *f32 = n->state;
    if (!is_inference(n))
        return 0;
    conv_fold(n, rounded_weights(n), folded_bias(n));
    round_weights(n, rounded_weights(n));
    return f32->impl->refresh ? f32->impl->refresh(b, f32, e) : 0;
}

static int conv_forward(struct backend *b, struct node *n, struct err *e)
{
    if (!is_inference(n))
        round_weights(n, n->variable[VARIABLE_WEIGHTS]);
    return forward(b, n, e);
}

const struct op_impl conv_bf16_ref = {
    .op = &op_conv,
    .dtype = DTYPE_BF16,
    .writes_f32 = true,
    .strided = true,
    .fuses_relu = true,
    .fuses_norm = true,
    .prepare = conv_prepare,
    .bind = conv_bind,
    .refresh = conv_refresh,
    .forward = conv_forward,
    .backward = backward,
    .release = release,
};

#define ROW(row, of)                                                                           \
    const struct op_impl row = {.op = &(of),                                                   \
                                .dtype = DTYPE_BF16,                                           \
                                .strided = true,                                               \
                                .prepare = prepare,                                            \
                                .bind = bind,                                                  \
                                .forward = forward,                                            \
                                .backward = backward,                                          \
                                .release = release}
ROW(bnorm_bf16_ref, op_bnorm);
ROW(relu_bf16_ref, op_relu);
ROW(add_bf16_ref, op_add);
ROW(concat_bf16_ref, op_concat);
ROW(max_pool_bf16_ref, op_max_pool);
ROW(average_pool_bf16_ref, op_average_pool);
