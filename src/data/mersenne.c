/*
 * mersenne.c: MT19937 (Matsumoto & Nishimura 1998), seeded by key array as CPython's _random
 * does, and the shuffle of random.py: for i from n - 1 down to 1 swap with below(i + 1);
 * below(m) draws as many top bits as m has until the value is below m.
 */
#include "data/mersenne.h"

static void init_genrand(struct mersenne *m, uint32_t seed)
{
    m->word[0] = seed;
    for (uint32_t i = 1; i < MERSENNE_WORDS; i++)
        m->word[i] = 1812433253U * (m->word[i - 1] ^ m->word[i - 1] >> 30) + i;
    m->at = MERSENNE_WORDS;
}

void mersenne_seed(struct mersenne *m, uint64_t seed)
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    size_t n_key = seed >> 32 ? 2 : 1, i = 1, j = 0;
    init_genrand(m, 19650218U);
    for (size_t k = MERSENNE_WORDS; k; k--) {
        m->word[i] = (m->word[i] ^ ((m->word[i - 1] ^ m->word[i - 1] >> 30) * 1664525U)) +
                     key[j] + (uint32_t)j;
        if (++i == MERSENNE_WORDS) {
            m->word[0] = m->word[MERSENNE_WORDS - 1];
            i = 1;
        }
        j = (j + 1) % n_key;
    }
    for (size_t k = MERSENNE_WORDS - 1; k; k--) {
        m->word[i] = (m->word[i] ^ ((m->word[i - 1] ^ m->word[i - 1] >> 30) * 1566083941U)) -
                     (uint32_t)i;
        if (++i == MERSENNE_WORDS) {
            m->word[0] = m->word[MERSENNE_WORDS - 1];
            i = 1;
        }
    }
    m->word[0] = 0x80000000U;
}

static void refill(struct mersenne *m)
{
    for (size_t i = 0; i < MERSENNE_WORDS; i++) {
        uint32_t y =
            (m->word[i] & 0x80000000U) | (m->word[(i + 1) % MERSENNE_WORDS] & 0x7fffffffU);
        m->word[i] = m->word[(i + 397) % MERSENNE_WORDS] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfU : 0);
    }
    m->at = 0;
}

uint32_t mersenne_next(struct mersenne *m)
{
    if (m->at == MERSENNE_WORDS)
        refill(m);
    uint32_t y = m->word[m->at++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680U;
    y ^= y << 15 & 0xefc60000U;
    return y ^ y >> 18;
}

static size_t below(struct mersenne *m, size_t n)
{
    unsigned bits = 0;
    while (bits < 32 && n >> bits)
        bits++;
    size_t v;
    do
        v = mersenne_next(m) >> (32 - bits);
    while (v >= n);
    return v;
}

void mersenne_shuffle(struct mersenne *m, size_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; i-- > 1;) {
        size_t j = below(m, i + 1), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
}
