/*
 * net_compile.c: from a graph to a net that runs, in passes:
 *
 *   select   the nodes that lie between what is fed and what is fetched
 *   fuse     ReLU into what makes its input; in inference, batch norm into its convolution. Not
 *            where the gradient behind it is watched: a fused ReLU changes it
 *   flow     which tensors need a gradient: those downstream of a trained variable (or a wanted
 *            feed, or what is watched) and upstream of a loss (or a seed)
 *   alias    an addend of a concatenation becomes a view into it where its maker can write so; its
 *            gradient is then a view, too
 *   build    compiled nodes; each backend says how much scratch it wants
 *   repeat   only where memory is limited: outputs of batch norms are dropped after forward and made
 *            again before the first backward that reads them
 *   plan     one block by liveness; a node runs forward at time i and backward at 2n - 1 - i
 *   bind     addresses are known: primitives are made
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
#include "nn/net.h"

#include "base/err.h"
#include "base/mem.h"
#include "nn/backend.h"
#include "nn/plan.h"
#include "nn/variables.h"

#include <string.h>

struct compiler {
    struct net *net;
    const struct graph *g;
    const struct net_options *o;
    // [tensors]
    bool *is_seed, *is_watched, *requires_grad, *has_grad, *grad_in_value;
    bool *is_repeated; // roots whose value is made again for backward,
    int *repeated_at;  // before the backward of this compiled node
    int *n_readers;
    int *maker;        // compiled node, -1: fed or not computed
    int *parent;       // the concatenation it is a view into, -1: none
    size_t *parent_at; // its first channel there
    // [nodes of the graph]
    bool *is_needed;
    int *merged_into; // the graph node it became part of, -1: none
    int *out_of;      // the tensor a node makes after fusion
    int *norm_of;     // the batch norm (graph node) folded into it, -1: none
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to compile a network");
}

static bool is_training(const struct compiler *c)
{
    return c->o->mode == NET_TRAINING;
}

static bool is_inference(const struct compiler *c)
{
    return c->o->mode == NET_INFERENCE;
}

static int allocate(struct compiler *c, struct err *e)
{
    struct net *net = c->net;
    struct arena *a = &net->arena;
    size_t n_t = c->g->n_tensors, n_n = c->g->n_nodes;
    bool **flags[] = {&net->is_fed, &net->is_fetched,  &net->has_own_gradient,
                      &c->is_seed,  &c->is_watched,    &c->requires_grad,
                      &c->has_grad, &c->grad_in_value, &c->is_repeated,
                      NULL};
    int **numbers[] = {&c->n_readers,   &c->maker,    &c->parent,
                       &c->repeated_at, &net->losses, NULL};
    int **node_numbers[] = {&c->merged_into, &c->out_of, &c->norm_of, NULL};
    bool ok = true;
    for (bool ***f = flags; *f; f++)
        ok = (**f = arena_array(a, n_t, sizeof(bool))) && ok;
    for (int ***f = numbers; *f; f++)
        ok = (**f = arena_array(a, n_t, sizeof(int))) && ok;
    for (int ***f = node_numbers; *f; f++)
        ok = (**f = arena_array(a, n_n, sizeof(int))) && ok;
    ok = (c->parent_at = arena_array(a, n_t, sizeof *c->parent_at)) && ok;
    ok = (c->is_needed = arena_array(a, n_n, sizeof *c->is_needed)) && ok;
    ok = (net->nodes = arena_array(a, n_n, sizeof *net->nodes)) && ok;
    ok = (net->value = arena_array(a, n_t, sizeof *net->value)) && ok;
    ok = (net->gradient = arena_array(a, n_t, sizeof *net->gradient)) && ok;
    ok = (net->context.labels = arena_array(a, c->o->batch, sizeof(int32_t))) && ok;
    ok = (net->variable_gradient =
              arena_array(a, c->g->n_variables, sizeof *net->variable_gradient)) &&
         ok;
    if (!ok)
        return no_memory(e);
    for (size_t t = 0; t < n_t; t++)
        c->maker[t] = c->parent[t] = c->repeated_at[t] = -1;
    for (size_t i = 0; i < n_n; i++) {
        c->merged_into[i] = c->norm_of[i] = -1;
        c->out_of[i] = c->g->nodes[i].out;
    }
    return 0;
}

// select

static int mark(const struct compiler *c, bool *marks, const int *tensors, size_t n,
                const char *what, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        if (tensors[i] < 0 || (size_t)tensors[i] >= c->g->n_tensors)
            return err_set(e, ERR_USAGE, "%s %zu is no tensor of the network", what, i);
        marks[tensors[i]] = true;
    }
    return 0;
}

static void default_feeds_and_fetches(struct compiler *c)
{
    const struct graph *g = c->g;
    for (size_t t = 0; !c->o->feeds && t < g->n_tensors; t++)
        c->net->is_fed[t] = g->tensors[t].producer < 0;
    for (size_t i = 0; is_training(c) && i < g->n_nodes; i++)
        if (g->nodes[i].op == &op_softmax_loss)
            c->net->is_fetched[g->nodes[i].out] = true;
    if (c->o->fetches)
        return;
    for (size_t t = 0; t < g->n_tensors; t++) {
        int p = g->tensors[t].producer;
        c->net->is_fetched[t] =
            p >= 0 && (is_training(c) || g->nodes[p].op != &op_softmax_loss);
    }
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t k = 0; k < g->nodes[i].n_in; k++) {
            bool is_loss = g->nodes[i].op == &op_softmax_loss && !is_training(c);
            if (!is_loss)
                c->net->is_fetched[g->nodes[i].in[k]] = false;
        }
}

static int select_nodes(struct compiler *c, struct err *e)
{
    const struct graph *g = c->g;
    struct net *net = c->net;
    int rc;
    if ((rc = mark(c, net->is_fed, c->o->feeds, c->o->feeds ? c->o->n_feeds : 0, "feed", e)) <
            0 ||
        (rc = mark(c, net->is_fetched, c->o->fetches, c->o->fetches ? c->o->n_fetches : 0,
                   "fetch", e)) < 0 ||
        (rc = mark(c, c->is_seed, c->o->seeds, c->o->seeds ? c->o->n_seeds : 0, "seed", e)) <
            0 ||
        (rc = mark(c, c->is_watched, c->o->watches, c->o->watches ? c->o->n_watches : 0,
                   "watch", e)) < 0)
        return rc;
    default_feeds_and_fetches(c);
    for (size_t i = g->n_nodes; i-- > 0;) {
        const struct graph_node *n = &g->nodes[i];
        c->is_needed[i] =
            !net->is_fed[n->out] &&
            (net->is_fetched[n->out] || c->is_seed[n->out] || c->n_readers[n->out] > 0);
        for (size_t k = 0; c->is_needed[i] && k < n->n_in; k++) {
            int t = n->in[k];
            c->n_readers[t]++;
            if (g->tensors[t].producer < 0 && !net->is_fed[t])
                return err_set(e, ERR_USAGE, "%s needs %s, which is not fed", n->name,
                               g->tensors[t].name);
        }
    }
    return 0;
}

// fuse

// Whether t is read once, by nobody outside.
static bool is_private(const struct compiler *c, int t)
{
    return c->n_readers[t] == 1 && !c->net->is_fetched[t] && !c->is_seed[t] &&
           !c->is_watched[t] && !c->net->is_fed[t];
}

static void merge(struct compiler *c, size_t from, int into)
{
    c->merged_into[from] = into;
    c->out_of[into] = c->g->nodes[from].out;
}

static void fuse(struct compiler *c)
{
    const struct graph *g = c->g;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct graph_node *n = &g->nodes[i];
        if (!c->is_needed[i] || !n->n_in || !is_private(c, n->in[0]))
            continue;
        int p = g->tensors[n->in[0]].producer;
        while (c->merged_into[p] >= 0)
            p = c->merged_into[p];
        const struct op_impl *impl = backend_find(&c->net->backend, g->nodes[p].op);
        if (n->op == &op_bnorm && is_inference(c) && impl && impl->fuses_norm) {
            merge(c, i, p);
            c->norm_of[p] = (int)i;
        }
        if (n->op == &op_relu && impl && impl->fuses_relu && !c->is_watched[n->out] &&
            (!is_training(c) || impl->fuses_relu_gradient))
            merge(c, i, p);
    }
}

// flow

static bool is_trained(const struct compiler *c, int variable)
{
    return is_training(c) && variable >= 0 &&
           variable_is_trainable(&c->g->variables[variable]) &&
           (!c->o->is_trained || c->o->is_trained[variable]);
}

static bool trains_something(const struct compiler *c, const struct graph_node *n)
{
    for (int r = 0; r < VARIABLE_N_ROLES; r++)
        if (is_trained(c, n->variable[r]))
            return true;
    return false;
}

static void flow_gradients(struct compiler *c)
{
    const struct graph *g = c->g;
    struct net *net = c->net;
    if (is_inference(c))
        return;
    for (size_t t = 0; t < g->n_tensors; t++)
        c->requires_grad[t] = net->is_fed[t] && (c->o->want_feed_gradients || c->is_watched[t]);
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct graph_node *n = &g->nodes[i];
        if (!c->is_needed[i])
            continue;
        c->requires_grad[n->out] = trains_something(c, n) || c->is_watched[n->out];
        for (size_t k = 0; k < n->n_in; k++)
            c->requires_grad[n->out] |= c->requires_grad[n->in[k]];
    }
    for (size_t i = g->n_nodes; i-- > 0;) {
        const struct graph_node *n = &g->nodes[i];
        if (!c->is_needed[i])
            continue;
        bool is_loss = n->op == &op_softmax_loss && net->is_fetched[n->out];
        c->has_grad[n->out] |= is_loss || c->is_seed[n->out];
        for (size_t k = 0; c->has_grad[n->out] && k < n->n_in; k++)
            c->has_grad[n->in[k]] = true;
    }
    for (size_t t = 0; t < g->n_tensors; t++) {
        c->has_grad[t] &= c->requires_grad[t];
        net->has_own_gradient[t] =
            c->has_grad[t] && (c->is_seed[t] || c->is_watched[t] || net->is_fed[t]);
    }
}

// alias

static void alias_concatenations(struct compiler *c)
{
    const struct graph *g = c->g;
    for (size_t i = g->n_nodes; i-- > 0;) {
        const struct graph_node *n = &g->nodes[i];
        if (!c->is_needed[i] || n->op != &op_concat || c->is_watched[n->out])
            continue;
        size_t at = 0;
        for (size_t k = 0; k < n->n_in; at += g->tensors[n->in[k++]].shape.c) {
            int p = g->tensors[n->in[k]].producer;
            if (!is_private(c, n->in[k]))
                continue;
            while (c->merged_into[p] >= 0)
                p = c->merged_into[p];
            const struct op_impl *impl = backend_find(&c->net->backend, g->nodes[p].op);
            if (!impl || !impl->strided)
                continue;
            c->parent[n->in[k]] = n->out;
            c->parent_at[n->in[k]] = at;
        }
    }
}

// A concatenation all of whose addends are views has nothing left to do.
static bool is_all_views(const struct compiler *c, const struct graph_node *n)
{
    bool all = n->op == &op_concat;
    for (size_t k = 0; k < n->n_in; k++)
        all = all && c->parent[n->in[k]] == n->out;
    return all;
}

static int root_of(const struct compiler *c, int t)
{
    while (c->parent[t] >= 0)
        t = c->parent[t];
    return t;
}

// build

static struct tensor tensor_of(const struct compiler *c, int t)
{
    struct shape s = c->g->tensors[t].shape;
    size_t stride = c->g->tensors[root_of(c, t)].shape.c;
    return (struct tensor){c->o->batch, s.h, s.w, s.c, stride, NULL};
}

static int build_node(struct compiler *c, size_t i, struct err *e)
{
    const struct graph_node *from = &c->g->nodes[i];
    struct net *net = c->net;
    struct node *n = &net->nodes[net->n_nodes];
    *n = (struct node){.op = from->op, .name = from->name, .graph_node = (int)i};
    n->params = &from->params;
    n->context = &net->context;
    n->impl = backend_find(&net->backend, from->op);
    if (!n->impl)
        return err_set(e, ERR_UNSUPPORTED, "%s: backend %s has no %s", from->name,
                       net->backend.kind->name, from->op->name);
    n->n_in = from->n_in;
    for (size_t k = 0; k < from->n_in; k++)
        n->in[k] = tensor_of(c, from->in[k]);
    n->out = tensor_of(c, c->out_of[i]);
    for (int r = 0; r < VARIABLE_N_ROLES; r++)
        if (from->variable[r] >= 0) {
            n->variable[r] = net->variables->value[from->variable[r]];
            n->dvariable[r] = net->variable_gradient[from->variable[r]];
        }
    bool wants = trains_something(c, from);
    for (size_t k = 0; k < from->n_in; k++)
        wants |= c->requires_grad[from->in[k]];
    n->has_backward = wants && c->has_grad[c->out_of[i]];
    n->fuse_relu = c->out_of[i] != from->out &&
                   c->g->nodes[c->g->tensors[c->out_of[i]].producer].op == &op_relu;
    c->maker[c->out_of[i]] = (int)net->n_nodes++;
    return 0;
}

// The folded batch norm as a node of its own, which never runs: only read.
static int build_norm(struct compiler *c, struct node *n, struct err *e)
{
    int norm = c->norm_of[n->graph_node];
    if (norm < 0)
        return 0;
    struct node *copy = arena_alloc(&c->net->arena, sizeof *copy);
    if (!copy)
        return no_memory(e);
    const struct graph_node *from = &c->g->nodes[norm];
    *copy = (struct node){.op = from->op, .name = from->name, .params = &from->params};
    for (int r = 0; r < VARIABLE_N_ROLES; r++)
        if (from->variable[r] >= 0)
            copy->variable[r] = c->net->variables->value[from->variable[r]];
    n->fuse_norm = copy;
    return 0;
}

// Who writes a gradient first overwrites, the others add. Backward runs from the last node on.
static void order_gradient_writers(struct compiler *c)
{
    struct net *net = c->net;
    bool *is_written = c->grad_in_value; // borrowed: all false before, and again after
    for (size_t i = net->n_nodes; i-- > 0;) {
        struct node *n = &net->nodes[i];
        const struct graph_node *from = &c->g->nodes[n->graph_node];
        for (size_t k = 0; n->has_backward && k < n->n_in; k++) {
            if (!c->has_grad[from->in[k]])
                continue;
            n->din[k] = tensor_of(c, from->in[k]);
            n->din_adds[k] = is_written[from->in[k]] || c->is_seed[from->in[k]];
            is_written[from->in[k]] = true;
        }
        if (n->has_backward)
            n->dout = n->out;
    }
    memset(is_written, 0, c->g->n_tensors * sizeof *is_written);
}

static int build(struct compiler *c, struct err *e)
{
    int rc = 0;
    struct net *net = c->net;
    for (size_t i = 0; rc == 0 && i < c->g->n_nodes; i++) {
        const struct graph_node *n = &c->g->nodes[i];
        bool is_loss = n->op == &op_softmax_loss;
        if (!c->is_needed[i] || c->merged_into[i] >= 0 || is_all_views(c, n))
            continue;
        if ((rc = build_node(c, i, e)) == 0)
            rc = build_norm(c, &net->nodes[net->n_nodes - 1], e);
        if (is_loss)
            net->losses[net->n_losses++] = n->out;
    }
    if (rc < 0)
        return rc;
    order_gradient_writers(c);
    for (size_t i = 0; rc == 0 && i < net->n_nodes; i++) {
        struct node *n = &net->nodes[i];
        rc = n->impl->prepare ? n->impl->prepare(&net->backend, n, e) : 0;
        if (rc < 0)
            err_prefix(e, "%s", n->name);
    }
    return rc;
}

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
    return root_of(c, c->g->nodes[n->graph_node].in[k]);
}

static int root_out(const struct compiler *c, const struct node *n)
{
    return root_of(c, c->out_of[n->graph_node]);
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
    for (size_t t = 0; t < c->g->n_tensors; t++) {
        c->is_repeated[t] = c->is_repeated[t] && c->repeated_at[t] >= 0;
        if (!c->is_repeated[t])
            c->repeated_at[t] = -1;
        net->memory.n_repeated += c->is_repeated[t];
    }
    memset(is_kept, 0, c->g->n_tensors * sizeof *is_kept);
}

static int list_repeated(struct compiler *c, struct err *e)
{
    struct net *net = c->net;
    int *list = arena_array(&net->arena, net->n_nodes, sizeof *list);
    if (!list)
        return no_memory(e);
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
    int root = root_of(c, t);
    if (table[root] < 0) {
        struct tensor whole = tensor_of(c, root);
        table[root] = (int)l->n;
        l->buffers[l->n++] = (struct plan_buffer){
            .bytes = tensor_elements(&whole) * sizeof(float), .first = time, .last = time};
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
    const struct graph_node *from = &c->g->nodes[n->graph_node];
    size_t back = n->has_backward ? backward_time(c, i) : i;
    int out = c->out_of[n->graph_node];
    touch(c, l, l->value, out, i);
    if (n->has_backward) {
        if (gradient_reads_out(n))
            touch(c, l, l->value, out, back);
        touch(c, l, l->gradient, out, back);
    }
    for (size_t k = 0; k < n->n_in; k++) {
        touch(c, l, l->value, from->in[k], i);
        if (gradient_reads_in(n))
            touch(c, l, l->value, from->in[k], back);
        if (n->din[k].n)
            touch(c, l, l->gradient, from->in[k], back);
    }
    touch_scratch(l, SCRATCH_FORWARD, i, n->forward_work_bytes, i, i);
    int again = c->repeated_at[root_of(c, out)];
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
        int t = c->g->nodes[n->graph_node].in[0];
        if (!n->has_backward || !n->impl->is_in_place || !n->din[0].n || !is_private(c, t) ||
            c->parent[t] >= 0 || c->maker[t] < 0)
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
    size_t n_t = c->g->n_tensors, end = 2 * net->n_nodes;
    l->buffers =
        arena_array(&net->arena, 2 * n_t + N_SCRATCH * net->n_nodes, sizeof *l->buffers);
    l->value = arena_array(&net->arena, n_t, sizeof(int));
    l->gradient = arena_array(&net->arena, n_t, sizeof(int));
    for (int k = 0; k < N_SCRATCH; k++)
        if (!(l->scratch[k] = arena_array(&net->arena, net->n_nodes, sizeof(int))))
            return no_memory(e);
    if (!l->buffers || !l->value || !l->gradient)
        return no_memory(e);
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

static float *address(const struct compiler *c, const struct lifetimes *l, const int *table,
                      int t)
{
    size_t at = 0;
    for (int p = t; c->parent[p] >= 0; p = c->parent[p])
        at += c->parent_at[p];
    int buffer = table[root_of(c, t)];
    if (buffer < 0)
        return NULL;
    return (float *)(void *)(c->net->block + l->buffers[buffer].offset) + at;
}

static void give_addresses(struct compiler *c, const struct lifetimes *l)
{
    struct net *net = c->net;
    for (size_t t = 0; t < c->g->n_tensors; t++) {
        net->value[t] = net->gradient[t] = tensor_of(c, (int)t);
        net->value[t].data = address(c, l, l->value, (int)t);
        if (c->has_grad[t])
            net->gradient[t].data =
                c->grad_in_value[t] ? net->value[t].data : address(c, l, l->gradient, (int)t);
    }
    for (size_t i = 0; i < net->n_nodes; i++) {
        struct node *n = &net->nodes[i];
        const struct graph_node *from = &c->g->nodes[n->graph_node];
        void **scratch[N_SCRATCH] = {&n->forward_work, &n->backward_work, &n->saved};
        n->out.data = net->value[c->out_of[n->graph_node]].data;
        if (n->has_backward)
            n->dout.data = net->gradient[c->out_of[n->graph_node]].data;
        for (size_t k = 0; k < n->n_in; k++) {
            n->in[k].data = net->value[from->in[k]].data;
            n->din[k].data = n->din[k].n ? net->gradient[from->in[k]].data : NULL;
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
    memset(c->grad_in_value, 0, c->g->n_tensors * sizeof *c->grad_in_value);
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

static int plan(struct compiler *c, struct err *e)
{
    struct lifetimes l = {0};
    struct net *net = c->net;
    for (size_t i = 0; i < net->n_nodes; i++)
        net->memory.prepared += (net->nodes[i].prepared_bytes + 63) / 64 * 64;
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
        at += (net->nodes[i].prepared_bytes + 63) / 64 * 64;
    }
    give_addresses(c, &l);
    return 0;
}

// The gradients of trained variables: one block, each at a multiple of 64 bytes.
static int allocate_gradients(struct compiler *c, struct err *e)
{
    struct net *net = c->net;
    size_t n_floats = 0;
    for (size_t i = 0; i < c->g->n_variables; i++)
        if (is_trained(c, (int)i))
            n_floats += (c->g->variables[i].n_elements + 15) / 16 * 16;
    net->memory.gradients = n_floats * sizeof(float);
    if (!n_floats)
        return 0;
    net->gradient_block = mem_aligned(net->memory.gradients);
    if (!net->gradient_block)
        return err_set(e, ERR_MEMORY, "no memory for %zu bytes of gradients",
                       net->memory.gradients);
    memset(net->gradient_block, 0, net->memory.gradients); // of variables no loss depends on
    float *at = net->gradient_block;
    for (size_t i = 0; i < c->g->n_variables; i++)
        if (is_trained(c, (int)i)) {
            net->variable_gradient[i] = at;
            at += (c->g->variables[i].n_elements + 15) / 16 * 16;
        }
    return 0;
}

static int bind(struct compiler *c, struct err *e)
{
    for (size_t i = 0; i < c->net->n_nodes; i++) {
        struct node *n = &c->net->nodes[i];
        int rc = n->impl->bind ? n->impl->bind(&c->net->backend, n, e) : 0;
        if (rc < 0)
            return err_prefix(e, "%s", n->name);
    }
    return 0;
}

static int compile(struct compiler *c, struct err *e)
{
    const struct net_options *o = c->o;
    int rc;
    if ((rc = graph_check(c->g, e)) < 0)
        return rc;
    if (!o->batch)
        return err_set(e, ERR_USAGE, "batch is 0, wanted at least 1");
    if (o->dtype != DTYPE_F32)
        return err_set(e, ERR_UNSUPPORTED, "only float32 is computed so far");
    if ((rc = backend_open(&c->net->backend, o->backend, o->n_threads, e)) < 0 ||
        (rc = allocate(c, e)) < 0 || (rc = select_nodes(c, e)) < 0)
        return rc;
    fuse(c);
    flow_gradients(c);
    alias_concatenations(c);
    if ((rc = allocate_gradients(c, e)) < 0 || (rc = build(c, e)) < 0 ||
        (rc = plan(c, e)) < 0 || (rc = bind(c, e)) < 0)
        return rc;
    return net_refresh(c->net, e);
}

int net_compile(struct net **out, const struct graph *g, struct variables *v,
                const struct net_options *o, struct err *e)
{
    *out = NULL;
    struct net *net = mem_zalloc(sizeof *net);
    if (!net)
        return no_memory(e);
    arena_init(&net->arena);
    net->graph = g;
    net->variables = v;
    net->mode = o->mode;
    net->batch = o->batch;
    net->context.has_backward = o->mode != NET_INFERENCE;
    net->context.drops_out = o->mode == NET_TRAINING;
    net->context.statistics = o->mode == NET_TRAINING ? o->statistics : NET_STATISTICS_MOVING;
    net->context.seed = o->seed;
    struct compiler c = {.net = net, .g = g, .o = o};
    int rc = compile(&c, e);
    if (rc < 0) {
        net_free(net);
        return rc;
    }
    *out = net;
    return 0;
}
