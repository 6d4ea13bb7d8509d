/* dtype.h: TensorFlow's number types, by their number in its files (types.proto). */
#pragma once

#include <stddef.h>

enum tf_dtype {
    TF_FLOAT = 1,
    TF_DOUBLE = 2,
    TF_INT32 = 3,
    TF_UINT8 = 4,
    TF_INT16 = 5,
    TF_INT8 = 6,
    TF_STRING = 7,
    TF_COMPLEX64 = 8,
    TF_INT64 = 9,
    TF_BOOL = 10,
    TF_BFLOAT16 = 14,
    TF_UINT16 = 17,
    TF_COMPLEX128 = 18,
    TF_HALF = 19,
    TF_UINT32 = 22,
    TF_UINT64 = 23,
};

size_t tf_dtype_bytes(enum tf_dtype t);     // of one element; 0: strings and types not known
const char *tf_dtype_name(enum tf_dtype t); // "float32"; "type 42" becomes "unknown"
