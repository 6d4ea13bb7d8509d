/*
 * ordered_code.h: keys of tensor slices, whose bytes sort as their parts do [1].
 *
 *   unsigned number  one byte with the count of bytes that follow, big-endian, no leading zeros
 *   string           00 becomes 00 ff, ff becomes ff 00; ended by 00 01
 *   signed number    n bytes hold -2^(7n-1) <= v < 2^(7n-1): two's complement of 7n bits behind
 * n leading ones and a zero, for v < 0 all of that prefix inverted
 *
 * A slice's key is 0, name, rank, then (start, length) per dimension; a whole dimension is (0,
 * -1).
 *
 * [1] tensorflow/core/lib/strings/ordered_code.h, util/saved_tensor_slice_util.cc
 */
#pragma once

#include "base/bytes.h"

struct slice_extent {
    int64_t start, length; // length -1: the whole dimension
};

void ordered_code_unsigned(struct buffer *b, uint64_t v);
void ordered_code_string(struct buffer *b, const void *s, size_t n);
void ordered_code_signed(struct buffer *b, int64_t v);
void ordered_code_slice(struct buffer *b, const char *name, const struct slice_extent *extents,
                        size_t n_dims);
