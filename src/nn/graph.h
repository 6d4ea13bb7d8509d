/*
 * graph.h: a network by names, before anything is computed.
 *
 * A graph is tensors (named; shape of one example), nodes (operations that make one tensor from
 * others) and variables (named; what training changes). It is built once, by a table in model/,
 * and never changes afterwards; net_compile() turns it into something that runs.
 *
 * The builders return the number of the tensor they made, or -1. After the first failure all
 * return -1 and do nothing, so a table is built without asking at every line; graph_check()
 * tells what was wrong.
 */
#pragma once

#include "nn/tensor.h"

#include <stdbool.h>
#include <stdint.h>

struct err;
struct graph;

enum { GRAPH_MAX_INPUTS = 8, VARIABLE_MAX_DIMS = 4 };

enum variable_role {
    VARIABLE_WEIGHTS,         // conv [kh][kw][c_in][c_out], dense [c_in][c_out]
    VARIABLE_BIASES,          // [c]
    VARIABLE_BETA,            // batch norm's offset [c]
    VARIABLE_GAMMA,           // batch norm's scale [c]
    VARIABLE_MOVING_MEAN,     // [c], not trained by gradients
    VARIABLE_MOVING_VARIANCE, // [c], not trained by gradients
    VARIABLE_N_ROLES,
};

// How a variable's name is made from its node's: node + separator + role, "" standing for none.
struct graph_names {
    char separator;
    const char *role[VARIABLE_N_ROLES];
};
extern const struct graph_names graph_names_slim;  // TF-Slim: "a/weights", "a/beta", ...
extern const struct graph_names graph_names_torch; // PyTorch: "a.weight", "a.running_mean", ...

struct variable {
    const char *name;
    enum variable_role role;
    bool is_dense; // weights of a dense layer, not of a convolution
    size_t n_dims;
    size_t dims[VARIABLE_MAX_DIMS]; // row-major, last varies fastest
    size_t n_elements;
    int node;
};

int graph_new(struct graph **out, const struct graph_names *names, struct err *e);
void graph_free(struct graph *g); // accepts NULL

struct conv_params {
    size_t c_out, kh, kw, stride; // > 0
    bool is_same;                 // pad (k - 1) / 2 on both sides, else no padding
    size_t pad_h, pad_w;          // more padding, on both sides, when not is_same
    bool has_bias;
};

struct bnorm_params {
    float epsilon;  // TF-Slim: 0.001
    float decay;    // moving -= (moving - batch) * (1 - decay); TF-Slim: 0.9997
    bool has_gamma; // TF-Slim's Inception: no
};

enum pool_kind { POOL_MAX, POOL_AVERAGE };

struct pool_params {
    enum pool_kind kind;
    size_t kh, kw, stride; // > 0
    size_t pad_h, pad_w;   // on both sides, < kh and < kw; never counted in an average
};

struct loss_params {
    float label_smoothing;      // target = onehot * (1 - s) + s / K, 0 <= s < 1
    const float *class_weights; // [K], copied; NULL: all 1
};

int graph_input(struct graph *g, const char *name, size_t h, size_t w, size_t c);
int graph_conv(struct graph *g, const char *name, int in, struct conv_params p);
int graph_bnorm(struct graph *g, const char *name, int in, struct bnorm_params p);
int graph_relu(struct graph *g, const char *name, int in);
int graph_pool(struct graph *g, const char *name, int in, struct pool_params p);
int graph_global_average(struct graph *g, const char *name, int in);             // -> [1][1][c]
int graph_concat(struct graph *g, const char *name, const int *in, size_t n_in); // on channels
int graph_add(struct graph *g, const char *name, int a, int b);
// Training: each value is kept with probability `keep` and multiplied by 1 / keep. 0 < keep
// <= 1.
int graph_dropout(struct graph *g, const char *name, int in, float keep);
int graph_dense(struct graph *g, const char *name, int in, size_t c_out); // flattens h, w, c
// Makes [1][1][1]: each example's cross-entropy, times its class's weight.
int graph_softmax_loss(struct graph *g, const char *name, int logits, struct loss_params p);

int graph_check(const struct graph *g, struct err *e); // the first failure of a builder, or 0

int graph_find(const struct graph *g, const char *tensor_name); // -1: none of that name
size_t graph_n_tensors(const struct graph *g);
const char *graph_tensor_name(const struct graph *g, int tensor);
struct shape graph_tensor_shape(const struct graph *g, int tensor);

size_t graph_n_variables(const struct graph *g);
const struct variable *graph_variable(const struct graph *g, size_t i);
int graph_find_variable(const struct graph *g, const char *name); // -1: none of that name
bool variable_is_trainable(const struct variable *v);             // by gradients
bool variable_has_l2(const struct variable *v); // kernels and matrices only, as TF-Slim has it

// For tables of the network: node i in the order of building.
struct graph_node_info {
    const char *name, *op; // "conv", "max_pool", ...
    int in[GRAPH_MAX_INPUTS], out;
    size_t n_in;
    size_t n_parameters;      // trainable values
    uint64_t n_multiply_adds; // of conv and dense, for one example
    struct conv_params conv;  // of a conv
    struct pool_params pool;  // of a pool
};
size_t graph_n_nodes(const struct graph *g);
struct graph_node_info graph_node_info(const struct graph *g, size_t i);
