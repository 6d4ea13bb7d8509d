/* inference.c: see inference.h. */
#include "nn/op/inference.h"

#include "base/mem.h"
#include "nn/op/number.h"

#include <math.h>
#include <string.h>

void conv_fold(const struct node *n, float *weights, float *bias)
{
    size_t c = n->out.c, rows = conv_n_weights(n) / c;
    const float *w = n->variable[VARIABLE_WEIGHTS], *b = n->variable[VARIABLE_BIASES];
    const struct node *norm = n->fuse_norm;
    const float *gamma = norm ? norm->variable[VARIABLE_GAMMA] : NULL;
    memcpy(weights, w, conv_n_weights(n) * sizeof *w);
    for (size_t k = 0; k < c; k++) {
        bias[k] = b ? b[k] : 0;
        if (!norm)
            continue;
        float scale = 1 / sqrtf(norm->variable[VARIABLE_MOVING_VARIANCE][k] +
                                norm->params->bnorm.epsilon);
        scale *= gamma ? gamma[k] : 1;
        bias[k] = norm->variable[VARIABLE_BETA][k] +
                  (bias[k] - norm->variable[VARIABLE_MOVING_MEAN][k]) * scale;
        for (size_t i = 0; i < rows; i++)
            weights[i * c + k] *= scale;
    }
}

static float larger(float a, float b)
{
    return b > a ? b : a;
}

// NaN, which nobody's weights should be, gives the least.
static int8_t to_s8(float v)
{
    float at_least = v > -S8_MOST ? v : -S8_MOST;
    return (int8_t)number_round(at_least < S8_MOST ? at_least : S8_MOST);
}

// What 1 of a channel's quantised weights is worth: [c_out], of folded weights.
static void scales_of(const struct node *n, const float *weights, float *scale)
{
    size_t c = n->out.c, rows = conv_n_weights(n) / c;
    memset(scale, 0, c * sizeof *scale);
    for (size_t i = 0; i < rows; i++) {
        const float *row = weights + i * c, *before = i ? row - c : NULL;
        for (size_t k = 0; k < c; k++)
            scale[k] = larger(scale[k], fabsf(row[k]));
        for (size_t k = 0; before && k < c; k++)
            scale[k] = larger(scale[k], fabsf(row[k] + before[k]));
    }
    for (size_t k = 0; k < c; k++)
        scale[k] = scale[k] > 0 ? scale[k] / S8_MOST : 1; // 1: all are 0
}

static float output_unit(const struct node *n)
{
    return n->out.dtype == DTYPE_U8 ? n->out.scale : 1;
}

void conv_quantize(const struct node *n, const float *weights, int8_t *quantized, float *bias,
                   float *factor)
{
    size_t c = n->out.c, rows = conv_n_weights(n) / c;
    scales_of(n, weights, factor);
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < c; k++)
            quantized[i * c + k] = to_s8(weights[i * c + k] / factor[k]);
    for (size_t k = 0; k < c; k++) {
        float unit = n->in[0].scale * factor[k];
        bias[k] = nearbyintf(bias[k] / unit);
        factor[k] = unit / output_unit(n);
    }
}

bool conv_factor(const struct node *n, float *factor)
{
    size_t c = n->out.c;
    float *folded = mem_array(conv_n_weights(n) + c, sizeof *folded);
    if (!folded)
        return false;
    conv_fold(n, folded, folded + conv_n_weights(n));
    scales_of(n, folded, factor);
    for (size_t k = 0; k < c; k++)
        factor[k] = n->in[0].scale * factor[k] / output_unit(n);
    mem_free(folded);
    return true;
}
