/* backend.c: see backend.h; and the table of the reference backend. */
#include "nn/backend.h"

#include "base/err.h"
#include "nn/op/ref.h"

#include <string.h>

static const struct op_impl *const ref_impls[] = {
    &conv_ref,
    &bnorm_ref,
    &relu_ref,
    &max_pool_ref,
    &average_pool_ref,
    &global_average_ref,
    &concat_ref,
    &add_ref,
    &dropout_ref,
    &dense_ref,
    &softmax_loss_ref,
    &convert_ref,
    &conv_u8_ref,
    &max_pool_u8_ref,
    &average_pool_u8_ref,
    &concat_u8_ref,
    &conv_bf16_ref,
    &bnorm_bf16_ref,
    &relu_bf16_ref,
    &add_bf16_ref,
    &concat_bf16_ref,
    &max_pool_bf16_ref,
    &average_pool_bf16_ref,
    NULL,
};

const struct backend_kind backend_ref = {.name = "ref", .impls = ref_impls};

static const struct backend_kind *const kinds[] = {&backend_onednn, &backend_ref, NULL};

const char *const *net_backends(void)
{
    static const char *const names[] = {"onednn", "ref", NULL};
    return names;
}

int backend_open(struct backend *out, const char *name, size_t n_threads, struct err *e)
{
    *out = (struct backend){.n_threads = n_threads};
    for (const struct backend_kind *const *k = kinds; *k; k++)
        if (!strcmp((*k)->name, name)) {
            out->kind = *k;
            return (*k)->open ? (*k)->open(out, e) : 0;
        }
    return err_set(e, ERR_USAGE, "no backend \"%s\", wanted onednn or ref", name);
}

void backend_close(struct backend *b)
{
    if (b->kind && b->kind->close)
        b->kind->close(b);
    *b = (struct backend){0};
}

static const struct op_impl *find_row(const struct op_impl *const *rows, const struct op *op,
                                      enum dtype dtype)
{
    while (rows && *rows && ((*rows)->op != op || (*rows)->dtype != dtype))
        rows++;
    return rows ? *rows : NULL;
}

const struct op_impl *backend_find(const struct backend *b, const struct op *op,
                                   enum dtype dtype)
{
    const struct op_impl *row = find_row(b->kind->impls, op, dtype);
    return row ? row : find_row(b->more, op, dtype);
}
