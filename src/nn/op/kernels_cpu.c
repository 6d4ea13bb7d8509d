/* kernels_cpu.c: the table of our own kernels, one for each instruction set. */
#include "nn/op/kernels_cpu.h"

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

static const struct op_impl *const impls[] = {
    &CPU(bnorm_cpu_f32),
    &CPU(relu_cpu_f32),
    &CPU(add_cpu_f32),
    &CPU(concat_cpu_f32),
    &CPU(max_pool_cpu_f32),
    &CPU(average_pool_cpu_f32),
    &CPU(global_average_cpu),
    &CPU(convert_cpu),
    &CPU(bnorm_cpu_bf16),
    &CPU(relu_cpu_bf16),
    &CPU(add_cpu_bf16),
    &CPU(concat_cpu_bf16),
    &CPU(max_pool_cpu_bf16),
    &CPU(average_pool_cpu_bf16),
    &CPU(concat_cpu_u8),
    &CPU(max_pool_cpu_u8),
    &CPU(average_pool_cpu_u8),
    &CPU(relu_blocks_cpu),
    &CPU(add_blocks_cpu),
    &CPU(concat_blocks_cpu),
    &CPU(max_pool_blocks_cpu),
    &CPU(average_pool_blocks_cpu),
    NULL,
};

const struct cpu_kernels CPU(cpu_kernels) = {
    .isa = TEXT(CPU_ISA),
    .isa_bits = CPU_ISA_BITS,
    .impls = impls,
    .add_into = {[DTYPE_F32] = CPU(add_into_f32), [DTYPE_BF16] = CPU(add_into_bf16)},
};
