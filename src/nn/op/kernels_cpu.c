/* kernels_cpu.c: the table of our own kernels, one for each instruction set. */
#include "nn/op/kernels_cpu.h"

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

static const struct op_impl *const impls[] = {
    &CPU(bnorm_cpu),
    &CPU(relu_cpu),
    &CPU(add_cpu),
    &CPU(max_pool_cpu),
    &CPU(average_pool_cpu),
    &CPU(global_average_cpu),
    &CPU(concat_cpu),
    &CPU(convert_cpu),
    &CPU(max_pool_u8_cpu),
    &CPU(average_pool_u8_cpu),
    &CPU(concat_u8_cpu),
    &CPU(relu_bf16_cpu),
    &CPU(add_bf16_cpu),
    &CPU(concat_bf16_cpu),
    &CPU(max_pool_bf16_cpu),
    &CPU(average_pool_bf16_cpu),
    NULL,
};

const struct cpu_kernels CPU(cpu_kernels) = {
    .isa = TEXT(CPU_ISA),
    .isa_bits = CPU_ISA_BITS,
    .impls = impls,
    .add_into = CPU(add_into),
};
