/* sha256.c: see sha256.h; the function is libmd's. */
#include "base/sha256.h"

#include <sha2.h>
#include <stdio.h>

void sha256_hex(char out[SHA256_HEX_BYTES], const void *data, size_t n)
{
    SHA2_CTX context;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Init(&context);
    SHA256Update(&context, data, n);
    SHA256Final(digest, &context);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}
