/*
 * mersenne.h: CPython's random.seed(n) and random.shuffle(), which TF-Slim's conversion scripts
 * split data sets with.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { MERSENNE_WORDS = 624 };

struct mersenne {
    uint32_t word[MERSENNE_WORDS];
    size_t at;
};

void mersenne_seed(struct mersenne *m, uint64_t seed); // random.seed(seed)
uint32_t mersenne_next(struct mersenne *m);
// random.shuffle() of Python 3: order becomes a permutation of 0..n-1.
void mersenne_shuffle(struct mersenne *m, size_t *order, size_t n);
