/* isas_other.c: our kernels where the compiler's own choice of instructions is the only one. */
#include "nn/op/cpu.h"

const struct cpu_kernels *const cpu_kernels_all[] = {&cpu_kernels_generic, NULL};
