/*
 * number.h: the types of numbers, one at a time. All rounding is to the nearest, ties to even;
 * it expects the processor's default rounding.
 */
#pragma once

#include <stdint.h>
#include <string.h>

// 1.5 * 2^23: float32 of this size are whole numbers, so that adding it rounds.
#define NUMBER_WHOLE 12582912.0F

// Nearest whole number, |v| < 2^22; compiles to two additions on any processor.
static inline float number_round(float v)
{
    return (v + NUMBER_WHOLE) - NUMBER_WHOLE;
}

// Into 0 to 255; NaN gives 0.
static inline uint8_t number_to_u8(float v)
{
    float at_least = v > 0 ? v : 0;
    return (uint8_t)(int32_t)number_round(at_least < 255 ? at_least : 255);
}

// One number of each type, as it lies in memory.
typedef float number_f32;
typedef uint16_t number_bf16;

static inline float number_from_f32(number_f32 v)
{
    return v;
}

static inline number_f32 number_to_f32(float v)
{
    return v;
}

static inline float number_from_bf16(number_bf16 h)
{
    uint32_t bits = (uint32_t)h << 16;
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

// NaN stays NaN (quiet).
static inline number_bf16 number_to_bf16(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    uint32_t is_nan = (bits & 0x7fffffffU) > 0x7f800000U;
    uint32_t rounded = (bits + 0x7fffU + (bits >> 16 & 1)) >> 16;
    return (number_bf16)(is_nan ? bits >> 16 | 0x40 : rounded);
}
