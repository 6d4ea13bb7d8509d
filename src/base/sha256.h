/* sha256.h: SHA-256 (FIPS 180-4) of bytes in memory, as 64 hexadecimal digits. */
#pragma once

#include <stddef.h>

enum { SHA256_HEX_BYTES = 65 }; // with the final zero

void sha256_hex(char out[SHA256_HEX_BYTES], const void *data, size_t n);
