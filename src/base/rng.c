/* rng.c: see rng.h. The generator itself is Random123's. */
#include "base/rng.h"

#include <Random123/philox.h>
#include <assert.h>
#include <math.h>

struct rng rng_of(uint64_t seed, uint64_t stream)
{
    return (struct rng){seed, stream, 0};
}

void rng_at(uint32_t out[4], uint64_t seed, uint64_t stream, uint64_t index)
{
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t counter = {
        {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)}};
    philox4x32_ctr_t r = philox4x32(counter, key);
    for (int i = 0; i < 4; i++)
        out[i] = r.v[i];
}

uint32_t rng_u32(struct rng *r)
{
    uint32_t four[4];
    rng_at(four, r->seed, r->stream, r->position / 4);
    return four[r->position++ % 4];
}

double rng_uniform(struct rng *r)
{
    return (rng_u32(r) >> 8) * 0x1p-24;
}

double rng_between(struct rng *r, double a, double b)
{
    return a + (b - a) * rng_uniform(r);
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
    assert(n > 0);
    uint32_t reject_from = UINT32_MAX - UINT32_MAX % n; // a multiple of n
    uint32_t v;
    do
        v = rng_u32(r);
    while (v >= reject_from);
    return v % n;
}

double rng_normal(struct rng *r)
{
    const double two_pi = 6.283185307179586;
    double radius = sqrt(-2 * log(1 - rng_uniform(r)));
    return radius * cos(two_pi * rng_uniform(r));
}
