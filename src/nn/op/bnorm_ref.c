/*
 * bnorm_ref.c: batch normalisation as TensorFlow's fused kernel has it [1].
 *
 *   y = gamma (x - mean) / sqrt(variance + epsilon) + beta
 *
 * Training: mean and biased variance of the batch, over N, H, W; the moving variance takes the
 * unbiased one, biased * m / (m - 1) (m - 1 replaced by 1 when m = 1). With the moving
 * statistics: those. gamma is 1 where the graph has none.
 *
 * Gradients, with xh = (x - mean) / sqrt(variance + epsilon) and sums over the m values of a
 * channel:
 *   dbeta = sum dy,  dgamma = sum dy xh
 *   batch:   dx = gamma / sqrt(variance + epsilon) (dy - dbeta / m - xh dgamma / m)
 *   moving:  dx = gamma / sqrt(variance + epsilon) dy
 *
 * saved: [c] mean, [c] 1 / sqrt(variance + epsilon).
 *
 * [1] tensorflow/core/kernels/fused_batch_norm_op.cc
 */
#include "base/err.h"
#include "nn/op/ref.h"

#include <math.h>

static int prepare(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    n->saved_bytes = 2 * n->out.c * sizeof(float);
    return 0;
}

static bool uses_batch(const struct node *n)
{
    return n->context->statistics != NET_STATISTICS_MOVING;
}

// Mean and inverse deviation of channel k into saved; updates the moving statistics.
static void channel_statistics(struct node *n, size_t k, float *mean, float *inverse)
{
    const struct bnorm_params *p = &n->params->bnorm;
    float *moving_mean = &n->variable[VARIABLE_MOVING_MEAN][k];
    float *moving_variance = &n->variable[VARIABLE_MOVING_VARIANCE][k];
    if (!uses_batch(n)) {
        *mean = *moving_mean;
        *inverse = 1 / sqrtf(*moving_variance + p->epsilon);
        return;
    }
    size_t m = tensor_rows(&n->in[0]);
    double sum = 0, sum2 = 0;
    for (size_t i = 0; i < m; i++)
        sum += (double)tensor_row(&n->in[0], i)[k];
    double mu = sum / (double)m;
    for (size_t i = 0; i < m; i++) {
        double d = (double)tensor_row(&n->in[0], i)[k] - mu;
        sum2 += d * d;
    }
    *mean = (float)mu;
    *inverse = (float)(1 / sqrt(sum2 / (double)m + (double)p->epsilon));
    if (n->context->statistics == NET_STATISTICS_BATCH) {
        float unbiased = (float)(sum2 / (m > 1 ? (double)(m - 1) : 1));
        *moving_mean -= (*moving_mean - (float)mu) * (1 - p->decay);
        *moving_variance -= (*moving_variance - unbiased) * (1 - p->decay);
    }
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    float *mean = n->saved, *inverse = mean + n->out.c;
    const float *gamma = n->variable[VARIABLE_GAMMA], *beta = n->variable[VARIABLE_BETA];
    for (size_t k = 0; k < n->out.c; k++) {
        channel_statistics(n, k, &mean[k], &inverse[k]);
        float scale = gamma ? gamma[k] * inverse[k] : inverse[k];
        for (size_t i = 0; i < tensor_rows(&n->in[0]); i++)
            tensor_row(&n->out, i)[k] =
                (tensor_row(&n->in[0], i)[k] - mean[k]) * scale + beta[k];
    }
    return 0;
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    const float *mean = n->saved, *inverse = mean + n->out.c;
    size_t m = tensor_rows(&n->in[0]);
    for (size_t k = 0; k < n->out.c; k++) {
        double dbeta = 0, dgamma = 0;
        for (size_t i = 0; i < m; i++) {
            double xh = (double)((tensor_row(&n->in[0], i)[k] - mean[k]) * inverse[k]);
            dbeta += (double)tensor_row(&n->dout, i)[k];
            dgamma += (double)tensor_row(&n->dout, i)[k] * xh;
        }
        if (n->dvariable[VARIABLE_BETA])
            n->dvariable[VARIABLE_BETA][k] = (float)dbeta;
        if (n->dvariable[VARIABLE_GAMMA])
            n->dvariable[VARIABLE_GAMMA][k] = (float)dgamma;
        double scale = (double)inverse[k];
        if (n->variable[VARIABLE_GAMMA])
            scale *= (double)n->variable[VARIABLE_GAMMA][k];
        bool is_batch = uses_batch(n);
        for (size_t i = 0; n->din[0].data && i < m; i++) {
            double g = (double)tensor_row(&n->dout, i)[k];
            double xh = (double)((tensor_row(&n->in[0], i)[k] - mean[k]) * inverse[k]);
            if (is_batch)
                g -= (dbeta + xh * dgamma) / (double)m;
            float *d = &tensor_row(&n->din[0], i)[k];
            *d = (n->din_adds[0] ? *d : 0) + (float)(scale * g);
        }
    }
    return 0;
}

const struct op_impl bnorm_ref = {
    .op = &op_bnorm,
    .strided = true,
    .is_in_place = true,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
