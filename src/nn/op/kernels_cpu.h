/* kernels_cpu.h: what the files of one instruction set give to its table. */
#pragma once

#include "nn/op/cpu.h"

// Of one type of numbers that the loops of typed_cpu.h are compiled for.
#define CPU_ROWS_OF(type)                                                                      \
    extern const struct op_impl CPU(CPU_JOIN(bnorm_cpu, type)), CPU(CPU_JOIN(relu_cpu, type)), \
        CPU(CPU_JOIN(add_cpu, type)), CPU(CPU_JOIN(max_pool_cpu, type)),                       \
        CPU(CPU_JOIN(average_pool_cpu, type));                                                 \
    void CPU(CPU_JOIN(add_into, type))(const struct tensor *d, const float *g)
CPU_ROWS_OF(f32);
CPU_ROWS_OF(bf16);

extern const struct op_impl CPU(concat_cpu_f32), CPU(concat_cpu_bf16), CPU(concat_cpu_u8),
    CPU(global_average_cpu), CPU(convert_cpu), CPU(max_pool_cpu_u8), CPU(average_pool_cpu_u8),
    CPU(relu_blocks_cpu), CPU(add_blocks_cpu), CPU(concat_blocks_cpu), CPU(max_pool_blocks_cpu),
    CPU(average_pool_blocks_cpu);
