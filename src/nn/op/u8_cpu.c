/* u8_cpu.c: pools of numbers of 8 bits, in parallel over pixels: see u8_ref.c. */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"
#include "nn/op/number.h"
#include "nn/op/window_cpu.h"

#include <string.h>

static void max_row(uint8_t *restrict best, const uint8_t *restrict x, size_t c)
{
    for (size_t k = 0; k < c; k++)
        best[k] = x[k] > best[k] ? x[k] : best[k];
}

static void max_pixel(const struct node *n, const struct patch *p, uint8_t *best)
{
    size_t c = n->out.c;
    memcpy(best, patch_pixel(n, p, p->v.first, p->h.first), c);
    for (size_t y = p->v.first; y < p->v.last; y++)
        for (size_t x = p->h.first; x < p->h.last; x++)
            max_row(best, patch_pixel(n, p, y, x), c);
}

static int max_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    const struct tensor *out = &n->out;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < out->n * out->h; i++)
        for (size_t x = 0; x < out->w; x++) {
            struct patch p = patch_of(n, i / out->h, i % out->h, x);
            max_pixel(n, &p, tensor_row_any(out, i * out->w + x));
        }
    return 0;
}

// Sums of so many pixels fit into 16 bits, of which a vector holds twice as many as of 32.
enum { MOST_PIXELS = UINT16_MAX / UINT8_MAX, CHANNELS_AT_ONCE = 64 };

static int average_prepare(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    const struct pool_params *p = &n->params->pool;
    if (p->kh > MOST_PIXELS || p->kh * p->kw > MOST_PIXELS)
        return err_set(e, ERR_UNSUPPORTED,
                       "an average over %zu x %zu in 8 bits, wanted at most %d places", p->kh,
                       p->kw, MOST_PIXELS);
    return 0;
}

static void add_row(uint16_t *restrict sum, const uint8_t *restrict x, size_t c)
{
    for (size_t k = 0; k < c; k++)
        sum[k] = (uint16_t)(sum[k] + x[k]);
}

static void average_channels(const struct node *n, const struct patch *p, size_t row,
                             size_t first, size_t c)
{
    uint16_t sum[CHANNELS_AT_ONCE] = {0};
    uint8_t *out = (uint8_t *)tensor_row_any(&n->out, row) + first;
    float share = 1 / (float)patch_n_pixels(p);
    for (size_t y = p->v.first; y < p->v.last; y++)
        for (size_t x = p->h.first; x < p->h.last; x++)
            add_row(sum, (const uint8_t *)patch_pixel(n, p, y, x) + first, c);
    for (size_t k = 0; k < c; k++)
        out[k] = number_to_u8((float)sum[k] * share);
}

static int average_forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    const struct tensor *out = &n->out;
    size_t c = out->c;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < out->n * out->h; i++)
        for (size_t x = 0; x < out->w; x++) {
            struct patch p = patch_of(n, i / out->h, i % out->h, x);
            for (size_t k = 0; k < c; k += CHANNELS_AT_ONCE)
                average_channels(n, &p, i * out->w + x, k,
                                 c - k < CHANNELS_AT_ONCE ? c - k : CHANNELS_AT_ONCE);
        }
    return 0;
}

const struct op_impl CPU(max_pool_cpu_u8) = {
    .op = &op_max_pool,
    .dtype = DTYPE_U8,
    .strided = true,
    .forward = max_forward,
};
const struct op_impl CPU(average_pool_cpu_u8) = {
    .op = &op_average_pool,
    .dtype = DTYPE_U8,
    .strided = true,
    .prepare = average_prepare,
    .forward = average_forward,
};
