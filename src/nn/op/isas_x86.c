/* isas_x86.c: the instruction sets of x86-64 that our kernels are compiled for. */
#include "nn/op/cpu.h"

const struct cpu_kernels *const cpu_kernels_all[] = {
    &cpu_kernels_avx512,
    &cpu_kernels_avx2,
    &cpu_kernels_generic,
    NULL,
};
