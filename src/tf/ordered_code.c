/* ordered_code.c: see ordered_code.h. */
#include "tf/ordered_code.h"

void ordered_code_unsigned(struct buffer *b, uint64_t v)
{
    uint8_t n = 0;
    for (uint64_t rest = v; rest; rest >>= 8)
        n++;
    buffer_u8(b, n);
    for (int i = n; i-- > 0;)
        buffer_u8(b, (uint8_t)(v >> 8 * i));
}

void ordered_code_string(struct buffer *b, const void *s, size_t n)
{
    const unsigned char *p = s;
    for (size_t i = 0; i < n; i++) {
        buffer_u8(b, p[i]);
        if (p[i] == 0x00)
            buffer_u8(b, 0xff);
        if (p[i] == 0xff)
            buffer_u8(b, 0x00);
    }
    buffer_append(b, "\0\1", 2);
}

void ordered_code_signed(struct buffer *b, int64_t v)
{
    // of the inverted value's bits, 7 n - 1 must do
    uint64_t magnitude = v < 0 ? ~(uint64_t)v : (uint64_t)v;
    int n = 1;
    while (n < 10 && magnitude >> (7 * n - 1 > 63 ? 63 : 7 * n - 1))
        n++;
    unsigned char bytes[10];
    for (int i = 0; i < n; i++) { // big-endian two's complement, the sign extended to n bytes
        int shift = 8 * (n - 1 - i);
        bytes[i] = shift > 63 ? (unsigned char)(v < 0 ? 0xff : 0)
                              : (unsigned char)((uint64_t)v >> shift);
    }
    // the prefix: n ones, then a zero that is the sign's; inverted for negative values. As the
    // sign extension already holds zeros (ones), flipping the first n bits makes it.
    for (int i = 0; i < n; i++)
        bytes[i / 8] = (unsigned char)(bytes[i / 8] ^ 0x80 >> i % 8);
    buffer_append(b, bytes, (size_t)n);
}

void ordered_code_slice(struct buffer *b, const char *name, const struct slice_extent *extents,
                        size_t n_dims)
{
    ordered_code_unsigned(b, 0);
    ordered_code_string(b, name, strlen(name));
    ordered_code_unsigned(b, n_dims);
    for (size_t i = 0; i < n_dims; i++) {
        ordered_code_signed(b, extents[i].length < 0 ? 0 : extents[i].start);
        ordered_code_signed(b, extents[i].length);
    }
}
