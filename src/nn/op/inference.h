/*
 * inference.h: the weights of a convolution as inference uses them: the batch norm folded in, and in
 * 8 bits rounded.
 *
 *   y = gamma (conv(x, w) + b - mean) / sqrt(variance + epsilon) + beta   is   conv(x, w') + b'
 *   w' = w s,  b' = beta + (b - mean) s,  s = gamma / sqrt(variance + epsilon)  per output channel
 *
 * In 8 bits x = s_x q_x with 0 <= q_x <= 255, and w'[o] = s_w[o] q_w with |q_w| <= 127:
 *
 *   y = (sum of q_x q_w + bias) s_x s_w[o],  bias = b' / (s_x s_w[o]) to the nearest whole number
 *
 * Processors without VNNI add the products of two neighbours in 16 bits, which saturate [1]. So s_w is so
 * large that the weights of two neighbouring inputs never add up to more than 127 in size, before
 * they are rounded; afterwards they are at most 128, and 255 * 128 = 32640 fits. Neighbours are rows in the order
 * [kh][kw][c_in]: whatever way a kernel pairs them, from the first or from the second on, within a tap or
 * across two. The same on every processor, so that a model's results do not depend on it.
 *
 * [1] oneDNN developer guide, "Nuances of int8 computations".
 */
#pragma once

#include "nn/op.h"

enum { S8_MOST = 127 };

// Numbers of a convolution's weights.
static inline size_t conv_n_weights(const struct node *n)
{
    return n->params->conv.kh * n->params->conv.kw * n->in[0].c * n->out.c;
}

// Of the node and, where it has one, of its fuse_norm. weights [conv_n_weights()], bias [c_out].
void conv_fold(const struct node *n, float *weights, float *bias);

// From what conv_fold() gave. bias, in and out: above. factor [c_out]: what the sum with its bias is
// multiplied by to give the node's output, in the output's own numbers.
void conv_quantize(const struct node *n, const float *weights, int8_t *quantized, float *bias,
                   float *factor);

// The factor alone, from the node's variables. false: no memory.
bool conv_factor(const struct node *n, float *factor);
