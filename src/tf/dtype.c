/* dtype.c: see dtype.h. */
#include "tf/dtype.h"

struct row {
    enum tf_dtype dtype;
    size_t n_bytes;
    const char *name;
};

static const struct row rows[] = {
    {TF_FLOAT, 4, "float32"},
    {TF_DOUBLE, 8, "float64"},
    {TF_INT32, 4, "int32"},
    {TF_UINT8, 1, "uint8"},
    {TF_INT16, 2, "int16"},
    {TF_INT8, 1, "int8"},
    {TF_STRING, 0, "string"},
    {TF_COMPLEX64, 8, "complex64"},
    {TF_INT64, 8, "int64"},
    {TF_BOOL, 1, "bool"},
    {TF_BFLOAT16, 2, "bfloat16"},
    {TF_UINT16, 2, "uint16"},
    {TF_COMPLEX128, 16, "complex128"},
    {TF_HALF, 2, "float16"},
    {TF_UINT32, 4, "uint32"},
    {TF_UINT64, 8, "uint64"},
    {(enum tf_dtype)0, 0, "unknown"},
};

static const struct row *find(enum tf_dtype t)
{
    const struct row *r = rows;
    while (r->dtype && r->dtype != t)
        r++;
    return r;
}

size_t tf_dtype_bytes(enum tf_dtype t)
{
    return find(t)->n_bytes;
}

const char *tf_dtype_name(enum tf_dtype t)
{
    return find(t)->name;
}
