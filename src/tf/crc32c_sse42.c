/*
 * crc32c_sse42.c: CRC-32C by the instruction of x86's SSE4.2. This file alone is compiled for
 * it; elsewhere it says that there is none.
 */
#include "tf/crc32c.h"

#ifdef __SSE4_2__

#include <nmmintrin.h>
#include <string.h>

bool crc32c_sse42_available(void)
{
    return __builtin_cpu_supports("sse4.2");
}

uint32_t crc32c_sse42(uint32_t crc, const unsigned char *p, size_t n)
{
    uint64_t wide = crc;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t eight;
        memcpy(&eight, p, sizeof eight);
        wide = _mm_crc32_u64(wide, eight);
    }
    crc = (uint32_t)wide;
    for (; n; n--)
        crc = _mm_crc32_u8(crc, *p++);
    return crc;
}

#else

bool crc32c_sse42_available(void)
{
    return false;
}

uint32_t crc32c_sse42(uint32_t crc, const unsigned char *p, size_t n)
{
    (void)p;
    (void)n;
    return crc;
}

#endif
