/*
 * u8_ref.c: on numbers of 8 bits: convolution (inference.h has the arithmetic) and pools.
 * Sums of products are exact; they, the bias and the factor meet in float32, as in oneDNN.
 *
 * prepared (convolution): weights int8 [kh][kw][c_in][c_out] | bias [c_out] | factor [c_out]
 */
#include "base/err.h"
#include "base/mem.h"
#include "nn/op/inference.h"
#include "nn/op/number.h"
#include "nn/op/ref.h"
#include "nn/op/window_ref.h"

static int8_t *weights_of(const struct node *n)
{
    return n->prepared;
}

static float *bias_of(const struct node *n)
{
    return (float *)(void *)((unsigned char *)n->prepared + mem_rounded(conv_n_weights(n)));
}

static float *factor_of(const struct node *n)
{
    return bias_of(n) + n->out.c;
}

static int conv_prepare(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    n->prepared_bytes = mem_rounded(conv_n_weights(n)) + 2 * n->out.c * sizeof(float);
    return 0;
}

static int conv_refresh(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    float *folded = mem_array(conv_n_weights(n), sizeof *folded);
    if (!folded)
        return err_set(e, ERR_MEMORY, "no memory to fold %zu weights", conv_n_weights(n));
    conv_fold(n, folded, bias_of(n));
    conv_quantize(n, folded, weights_of(n), bias_of(n), factor_of(n));
    mem_free(folded);
    return 0;
}

static int32_t sum_of_products(const struct node *n, const struct window *w, size_t image,
                               size_t y, size_t x, size_t o)
{
    int32_t sum = 0;
    size_t row;
    for (size_t u = 0; u < w->kh; u++)
        for (size_t v = 0; v < w->kw; v++) {
            if (!window_row(&row, w, &n->in[0], image, y, x, u, v))
                continue;
            const uint8_t *in = tensor_row_any(&n->in[0], row);
            const int8_t *k = weights_of(n) + (u * w->kw + v) * w->c_in * w->c_out;
            for (size_t i = 0; i < w->c_in; i++)
                sum += in[i] * k[i * w->c_out + o];
        }
    return sum;
}

static int conv_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    struct window w = window_of(n);
    for (size_t i = 0; i < tensor_rows(&n->out); i++)
        for (size_t o = 0; o < w.c_out; o++) {
            size_t y = i / n->out.w % n->out.h, x = i % n->out.w;
            int32_t sum = sum_of_products(n, &w, i / n->out.w / n->out.h, y, x, o);
            float v = ((float)sum + bias_of(n)[o]) * factor_of(n)[o];
            v = n->fuse_relu && v < 0 ? 0 : v;
            if (n->out.dtype == DTYPE_U8)
                ((uint8_t *)tensor_row_any(&n->out, i))[o] = number_to_u8(v);
            else
                tensor_row(&n->out, i)[o] = v;
        }
    return 0;
}

struct pooled {
    uint32_t most, sum, n;
};

static struct pooled pool(const struct node *n, size_t i, size_t k)
{
    struct window w = window_of_pool(n);
    struct pooled p = {0};
    size_t row, y = i / n->out.w % n->out.h, x = i % n->out.w;
    for (size_t u = 0; u < w.kh; u++)
        for (size_t v = 0; v < w.kw; v++) {
            if (!window_row(&row, &w, &n->in[0], i / n->out.w / n->out.h, y, x, u, v))
                continue;
            uint8_t value = ((const uint8_t *)tensor_row_any(&n->in[0], row))[k];
            p.most = value > p.most ? value : p.most;
            p.sum += value;
            p.n++;
        }
    return p;
}

static int max_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (size_t i = 0; i < tensor_rows(&n->out); i++)
        for (size_t k = 0; k < n->out.c; k++)
            ((uint8_t *)tensor_row_any(&n->out, i))[k] = (uint8_t)pool(n, i, k).most;
    return 0;
}

static int average_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (size_t i = 0; i < tensor_rows(&n->out); i++)
        for (size_t k = 0; k < n->out.c; k++) {
            struct pooled p = pool(n, i, k);
            ((uint8_t *)tensor_row_any(&n->out, i))[k] =
                number_to_u8((float)p.sum * (1 / (float)p.n));
        }
    return 0;
}

const struct op_impl conv_u8_ref = {
    .op = &op_conv,
    .dtype = DTYPE_U8,
    .writes_f32 = true,
    .strided = true,
    .fuses_relu = true,
    .fuses_norm = true,
    .prepare = conv_prepare,
    .refresh = conv_refresh,
    .forward = conv_forward,
};
const struct op_impl max_pool_u8_ref = {
    .op = &op_max_pool,
    .dtype = DTYPE_U8,
    .strided = true,
    .forward = max_forward,
};
const struct op_impl average_pool_u8_ref = {
    .op = &op_average_pool,
    .dtype = DTYPE_U8,
    .strided = true,
    .forward = average_forward,
};
