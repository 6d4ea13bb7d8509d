/*
 * nn_priv.h: what the files of nn/ share: the inside of a graph, and of a compiled node.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "nn/graph.h"
#include "nn/net.h"
#include "nn/tensor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend;
struct op;

struct dropout_params {
    float keep;
};

struct dense_params {
    size_t c_out;
};

union op_params {
    struct conv_params conv;
    struct bnorm_params bnorm;
    struct pool_params pool;
    struct dropout_params dropout;
    struct dense_params dense;
    struct loss_params loss;
};

// The graph as built.

struct graph_tensor {
    const char *name;
    struct shape shape;
    int producer; // node, -1: an input
};

struct graph_node {
    const struct op *op; // NULL: an input
    const char *name;
    union op_params params;
    int in[GRAPH_MAX_INPUTS];
    size_t n_in;
    int out;
    int variable[VARIABLE_N_ROLES]; // number of the variable, -1: has none
};

struct graph {
    struct arena arena;
    struct graph_names names;
    struct err err; // of the first builder that failed
    bool has_failed;
    struct graph_tensor *tensors;
    size_t n_tensors, tensor_capacity;
    struct graph_node *nodes;
    size_t n_nodes, node_capacity;
    struct variable *variables;
    size_t n_variables, variable_capacity;
};

// What one step of a net is told; one per net, seen by all its nodes.
struct net_context {
    bool has_backward; // gradients will be asked for: keep what they need
    bool drops_out;
    enum net_statistics statistics; // that batch norm uses: moving ones except in training
    uint64_t seed, step;
    int32_t *labels;
};

/*
 * One node of a compiled net. The compiler fills the upper part; prepare() the sizes in the
 * middle; the planner then the addresses; bind() sees all of it.
 */
struct node {
    const struct op *op;
    const struct op_impl *impl;
    const char *name;
    int graph_node; // -1: a conversion
    const union op_params *params;
    const struct net_context *context;
    size_t n_in;
    int in_tensor[GRAPH_MAX_INPUTS], out_tensor; // of net.value
    struct tensor in[GRAPH_MAX_INPUTS];
    struct tensor out;

    // Training. A gradient tensor without data is not wanted.
    bool has_backward;
    struct tensor din[GRAPH_MAX_INPUTS];
    bool din_adds[GRAPH_MAX_INPUTS]; // add to what is there, else overwrite
    struct tensor dout;
    float *variable[VARIABLE_N_ROLES];  // values; NULL: has none
    float *dvariable[VARIABLE_N_ROLES]; // gradients, overwritten; NULL: not trained

    // Nodes whose outputs are made again before this one's backward: see net_compile.c.
    const int *repeats;
    size_t n_repeats;

    // Fused by the compiler, where the backend says it can.
    bool fuse_relu;               // this node's output goes through ReLU
    const struct node *fuse_norm; // inference: the batch norm folded into this convolution

    // Asked for by prepare(), then given.
    size_t forward_work_bytes, backward_work_bytes; // scratch while it runs
    size_t saved_bytes;                             // kept from forward to backward
    size_t prepared_bytes;                          // weights in the backend's own layout
    void *forward_work, *backward_work, *saved, *prepared;

    void *state; // the backend's own
};
