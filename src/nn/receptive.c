/* receptive.c: see receptive.h. */
#include "nn/receptive.h"

#include "base/err.h"
#include "base/mem.h"
#include "nn/nn_priv.h"
#include "nn/op.h"

// A window along one axis; of an operation without one: {1, 1, 0}.
struct window {
    size_t k, stride, pad;
};

static void windows_of(struct window *y, struct window *x, const struct graph_node *n)
{
    *y = *x = (struct window){1, 1, 0};
    if (n->op == &op_conv) {
        const struct conv_params *p = &n->params.conv;
        *y = (struct window){p->kh, p->stride, p->is_same ? (p->kh - 1) / 2 : p->pad_h};
        *x = (struct window){p->kw, p->stride, p->is_same ? (p->kw - 1) / 2 : p->pad_w};
    } else if (n->op == &op_max_pool || n->op == &op_average_pool) {
        const struct pool_params *p = &n->params.pool;
        *y = (struct window){p->kh, p->stride, p->pad_h};
        *x = (struct window){p->kw, p->stride, p->pad_w};
    }
}

static struct receptive_axis through(struct receptive_axis a, struct window w)
{
    return (struct receptive_axis){
        .first = a.first + (((double)w.k - 1) / 2 - (double)w.pad) * a.step,
        .step = a.step * (double)w.stride,
        .extent = a.extent + ((double)w.k - 1) * a.step,
    };
}

static void widen(struct receptive_axis *a, struct receptive_axis b)
{
    if (b.extent > a->extent)
        *a = b;
}

int receptive_of(struct receptive *out, const struct graph *g, int input, int tensor,
                 struct err *e)
{
    struct receptive *all = mem_array(g->n_tensors, sizeof *all);
    *out = (struct receptive){0};
    if (!all)
        return err_set(e, ERR_MEMORY, "no memory for receptive fields");
    for (size_t t = 0; t < g->n_tensors; t++)
        all[t] = (struct receptive){0}; // extent 0: does not depend on it, or has no places
    all[input] = (struct receptive){{0, 1, 1}, {0, 1, 1}};
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct graph_node *n = &g->nodes[i];
        struct window y, x;
        windows_of(&y, &x, n);
        bool has_places =
            n->op != &op_global_average && n->op != &op_dense && n->op != &op_softmax_loss;
        for (size_t k = 0; has_places && k < n->n_in; k++)
            if (all[n->in[k]].x.extent > 0) {
                widen(&all[n->out].y, through(all[n->in[k]].y, y));
                widen(&all[n->out].x, through(all[n->in[k]].x, x));
            }
    }
    *out = all[tensor];
    mem_free(all);
    if (out->x.extent > 0)
        return 0;
    return err_set(e, ERR_UNSUPPORTED, "%s has no places in %s", g->tensors[tensor].name,
                   g->tensors[input].name);
}
