/*
 * ref.h: the rows of the reference backend: plain loops, one thread, the definition of each
 * operation. The others are held against them; where speed does not matter they are used as
 * they are.
 */
#pragma once

#include "nn/op.h"

extern const struct op_impl conv_ref, bnorm_ref, relu_ref, max_pool_ref, average_pool_ref,
    global_average_ref, concat_ref, add_ref, dropout_ref, dense_ref, softmax_loss_ref,
    convert_ref;

extern const struct op_impl conv_bf16_ref, bnorm_bf16_ref, relu_bf16_ref, add_bf16_ref,
    concat_bf16_ref, max_pool_bf16_ref, average_pool_bf16_ref;
extern const struct op_impl conv_u8_ref, max_pool_u8_ref, average_pool_u8_ref, concat_u8_ref;
