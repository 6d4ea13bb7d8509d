/* net_compiler.h: what the passes that compile a net share: see net_compile.c. */
#pragma once

#include "nn/backend.h"

struct compiler {
    struct net *net;
    const struct graph *g;
    const struct net_options *o;
    enum dtype dtype; // the one that nodes compute in where they can
    // Tensors are those of the graph, then those that a conversion makes.
    size_t n_tensors;
    // [tensors]
    bool *is_seed, *is_watched, *requires_grad, *has_grad, *grad_in_value;
    bool *is_repeated; // roots whose value is made again for backward,
    int *repeated_at;  // before the backward of this compiled node
    int *n_readers;
    int *maker;        // compiled node, -1: fed or not computed
    int *parent;       // the concatenation it is a view into, -1: none
    size_t *parent_at; // its first channel there
    enum dtype *type;
    float *scale;   // DTYPE_U8
    int *origin;    // what a conversion reads; of a tensor of the graph itself
    int *converted; // the same values in another type, -1: nobody wants them
    int *ranged;    // tensors of the graph: the one that all of one scale have in common
    // [nodes of the graph]
    bool *is_needed;
    int *merged_into; // the graph node it became part of, -1: none
    int *out_of;      // the tensor a node makes after fusion
    int *norm_of;     // the batch norm (graph node) folded into it, -1: none
    enum dtype *computes;
    int (*in_of)[GRAPH_MAX_INPUTS]; // what it reads: tensors of the graph, or converted ones
};

// The backend's row for a graph node in the type that it computes in; NULL: none.
static inline const struct op_impl *compiler_row(const struct compiler *c, int node)
{
    return backend_find(&c->net->backend, c->g->nodes[node].op, c->computes[node]);
}

int compiler_root(const struct compiler *c, int tensor); // of the views that it is part of
struct tensor compiler_tensor(const struct compiler *c,
                              int tensor); // as it will be, without data
// Whether it is read once, by nobody outside.
bool compiler_is_private(const struct compiler *c, int tensor);
int compiler_no_memory(struct err *e);

// net_lifetimes.c: memory for all that was built. ERR_MEMORY, ERR_LIMIT.
int compiler_plan(struct compiler *c, struct err *e);

// net_types.c. ERR_USAGE: no range is known of a tensor.
enum dtype types_wanted(const struct compiler *c);
int types_choose(struct compiler *c, struct err *e); // before fusing
void types_settle(struct compiler *c);               // after
