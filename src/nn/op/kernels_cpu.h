/* kernels_cpu.h: what the files of one instruction set give to its table. */
#pragma once

#include "nn/op/cpu.h"

extern const struct op_impl CPU(bnorm_cpu), CPU(relu_cpu), CPU(add_cpu), CPU(concat_cpu),
    CPU(max_pool_cpu), CPU(average_pool_cpu), CPU(global_average_cpu), CPU(convert_cpu),
    CPU(max_pool_u8_cpu), CPU(average_pool_u8_cpu), CPU(concat_u8_cpu), CPU(relu_bf16_cpu),
    CPU(add_bf16_cpu), CPU(concat_bf16_cpu), CPU(max_pool_bf16_cpu), CPU(average_pool_bf16_cpu);

void CPU(add_into)(const struct tensor *d, const float *g);
