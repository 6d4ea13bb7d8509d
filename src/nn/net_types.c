/*
 * net_types.c: other than plain float32 in a net: which nodes compute in it, which tensors are kept in it,
 * and where one type becomes another.
 *
 *   blocks     (inference) float32 in blocks of 8 channels, where the backend finds them faster and channels
 *              come in eights
 *   bfloat16   every node whose backend has a row for it; in training variables, their gradients and the
 *              statistics of batch norms are float32, and a tensor's gradient is of the tensor's own type
 *   8 bits     (inference) of those, the ones that read only what cannot be negative: outputs of ReLU, and
 *              pools and concatenations of such. So zero is 0, padding needs no care, and all 256 numbers
 *              are used. What may be negative (the picture, a convolution without ReLU before an
 *              addition) stays float32, and so does the convolution that reads it.
 *
 * A node writes what it computes in; in inference a convolution also writes float32, where its output may be
 * negative or is fetched. What others write gradients into or read them from is float32, too. Whoever reads a
 * tensor in another type than it was written in reads a conversion, made once.
 *
 * Scales: a pool or a concatenation moves numbers and does not multiply them, so all that it reads
 * and writes has one scale: that of the largest range among the ReLUs behind it.
 */
#include "nn/net_compiler.h"

#include "base/err.h"

enum { U8_MOST = 255 };

static bool moves_numbers(const struct op *op)
{
    return op == &op_max_pool || op == &op_average_pool || op == &op_concat;
}

static int common(struct compiler *c, int t)
{
    while (c->ranged[t] != t)
        t = c->ranged[t] = c->ranged[c->ranged[t]];
    return t;
}

static bool reads_no_negatives(const bool *is_positive, const struct graph_node *n)
{
    bool all = true;
    for (size_t k = 0; k < n->n_in; k++)
        all = all && is_positive[n->in[k]];
    return all;
}

static int find_ranges(struct compiler *c, struct err *e)
{
    const struct graph *g = c->g;
    for (size_t t = 0; t < g->n_tensors; t++)
        c->ranged[t] = (int)t;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct graph_node *n = &g->nodes[i];
        for (size_t k = 0; k < n->n_in && c->computes[i] == DTYPE_U8 && moves_numbers(n->op);
             k++)
            c->ranged[common(c, n->in[k])] = common(c, n->out);
    }
    float *range = c->scale; // borrowed until all are known
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct graph_node *n = &g->nodes[i];
        if (!c->is_needed[i] || n->op != &op_relu)
            continue;
        float of_this = c->o->ranges ? c->o->ranges[n->out] : -1;
        if (!(of_this >= 0))
            return err_set(e, ERR_USAGE,
                           "%s: its range of values is not known, which 8 bits need", n->name);
        int t = common(c, n->out);
        range[t] = of_this > range[t] ? of_this : range[t];
    }
    for (size_t t = 0; t < g->n_tensors; t++)
        c->scale[t] = range[common(c, (int)t)];
    // where nothing was ever above 0, any scale will do
    for (size_t t = 0; t < g->n_tensors; t++)
        c->scale[t] = (c->scale[t] > 0 ? c->scale[t] : 1) / U8_MOST;
    return 0;
}

enum dtype types_wanted(const struct compiler *c)
{
    const struct net_options *o = c->o;
    bool blocks = o->mode == NET_INFERENCE && c->net->backend.prefers_blocks;
    return o->dtype == DTYPE_F32 && blocks ? DTYPE_F32_BLOCKS : o->dtype;
}

static bool comes_in_blocks(const struct compiler *c, int t)
{
    return c->g->tensors[t].shape.c % TENSOR_BLOCK == 0;
}

static bool fits(const struct compiler *c, const struct graph_node *n, enum dtype dtype)
{
    if (dtype != DTYPE_F32_BLOCKS)
        return true;
    bool all = comes_in_blocks(c, n->out);
    for (size_t k = 0; k < n->n_in; k++)
        all = all && comes_in_blocks(c, n->in[k]);
    return all;
}

int types_choose(struct compiler *c, struct err *e)
{
    const struct graph *g = c->g;
    enum dtype wanted = c->dtype;
    if (wanted == DTYPE_F32)
        return 0;
    bool *is_positive = arena_array(&c->net->arena, g->n_tensors, sizeof *is_positive);
    if (!is_positive)
        return compiler_no_memory(e);
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct graph_node *n = &g->nodes[i];
        bool can = c->is_needed[i] && backend_find(&c->net->backend, n->op, wanted) &&
                   fits(c, n, wanted);
        bool is_moved = moves_numbers(n->op) && reads_no_negatives(is_positive, n);
        is_positive[n->out] = n->op == &op_relu || is_moved;
        if (can && (wanted != DTYPE_U8 || reads_no_negatives(is_positive, n)))
            c->computes[i] = wanted;
    }
    return wanted == DTYPE_U8 ? find_ranges(c, e) : 0;
}

// t in another type.
static int converted(struct compiler *c, int t, enum dtype type)
{
    if (c->converted[t] < 0) {
        int made = c->converted[t] = (int)c->n_tensors++;
        c->origin[made] = t;
        c->type[made] = type;
        c->scale[made] = c->scale[t];
        c->n_readers[t]++;
    }
    c->n_readers[t]--;
    c->n_readers[c->converted[t]]++;
    return c->converted[t];
}

static bool must_be_f32(const struct compiler *c, size_t i)
{
    int t = c->out_of[i];
    const struct op *last = c->g->nodes[c->g->tensors[t].producer].op;
    bool can_be_negative = !moves_numbers(last) && last != &op_relu;
    return c->net->is_fetched[t] || c->is_seed[t] || c->is_watched[t] ||
           (c->computes[i] == DTYPE_U8 && can_be_negative);
}

void types_settle(struct compiler *c)
{
    const struct graph *g = c->g;
    for (size_t i = 0; c->dtype != DTYPE_F32 && i < g->n_nodes; i++) {
        if (!c->is_needed[i] || c->merged_into[i] >= 0)
            continue;
        const struct op_impl *row = compiler_row(c, (int)i);
        bool can_write_f32 = row && row->writes_f32 && c->o->mode == NET_INFERENCE;
        if (must_be_f32(c, i) && !can_write_f32)
            c->computes[i] = DTYPE_F32;
        for (size_t k = 0; k < g->nodes[i].n_in; k++)
            if (c->type[g->nodes[i].in[k]] != c->computes[i])
                c->in_of[i][k] = converted(c, g->nodes[i].in[k], c->computes[i]);
        c->type[c->out_of[i]] = must_be_f32(c, i) ? DTYPE_F32 : c->computes[i];
    }
}
