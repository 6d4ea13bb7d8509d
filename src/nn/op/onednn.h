/* onednn.h: the rows that oneDNN computes. */
#pragma once

#include "nn/op.h"

extern const struct op_impl conv_onednn, conv_blocks_onednn, conv_bf16_onednn, conv_u8_onednn,
    dense_onednn;
