/*
 * net_compile.c: from a graph to a net that runs, in passes:
 *
 *   select   the nodes that lie between what is fed and what is fetched
 *   types    narrower numbers, and blocks of channels (net_types.c): what each node computes in; after
 *            fusing, which tensors are kept so, and the conversions between
 *   fuse     ReLU into what makes its input; in inference, batch norm into its convolution. Not
 *            where the gradient behind it is watched: a fused ReLU changes it
 *   flow     which tensors need a gradient: those downstream of a trained variable (or a wanted
 *            feed, or what is watched) and upstream of a loss (or a seed)
 *   alias    an addend of a concatenation becomes a view into it where its maker can write so; its
 *            gradient is then a view, too
 *   build    compiled nodes; each backend says how much scratch it wants
 *   plan     one block of memory for all of it (net_lifetimes.c)
 *   bind     addresses are known: primitives are made
 */
#include "nn/net.h"

#include "base/err.h"
#include "base/mem.h"
#include "nn/backend.h"
#include "nn/net_compiler.h"
#include "nn/variables.h"

#include <string.h>

int compiler_no_memory(struct err *e)
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
    size_t n_n = c->g->n_nodes, n_t = c->g->n_tensors;
    // each tensor may be there a second time, converted
    size_t n_conversions = c->dtype == DTYPE_F32 ? 0 : n_t;
    n_t += n_conversions;
    c->n_tensors = c->g->n_tensors;
    bool **flags[] = {&net->is_fed, &net->is_fetched,  &net->has_own_gradient,
                      &c->is_seed,  &c->is_watched,    &c->requires_grad,
                      &c->has_grad, &c->grad_in_value, &c->is_repeated,
                      NULL};
    int **numbers[] = {&c->n_readers,   &c->maker,    &c->parent,
                       &c->repeated_at, &c->origin,   &c->converted,
                       &c->ranged,      &net->losses, NULL};
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
    ok = (c->in_of = arena_array(a, n_n, sizeof *c->in_of)) && ok;
    ok = (c->computes = arena_array(a, n_n, sizeof *c->computes)) && ok;
    ok = (c->type = arena_array(a, n_t, sizeof *c->type)) && ok;
    ok = (c->scale = arena_array(a, n_t, sizeof *c->scale)) && ok;
    ok = (net->nodes = arena_array(a, n_n + n_conversions, sizeof *net->nodes)) && ok;
    ok = (net->value = arena_array(a, n_t, sizeof *net->value)) && ok;
    ok = (net->gradient = arena_array(a, n_t, sizeof *net->gradient)) && ok;
    ok = (net->context.labels = arena_array(a, c->o->batch, sizeof(int32_t))) && ok;
    ok = (net->variable_gradient =
              arena_array(a, c->g->n_variables, sizeof *net->variable_gradient)) &&
         ok;
    if (!ok)
        return compiler_no_memory(e);
    for (size_t t = 0; t < n_t; t++) {
        c->maker[t] = c->parent[t] = c->repeated_at[t] = c->converted[t] = -1;
        c->origin[t] = (int)t;
    }
    for (size_t i = 0; i < n_n; i++) {
        memcpy(c->in_of[i], c->g->nodes[i].in, sizeof c->in_of[i]);
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
bool compiler_is_private(const struct compiler *c, int t)
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
        if (!c->is_needed[i] || !n->n_in || !compiler_is_private(c, n->in[0]))
            continue;
        int p = g->tensors[n->in[0]].producer;
        while (c->merged_into[p] >= 0)
            p = c->merged_into[p];
        const struct op_impl *impl = compiler_row(c, p);
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

// What a conversion makes has a gradient where one of its readers gives one.
static void flow_through_conversions(struct compiler *c)
{
    for (size_t i = 0; i < c->g->n_nodes; i++) {
        bool gives = c->is_needed[i] && c->merged_into[i] < 0 && c->has_grad[c->out_of[i]];
        for (size_t k = 0; gives && k < c->g->nodes[i].n_in; k++) {
            int t = c->in_of[i][k];
            c->has_grad[t] |= c->origin[t] != t && c->has_grad[c->origin[t]];
        }
    }
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
    flow_through_conversions(c);
}

// alias

// How a tensor that is not fed is made.
static const struct op_impl *row_of_maker(const struct compiler *c, int t)
{
    if (c->origin[t] != t)
        return backend_find(&c->net->backend, &op_convert, DTYPE_F32);
    int p = c->g->tensors[t].producer;
    while (c->merged_into[p] >= 0)
        p = c->merged_into[p];
    return compiler_row(c, p);
}

static void alias_concatenations(struct compiler *c)
{
    const struct graph *g = c->g;
    for (size_t i = g->n_nodes; i-- > 0;) {
        const struct graph_node *n = &g->nodes[i];
        if (!c->is_needed[i] || n->op != &op_concat || c->is_watched[n->out])
            continue;
        size_t at = 0;
        for (size_t k = 0; k < n->n_in; at += g->tensors[n->in[k++]].shape.c) {
            int t = c->in_of[i][k];
            const struct op_impl *impl = compiler_is_private(c, t) ? row_of_maker(c, t) : NULL;
            bool is_blocks = c->type[t] == DTYPE_F32_BLOCKS; // one picture's are in one piece
            if (!impl || !(is_blocks ? c->o->batch == 1 : impl->strided))
                continue;
            c->parent[t] = n->out;
            c->parent_at[t] = at;
        }
    }
}

// A concatenation all of whose addends are views has nothing left to do.
static bool is_all_views(const struct compiler *c, size_t node)
{
    const struct graph_node *n = &c->g->nodes[node];
    bool all = n->op == &op_concat;
    for (size_t k = 0; k < n->n_in; k++)
        all = all && c->parent[c->in_of[node][k]] == n->out;
    return all;
}

int compiler_root(const struct compiler *c, int t)
{
    while (c->parent[t] >= 0)
        t = c->parent[t];
    return t;
}

// build

struct tensor compiler_tensor(const struct compiler *c, int t)
{
    struct shape s = c->g->tensors[c->origin[t]].shape;
    bool is_blocks = c->type[t] == DTYPE_F32_BLOCKS;
    int whole = is_blocks ? t : compiler_root(c, t);
    size_t stride = c->g->tensors[c->origin[whole]].shape.c;
    return (struct tensor){.n = c->o->batch,
                           .h = s.h,
                           .w = s.w,
                           .c = s.c,
                           .stride = stride,
                           .dtype = c->type[t],
                           .scale = c->scale[t]};
}

static int build_node(struct compiler *c, size_t i, struct err *e)
{
    const struct graph_node *from = &c->g->nodes[i];
    struct net *net = c->net;
    struct node *n = &net->nodes[net->n_nodes];
    *n = (struct node){.op = from->op, .name = from->name, .graph_node = (int)i};
    n->params = &from->params;
    n->context = &net->context;
    n->impl = compiler_row(c, (int)i);
    if (!n->impl)
        return err_set(e, ERR_UNSUPPORTED, "%s: backend %s has no %s", from->name,
                       net->backend.kind->name, from->op->name);
    n->n_in = from->n_in;
    for (size_t k = 0; k < from->n_in; k++) {
        n->in_tensor[k] = c->in_of[i][k];
        n->in[k] = compiler_tensor(c, n->in_tensor[k]);
    }
    n->out_tensor = c->out_of[i];
    n->out = compiler_tensor(c, n->out_tensor);
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

// Before the first reader of a converted tensor: its maker.
static int build_conversions(struct compiler *c, size_t i, struct err *e)
{
    struct net *net = c->net;
    for (size_t k = 0; k < c->g->nodes[i].n_in; k++) {
        int t = c->in_of[i][k], from = c->origin[t];
        if (from == t || c->maker[t] >= 0)
            continue;
        struct node *n = &net->nodes[net->n_nodes];
        *n = (struct node){.op = &op_convert,
                           .impl = backend_find(&net->backend, &op_convert, DTYPE_F32),
                           .name = c->g->tensors[from].name,
                           .graph_node = -1,
                           .context = &net->context,
                           .n_in = 1,
                           .in_tensor = {from},
                           .out_tensor = t};
        if (!n->impl)
            return err_set(e, ERR_UNSUPPORTED, "backend %s converts no numbers",
                           net->backend.kind->name);
        n->in[0] = compiler_tensor(c, from);
        n->out = compiler_tensor(c, t);
        n->has_backward = c->has_grad[t];
        c->maker[t] = (int)net->n_nodes++;
    }
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
        return compiler_no_memory(e);
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
        for (size_t k = 0; n->has_backward && k < n->n_in; k++) {
            int t = n->in_tensor[k];
            if (!c->has_grad[t])
                continue;
            n->din[k] = compiler_tensor(c, t);
            n->din_adds[k] = is_written[t] || c->is_seed[t];
            is_written[t] = true;
        }
        if (n->has_backward)
            n->dout = n->out;
    }
    memset(is_written, 0, c->n_tensors * sizeof *is_written);
}

static int build(struct compiler *c, struct err *e)
{
    int rc = 0;
    struct net *net = c->net;
    for (size_t i = 0; rc == 0 && i < c->g->n_nodes; i++) {
        const struct graph_node *n = &c->g->nodes[i];
        bool is_loss = n->op == &op_softmax_loss;
        if (!c->is_needed[i] || c->merged_into[i] >= 0)
            continue;
        if ((rc = build_conversions(c, i, e)) < 0 || is_all_views(c, i))
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
    bool is_there = o->mode == NET_INFERENCE || o->dtype == DTYPE_F32 ||
                    (o->mode == NET_TRAINING && o->dtype == DTYPE_BF16);
    if (!is_there)
        return err_set(e, ERR_UNSUPPORTED,
                       "training is computed in float32 or bfloat16, what explains a result in "
                       "float32 only");
    if ((rc = backend_open(&c->net->backend, o->backend, o->n_threads, e)) < 0)
        return rc;
    c->dtype = types_wanted(c);
    if ((rc = allocate(c, e)) < 0 || (rc = select_nodes(c, e)) < 0 ||
        (rc = types_choose(c, e)) < 0)
        return rc;
    fuse(c);
    types_settle(c);
    flow_gradients(c);
    alias_concatenations(c);
    if ((rc = allocate_gradients(c, e)) < 0 || (rc = build(c, e)) < 0 ||
        (rc = compiler_plan(c, e)) < 0 || (rc = bind(c, e)) < 0)
        return rc;
    return net_refresh(c->net, e);
}

int net_compile(struct net **out, const struct graph *g, struct variables *v,
                const struct net_options *o, struct err *e)
{
    *out = NULL;
    struct net *net = mem_zalloc(sizeof *net);
    if (!net)
        return compiler_no_memory(e);
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
