/*
 * bnorm_cpu.c: batch normalisation and the ReLU behind it, in two passes over the data, in any type of
 * numbers. The formulas are in bnorm_ref.c.
 *
 * Forward, by chunks of rows that fit a core's cache: the mean of the chunk, then its sum of
 * squared deviations (the second reading comes from the cache); chunks are joined by Chan's
 * formula [1]. Then one pass writes. Backward recomputes the mask of the ReLU from x, with the
 * same arithmetic as forward, so nothing but x is kept; it may write dx over x.
 *
 * work: [chunks][2][c] double, then [3][c] float: scale, and backward's slope and offset.
 * saved: [c] mean, [c] 1 / sqrt(variance + epsilon).
 *
 * [1] Chan, Golub, LeVeque 1983, Algorithms for computing the sample variance.
 */
#include "base/err.h"
#include "nn/op/kernels_cpu.h"
#include "nn/op/typed_cpu.h"

#include <math.h>
#include <string.h>

enum { CHUNK_FLOATS = 16384, CHUNK_MIN_ROWS = 16 };

static size_t chunk_rows(const struct node *n)
{
    size_t rows = CHUNK_FLOATS / n->out.c;
    return rows < CHUNK_MIN_ROWS ? CHUNK_MIN_ROWS : rows;
}

static size_t n_chunks(const struct node *n)
{
    return (tensor_rows(&n->out) + chunk_rows(n) - 1) / chunk_rows(n);
}

static int prepare(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t work = n_chunks(n) * 2 * n->out.c * sizeof(double) + 3 * n->out.c * sizeof(float);
    n->forward_work_bytes = n->backward_work_bytes = work;
    n->saved_bytes = 2 * n->out.c * sizeof(float);
    return 0;
}

static bool uses_batch(const struct node *n)
{
    return n->context->statistics != NET_STATISTICS_MOVING;
}

struct span { // rows [first, last)
    size_t first, last;
};

static struct span chunk(const struct node *n, size_t i)
{
    size_t rows = chunk_rows(n), m = tensor_rows(&n->out);
    return (struct span){i * rows, (i + 1) * rows < m ? (i + 1) * rows : m};
}

// mean[k] = mean of the rows, m2[k] = sum of squared deviations from it.
static void chunk_moments(const struct tensor *in, struct span s, double *restrict mean,
                          double *restrict m2)
{
    size_t c = in->c, stride = in->stride, r = s.first;
    memset(mean, 0, c * sizeof *mean);
    memset(m2, 0, c * sizeof *m2);
    for (; r + 4 <= s.last; r += 4) {
        const number *restrict x = row_of(in, r);
        for (size_t k = 0; k < c; k++)
            mean[k] += (double)((get(x[k]) + get(x[stride + k])) +
                                (get(x[2 * stride + k]) + get(x[3 * stride + k])));
    }
    for (; r < s.last; r++)
        for (size_t k = 0; k < c; k++)
            mean[k] += (double)get(row_of(in, r)[k]);
    for (size_t k = 0; k < c; k++)
        mean[k] /= (double)(s.last - s.first);
    for (r = s.first; r + 2 <= s.last; r += 2) {
        const number *restrict x = row_of(in, r);
        for (size_t k = 0; k < c; k++) {
            double d0 = (double)get(x[k]) - mean[k], d1 = (double)get(x[stride + k]) - mean[k];
            m2[k] += d0 * d0 + d1 * d1;
        }
    }
    for (; r < s.last; r++)
        for (size_t k = 0; k < c; k++) {
            double d = (double)get(row_of(in, r)[k]) - mean[k];
            m2[k] += d * d;
        }
}

// Joins the chunks' moments of channel k.
static void join_moments(const struct node *n, size_t k, double *mean, double *m2)
{
    const double *work = n->forward_work;
    double count = 0;
    *mean = *m2 = 0;
    for (size_t i = 0; i < n_chunks(n); i++) {
        struct span s = chunk(n, i);
        double more = (double)(s.last - s.first), both = count + more;
        double delta = work[(2 * i) * n->out.c + k] - *mean;
        *m2 += work[(2 * i + 1) * n->out.c + k] + delta * delta * count * more / both;
        *mean += delta * more / both;
        count = both;
    }
}

static void batch_statistics(struct node *n)
{
    const struct bnorm_params *p = &n->params->bnorm;
    size_t c = n->out.c, chunks = n_chunks(n);
    double m = (double)tensor_rows(&n->out), *work = n->forward_work;
    float *mean = n->saved, *inverse = mean + c;
    bool updates = n->context->statistics == NET_STATISTICS_BATCH;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < chunks; i++)
        chunk_moments(&n->in[0], chunk(n, i), work + 2 * i * c, work + (2 * i + 1) * c);
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < c; k++) {
        double mu, m2;
        join_moments(n, k, &mu, &m2);
        mean[k] = (float)mu;
        inverse[k] = (float)(1 / sqrt(m2 / m + (double)p->epsilon));
        if (updates) {
            float *moving_mean = &n->variable[VARIABLE_MOVING_MEAN][k];
            float *moving_variance = &n->variable[VARIABLE_MOVING_VARIANCE][k];
            float unbiased = (float)(m2 / (m > 1 ? m - 1 : 1));
            *moving_mean -= (*moving_mean - (float)mu) * (1 - p->decay);
            *moving_variance -= (*moving_variance - unbiased) * (1 - p->decay);
        }
    }
}

static void moving_statistics(struct node *n)
{
    float *mean = n->saved, *inverse = mean + n->out.c;
    for (size_t k = 0; k < n->out.c; k++) {
        mean[k] = n->variable[VARIABLE_MOVING_MEAN][k];
        inverse[k] =
            1 / sqrtf(n->variable[VARIABLE_MOVING_VARIANCE][k] + n->params->bnorm.epsilon);
    }
}

// What a channel's values are scaled by, at the end of the work area; behind it room for two
// more.
static float *scales(const struct node *n, void *work)
{
    size_t c = n->out.c;
    const float *gamma = n->variable[VARIABLE_GAMMA], *inverse = (const float *)n->saved + c;
    float *scale = (float *)((double *)work + 2 * c * n_chunks(n));
    for (size_t k = 0; k < c; k++)
        scale[k] = gamma ? gamma[k] * inverse[k] : inverse[k];
    return scale;
}

// y from x and the saved statistics.
static int repeat(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t c = n->out.c, m = tensor_rows(&n->out);
    const float *restrict mean = n->saved, *restrict beta = n->variable[VARIABLE_BETA];
    const float *restrict scale = scales(n, n->forward_work);
    float least = n->fuse_relu ? 0 : -INFINITY;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        const number *restrict x = row_of(&n->in[0], i);
        number *restrict y = row_of(&n->out, i);
        for (size_t k = 0; k < c; k++) {
            float v = (get(x[k]) - mean[k]) * scale[k] + beta[k];
            y[k] = put(v < least ? least : v); // NaN stays NaN
        }
    }
    return 0;
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    if (uses_batch(n))
        batch_statistics(n);
    else
        moving_statistics(n);
    return repeat(b, n, e);
}

// The constants of one channel, as rows: everything a loop over channels reads.
struct channels {
    const float *mean, *scale, *beta;
    float least; // a value above it passes the gradient
};

// sum[k] += g, sum_x[k] += g (x - mean), g = dy where the ReLU let x through.
static void chunk_sums(const struct node *n, struct span s, struct channels ch,
                       double *restrict sum, double *restrict sum_x)
{
    size_t c = n->out.c;
    const float *restrict mean = ch.mean, *restrict scale = ch.scale, *restrict beta = ch.beta;
    memset(sum, 0, c * sizeof *sum);
    memset(sum_x, 0, c * sizeof *sum_x);
    size_t r = s.first;
    for (; r + 2 <= s.last; r += 2) {
        const number *restrict x0 = row_of(&n->in[0], r), *restrict x1 = x0 + n->in[0].stride;
        const number *restrict g0 = row_of(&n->dout, r), *restrict g1 = g0 + n->dout.stride;
        for (size_t k = 0; k < c; k++) {
            float d0 = get(x0[k]) - mean[k], d1 = get(x1[k]) - mean[k];
            float a = where(d0 * scale[k] + beta[k] > ch.least, get(g0[k]));
            float b = where(d1 * scale[k] + beta[k] > ch.least, get(g1[k]));
            sum[k] += (double)(a + b);
            sum_x[k] += (double)(a * d0 + b * d1);
        }
    }
    for (; r < s.last; r++) {
        const number *restrict x = row_of(&n->in[0], r), *restrict g = row_of(&n->dout, r);
        for (size_t k = 0; k < c; k++) {
            float d = get(x[k]) - mean[k];
            float a = where(d * scale[k] + beta[k] > ch.least, get(g[k]));
            sum[k] += (double)a;
            sum_x[k] += (double)(a * d);
        }
    }
}

// Adds the chunks up into the first one: [0][c] sum g, [1][c] sum g (x - mean).
static void join_sums(struct node *n)
{
    size_t c = n->out.c, chunks = n_chunks(n);
    double *work = n->backward_work;
    const float *inverse = (const float *)n->saved + c;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < c; k++) {
        for (size_t i = 1; i < chunks; i++) {
            work[k] += work[2 * i * c + k];
            work[c + k] += work[(2 * i + 1) * c + k];
        }
        if (n->dvariable[VARIABLE_BETA])
            n->dvariable[VARIABLE_BETA][k] = (float)work[k];
        if (n->dvariable[VARIABLE_GAMMA])
            n->dvariable[VARIABLE_GAMMA][k] = (float)(work[c + k] * (double)inverse[k]);
    }
}

// dx = scale g + slope (x - mean) + offset, where slope and offset carry the batch's
// statistics.
static void write_dx(struct node *n, struct channels ch, const float *slope,
                     const float *offset)
{
    size_t c = n->out.c, m = tensor_rows(&n->out);
    const float *restrict mean = ch.mean, *restrict scale = ch.scale, *restrict beta = ch.beta;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) {
        const number *x = row_of(&n->in[0], i), *g = row_of(&n->dout, i);
        number *dx = row_of(&n->din[0], i); // may be x itself
        if (n->din_adds[0]) {
            for (size_t k = 0; k < c; k++) {
                float d = get(x[k]) - mean[k];
                float a = where(d * scale[k] + beta[k] > ch.least, get(g[k]));
                dx[k] = put(get(dx[k]) + (scale[k] * a + (slope[k] * d + offset[k])));
            }
        } else {
#pragma omp simd
            for (size_t k = 0; k < c; k++) {
                float d = get(x[k]) - mean[k];
                float a = where(d * scale[k] + beta[k] > ch.least, get(g[k]));
                dx[k] = put(scale[k] * a + (slope[k] * d + offset[k]));
            }
        }
    }
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t c = n->out.c, chunks = n_chunks(n);
    double m = (double)tensor_rows(&n->out), *work = n->backward_work;
    const float *mean = n->saved, *inverse = mean + c;
    float *scale = scales(n, work), *slope = scale + c, *offset = slope + c;
    struct channels ch = {mean, scale, n->variable[VARIABLE_BETA],
                          n->fuse_relu ? 0 : -INFINITY};
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < chunks; i++)
        chunk_sums(n, chunk(n, i), ch, work + 2 * i * c, work + (2 * i + 1) * c);
    join_sums(n);
    bool is_batch = uses_batch(n);
    for (size_t k = 0; k < c; k++) {
        double s = (double)scale[k], inv = (double)inverse[k];
        slope[k] = is_batch ? (float)(-s * inv * inv * work[c + k] / m) : 0;
        offset[k] = is_batch ? (float)(-s * work[k] / m) : 0;
    }
    if (n->din[0].data)
        write_dx(n, ch, slope, offset);
    return 0;
}

const struct op_impl CPU_TYPED(bnorm_cpu) = {
    .op = &op_bnorm,
    .dtype = CPU_DTYPE,
    .strided = true,
    .is_in_place = true,
    .fuses_relu = true,
    .fuses_relu_gradient = true,
    .prepare = prepare,
    .forward = forward,
    .repeat = repeat,
    .backward = backward,
};
