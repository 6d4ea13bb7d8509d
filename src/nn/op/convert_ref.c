/* convert_ref.c: from float32 to a narrower type of numbers, or back; a gradient goes the
 * other way. number.h says how they round. */
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

static void convert(const struct tensor *to, const struct tensor *from, bool adds)
{
    for (size_t i = 0; i < tensor_rows(to); i++)
        for (size_t k = 0; k < to->c; k++) {
            void *row = tensor_row_any(to, i);
            float before = adds ? read(to, row, k) : 0;
            write(to, row, k, before + read(from, tensor_row_any(from, i), k));
        }
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    convert(&n->out, &n->in[0], false);
    return 0;
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    if (n->din[0].data)
        convert(&n->din[0], &n->dout, n->din_adds[0]);
    return 0;
}

const struct op_impl convert_ref = {
    .op = &op_convert,
    .strided = true,
    .forward = forward,
    .backward = backward,
};
