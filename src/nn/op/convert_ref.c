/* convert_ref.c: from float32 to a narrower type of numbers, or back. number.h says how they round. */
#include "base/err.h"
#include "nn/op/number.h"
#include "nn/op/ref.h"

static float read(const struct tensor *t, const void *row, size_t k)
{
    return t->dtype == DTYPE_F32    ? ((const float *)row)[k]
           : t->dtype == DTYPE_BF16 ? number_from_bf16(((const uint16_t *)row)[k])
                                    : t->scale * (float)((const uint8_t *)row)[k];
}

static void write(const struct tensor *t, void *row, size_t k, float v)
{
    if (t->dtype == DTYPE_F32)
        ((float *)row)[k] = v;
    else if (t->dtype == DTYPE_BF16)
        ((uint16_t *)row)[k] = number_to_bf16(v);
    else
        ((uint8_t *)row)[k] = number_to_u8(v * (1 / t->scale));
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    for (size_t i = 0; i < tensor_rows(&n->out); i++)
        for (size_t k = 0; k < n->out.c; k++)
            write(&n->out, tensor_row_any(&n->out, i), k,
                  read(&n->in[0], tensor_row_any(&n->in[0], i), k));
    return 0;
}

const struct op_impl convert_ref = {
    .op = &op_convert,
    .strided = true,
    .forward = forward,
};
