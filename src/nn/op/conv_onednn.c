/*
 * conv_onednn.c: convolution by oneDNN.
 *
 * Activations stay NHWC, or in inference in blocks of 8 channels (net_types.c); weights live in
 * TensorFlow's HWIO and are reordered into the layout the primitive likes: once at net_refresh() for
 * inference (with the batch norm folded in), and into scratch just before each use in training, which
 * costs about 1 % of a step and saves two copies of all weights.
 *
 * inference.h has the algebra of folding and of 8 bits.
 *
 * prepared (inference):  weights in the primitive's layout | bias [c_out]
 * forward scratch:       (training) weights in the primitive's layout | oneDNN's scratchpad
 * backward scratch:      weights | their gradient, both in the primitives' layouts |
 *                        gradient of the input, where it is to be added to another | scratchpad |
 *                        input and gradient of the output as the gradient of weights likes them
 *
 * That last one: without AVX-512 oneDNN's gradient of weights takes up to twice as long on NHWC as on
 * blocks of channels where the kernel has several taps (DECISIONS.md), and a copy is cheap: it moves each
 * number once, and each tap multiplies it with all channels of the other side.
 */
#include "nn/op/api_onednn.h"
#include "nn/op/cpu.h"
#include "nn/op/inference.h"
#include "nn/op/onednn.h"
#include "nn/op/ref.h"

#include "nn/backend.h"

// A primitive, and the memory objects of its own scratchpad.
struct primitive {
    dnnl_primitive_desc_t pd;
    dnnl_primitive_t handle;
    dnnl_memory_t scratchpad;
    size_t scratchpad_bytes;
};

// One thing in two layouts: as we keep it (weights: HWIO, maps: NHWC), and as a primitive wants it.
struct layouts {
    dnnl_memory_t ours, theirs;
    dnnl_primitive_t reorder; // NULL: both layouts are the same, and theirs is ours
    size_t theirs_bytes;
};

struct conv_state {
    struct primitive forward, backward_data, backward_weights;
    struct layouts weights, weights_of_data,
        dweights;                                   // dweights: reordered from theirs to ours
    struct layouts src_of_weights, ddst_of_weights; // what the gradient of weights reads
    dnnl_memory_t src, dst, dsrc, ddst, bias, dbias;
    dnnl_memory_t factor; // 8 bits, see api_onednn.h
    float *factor_values;
};

static void primitive_release(struct primitive *p)
{
    if (p->handle)
        dnnl_primitive_destroy(p->handle);
    if (p->pd)
        dnnl_primitive_desc_destroy(p->pd);
    if (p->scratchpad)
        dnnl_memory_destroy(p->scratchpad);
}

static void memory_free(dnnl_memory_t m)
{
    if (m)
        dnnl_memory_destroy(m);
}

static void layouts_release(struct layouts *w)
{
    memory_free(w->ours);
    memory_free(w->theirs);
    if (w->reorder)
        dnnl_primitive_destroy(w->reorder);
}

static void release(struct backend *b, struct node *n)
{
    (void)b;
    struct conv_state *s = n->state;
    if (!s)
        return;
    primitive_release(&s->forward);
    primitive_release(&s->backward_data);
    primitive_release(&s->backward_weights);
    layouts_release(&s->weights);
    layouts_release(&s->weights_of_data);
    layouts_release(&s->dweights);
    layouts_release(&s->src_of_weights);
    layouts_release(&s->ddst_of_weights);
    dnnl_memory_t all[] = {s->src, s->dst, s->dsrc, s->ddst, s->bias, s->dbias, s->factor};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        memory_free(all[i]);
    mem_free(s->factor_values);
    mem_free(s);
    n->state = NULL;
}

static bool has_bias(const struct node *n)
{
    return n->variable[VARIABLE_BIASES] || n->fuse_norm;
}

static const dnnl_data_type_t type_of[N_DTYPES] = {[DTYPE_F32] = dnnl_f32,
                                                   [DTYPE_BF16] = dnnl_bf16,
                                                   [DTYPE_U8] = dnnl_u8,
                                                   [DTYPE_F32_BLOCKS] = dnnl_f32};
static const dnnl_data_type_t type_of_weights[N_DTYPES] = {[DTYPE_F32] = dnnl_f32,
                                                           [DTYPE_BF16] = dnnl_bf16,
                                                           [DTYPE_U8] = dnnl_s8,
                                                           [DTYPE_F32_BLOCKS] = dnnl_f32};
static const dnnl_format_tag_t layout_of[N_DTYPES] = {[DTYPE_F32] = dnnl_nhwc,
                                                      [DTYPE_BF16] = dnnl_nhwc,
                                                      [DTYPE_U8] = dnnl_nhwc,
                                                      [DTYPE_F32_BLOCKS] = dnnl_nChw8c};

// Weights in our layout are rounded by oneDNN on the way to bfloat16, by us to 8 bits.
static dnnl_data_type_t type_of_ours(const struct node *n)
{
    return n->impl->dtype == DTYPE_U8 ? dnnl_s8 : dnnl_f32;
}

static void md_free_all(struct onednn_conv *c)
{
    onednn_md_free(c->src);
    onednn_md_free(c->weights);
    onednn_md_free(c->bias);
    onednn_md_free(c->dst);
    if (c->attr)
        dnnl_primitive_attr_destroy(c->attr);
}

// A tensor, and the weights, as oneDNN is told about them; the caller's.
static dnnl_status_t map_in(onednn_md *out, const struct tensor *t, dnnl_data_type_t type,
                            dnnl_format_tag_t layout)
{
    const dnnl_dims_t dims = {(dnnl_dim_t)t->n, (dnnl_dim_t)t->c, (dnnl_dim_t)t->h,
                              (dnnl_dim_t)t->w};
    return onednn_md_new(out, 4, dims, type, layout);
}

static dnnl_status_t weights_in(onednn_md *out, const struct node *n, dnnl_data_type_t type,
                                dnnl_format_tag_t layout)
{
    const struct conv_params *p = &n->params->conv;
    const dnnl_dims_t dims = {(dnnl_dim_t)p->c_out, (dnnl_dim_t)n->in[0].c, (dnnl_dim_t)p->kh,
                              (dnnl_dim_t)p->kw};
    return onednn_md_new(out, 4, dims, type, layout);
}

// What oneDNN is told about this node.
static dnnl_status_t describe(const struct node *n, struct onednn_conv *c)
{
    const struct conv_params *p = &n->params->conv;
    const struct tensor *in = &n->in[0], *out = &n->out;
    const dnnl_dims_t bias = {(dnnl_dim_t)p->c_out};
    size_t pad[] = {p->is_same ? (p->kh - 1) / 2 : p->pad_h,
                    p->is_same ? (p->kw - 1) / 2 : p->pad_w};
    for (int i = 0; i < 2; i++) {
        c->strides[i] = (dnnl_dim_t)p->stride;
        c->pad_before[i] = c->pad_after[i] = (dnnl_dim_t)pad[i];
    }
    dnnl_status_t s = map_in(&c->src, in, type_of[in->dtype], layout_of[in->dtype]);
    if (s == dnnl_success)
        s = map_in(&c->dst, out, type_of[out->dtype], layout_of[out->dtype]);
    if (s == dnnl_success)
        s = weights_in(&c->weights, n, type_of_weights[in->dtype], dnnl_format_tag_any);
    if (s == dnnl_success && has_bias(n))
        s = onednn_md_new(&c->bias, 1, bias, dnnl_f32, dnnl_a);
    if (s == dnnl_success)
        s = dnnl_primitive_attr_create(&c->attr);
    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_scratchpad_mode(c->attr, dnnl_scratchpad_mode_user);
    return s;
}

static dnnl_status_t add_relu(dnnl_primitive_attr_t attr)
{
    dnnl_post_ops_t ops;
    dnnl_status_t s = dnnl_post_ops_create(&ops);
    if (s != dnnl_success)
        return s;
    s = onednn_append_relu(ops);
    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_post_ops(attr, ops);
    dnnl_post_ops_destroy(ops);
    return s;
}

// From the primitive descriptor: the primitive, and what scratch it wants.
static dnnl_status_t finish(const struct onednn *o, struct primitive *p)
{
    onednn_cmd scratchpad = dnnl_primitive_desc_query_md(p->pd, dnnl_query_scratchpad_md, 0);
    dnnl_status_t s = dnnl_primitive_create(&p->handle, p->pd);
    if (s != dnnl_success)
        return s;
    p->scratchpad_bytes = scratchpad ? dnnl_memory_desc_get_size(scratchpad) : 0;
    return p->scratchpad_bytes
               ? dnnl_memory_create(&p->scratchpad, scratchpad, o->engine, DNNL_MEMORY_NONE)
               : dnnl_success;
}

static dnnl_status_t memory_like(const struct onednn *o, dnnl_memory_t *m,
                                 dnnl_primitive_desc_t pd, dnnl_query_t what)
{
    return dnnl_memory_create(m, dnnl_primitive_desc_query_md(pd, what, 0), o->engine,
                              DNNL_MEMORY_NONE);
}

// Ours, theirs, and the reorder between them: to theirs, or (gradients) to ours.
static dnnl_status_t pair(const struct onednn *o, struct layouts *w, onednn_cmd ours,
                          onednn_cmd theirs, bool to_ours)
{
    dnnl_primitive_desc_t reorder = NULL;
    dnnl_status_t s = dnnl_memory_create(&w->ours, ours, o->engine, DNNL_MEMORY_NONE);
    if (s == dnnl_success)
        s = dnnl_memory_create(&w->theirs, theirs, o->engine, DNNL_MEMORY_NONE);
    if (s == dnnl_success && !dnnl_memory_desc_equal(ours, theirs)) {
        w->theirs_bytes = mem_rounded(dnnl_memory_desc_get_size(theirs));
        s = dnnl_reorder_primitive_desc_create(&reorder, to_ours ? theirs : ours, o->engine,
                                               to_ours ? ours : theirs, o->engine, NULL);
        if (s == dnnl_success)
            s = dnnl_primitive_create(&w->reorder, reorder);
    }
    if (reorder)
        dnnl_primitive_desc_destroy(reorder);
    return s;
}

static dnnl_status_t pair_weights(const struct onednn *o, const struct node *n,
                                  struct layouts *w, dnnl_primitive_desc_t pd,
                                  dnnl_query_t what, bool to_ours)
{
    onednn_md ours = NULL;
    dnnl_status_t s = weights_in(&ours, n, type_of_ours(n), dnnl_hwio);
    if (s == dnnl_success)
        s = pair(o, w, ours, dnnl_primitive_desc_query_md(pd, what, 0), to_ours);
    onednn_md_free(ours);
    return s;
}

// The factors of 8 bits, which are known before memory is given.
static dnnl_status_t add_factor(const struct onednn *o, const struct node *n,
                                struct onednn_conv *c)
{
    struct conv_state *st = n->state;
    const dnnl_dims_t dims = {(dnnl_dim_t)n->out.c};
    onednn_md md = NULL;
    st->factor_values = mem_array(n->out.c, sizeof(float));
    if (!st->factor_values || !conv_factor(n, st->factor_values))
        return dnnl_out_of_memory;
    dnnl_status_t s = onednn_set_factor(c->attr, st->factor_values, n->out.c);
    if (s == dnnl_success)
        s = onednn_md_new(&md, 1, dims, dnnl_f32, dnnl_a);
    if (s == dnnl_success)
        s = dnnl_memory_create(&st->factor, md, o->engine, st->factor_values);
    onednn_md_free(md);
    return s;
}

static dnnl_status_t prepare_forward(const struct onednn *o, struct node *n,
                                     struct onednn_conv *c)
{
    struct conv_state *st = n->state;
    // what becomes a number of 8 bits stops at 0 anyway
    bool wants_relu = n->fuse_relu && n->out.dtype != DTYPE_U8;
    dnnl_status_t s = wants_relu ? add_relu(c->attr) : dnnl_success;
    if (s == dnnl_success && n->impl->dtype == DTYPE_U8)
        s = add_factor(o, n, c);
    if (s == dnnl_success)
        s = onednn_conv_forward(&st->forward.pd, o->engine, n->context->has_backward, c);
    if (s == dnnl_success)
        s = finish(o, &st->forward);
    if (s == dnnl_success)
        s = memory_like(o, &st->src, st->forward.pd, dnnl_query_src_md);
    if (s == dnnl_success)
        s = memory_like(o, &st->dst, st->forward.pd, dnnl_query_dst_md);
    if (s == dnnl_success && has_bias(n))
        s = dnnl_memory_create(&st->bias, c->bias, o->engine, DNNL_MEMORY_NONE);
    if (s == dnnl_success)
        s = pair_weights(o, n, &st->weights, st->forward.pd, dnnl_query_weights_md, false);
    return s;
}

static dnnl_status_t prepare_backward_weights(const struct onednn *o, struct node *n,
                                              struct onednn_conv *c)
{
    struct conv_state *st = n->state;
    struct onednn_conv free = *c; // in the layouts, with a float32 gradient
    bool has_taps = n->params->conv.kh * n->params->conv.kw > 1;
    dnnl_format_tag_t layout = has_taps ? dnnl_format_tag_any : dnnl_nhwc;
    free.src = free.dst = free.weights = NULL;
    dnnl_status_t s = map_in(&free.src, &n->in[0], type_of[n->in[0].dtype], layout);
    if (s == dnnl_success)
        s = map_in(&free.dst, &n->out, type_of[n->out.dtype], layout);
    if (s == dnnl_success)
        s = weights_in(&free.weights, n, dnnl_f32, dnnl_format_tag_any);
    if (s == dnnl_success)
        s = onednn_conv_backward_weights(&st->backward_weights.pd, o->engine, &free,
                                         st->forward.pd);
    onednn_md_free(free.src);
    onednn_md_free(free.dst);
    onednn_md_free(free.weights);
    dnnl_primitive_desc_t pd = st->backward_weights.pd;
    if (s == dnnl_success)
        s = finish(o, &st->backward_weights);
    if (s == dnnl_success)
        s = pair(o, &st->src_of_weights, c->src,
                 dnnl_primitive_desc_query_md(pd, dnnl_query_src_md, 0), false);
    if (s == dnnl_success)
        s = pair(o, &st->ddst_of_weights, c->dst,
                 dnnl_primitive_desc_query_md(pd, dnnl_query_diff_dst_md, 0), false);
    if (s == dnnl_success)
        s = pair_weights(o, n, &st->dweights, pd, dnnl_query_diff_weights_md, true);
    if (s == dnnl_success && c->bias)
        s = dnnl_memory_create(&st->dbias, c->bias, o->engine, DNNL_MEMORY_NONE);
    return s;
}

static dnnl_status_t prepare_backward(const struct onednn *o, struct node *n,
                                      struct onednn_conv *c)
{
    struct conv_state *st = n->state;
    dnnl_status_t s = dnnl_success;
    if (n->din[0].n) {
        struct onednn_conv data =
            *c; // what is to be added to something else is not yet rounded
        data.src = NULL;
        s = map_in(&data.src, &n->in[0], n->din_adds[0] ? dnnl_f32 : type_of[n->in[0].dtype],
                   dnnl_nhwc);
        if (s == dnnl_success)
            s = onednn_conv_backward_data(&st->backward_data.pd, o->engine, &data,
                                          st->forward.pd);
        onednn_md_free(data.src);
        if (s == dnnl_success)
            s = finish(o, &st->backward_data);
        if (s == dnnl_success)
            s = memory_like(o, &st->dsrc, st->backward_data.pd, dnnl_query_diff_src_md);
        if (s == dnnl_success)
            s = pair_weights(o, n, &st->weights_of_data, st->backward_data.pd,
                             dnnl_query_weights_md, false);
    }
    if (s == dnnl_success && (n->dvariable[VARIABLE_WEIGHTS] || n->dvariable[VARIABLE_BIASES]))
        s = prepare_backward_weights(o, n, c);
    if (s == dnnl_success)
        s = dnnl_memory_create(&st->ddst, c->dst, o->engine, DNNL_MEMORY_NONE);
    return s;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t din_bytes(const struct node *n)
{
    return n->din_adds[0] ? mem_rounded(tensor_elements(&n->in[0]) * sizeof(float)) : 0;
}

// oneDNN writes both gradients, wanted or not: room for the one that is not.
static size_t unwanted_bytes(const struct node *n)
{
    size_t weights = n->params->conv.kh * n->params->conv.kw * n->in[0].c * n->out.c;
    bool is_trained = n->dvariable[VARIABLE_WEIGHTS];
    return mem_rounded((is_trained ? 0 : weights) * sizeof(float)) +
           mem_rounded(n->out.c * sizeof(float));
}

// Of the prepared memory, behind the weights.
static size_t bias_bytes(const struct node *n)
{
    return mem_rounded(n->out.c * sizeof(float));
}

static float *prepared_bias(const struct node *n)
{
    return (float *)(void *)((unsigned char *)n->prepared + n->prepared_bytes - bias_bytes(n));
}

static void ask_for_memory(struct node *n)
{
    const struct conv_state *s = n->state;
    n->forward_work_bytes = mem_rounded(s->forward.scratchpad_bytes);
    if (n->context->has_backward)
        n->forward_work_bytes += s->weights.theirs_bytes;
    else // also where both layouts are the same: the folded weights are not the variable's
        n->prepared_bytes = mem_rounded(dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(
                                s->forward.pd, dnnl_query_weights_md, 0))) +
                            bias_bytes(n);
    n->backward_work_bytes = s->weights_of_data.theirs_bytes + s->dweights.theirs_bytes +
                             mem_rounded(larger(s->backward_data.scratchpad_bytes,
                                                s->backward_weights.scratchpad_bytes)) +
                             din_bytes(n) + unwanted_bytes(n) + s->src_of_weights.theirs_bytes +
                             s->ddst_of_weights.theirs_bytes;
}

static int prepare(struct backend *b, struct node *n, struct err *e)
{
    const struct onednn *o = b->state;
    struct onednn_conv c = {0};
    n->state = mem_zalloc(sizeof(struct conv_state));
    if (!n->state)
        return err_set(e, ERR_MEMORY, "no memory for a convolution");
    dnnl_status_t s = describe(n, &c);
    if (s == dnnl_success)
        s = prepare_forward(o, n, &c);
    if (s == dnnl_success && n->has_backward)
        s = prepare_backward(o, n, &c);
    md_free_all(&c);
    if (s == dnnl_unimplemented && n->impl->dtype == DTYPE_BF16) {
        release(b, n);
        n->impl = &conv_bf16_ref; // emulated, by our own float32 row
        return n->impl->prepare(b, n, e);
    }
    if (s != dnnl_success)
        return onednn_check(s, "preparing a convolution", e);
    ask_for_memory(n);
    return 0;
}

static dnnl_status_t set(dnnl_memory_t m, void *p)
{
    return m ? dnnl_memory_set_data_handle(m, p) : dnnl_success;
}

static dnnl_status_t bind_layouts(struct layouts *w, float *ours, unsigned char **at)
{
    dnnl_status_t s = set(w->ours, ours);
    if (s == dnnl_success)
        s = set(w->theirs, w->reorder ? (void *)*at : ours);
    *at += w->theirs_bytes;
    return s;
}

static dnnl_status_t bind_forward(struct node *n)
{
    struct conv_state *st = n->state;
    unsigned char *at = n->forward_work;
    dnnl_status_t s = set(st->src, n->in[0].data);
    if (s == dnnl_success)
        s = set(st->dst, n->out.data);
    if (s == dnnl_success && n->context->has_backward) {
        s = bind_layouts(&st->weights, n->variable[VARIABLE_WEIGHTS], &at);
        if (s == dnnl_success)
            s = set(st->bias, n->variable[VARIABLE_BIASES]);
    } else if (s == dnnl_success) {
        s = set(st->weights.theirs, n->prepared);
        if (s == dnnl_success)
            s = set(st->bias, prepared_bias(n));
    }
    return s == dnnl_success ? set(st->forward.scratchpad, at) : s;
}

static dnnl_status_t bind_backward(struct node *n)
{
    struct conv_state *st = n->state;
    unsigned char *at = n->backward_work;
    dnnl_status_t s = set(st->ddst, n->dout.data);
    if (s == dnnl_success)
        s = bind_layouts(&st->weights_of_data, n->variable[VARIABLE_WEIGHTS], &at);
    float *unwanted = (float *)(void *)at;
    at += unwanted_bytes(n);
    if (s == dnnl_success) {
        float *dweights = n->dvariable[VARIABLE_WEIGHTS];
        s = bind_layouts(&st->dweights, dweights ? dweights : unwanted, &at);
    }
    if (s == dnnl_success)
        s = set(st->dbias,
                n->dvariable[VARIABLE_BIASES] ? n->dvariable[VARIABLE_BIASES] : unwanted);
    if (s == dnnl_success && st->dsrc)
        s = set(st->dsrc, n->din_adds[0] ? (void *)at : n->din[0].data);
    at += din_bytes(n);
    if (s == dnnl_success)
        s = set(st->backward_data.scratchpad, at);
    if (s == dnnl_success)
        s = set(st->backward_weights.scratchpad, at);
    at += mem_rounded(
        larger(st->backward_data.scratchpad_bytes, st->backward_weights.scratchpad_bytes));
    if (s == dnnl_success)
        s = bind_layouts(&st->src_of_weights, n->in[0].data, &at);
    return s == dnnl_success ? bind_layouts(&st->ddst_of_weights, n->dout.data, &at) : s;
}

static int bind(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    dnnl_status_t s = bind_forward(n);
    if (s == dnnl_success && n->has_backward)
        s = bind_backward(n);
    return onednn_check(s, "giving a convolution its memory", e);
}

static dnnl_status_t reorder(const struct onednn *o, const struct layouts *w,
                             dnnl_memory_t from, dnnl_memory_t to)
{
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    return w->reorder ? dnnl_primitive_execute(w->reorder, o->stream, 2, args) : dnnl_success;
}

// In 8 bits: the weights, in place of what was folded.
static int quantize(const struct node *n, const float *folded, void **weights, struct err *e)
{
    const struct conv_state *st = n->state;
    float *bias = prepared_bias(n), *factor = mem_array(n->out.c, sizeof *factor);
    int8_t *quantized = *weights = mem_aligned(conv_n_weights(n));
    int rc = 0;
    if (!quantized || !factor)
        rc = err_set(e, ERR_MEMORY, "no memory for %zu weights", conv_n_weights(n));
    else
        conv_quantize(n, folded, quantized, bias, factor);
    if (rc == 0 && memcmp(factor, st->factor_values, n->out.c * sizeof *factor) != 0)
        rc = err_set(e, ERR_UNSUPPORTED,
                     "the weights of a network of 8 bits changed: compile it again");
    for (size_t k = 0; rc == 0 && k < n->out.c; k++)
        bias[k] = onednn_bias(bias[k], factor[k]);
    mem_free(factor);
    return rc;
}

static int refresh(struct backend *b, struct node *n, struct err *e)
{
    const struct onednn *o = b->state;
    struct conv_state *st = n->state;
    if (n->context->has_backward)
        return 0;
    bool is_u8 = n->impl->dtype == DTYPE_U8;
    float *folded = mem_aligned(conv_n_weights(n) * sizeof *folded);
    if (!folded)
        return err_set(e, ERR_MEMORY, "no memory to fold %zu weights", conv_n_weights(n));
    void *weights = folded, *quantized = NULL;
    conv_fold(n, folded, prepared_bias(n));
    if (is_u8) {
        int rc = quantize(n, folded, &quantized, e);
        weights = quantized;
        if (rc < 0) {
            mem_free(folded);
            mem_free(quantized);
            return rc;
        }
    }
    dnnl_status_t s = set(st->weights.ours, weights);
    if (s == dnnl_success)
        s = reorder(o, &st->weights, st->weights.ours, st->weights.theirs);
    if (s == dnnl_success)
        s = dnnl_stream_wait(o->stream);
    if (!st->weights.reorder)
        memcpy(n->prepared, weights, conv_n_weights(n) * (is_u8 ? 1 : sizeof(float)));
    mem_free(folded);
    mem_free(quantized);
    return onednn_check(s, "reordering weights", e);
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    const struct onednn *o = b->state;
    const struct conv_state *st = n->state;
    dnnl_status_t s = dnnl_success;
    if (n->context->has_backward)
        s = reorder(o, &st->weights, st->weights.ours, st->weights.theirs);
    dnnl_exec_arg_t args[6] = {{DNNL_ARG_SRC, st->src},
                               {DNNL_ARG_WEIGHTS, st->weights.theirs},
                               {DNNL_ARG_DST, st->dst}};
    int n_args = 3;
    if (st->factor && ONEDNN_ARG_FACTOR)
        args[n_args++] = (dnnl_exec_arg_t){ONEDNN_ARG_FACTOR, st->factor};
    if (st->bias)
        args[n_args++] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, st->bias};
    if (st->forward.scratchpad)
        args[n_args++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, st->forward.scratchpad};
    if (s == dnnl_success)
        s = dnnl_primitive_execute(st->forward.handle, o->stream, n_args, args);
    return s == dnnl_success ? 0 : onednn_check(s, "convolution", e);
}

static dnnl_status_t run_backward_data(const struct onednn *o, struct node *n)
{
    const struct conv_state *st = n->state;
    dnnl_status_t s =
        reorder(o, &st->weights_of_data, st->weights_of_data.ours, st->weights_of_data.theirs);
    dnnl_exec_arg_t args[4] = {{DNNL_ARG_DIFF_DST, st->ddst},
                               {DNNL_ARG_WEIGHTS, st->weights_of_data.theirs},
                               {DNNL_ARG_DIFF_SRC, st->dsrc},
                               {DNNL_ARG_SCRATCHPAD, st->backward_data.scratchpad}};
    if (s == dnnl_success)
        s = dnnl_primitive_execute(st->backward_data.handle, o->stream,
                                   st->backward_data.scratchpad ? 4 : 3, args);
    if (s != dnnl_success || !n->din_adds[0])
        return s;
    void *computed;
    s = dnnl_memory_get_data_handle(st->dsrc, &computed);
    if (s == dnnl_success)
        o->cpu->add_into[n->din[0].dtype](&n->din[0], computed);
    return s;
}

static dnnl_status_t run_backward_weights(const struct onednn *o, struct node *n)
{
    const struct conv_state *st = n->state;
    const struct layouts *src = &st->src_of_weights, *ddst = &st->ddst_of_weights;
    dnnl_exec_arg_t args[5] = {{DNNL_ARG_SRC, src->theirs},
                               {DNNL_ARG_DIFF_DST, ddst->theirs},
                               {DNNL_ARG_DIFF_WEIGHTS, st->dweights.theirs}};
    int n_args = 3;
    if (st->dbias)
        args[n_args++] = (dnnl_exec_arg_t){DNNL_ARG_DIFF_BIAS, st->dbias};
    if (st->backward_weights.scratchpad)
        args[n_args++] =
            (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, st->backward_weights.scratchpad};
    dnnl_status_t s = reorder(o, src, src->ours, src->theirs);
    if (s == dnnl_success)
        s = reorder(o, ddst, ddst->ours, ddst->theirs);
    if (s == dnnl_success)
        s = dnnl_primitive_execute(st->backward_weights.handle, o->stream, n_args, args);
    if (s == dnnl_success)
        s = reorder(o, &st->dweights, st->dweights.theirs, st->dweights.ours);
    return s;
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    const struct onednn *o = b->state;
    const struct conv_state *st = n->state;
    dnnl_status_t s = dnnl_success;
    if (st->backward_data.handle)
        s = run_backward_data(o, n);
    if (s == dnnl_success && st->backward_weights.handle)
        s = run_backward_weights(o, n);
    return s == dnnl_success ? 0 : onednn_check(s, "gradient of a convolution", e);
}

// What rows of all types have in common.
#define CONV_ROW                                                                               \
    .op = &op_conv, .fuses_relu = true, .fuses_norm = true, .prepare = prepare, .bind = bind,  \
    .refresh = refresh, .forward = forward, .release = release

const struct op_impl conv_onednn = {CONV_ROW, .backward = backward};
const struct op_impl conv_blocks_onednn = {
    CONV_ROW,
    .dtype = DTYPE_F32_BLOCKS,
    .writes_f32 = true,
};
const struct op_impl conv_u8_onednn = {
    CONV_ROW,
    .dtype = DTYPE_U8,
    .writes_f32 = true,
};
const struct op_impl conv_bf16_onednn = {
    CONV_ROW,
    .dtype = DTYPE_BF16,
    .writes_f32 = true,
    .backward = backward,
};
