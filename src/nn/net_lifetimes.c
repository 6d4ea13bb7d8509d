/*
 * net_lifetimes.c: the memory of a net that is being compiled: one block by liveness; a node runs forward at
 * time i and backward at 2n - 1 - i. Only where memory is limited, outputs of batch norms are dropped after
 * forward and made again before the first backward that reads them.
 *
 * When what is alive:
 *
 *   time       0 ............ n-1 | n ............... 2n-1 | 2n
 *   runs       forward 0 ... n-1  | backward n-1 ... 0     | after
 *   feed       ========                                      until its last reader
 *   value         ==================                         from its maker to its last reader,
 *                                                            which may be a gradient's
 *   gradient                             ==========          from its first writer to its maker
 *   scratch         =                                        at one time
 */
#include "nn/net_compiler.h"

#include "base/err.h"
#include "base/mem.h"
#include "nn/plan.h"

#include <string.h>

// repeat

// A convolution or dense layer reads its input again only for the gradient of its weights.
static bool gradient_reads_in(const struct node *n)
{
    bool is_linear = n->op == &op_conv || n->op == &op_dense;
    return n->has_backward && n->op->backward_reads_in &&
           (!is_linear || n->dvariable[VARIABLE_WEIGHTS]);
}

static int root_in(const struct compiler *c, const struct node *n, size_t k)
{
    return compiler_root(c, n->in_tensor[k]);
}

static int root_out(const struct compiler *c, const struct node *n)
{
    return compiler_root(c, n->out_tensor);
}

// Which roots: those all of whose makers can repeat. What these read is kept for their own backward,
// which comes later, so it is there; it must not be repeated itself.
static void choose_repeated(struct compiler *c)
{
    struct net *net = c->net;
    bool *is_kept = c->grad_in_value; // borrowed, as above
    for (size_t i = 0; i < net->n_nodes; i++) {
        const struct node *n = &net->nodes[i];
        int t = root_out(c, n);
        bool can = n->impl->repeat && n->has_backward && !c->is_repeated[root_in(c, n, 0)];
        is_kept[t] |= !can || net->is_fetched[t] || c->is_seed[t] || c->is_watched[t];
        c->is_repeated[t] = !is_kept[t];
        for (size_t k = 0; k < n->n_in && gradient_reads_in(n); k++)
            c->repeated_at[root_in(c, n, k)] = (int)i; // the last one to read it stays
    }
    for (size_t t = 0; t < c->n_tensors; t++) {
        c->is_repeated[t] = c->is_repeated[t] && c->repeated_at[t] >= 0;
        if (!c->is_repeated[t])
            c->repeated_at[t] = -1;
        net->memory.n_repeated += c->is_repeated[t];
    }
    memset(is_kept, 0, c->n_tensors * sizeof *is_kept);
}

static int list_repeated(struct compiler *c, struct err *e)
{
    struct net *net = c->net;
    int *list = arena_array(&net->arena, net->n_nodes, sizeof *list);
    if (!list)
        return compiler_no_memory(e);
    for (size_t i = 0; i < net->n_nodes; i++) {
        net->nodes[i].repeats = list;
        for (size_t k = 0; k < i; k++)
            if (c->repeated_at[root_out(c, &net->nodes[k])] == (int)i)
                *list++ = (int)k;
        net->nodes[i].n_repeats = (size_t)(list - net->nodes[i].repeats);
    }
    return 0;
}

// plan

enum { SCRATCH_FORWARD, SCRATCH_BACKWARD, SCRATCH_SAVED, N_SCRATCH };

struct lifetimes {
    struct plan_buffer *buffers;
    size_t n;
    int *value, *gradient;   // [tensors] buffer of a root, -1: none
    int *scratch[N_SCRATCH]; // [compiled nodes]
};

static size_t backward_time(const struct compiler *c, size_t node)
{
    return 2 * c->net->n_nodes - 1 - node;
}

// Alive at time; a repeated value's time in backward is a second one.
static void live_again_at(struct plan_buffer *b, size_t time)
{
    b->again_first = b->again_last && b->again_first < time ? b->again_first : time;
    b->again_last = time > b->again_last ? time : b->again_last;
}

static void live_at(struct plan_buffer *b, size_t time)
{
    b->first = time < b->first ? time : b->first;
    b->last = time > b->last ? time : b->last;
}

// The buffer behind t's root, made if there is none yet, and alive at time.
static void touch(struct compiler *c, struct lifetimes *l, int *table, int t, size_t time)
{
    int root = compiler_root(c, t);
    if (table[root] < 0) {
        struct tensor whole = compiler_tensor(c, root);
        table[root] = (int)l->n;
        l->buffers[l->n++] =
            (struct plan_buffer){.bytes = tensor_bytes(&whole), .first = time, .last = time};
    }
    if (table == l->value && c->is_repeated[root] && time >= c->net->n_nodes)
        live_again_at(&l->buffers[table[root]], time);
    else
        live_at(&l->buffers[table[root]], time);
}

static void touch_scratch(struct lifetimes *l, int kind, size_t node, size_t bytes,
                          size_t first, size_t last)
{
    l->scratch[kind][node] = -1;
    if (!bytes)
        return;
    l->scratch[kind][node] = (int)l->n;
    l->buffers[l->n++] = (struct plan_buffer){.bytes = bytes, .first = first, .last = last};
}

static bool gradient_reads_out(const struct node *n)
{
    return n->op->backward_reads_out || (n->fuse_relu && n->impl->relu_reads_out);
}

static void touch_node(struct compiler *c, struct lifetimes *l, size_t i)
{
    const struct node *n = &c->net->nodes[i];
    size_t back = n->has_backward ? backward_time(c, i) : i;
    int out = n->out_tensor;
    touch(c, l, l->value, out, i);
    if (n->has_backward) {
        if (gradient_reads_out(n))
            touch(c, l, l->value, out, back);
        touch(c, l, l->gradient, out, back);
    }
    for (size_t k = 0; k < n->n_in; k++) {
        touch(c, l, l->value, n->in_tensor[k], i);
        if (gradient_reads_in(n))
            touch(c, l, l->value, n->in_tensor[k], back);
        if (n->din[k].n)
            touch(c, l, l->gradient, n->in_tensor[k], back);
    }
    touch_scratch(l, SCRATCH_FORWARD, i, n->forward_work_bytes, i, i);
    int again = c->repeated_at[compiler_root(c, out)];
    if (again >= 0 && l->scratch[SCRATCH_FORWARD][i] >= 0)
        live_again_at(&l->buffers[l->scratch[SCRATCH_FORWARD][i]],
                      backward_time(c, (size_t)again));
    touch_scratch(l, SCRATCH_BACKWARD, i, n->has_backward ? n->backward_work_bytes : 0, back,
                  back);
    touch_scratch(l, SCRATCH_SAVED, i, n->saved_bytes, i, back);
}

// Lets the gradient of a node's input take over the input's own memory where nobody needs that
// any more: its maker's backward does not read it, and nobody else ever did.
static void share_gradients(struct compiler *c, struct lifetimes *l)
{
    for (size_t i = 0; i < c->net->n_nodes; i++) {
        struct node *n = &c->net->nodes[i];
        int t = n->in_tensor[0];
        if (!n->has_backward || !n->impl->is_in_place || !n->din[0].n ||
            !compiler_is_private(c, t) || c->parent[t] >= 0 || c->maker[t] < 0)
            continue;
        const struct node *maker = &c->net->nodes[c->maker[t]];
        if (gradient_reads_out(maker) || maker->op == &op_concat || c->is_repeated[t])
            continue;
        c->grad_in_value[t] = true;
        struct plan_buffer *value = &l->buffers[l->value[t]];
        live_at(value, l->buffers[l->gradient[t]].last);
        l->buffers[l->gradient[t]].bytes = 0; // its place is not used
    }
}

static int find_lifetimes(struct compiler *c, struct lifetimes *l, struct err *e)
{
    struct net *net = c->net;
    size_t n_t = c->n_tensors, end = 2 * net->n_nodes;
    l->buffers =
        arena_array(&net->arena, 2 * n_t + N_SCRATCH * net->n_nodes, sizeof *l->buffers);
    l->value = arena_array(&net->arena, n_t, sizeof(int));
    l->gradient = arena_array(&net->arena, n_t, sizeof(int));
    for (int k = 0; k < N_SCRATCH; k++)
        if (!(l->scratch[k] = arena_array(&net->arena, net->n_nodes, sizeof(int))))
            return compiler_no_memory(e);
    if (!l->buffers || !l->value || !l->gradient)
        return compiler_no_memory(e);
    for (size_t t = 0; t < n_t; t++)
        l->value[t] = l->gradient[t] = -1;
    for (size_t i = 0; i < net->n_nodes; i++)
        touch_node(c, l, i);
    for (size_t t = 0; t < n_t; t++) {
        if (net->is_fed[t])
            touch(c, l, l->value, (int)t, 0);
        if (net->is_fetched[t])
            touch(c, l, l->value, (int)t, end);
        bool is_loss = c->has_grad[t] && net->is_fetched[t] && c->n_readers[t] == 0;
        if ((c->is_seed[t] && c->has_grad[t]) || is_loss)
            touch(c, l, l->gradient, (int)t, net->n_nodes);
        if ((net->is_fed[t] || c->is_watched[t]) && c->has_grad[t])
            touch(c, l, l->gradient, (int)t, end);
    }
    share_gradients(c, l);
    return 0;
}

static void *address(const struct compiler *c, const struct lifetimes *l, const int *table,
                     int t)
{
    size_t at = 0;
    for (int p = t; c->parent[p] >= 0; p = c->parent[p])
        at += c->parent_at[p];
    if (c->type[t] == DTYPE_F32_BLOCKS) {
        struct tensor map = compiler_tensor(c, t);
        at *= map.h * map.w; // the channels before it are whole maps
    }
    int buffer = table[compiler_root(c, t)];
    if (buffer < 0)
        return NULL;
    return c->net->block + l->buffers[buffer].offset + at * dtype_bytes(c->type[t]);
}

static void give_addresses(struct compiler *c, const struct lifetimes *l)
{
    struct net *net = c->net;
    for (size_t t = 0; t < c->n_tensors; t++) {
        net->value[t] = net->gradient[t] = compiler_tensor(c, (int)t);
        net->value[t].numbers = address(c, l, l->value, (int)t);
        if (c->has_grad[t])
            net->gradient[t].data =
                c->grad_in_value[t] ? net->value[t].data : address(c, l, l->gradient, (int)t);
    }
    for (size_t i = 0; i < net->n_nodes; i++) {
        struct node *n = &net->nodes[i];
        void **scratch[N_SCRATCH] = {&n->forward_work, &n->backward_work, &n->saved};
        n->out.data = net->value[n->out_tensor].data;
        if (n->has_backward)
            n->dout.data = net->gradient[n->out_tensor].data;
        for (size_t k = 0; k < n->n_in; k++) {
            n->in[k].data = net->value[n->in_tensor[k]].data;
            n->din[k].data = n->din[k].n ? net->gradient[n->in_tensor[k]].data : NULL;
        }
        for (int k = 0; k < N_SCRATCH; k++)
            if (l->scratch[k][i] >= 0)
                *scratch[k] = net->block + l->buffers[l->scratch[k][i]].offset;
    }
}

static size_t planned_bytes(const struct net *net)
{
    return net->memory.activations + net->memory.gradients + net->memory.prepared;
}

// A place for everything: all kept, or within the limit.
static int find_places(struct compiler *c, struct lifetimes *l, struct err *e)
{
    struct net_memory *m = &c->net->memory;
    size_t limit = c->o->memory_limit;
    int rc = find_lifetimes(c, l, e);
    if (rc == 0)
        rc = plan_buffers(l->buffers, l->n, &m->activations, e);
    if (rc < 0 || !limit || planned_bytes(c->net) <= limit)
        return rc;
    memset(c->grad_in_value, 0, c->n_tensors * sizeof *c->grad_in_value);
    *l = (struct lifetimes){0};
    choose_repeated(c);
    if ((rc = list_repeated(c, e)) < 0 || (rc = find_lifetimes(c, l, e)) < 0 ||
        (rc = plan_buffers(l->buffers, l->n, &m->activations, e)) < 0)
        return rc;
    return planned_bytes(c->net) <= limit
               ? 0
               : err_set(e, ERR_LIMIT,
                         "the network needs %zu MB at batch %zu, wanted at most %zu MB: a "
                         "smaller batch or width would need less",
                         planned_bytes(c->net) >> 20, c->net->batch, limit >> 20);
}

int compiler_plan(struct compiler *c, struct err *e)
{
    struct lifetimes l = {0};
    struct net *net = c->net;
    for (size_t i = 0; i < net->n_nodes; i++)
        net->memory.prepared += mem_rounded(net->nodes[i].prepared_bytes);
    int rc = find_places(c, &l, e);
    if (rc < 0)
        return rc;
    net->block = mem_aligned(net->memory.activations);
    net->prepared_block = mem_aligned(net->memory.prepared);
    if (!net->block || !net->prepared_block)
        return err_set(e, ERR_MEMORY, "no memory for a network of %zu MB at batch %zu",
                       (net->memory.activations + net->memory.prepared) >> 20, net->batch);
    unsigned char *at = net->prepared_block;
    for (size_t i = 0; i < net->n_nodes; i++) {
        net->nodes[i].prepared = at;
        at += mem_rounded(net->nodes[i].prepared_bytes);
    }
    give_addresses(c, &l);
    return 0;
}
