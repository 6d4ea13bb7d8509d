/*
 * instructions.c: what oneDNN's kernels and ours are made of, instruction by instruction, held against plain C: run
 * on an emulated processor before anything else (tools/emulator/check.sh), for a number that is wrong there
 * may be the emulator's fault. Those that a processor lacks are left out, and it says so.
 *
 * What each must give: Intel, Architecture Instruction Set Extensions Programming Reference.
 */
#include <immintrin.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TRIALS = 1000, LANES = 16 }; // of 32 bits

#define WITH(isa) __attribute__((target(isa)))

static uint32_t state = 20190430;

static uint32_t bits(void)
{
    state =
        state * 1664525U + 1013904223U; // Numerical Recipes; the upper bits are the random ones
    return state >> 8;
}

static void fill(void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)p)[i] = (uint8_t)(bits() >> 8);
}

static uint16_t to_bf16(float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    u += 0x7fff + ((u >> 16) & 1);
    return (uint16_t)(u >> 16);
}

static float from_bf16(uint16_t h)
{
    uint32_t u = (uint32_t)h << 16;
    float v;
    memcpy(&v, &u, sizeof v);
    return v;
}

static float between_halves(void)
{
    return (float)(bits() & 0xffff) / 0x10000 - 0.5F;
}

static void fill_bf16(uint16_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = to_bf16(between_halves());
}

static int saturated(int v)
{
    return v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v;
}

// Bytes are added in pairs, which saturates, then in fours.
WITH("avx512f,avx512bw") static bool products_of_bytes(void)
{
    uint8_t a[64];
    int8_t b[64];
    int16_t pairs[32];
    int32_t fours[LANES];
    bool ok = true;
    for (int t = 0; t < TRIALS; t++) {
        fill(a, sizeof a);
        fill(b, sizeof b);
        __m512i p = _mm512_maddubs_epi16(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
        _mm512_storeu_si512(pairs, p);
        _mm512_storeu_si512(fours, _mm512_madd_epi16(p, _mm512_set1_epi16(1)));
        for (int i = 0; i < 32; i++)
            ok &= pairs[i] == saturated(a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1]);
        for (int i = 0; i < LANES; i++)
            ok &= fours[i] == pairs[2 * i] + pairs[2 * i + 1];
    }
    return ok;
}

// In EVEX form an offset of one byte counts in units of what is read: bytes.
WITH("avx512f,avx512bw,avx512vl") static bool inserted_bytes(void)
{
    uint8_t from[64], to[16];
    fill(from, sizeof from);
    __asm__ volatile("vpxord %%zmm17, %%zmm17, %%zmm17\n\t"
                     "vpinsrb $1, 5(%1), %%xmm17, %%xmm17\n\t"
                     "vpinsrw $2, 7(%1), %%xmm17, %%xmm17\n\t"
                     "vmovdqu8 %%xmm17, %0"
                     : "=m"(to)
                     : "r"(from)
                     : "xmm17", "memory");
    return to[0] == 0 && to[1] == from[5] && to[4] == from[7] && to[5] == from[8];
}

WITH("avx512f,avx512vnni") static bool sums_of_four_bytes(void)
{
    uint8_t a[64];
    int8_t b[64];
    int32_t sum[LANES];
    bool ok = true;
    for (int t = 0; t < TRIALS; t++) {
        fill(a, sizeof a);
        fill(b, sizeof b);
        _mm512_storeu_si512(sum,
                            _mm512_dpbusd_epi32(_mm512_set1_epi32(t), _mm512_loadu_si512(a),
                                                _mm512_loadu_si512(b)));
        for (int i = 0; i < LANES; i++) {
            int wanted = t;
            for (int k = 4 * i; k < 4 * i + 4; k++)
                wanted += a[k] * b[k];
            ok &= sum[i] == wanted;
        }
    }
    return ok;
}

WITH("avx512f,avx512bf16") static bool roundings_to_bf16(void)
{
    float a[2 * LANES];
    uint16_t one[LANES], two[2 * LANES];
    bool ok = true;
    for (int t = 0; t < TRIALS; t++) {
        for (int i = 0; i < 2 * LANES; i++)
            a[i] = between_halves();
        __m512 low = _mm512_loadu_ps(a), high = _mm512_loadu_ps(a + LANES);
        __m256bh h = _mm512_cvtneps_pbh(low);
        __m512bh both = _mm512_cvtne2ps_pbh(high, low);
        memcpy(one, &h, sizeof one);
        memcpy(two, &both, sizeof two);
        for (int i = 0; i < 2 * LANES; i++)
            ok &= two[i] == to_bf16(a[i]) && (i >= LANES || one[i] == two[i]);
    }
    return ok;
}

// Two products of at most 1 / 4, added in float32.
WITH("avx512f,avx512bf16") static bool products_of_bf16(void)
{
    uint16_t a[2 * LANES], b[2 * LANES];
    float sum[LANES];
    bool ok = true;
    for (int t = 0; t < TRIALS; t++) {
        __m512bh x, y;
        fill_bf16(a, 2 * LANES);
        fill_bf16(b, 2 * LANES);
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        _mm512_storeu_ps(sum, _mm512_dpbf16_ps(_mm512_setzero_ps(), x, y));
        for (int i = 0; i < LANES; i++) {
            double wanted = (double)from_bf16(a[2 * i]) * (double)from_bf16(b[2 * i]) +
                            (double)from_bf16(a[2 * i + 1]) * (double)from_bf16(b[2 * i + 1]);
            ok &= fabs((double)sum[i] - wanted) <= 0x1p-24;
        }
    }
    return ok;
}

struct tiles {
    uint8_t palette, start, reserved[14];
    uint16_t bytes_per_row[16];
    uint8_t rows[16];
};

// Sums [m][n] += a [m][k] b [k][n], four bytes of b's column k together in a row. Fewer rows and columns than
// a tile has, too.
WITH("amx-tile,amx-int8") static bool tiles_of_bytes(size_t m, size_t k, size_t n)
{
    struct tiles c = {.palette = 1,
                      .bytes_per_row = {(uint16_t)(4 * n), (uint16_t)k, (uint16_t)(4 * n)},
                      .rows = {(uint8_t)m, (uint8_t)m, (uint8_t)(k / 4)}};
    uint8_t a[16][64];
    int8_t b[16][64];
    int32_t sum[16][16];
    bool ok = true;
    fill(a, sizeof a);
    fill(b, sizeof b);
    _tile_loadconfig(&c);
    _tile_zero(0);
    _tile_loadd(1, a, sizeof a[0]);
    _tile_loadd(2, b, sizeof b[0]);
    _tile_dpbusd(0, 1, 2);
    _tile_stored(0, sum, sizeof sum[0]);
    _tile_release();
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            int wanted = 0;
            for (size_t l = 0; l < k; l++)
                wanted += a[i][l] * b[l / 4][4 * j + l % 4];
            ok &= sum[i][j] == wanted;
        }
    return ok;
}

// Likewise, with k numbers and two of a column together. 32 products of at most 1 / 4 add up to 8 at the most,
// and each sum is rounded: 32 2^-21.
WITH("amx-tile,amx-bf16") static bool tiles_of_bf16(size_t m, size_t k, size_t n)
{
    struct tiles c = {
        .palette = 1,
        .bytes_per_row = {(uint16_t)(4 * n), (uint16_t)(2 * k), (uint16_t)(4 * n)},
        .rows = {(uint8_t)m, (uint8_t)m, (uint8_t)(k / 2)}};
    uint16_t a[16][32], b[16][32];
    float sum[16][16];
    bool ok = true;
    fill_bf16(a[0], sizeof a / sizeof **a);
    fill_bf16(b[0], sizeof b / sizeof **b);
    _tile_loadconfig(&c);
    _tile_zero(0);
    _tile_loadd(1, a, sizeof a[0]);
    _tile_loadd(2, b, sizeof b[0]);
    _tile_dpbf16ps(0, 1, 2);
    _tile_stored(0, sum, sizeof sum[0]);
    _tile_release();
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double wanted = 0;
            for (size_t l = 0; l < k; l++)
                wanted +=
                    (double)from_bf16(a[i][l]) * (double)from_bf16(b[l / 2][2 * j + l % 2]);
            ok &= fabs((double)sum[i][j] - wanted) <= 32 * 0x1p-21;
        }
    return ok;
}

static bool amx(void)
{
    return tiles_of_bytes(16, 64, 16) && tiles_of_bytes(5, 12, 7) &&
           tiles_of_bf16(16, 32, 16) && tiles_of_bf16(5, 6, 7);
}

// Linux gives it to who asks.
static bool has_amx(void)
{
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XTILEDATA = 18 };
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XTILEDATA) == 0;
}

static int judge(const char *what, bool has, bool (*test)(void))
{
    bool ok = !has || test();
    printf("[%s] %s\n", !has ? "  SKIPPED " : ok ? "       OK " : "  FAILED  ", what);
    return !ok;
}

int main(void)
{
    bool has_bf16 = __builtin_cpu_supports("avx512bf16");
    if (!__builtin_cpu_supports("avx512bw")) {
        printf("skipped: this processor has no AVX-512\n");
        return 77;
    }
    int failed =
        judge("products_of_bytes", true, products_of_bytes) +
        judge("inserted_bytes", true, inserted_bytes) +
        judge("sums_of_four_bytes", __builtin_cpu_supports("avx512vnni"), sums_of_four_bytes) +
        judge("roundings_to_bf16", has_bf16, roundings_to_bf16) +
        judge("products_of_bf16", has_bf16, products_of_bf16) + judge("amx", has_amx(), amx);
    return failed ? 1 : 0;
}
