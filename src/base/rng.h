/*
 * rng.h: random numbers that can be named.
 *
 * Philox4x32-10 [1] is a function of (key, counter): the i-th number of stream s under seed k
 * is always the same, whoever asks for it, in whatever order, on however many threads. A
 * `struct rng` walks one stream; its three numbers are its whole state and can be written to a
 * checkpoint.
 *
 * [1] Salmon, Moraes, Dror, Shaw 2011, Parallel random numbers: as easy as 1, 2, 3.
 */
#pragma once

#include <stdint.h>

struct rng {
    uint64_t seed;
    uint64_t stream;
    uint64_t position; // 32-bit numbers taken so far
};

struct rng rng_of(uint64_t seed, uint64_t stream);
uint32_t rng_u32(struct rng *r);
double rng_uniform(struct rng *r);                     // [0, 1), 24 bits
double rng_between(struct rng *r, double a, double b); // [a, b)
uint32_t rng_below(struct rng *r, uint32_t n);         // 0 <= result < n, n > 0, without bias
double rng_normal(struct rng *r);                      // mean 0, deviation 1 (Box-Muller)

// Four numbers at one place, without a walk: for kernels that draw per element.
void rng_at(uint32_t out[4], uint64_t seed, uint64_t stream, uint64_t index);
