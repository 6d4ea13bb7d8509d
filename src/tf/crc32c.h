/* crc32c.h: the checksum of TensorFlow's files, CRC-32C, plain and masked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(const void *data, size_t n);
uint32_t crc32c_extend(uint32_t crc, const void *data,
                       size_t n); // of what came before and data
// Rotated right by 15, plus 0xa282ead8: so that a checksum of checksums stays a checksum.
uint32_t crc32c_mask(uint32_t crc);
uint32_t crc32c_masked(const void *data, size_t n);

// crc32c_sse42.c: without the initial and final inversion.
bool crc32c_sse42_available(void);
uint32_t crc32c_sse42(uint32_t crc, const unsigned char *p, size_t n);
