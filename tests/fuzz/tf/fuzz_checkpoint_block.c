/*
 * fuzz_checkpoint_block.c: bytes as the only block of a checkpoint's table, V1 and index of V2, with right
 * checksums around it, so that what stands within them is read; the first byte says whether it is Snappy's.
 */
#include "fuzz_checkpoint.h"

#include "base/bytes.h"
#include "tf/crc32c.h"

enum { MAX_BLOCK = 1 << 16, FOOTER_BYTES = 48 };

static size_t put_varint(unsigned char *to, size_t v)
{
    size_t n = 0;
    for (; v > 127; v >>= 7)
        to[n++] = (unsigned char)(v | 128);
    to[n++] = (unsigned char)v;
    return n;
}

// Contents, type, checksum; returns how many bytes that are.
static size_t put_block(unsigned char *to, const void *contents, size_t n, unsigned char type)
{
    memcpy(to, contents, n);
    to[n] = type;
    store_u32le(to + n + 1, crc32c_masked(to, n + 1));
    return n + 5;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static unsigned char file[MAX_BLOCK + 200], zeros[4096];
    unsigned char index[64] = {0, 1, 0,
                               0xff}; // shared, key, value; the key is behind all others
    char path[128];
    if (n < 1 || n > MAX_BLOCK)
        return 0;
    size_t at = put_block(file, data + 1, n - 1, data[0] & 1);
    size_t index_at = at, n_index = 4;
    n_index += put_varint(index + n_index, 0);
    n_index += put_varint(index + n_index, n - 1);
    index[2] = (unsigned char)(n_index - 4);
    store_u32le(index + n_index, 0);     // the only restart
    store_u32le(index + n_index + 4, 1); // how many there are
    n_index += 8;
    at += put_block(file + at, index, n_index, 0);
    unsigned char *footer = file + at;
    memset(footer, 0, FOOTER_BYTES);
    size_t k = 0;
    for (int i = 0; i < 2; i++) { // of the metaindex, which nobody looks into, and of the index
        k += put_varint(footer + k, index_at);
        k += put_varint(footer + k, n_index);
    }
    store_u64le(footer + 40, 0xdb4775248b80fb57U);
    at += FOOTER_BYTES;
    fuzz_read_checkpoint(fuzz_file(file, at, "v1.ckpt"));
    fuzz_file(zeros, sizeof zeros, "v2.data-00000-of-00001");
    snprintf(path, sizeof path, "%s", fuzz_file(file, at, "v2.index"));
    path[strlen(path) - strlen(".index")] = '\0';
    fuzz_read_checkpoint(path);
    return 0;
}
