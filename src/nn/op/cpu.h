/*
 * cpu.h: the rows that we compute ourselves beside oneDNN's convolutions: NHWC, in parallel
 * with OpenMP, inner loops over channels that any compiler vectorises.
 *
 * Sums are made over chunks of rows whose size does not depend on the number of threads, and
 * added up in their order: the same bits on any number of threads.
 */
#pragma once

#include "nn/op.h"

// d += g; g dense.
void cpu_add_into(const struct tensor *d, const float *g);

extern const struct op_impl bnorm_cpu, relu_cpu, max_pool_cpu, average_pool_cpu,
    global_average_cpu, concat_cpu, add_cpu;
