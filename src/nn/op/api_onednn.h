/*
 * api_onednn.h: the little of oneDNN's C API that we use, the same for its two generations: 2.x
 * with operation descriptors and 3.x without. Included by *_onednn.c only.
 *
 * Tensors are NHWC to us; oneDNN wants logical dims N, C, H, W and a format that says where
 * they lie. Weights are HWIO to us, logical dims O, I, H, W.
 */
#pragma once

#include <oneapi/dnnl/dnnl.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

struct onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    const struct cpu_kernels *cpu; // what we compute ourselves
};

static inline const char *onednn_status_text(dnnl_status_t s)
{
    switch (s) {
    case dnnl_success:
        return "success";
    case dnnl_out_of_memory:
        return "out of memory";
    case dnnl_invalid_arguments:
        return "invalid arguments";
    case dnnl_unimplemented:
        return "not implemented";
    default:
        return "runtime error";
    }
}

static inline int onednn_check(dnnl_status_t s, const char *what, struct err *e)
{
    if (s == dnnl_success)
        return 0;
    enum err_code code = s == dnnl_out_of_memory   ? ERR_MEMORY
                         : s == dnnl_unimplemented ? ERR_UNSUPPORTED
                                                   : ERR_DEVICE;
    return err_set(e, code, "oneDNN: %s: %s", what, onednn_status_text(s));
}

#if DNNL_VERSION_MAJOR >= 3

typedef const_dnnl_memory_desc_t onednn_cmd; // borrowed
typedef dnnl_memory_desc_t onednn_md;        // ours: onednn_md_free()

static inline dnnl_status_t onednn_md_new(onednn_md *md, int n, const dnnl_dims_t dims,
                                          dnnl_data_type_t type, dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_create_with_tag(md, n, dims, type, tag);
}

static inline void onednn_md_free(onednn_md md)
{
    if (md)
        dnnl_memory_desc_destroy(md);
}

#else

typedef const dnnl_memory_desc_t *onednn_cmd;
typedef dnnl_memory_desc_t *onednn_md;

static inline dnnl_status_t onednn_md_new(onednn_md *md, int n, const dnnl_dims_t dims,
                                          dnnl_data_type_t type, dnnl_format_tag_t tag)
{
    *md = (onednn_md)mem_alloc(sizeof **md);
    return *md ? dnnl_memory_desc_init_by_tag(*md, n, dims, type, tag) : dnnl_out_of_memory;
}

static inline void onednn_md_free(onednn_md md)
{
    mem_free(md);
}

#endif

// A convolution with everything that its three primitives are made from.
struct onednn_conv {
    onednn_md src, weights, bias, dst; // weights: any format; bias NULL: none
    dnnl_dims_t strides, pad_before, pad_after;
    dnnl_primitive_attr_t attr;
};

static inline dnnl_status_t onednn_conv_forward(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                                int is_training, const struct onednn_conv *c)
{
    const dnnl_dims_t dilation = {0, 0};
    dnnl_prop_kind_t kind = is_training ? dnnl_forward_training : dnnl_forward_inference;
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_convolution_forward_primitive_desc_create(
        pd, engine, kind, dnnl_convolution_direct, c->src, c->weights, c->bias, c->dst,
        c->strides, dilation, c->pad_before, c->pad_after, c->attr);
#else
    dnnl_convolution_desc_t d;
    dnnl_status_t s = dnnl_dilated_convolution_forward_desc_init(
        &d, kind, dnnl_convolution_direct, c->src, c->weights, c->bias, c->dst, c->strides,
        dilation, c->pad_before, c->pad_after);
    return s == dnnl_success ? dnnl_primitive_desc_create(pd, &d, c->attr, engine, NULL) : s;
#endif
}

static inline dnnl_status_t onednn_conv_backward_data(dnnl_primitive_desc_t *pd,
                                                      dnnl_engine_t engine,
                                                      const struct onednn_conv *c,
                                                      dnnl_primitive_desc_t hint)
{
    const dnnl_dims_t dilation = {0, 0};
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_convolution_backward_data_primitive_desc_create(
        pd, engine, dnnl_convolution_direct, c->src, c->weights, c->dst, c->strides, dilation,
        c->pad_before, c->pad_after, hint, c->attr);
#else
    dnnl_convolution_desc_t d;
    dnnl_status_t s = dnnl_dilated_convolution_backward_data_desc_init(
        &d, dnnl_convolution_direct, c->src, c->weights, c->dst, c->strides, dilation,
        c->pad_before, c->pad_after);
    return s == dnnl_success ? dnnl_primitive_desc_create(pd, &d, c->attr, engine, hint) : s;
#endif
}

static inline dnnl_status_t onednn_conv_backward_weights(dnnl_primitive_desc_t *pd,
                                                         dnnl_engine_t engine,
                                                         const struct onednn_conv *c,
                                                         dnnl_primitive_desc_t hint)
{
    const dnnl_dims_t dilation = {0, 0};
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_convolution_backward_weights_primitive_desc_create(
        pd, engine, dnnl_convolution_direct, c->src, c->weights, c->bias, c->dst, c->strides,
        dilation, c->pad_before, c->pad_after, hint, c->attr);
#else
    dnnl_convolution_desc_t d;
    dnnl_status_t s = dnnl_dilated_convolution_backward_weights_desc_init(
        &d, dnnl_convolution_direct, c->src, c->weights, c->bias, c->dst, c->strides, dilation,
        c->pad_before, c->pad_after);
    return s == dnnl_success ? dnnl_primitive_desc_create(pd, &d, c->attr, engine, hint) : s;
#endif
}

static inline dnnl_status_t onednn_append_relu(dnnl_post_ops_t ops)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_relu, 0, 0);
#else
    return dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0);
#endif
}

/*
 * A convolution of 8 bits multiplies its sums by a factor of their channel [c_out]. 2.x wants it when the
 * primitive is made (its AVX2 kernels know no other way), 3.x when it runs, as an argument. With its bias,
 * which they add on either side of the multiplication:
 *
 *   2.x  (sum + bias) factor        3.x  sum factor + bias
 */
#if DNNL_VERSION_MAJOR >= 3

enum { ONEDNN_ARG_FACTOR = DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS };

static inline dnnl_status_t onednn_set_factor(dnnl_primitive_attr_t attr, const float *factor,
                                              size_t c_out)
{
    (void)factor;
    (void)c_out;
    return dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_WEIGHTS, 1 << 0);
}

static inline float onednn_bias(float in_units_of_sum, float factor)
{
    return in_units_of_sum * factor;
}

#else

enum { ONEDNN_ARG_FACTOR = 0 }; // none

static inline dnnl_status_t onednn_set_factor(dnnl_primitive_attr_t attr, const float *factor,
                                              size_t c_out)
{
    return dnnl_primitive_attr_set_output_scales(attr, (dnnl_dim_t)c_out, 1 << 1, factor);
}

static inline float onednn_bias(float in_units_of_sum, float factor)
{
    (void)factor;
    return in_units_of_sum;
}

#endif
