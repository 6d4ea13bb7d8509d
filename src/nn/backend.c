/* backend.c: see backend.h; and the table of the reference backend. */
#include "nn/backend.h"

#include "base/err.h"
#include "nn/op/ref.h"

#include <string.h>

static const struct op_impl *const ref_impls[] = {
    &conv_ref,         &bnorm_ref,          &relu_ref,         &max_pool_ref,
    &average_pool_ref, &global_average_ref, &concat_ref,       &add_ref,
    &dropout_ref,      &dense_ref,          &softmax_loss_ref, NULL,
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

const struct op_impl *backend_find(const struct backend *b, const struct op *op)
{
    for (const struct op_impl *const *i = b->kind->impls; *i; i++)
        if ((*i)->op == op)
            return *i;
    for (const struct op_impl *const *i = b->more; i && *i; i++)
        if ((*i)->op == op)
            return *i;
    return NULL;
}
