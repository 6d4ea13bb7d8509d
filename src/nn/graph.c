/*
 * graph.c: see graph.h. Names, nodes and variables live in one arena; the three lists grow by
 * doubling inside it, which wastes at most as much again: a few hundred kilobytes at the worst.
 */
#include "nn/graph.h"

#include "base/mem.h"
#include "nn/op.h"

#include <string.h>

const struct graph_names graph_names_slim = {
    '/', {"weights", "biases", "beta", "gamma", "moving_mean", "moving_variance"}};
const struct graph_names graph_names_torch = {
    '.', {"weight", "bias", "bias", "weight", "running_mean", "running_var"}};

int graph_new(struct graph **out, const struct graph_names *names, struct err *e)
{
    *out = mem_zalloc(sizeof **out);
    if (!*out)
        return err_set(e, ERR_MEMORY, "no memory for a graph");
    arena_init(&(*out)->arena);
    (*out)->names = *names;
    return 0;
}

void graph_free(struct graph *g)
{
    if (!g)
        return;
    arena_release(&g->arena);
    mem_free(g);
}

static int fail(struct graph *g, enum err_code code, const char *name, const char *why)
{
    if (!g->has_failed)
        err_set(&g->err, code, "network: %s: %s", name, why);
    g->has_failed = true;
    return -1;
}

// A list of the arena with room for one more.
static void *grown(struct graph *g, void *list, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return list;
    size_t wanted = *capacity ? *capacity * 2 : 64;
    void *larger = arena_array(&g->arena, wanted, size);
    if (!larger)
        return NULL;
    if (n)
        memcpy(larger, list, n * size);
    *capacity = wanted;
    return larger;
}

static int new_tensor(struct graph *g, const char *name, struct shape shape, int producer)
{
    if (graph_find(g, name) >= 0)
        return fail(g, ERR_USAGE, name, "a tensor of that name is there already");
    void *list = grown(g, g->tensors, g->n_tensors, &g->tensor_capacity, sizeof *g->tensors);
    char *copy = arena_strdup(&g->arena, name);
    if (!list || !copy)
        return fail(g, ERR_MEMORY, name, "no memory");
    g->tensors = list;
    g->tensors[g->n_tensors] = (struct graph_tensor){copy, shape, producer};
    return (int)g->n_tensors++;
}

// Adds a node and the tensor it makes. Returns the tensor, or -1.
static int new_node(struct graph *g, const struct op *op, const char *name, const int *in,
                    size_t n_in, const union op_params *params)
{
    struct graph_node node = {.op = op, .name = name, .n_in = n_in, .params = *params};
    struct shape shapes[GRAPH_MAX_INPUTS], shape;
    if (g->has_failed)
        return -1;
    if (n_in > GRAPH_MAX_INPUTS)
        return fail(g, ERR_LIMIT, name, "more than 8 inputs");
    for (size_t i = 0; i < n_in; i++) {
        if (in[i] < 0 || (size_t)in[i] >= g->n_tensors)
            return fail(g, ERR_USAGE, name, "its input is no tensor of this graph");
        node.in[i] = in[i];
        shapes[i] = g->tensors[in[i]].shape;
    }
    for (int r = 0; r < VARIABLE_N_ROLES; r++)
        node.variable[r] = -1;
    struct err e;
    if (op->infer(&node, shapes, &shape, &e) < 0)
        return fail(g, e.code, name, e.text);
    void *list = grown(g, g->nodes, g->n_nodes, &g->node_capacity, sizeof *g->nodes);
    if (!list)
        return fail(g, ERR_MEMORY, name, "no memory");
    g->nodes = list;
    node.out = new_tensor(g, name, shape, (int)g->n_nodes);
    if (node.out < 0)
        return -1;
    node.name = g->tensors[node.out].name;
    g->nodes[g->n_nodes++] = node;
    return node.out;
}

// Gives the newest node a variable.
static void new_variable(struct graph *g, enum variable_role role, size_t n_dims,
                         const size_t *dims)
{
    if (g->has_failed)
        return;
    struct graph_node *node = &g->nodes[g->n_nodes - 1];
    struct variable v = {.role = role, .n_dims = n_dims, .n_elements = 1};
    v.is_dense = node->op == &op_dense && role == VARIABLE_WEIGHTS;
    v.node = (int)g->n_nodes - 1;
    v.name =
        arena_printf(&g->arena, "%s%c%s", node->name, g->names.separator, g->names.role[role]);
    void *list =
        grown(g, g->variables, g->n_variables, &g->variable_capacity, sizeof *g->variables);
    if (!list || !v.name) {
        fail(g, ERR_MEMORY, node->name, "no memory");
        return;
    }
    for (size_t i = 0; i < n_dims; i++) {
        v.dims[i] = dims[i];
        v.n_elements = mem_product(v.n_elements, dims[i]);
    }
    g->variables = list;
    node->variable[role] = (int)g->n_variables;
    g->variables[g->n_variables++] = v;
}

int graph_input(struct graph *g, const char *name, size_t h, size_t w, size_t c)
{
    if (g->has_failed)
        return -1;
    if (!h || !w || !c)
        return fail(g, ERR_USAGE, name, "an input without extent");
    return new_tensor(g, name, (struct shape){h, w, c}, -1);
}

int graph_conv(struct graph *g, const char *name, int in, struct conv_params p)
{
    int out = new_node(g, &op_conv, name, &in, 1, &(union op_params){.conv = p});
    if (out < 0)
        return -1;
    size_t dims[] = {p.kh, p.kw, g->tensors[in].shape.c, p.c_out};
    new_variable(g, VARIABLE_WEIGHTS, 4, dims);
    if (p.has_bias)
        new_variable(g, VARIABLE_BIASES, 1, &p.c_out);
    return g->has_failed ? -1 : out;
}

int graph_bnorm(struct graph *g, const char *name, int in, struct bnorm_params p)
{
    int out = new_node(g, &op_bnorm, name, &in, 1, &(union op_params){.bnorm = p});
    if (out < 0)
        return -1;
    size_t c = g->tensors[in].shape.c;
    if (p.has_gamma)
        new_variable(g, VARIABLE_GAMMA, 1, &c);
    new_variable(g, VARIABLE_BETA, 1, &c);
    new_variable(g, VARIABLE_MOVING_MEAN, 1, &c);
    new_variable(g, VARIABLE_MOVING_VARIANCE, 1, &c);
    return g->has_failed ? -1 : out;
}

int graph_relu(struct graph *g, const char *name, int in)
{
    return new_node(g, &op_relu, name, &in, 1, &(union op_params){0});
}

int graph_pool(struct graph *g, const char *name, int in, struct pool_params p)
{
    const struct op *op = p.kind == POOL_MAX ? &op_max_pool : &op_average_pool;
    return new_node(g, op, name, &in, 1, &(union op_params){.pool = p});
}

int graph_global_average(struct graph *g, const char *name, int in)
{
    return new_node(g, &op_global_average, name, &in, 1, &(union op_params){0});
}

int graph_concat(struct graph *g, const char *name, const int *in, size_t n_in)
{
    return new_node(g, &op_concat, name, in, n_in, &(union op_params){0});
}

int graph_add(struct graph *g, const char *name, int a, int b)
{
    int in[] = {a, b};
    return new_node(g, &op_add, name, in, 2, &(union op_params){0});
}

int graph_dropout(struct graph *g, const char *name, int in, float keep)
{
    return new_node(g, &op_dropout, name, &in, 1, &(union op_params){.dropout = {keep}});
}

int graph_dense(struct graph *g, const char *name, int in, size_t c_out)
{
    int out = new_node(g, &op_dense, name, &in, 1, &(union op_params){.dense = {c_out}});
    if (out < 0)
        return -1;
    struct shape s = g->tensors[in].shape;
    size_t dims[] = {s.h * s.w * s.c, c_out};
    new_variable(g, VARIABLE_WEIGHTS, 2, dims);
    new_variable(g, VARIABLE_BIASES, 1, &c_out);
    return g->has_failed ? -1 : out;
}

int graph_softmax_loss(struct graph *g, const char *name, int logits, struct loss_params p)
{
    if (!g->has_failed && p.class_weights && logits >= 0) {
        size_t n_classes = g->tensors[logits].shape.c;
        float *copy = arena_array(&g->arena, n_classes, sizeof *copy);
        if (!copy)
            return fail(g, ERR_MEMORY, name, "no memory");
        memcpy(copy, p.class_weights, n_classes * sizeof *copy);
        p.class_weights = copy;
    }
    return new_node(g, &op_softmax_loss, name, &logits, 1, &(union op_params){.loss = p});
}

int graph_check(const struct graph *g, struct err *e)
{
    if (g->has_failed)
        *e = g->err;
    return g->has_failed ? (int)g->err.code : 0;
}

int graph_find(const struct graph *g, const char *tensor_name)
{
    for (size_t i = 0; i < g->n_tensors; i++)
        if (!strcmp(g->tensors[i].name, tensor_name))
            return (int)i;
    return -1;
}

size_t graph_n_tensors(const struct graph *g)
{
    return g->n_tensors;
}

const char *graph_tensor_name(const struct graph *g, int tensor)
{
    return g->tensors[tensor].name;
}

struct shape graph_tensor_shape(const struct graph *g, int tensor)
{
    return g->tensors[tensor].shape;
}

size_t graph_n_variables(const struct graph *g)
{
    return g->n_variables;
}

const struct variable *graph_variable(const struct graph *g, size_t i)
{
    return &g->variables[i];
}

int graph_find_variable(const struct graph *g, const char *name)
{
    for (size_t i = 0; i < g->n_variables; i++)
        if (!strcmp(g->variables[i].name, name))
            return (int)i;
    return -1;
}

bool variable_is_trainable(const struct variable *v)
{
    return v->role != VARIABLE_MOVING_MEAN && v->role != VARIABLE_MOVING_VARIANCE;
}

bool variable_has_l2(const struct variable *v)
{
    return v->role == VARIABLE_WEIGHTS;
}

size_t graph_n_nodes(const struct graph *g)
{
    return g->n_nodes;
}

struct graph_node_info graph_node_info(const struct graph *g, size_t i)
{
    const struct graph_node *n = &g->nodes[i];
    struct graph_node_info info = {.name = n->name, .op = n->op->name, .n_in = n->n_in};
    struct shape out = g->tensors[n->out].shape;
    info.out = n->out;
    for (size_t k = 0; k < n->n_in; k++)
        info.in[k] = n->in[k];
    for (int r = 0; r < VARIABLE_N_ROLES; r++)
        if (n->variable[r] >= 0 && variable_is_trainable(&g->variables[n->variable[r]]))
            info.n_parameters += g->variables[n->variable[r]].n_elements;
    if (n->variable[VARIABLE_WEIGHTS] >= 0)
        info.n_multiply_adds =
            (uint64_t)g->variables[n->variable[VARIABLE_WEIGHTS]].n_elements * out.h * out.w;
    if (n->op == &op_conv)
        info.conv = n->params.conv;
    if (n->op == &op_max_pool || n->op == &op_average_pool)
        info.pool = n->params.pool;
    return info;
}
