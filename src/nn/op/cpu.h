/*
 * cpu.h: the rows that we compute ourselves beside oneDNN's convolutions: NHWC, in parallel
 * with OpenMP, inner loops over channels that any compiler vectorises.
 *
 * The files *_cpu.c are compiled once per instruction set (CMakeLists.txt defines CPU_ISA as
 * generic, avx2 or avx512); CPU(x) is the name of x in the one being compiled. Some are compiled for several
 * types of numbers, too: see typed_cpu.h. No sum depends on
 * the width of a vector and nothing is contracted, so all of them compute the same bits.
 *
 * Sums are made over chunks of rows whose size does not depend on the number of threads, and
 * added up in their order: the same bits on any number of threads.
 */
#pragma once

#include "nn/op.h"

#define CPU_JOIN_VALUES(x, isa) x##_##isa
#define CPU_JOIN(x, isa)        CPU_JOIN_VALUES(x, isa)
#define CPU(x)                  CPU_JOIN(x, CPU_ISA)

struct cpu_kernels {
    const char *isa;
    unsigned isa_bits;                  // of the processor, as dnnl_cpu_isa_t counts them
    const struct op_impl *const *impls; // ended by NULL
    // d += g, which is dense float32; by d's type
    void (*add_into[N_DTYPES])(const struct tensor *d, const float *g);
};

extern const struct cpu_kernels cpu_kernels_avx512, cpu_kernels_avx2, cpu_kernels_generic;

// Those that this kind of processor may have, the widest first; ended by NULL.
extern const struct cpu_kernels *const cpu_kernels_all[];
