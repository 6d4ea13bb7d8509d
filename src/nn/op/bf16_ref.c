/*
 * bf16_ref.c: in bfloat16, by definition: what an operation gives in float32 on these inputs, rounded once.
 * So each is its float32 row on copies. A convolution's weights are rounded, too, after its batch norm was
 * folded into them; its bias is not, nor are its sums, as in oneDNN.
 *
 * forward scratch:        a float32 copy of each input and of the output | the float32 row's saved values
 * prepared (convolution): rounded weights, as float32 | bias [c_out]
 */
#include "base/err.h"
#include "base/mem.h"
#include "nn/backend.h"
#include "nn/op/inference.h"
#include "nn/op/number.h"
#include "nn/op/ref.h"

static struct tensor copy_of(const struct tensor *t)
{
    struct tensor copy = *t;
    copy.stride = t->c;
    copy.dtype = DTYPE_F32;
    return copy;
}

static int prepare(struct backend *b, struct node *n, struct err *e)
{
    struct node *f32 = n->state = mem_zalloc(sizeof *f32);
    int rc = 0;
    if (!f32)
        return err_set(e, ERR_MEMORY, "no memory for bfloat16");
    *f32 = *n;
    f32->impl = backend_find(b, n->op, DTYPE_F32);
    f32->out = copy_of(&n->out);
    for (size_t k = 0; k < n->n_in; k++) {
        f32->in[k] = copy_of(&n->in[k]);
        n->forward_work_bytes += mem_rounded(tensor_bytes(&f32->in[k]));
    }
    if (f32->impl->prepare)
        rc = f32->impl->prepare(b, f32, e);
    n->forward_work_bytes +=
        mem_rounded(tensor_bytes(&f32->out)) + mem_rounded(f32->saved_bytes);
    return rc;
}

static int bind(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    struct node *f32 = n->state;
    unsigned char *at = n->forward_work;
    for (size_t k = 0; k < n->n_in; k++) {
        f32->in[k].numbers = at;
        at += mem_rounded(tensor_bytes(&f32->in[k]));
    }
    f32->out.numbers = at;
    f32->saved = at + mem_rounded(tensor_bytes(&f32->out));
    return 0;
}

static void read(struct tensor *to, const struct tensor *from)
{
    for (size_t i = 0; i < tensor_rows(to); i++) {
        const uint16_t *row = tensor_row_any(from, i);
        for (size_t k = 0; k < to->c; k++)
            tensor_row(to, i)[k] = number_from_bf16(row[k]);
    }
}

static void write(const struct tensor *to, const struct tensor *from, bool has_relu)
{
    for (size_t i = 0; i < tensor_rows(to); i++)
        for (size_t k = 0; k < to->c; k++) {
            float v = tensor_row(from, i)[k];
            v = has_relu && v < 0 ? 0 : v; // NaN stays NaN
            if (to->dtype == DTYPE_BF16)
                ((uint16_t *)tensor_row_any(to, i))[k] = number_to_bf16(v);
            else
                tensor_row(to, i)[k] = v;
        }
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    struct node *f32 = n->state;
    for (size_t k = 0; k < n->n_in; k++)
        read(&f32->in[k], &n->in[k]);
    int rc = f32->impl->forward(b, f32, e);
    if (rc == 0)
        write(&n->out, &f32->out, n->fuse_relu);
    return rc;
}

static void release(struct backend *b, struct node *n)
{
    (void)b;
    mem_free(n->state);
    n->state = NULL;
}

static int conv_prepare(struct backend *b, struct node *n, struct err *e)
{
    n->prepared_bytes = (conv_n_weights(n) + n->out.c) * sizeof(float);
    return prepare(b, n, e);
}

static int conv_refresh(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    struct node *f32 = n->state;
    float *weights = n->prepared, *bias = weights + conv_n_weights(n);
    conv_fold(n, weights, bias);
    for (size_t i = 0; i < conv_n_weights(n); i++)
        weights[i] = number_from_bf16(number_to_bf16(weights[i]));
    f32->variable[VARIABLE_WEIGHTS] = weights;
    f32->variable[VARIABLE_BIASES] = bias;
    return 0;
}

const struct op_impl conv_bf16_ref = {
    .op = &op_conv,
    .dtype = DTYPE_BF16,
    .writes_f32 = true,
    .strided = true,
    .fuses_relu = true,
    .fuses_norm = true,
    .prepare = conv_prepare,
    .bind = bind,
    .refresh = conv_refresh,
    .forward = forward,
    .release = release,
};

#define ROW(row, of)                                                                           \
    const struct op_impl row = {.op = &(of),                                                   \
                                .dtype = DTYPE_BF16,                                           \
                                .strided = true,                                               \
                                .prepare = prepare,                                            \
                                .bind = bind,                                                  \
                                .forward = forward,                                            \
                                .release = release}
ROW(relu_bf16_ref, op_relu);
ROW(add_bf16_ref, op_add);
ROW(max_pool_bf16_ref, op_max_pool);
ROW(average_pool_bf16_ref, op_average_pool);
