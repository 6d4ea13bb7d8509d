/*
 * typed_cpu.h: loops that are the same in every type of numbers. The files that include this are compiled
 * once per instruction set and type (CMakeLists.txt defines CPU_TYPE as f32 or bf16): a value is got as
 * float32, computed with, and rounded once where it is put. In float32 neither does anything.
 *
 * CPU_TYPED(x) is the name of x in what is being compiled.
 */
#pragma once

#include "nn/op/cpu.h"
#include "nn/op/number.h"

#ifndef CPU_TYPE // this header alone
#define CPU_TYPE f32
#endif

#define CPU_TYPED(x) CPU(CPU_JOIN(x, CPU_TYPE))
#define CPU_DTYPE    ((enum dtype)CPU_JOIN(typed, CPU_TYPE))

enum { typed_f32 = DTYPE_F32, typed_bf16 = DTYPE_BF16 };

typedef CPU_JOIN(number, CPU_TYPE) number;

static inline float get(number v)
{
    return CPU_JOIN(number_from, CPU_TYPE)(v);
}

static inline number put(float v)
{
    return CPU_JOIN(number_to, CPU_TYPE)(v);
}

// v where a gradient passes, else 0. v was read in any case, so that loops need no reads under a condition,
// which not all processors have for 16 bits.
static inline float where(bool passes, float v)
{
    return passes ? v : 0;
}

// The channels of pixel i of all.
static inline number *row_of(const struct tensor *t, size_t i)
{
    return (number *)t->numbers + i * t->stride;
}
