/* ops.c: what each operation means: the shape it makes and what its gradient needs. See op.h.
 */
#include "base/err.h"
#include "nn/op.h"

// Places of a window of k along n with padding on both sides; 0 when it does not fit once.
static size_t windows(size_t n, size_t k, size_t stride, size_t pad)
{
    return n + 2 * pad < k ? 0 : (n + 2 * pad - k) / stride + 1;
}

static int too_small(struct shape in, size_t kh, size_t kw, struct err *e)
{
    return err_set(e, ERR_USAGE, "input %zu x %zu is too small for a window of %zu x %zu", in.h,
                   in.w, kh, kw);
}

static int infer_conv(const struct graph_node *n, const struct shape *in, struct shape *out,
                      struct err *e)
{
    const struct conv_params *p = &n->params.conv;
    if (!p->c_out || !p->kh || !p->kw || !p->stride)
        return err_set(e, ERR_USAGE, "a convolution without extent");
    size_t pad_h = p->is_same ? (p->kh - 1) / 2 : p->pad_h;
    size_t pad_w = p->is_same ? (p->kw - 1) / 2 : p->pad_w;
    out->h = windows(in->h, p->kh, p->stride, pad_h);
    out->w = windows(in->w, p->kw, p->stride, pad_w);
    out->c = p->c_out;
    return out->h && out->w ? 0 : too_small(*in, p->kh, p->kw, e);
}

static int infer_pool(const struct graph_node *n, const struct shape *in, struct shape *out,
                      struct err *e)
{
    const struct pool_params *p = &n->params.pool;
    if (!p->stride || p->pad_h >= p->kh || p->pad_w >= p->kw)
        return err_set(e, ERR_USAGE,
                       "a pool of window %zu x %zu, stride %zu, padding %zu and %zu", p->kh,
                       p->kw, p->stride, p->pad_h, p->pad_w);
    out->h = windows(in->h, p->kh, p->stride, p->pad_h);
    out->w = windows(in->w, p->kw, p->stride, p->pad_w);
    out->c = in->c;
    return out->h && out->w ? 0 : too_small(*in, p->kh, p->kw, e);
}

static int infer_same(const struct graph_node *n, const struct shape *in, struct shape *out,
                      struct err *e)
{
    (void)n;
    (void)e;
    *out = *in;
    return 0;
}

static int infer_dropout(const struct graph_node *n, const struct shape *in, struct shape *out,
                         struct err *e)
{
    float keep = n->params.dropout.keep;
    *out = *in;
    if (!(keep > 0 && keep <= 1))
        return err_set(e, ERR_USAGE, "dropout keeps %g, wanted above 0 and at most 1",
                       (double)keep);
    return 0;
}

static int infer_global_average(const struct graph_node *n, const struct shape *in,
                                struct shape *out, struct err *e)
{
    (void)n;
    (void)e;
    *out = (struct shape){1, 1, in->c};
    return 0;
}

static int infer_concat(const struct graph_node *n, const struct shape *in, struct shape *out,
                        struct err *e)
{
    *out = (struct shape){in[0].h, in[0].w, 0};
    for (size_t i = 0; i < n->n_in; i++) {
        if (in[i].h != out->h || in[i].w != out->w)
            return err_set(e, ERR_USAGE, "input %zu is %zu x %zu, the first is %zu x %zu", i,
                           in[i].h, in[i].w, out->h, out->w);
        out->c += in[i].c;
    }
    return 0;
}

static int infer_add(const struct graph_node *n, const struct shape *in, struct shape *out,
                     struct err *e)
{
    (void)n;
    *out = in[0];
    if (in[0].h != in[1].h || in[0].w != in[1].w || in[0].c != in[1].c)
        return err_set(e, ERR_USAGE, "adds %zu x %zu x %zu to %zu x %zu x %zu", in[1].h,
                       in[1].w, in[1].c, in[0].h, in[0].w, in[0].c);
    return 0;
}

static int infer_dense(const struct graph_node *n, const struct shape *in, struct shape *out,
                       struct err *e)
{
    (void)in;
    *out = (struct shape){1, 1, n->params.dense.c_out};
    return out->c ? 0 : err_set(e, ERR_USAGE, "a dense layer without outputs");
}

static int infer_softmax_loss(const struct graph_node *n, const struct shape *in,
                              struct shape *out, struct err *e)
{
    float smoothing = n->params.loss.label_smoothing;
    *out = (struct shape){1, 1, 1};
    if (in->h != 1 || in->w != 1)
        return err_set(e, ERR_USAGE, "logits are %zu x %zu x %zu, wanted 1 x 1 x K", in->h,
                       in->w, in->c);
    if (!(smoothing >= 0 && smoothing < 1))
        return err_set(e, ERR_USAGE, "label smoothing is %g, wanted 0 or above and below 1",
                       (double)smoothing);
    return 0;
}

const struct op op_conv = {
    .name = "conv",
    .infer = infer_conv,
    .backward_reads_in = true,
};
const struct op op_bnorm = {
    .name = "bnorm",
    .infer = infer_same,
    .backward_reads_in = true,
};
const struct op op_relu = {
    .name = "relu",
    .infer = infer_same,
    .backward_reads_out = true,
};
const struct op op_max_pool = {
    .name = "max_pool",
    .infer = infer_pool,
};
const struct op op_average_pool = {
    .name = "average_pool",
    .infer = infer_pool,
};
const struct op op_global_average = {
    .name = "global_average",
    .infer = infer_global_average,
};
const struct op op_concat = {
    .name = "concat",
    .infer = infer_concat,
};
const struct op op_add = {
    .name = "add",
    .infer = infer_add,
    .backward_reads_out = true, // for the ReLU that may be fused into it
};
const struct op op_dropout = {
    .name = "dropout",
    .infer = infer_dropout,
};
const struct op op_dense = {
    .name = "dense",
    .infer = infer_dense,
    .backward_reads_in = true,
};
const struct op op_convert = {
    .name = "convert",
    .infer = infer_same,
};
const struct op op_softmax_loss = {
    .name = "softmax_loss",
    .infer = infer_softmax_loss,
    .backward_reads_in = true,
};
