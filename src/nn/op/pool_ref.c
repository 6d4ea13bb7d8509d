/*
 * pool_ref.c: max, average and global average pooling by their definitions.
 *
 * An average divides by the pixels that are there: padding is not counted. The gradient of a
 * maximum goes to the first of equals, row by row, as TensorFlow's argmax has it.
 *
 * saved (max): [pixels of out][c] which pixel of the window it was, as uint16.
 */
#include "base/err.h"
#include "base/mem.h"
#include "nn/op/ref.h"

#include <assert.h>
#include <string.h>

// The pixels of the input that lie under one window: [y0, y1) x [x0, x1).
struct patch {
    size_t y0, y1, x0, x1;
};

static size_t clip(size_t at, size_t pad, size_t n)
{
    return at < pad ? 0 : at - pad < n ? at - pad : n;
}

static struct patch patch_of(const struct node *n, size_t y, size_t x)
{
    const struct pool_params *p = &n->params->pool;
    const struct tensor *in = &n->in[0];
    return (struct patch){
        clip(y * p->stride, p->pad_h, in->h), clip(y * p->stride + p->kh, p->pad_h, in->h),
        clip(x * p->stride, p->pad_w, in->w), clip(x * p->stride + p->kw, p->pad_w, in->w)};
}

static void clear_unless_adding(struct node *n)
{
    for (size_t i = 0; !n->din_adds[0] && i < tensor_rows(&n->din[0]); i++)
        memset(tensor_row(&n->din[0], i), 0, n->din[0].c * sizeof(float));
}

static int max_prepare(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    n->saved_bytes = tensor_elements(&n->out) * sizeof(uint16_t);
    const struct pool_params *p = &n->params->pool;
    if (mem_product(p->kh, p->kw) > UINT16_MAX)
        return err_set(e, ERR_LIMIT, "%s: a maximum over %zu x %zu, wanted at most %d places",
                       n->name, p->kh, p->kw, UINT16_MAX);
    return 0;
}

static void max_pixel(struct node *n, size_t image, size_t y, size_t x)
{
    struct patch p = patch_of(n, y, x);
    float *out = tensor_pixel(&n->out, image, y, x);
    size_t row = (image * n->out.h + y) * n->out.w + x;
    uint16_t *which = (uint16_t *)n->saved + row * n->out.c;
    for (size_t k = 0; k < n->out.c; k++) {
        size_t best = 0, i = 0;
        for (size_t iy = p.y0; iy < p.y1; iy++)
            for (size_t ix = p.x0; ix < p.x1; ix++, i++) {
                float v = tensor_pixel(&n->in[0], image, iy, ix)[k];
                if (i == 0 || v > out[k]) {
                    out[k] = v;
                    best = i;
                }
            }
        which[k] = (uint16_t)best;
    }
}

static int max_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (size_t image = 0; image < n->out.n; image++)
        for (size_t y = 0; y < n->out.h; y++)
            for (size_t x = 0; x < n->out.w; x++)
                max_pixel(n, image, y, x);
    return 0;
}

static int max_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    if (!n->din[0].data)
        return 0;
    clear_unless_adding(n);
    for (size_t image = 0; image < n->out.n; image++)
        for (size_t y = 0; y < n->out.h; y++)
            for (size_t x = 0; x < n->out.w; x++) {
                struct patch p = patch_of(n, y, x);
                size_t row = (image * n->out.h + y) * n->out.w + x, wide = p.x1 - p.x0;
                assert(wide > 0); // padding is smaller than the window
                const uint16_t *which = (const uint16_t *)n->saved + row * n->out.c;
                for (size_t k = 0; k < n->out.c; k++)
                    tensor_pixel(&n->din[0], image, p.y0 + which[k] / wide,
                                 p.x0 + which[k] % wide)[k] +=
                        tensor_pixel(&n->dout, image, y, x)[k];
            }
    return 0;
}

static int average_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (size_t image = 0; image < n->out.n; image++)
        for (size_t y = 0; y < n->out.h; y++)
            for (size_t x = 0; x < n->out.w; x++) {
                struct patch p = patch_of(n, y, x);
                double count = (double)((p.y1 - p.y0) * (p.x1 - p.x0));
                for (size_t k = 0; k < n->out.c; k++) {
                    double sum = 0;
                    for (size_t iy = p.y0; iy < p.y1; iy++)
                        for (size_t ix = p.x0; ix < p.x1; ix++)
                            sum += (double)tensor_pixel(&n->in[0], image, iy, ix)[k];
                    tensor_pixel(&n->out, image, y, x)[k] = (float)(sum / count);
                }
            }
    return 0;
}

static int average_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    if (!n->din[0].data)
        return 0;
    clear_unless_adding(n);
    for (size_t image = 0; image < n->out.n; image++)
        for (size_t y = 0; y < n->out.h; y++)
            for (size_t x = 0; x < n->out.w; x++) {
                struct patch p = patch_of(n, y, x);
                float share = 1 / (float)((p.y1 - p.y0) * (p.x1 - p.x0));
                const float *dout = tensor_pixel(&n->dout, image, y, x);
                for (size_t iy = p.y0; iy < p.y1; iy++)
                    for (size_t ix = p.x0; ix < p.x1; ix++)
                        for (size_t k = 0; k < n->out.c; k++)
                            tensor_pixel(&n->din[0], image, iy, ix)[k] += dout[k] * share;
            }
    return 0;
}

static int global_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t n_pixels = n->in[0].h * n->in[0].w;
    for (size_t image = 0; image < n->out.n; image++)
        for (size_t k = 0; k < n->out.c; k++) {
            double sum = 0;
            for (size_t i = 0; i < n_pixels; i++)
                sum += (double)tensor_row(&n->in[0], image * n_pixels + i)[k];
            tensor_row(&n->out, image)[k] = (float)(sum / (double)n_pixels);
        }
    return 0;
}

static int global_backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t n_pixels = n->in[0].h * n->in[0].w;
    float share = 1 / (float)n_pixels;
    for (size_t i = 0; n->din[0].data && i < tensor_rows(&n->din[0]); i++)
        for (size_t k = 0; k < n->out.c; k++) {
            float *d = &tensor_row(&n->din[0], i)[k];
            *d = (n->din_adds[0] ? *d : 0) + tensor_row(&n->dout, i / n_pixels)[k] * share;
        }
    return 0;
}

const struct op_impl max_pool_ref = {
    .op = &op_max_pool,
    .strided = true,
    .prepare = max_prepare,
    .forward = max_forward,
    .backward = max_backward,
};
const struct op_impl average_pool_ref = {
    .op = &op_average_pool,
    .strided = true,
    .forward = average_forward,
    .backward = average_backward,
};
const struct op_impl global_average_ref = {
    .op = &op_global_average,
    .strided = true,
    .forward = global_forward,
    .backward = global_backward,
};
