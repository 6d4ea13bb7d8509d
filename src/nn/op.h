/*
 * op.h: what an operation of the network is.
 *
 * op/ops.c says what each means: its name, the shape it makes, what its gradient needs. How it
 * is computed is said once per backend: conv_ref.c (plain loops, the definition),
 * conv_onednn.c, ... tests/property holds every backend against ref.
 *
 * A backend has a row for each type of numbers that it computes an operation in; one that does
 * not write float32 fuses what the float32 row fuses. Where it has none, the net runs the operation in float32 (net_types.c).
 *
 * To add an operation: a row in op/ops.c, a builder in graph.c, op/<name>_ref.c, its line in
 * each backend's table. To add a backend: backend_<name>.c with its table.
 */
#pragma once

#include "nn/nn_priv.h"

struct op {
    const char *name;
    // The shape of the output; ERR_USAGE names both shapes when they do not fit.
    int (*infer)(const struct graph_node *n, const struct shape *in, struct shape *out,
                 struct err *e);
    bool backward_reads_in;  // values of its inputs
    bool backward_reads_out; // values of its output
};

// How one backend computes it. prepare() and bind() do all that can fail for lack of memory or
// support; forward() and backward() allocate nothing.
struct op_impl {
    const struct op *op;
    enum dtype dtype;         // of its inputs, and of its output
    bool writes_f32;          // in inference its output may be float32 instead
    bool strided;             // out and dout may be slices of a concatenation
    bool is_in_place;         // backward may write din[0] over in[0]
    bool fuses_relu;          // honours node.fuse_relu in inference,
    bool fuses_relu_gradient; // and in training,
    bool relu_reads_out;      // where backward then reads its output
    bool fuses_norm;          // honours node.fuse_norm (inference)
    int (*prepare)(struct backend *b, struct node *n, struct err *e); // NULL: nothing to do
    int (*bind)(struct backend *b, struct node *n,
                struct err *e); // addresses are known; or NULL
    int (*refresh)(struct backend *b, struct node *n,
                   struct err *e); // variables changed; or NULL
    int (*forward)(struct backend *b, struct node *n, struct err *e);
    // Writes the same output again, from the same input and what forward() saved; uses
    // forward_work; NULL: cannot.
    int (*repeat)(struct backend *b, struct node *n, struct err *e);
    // Writes or adds (din_adds) the wanted din, overwrites the wanted dvariable.
    int (*backward)(struct backend *b, struct node *n, struct err *e);
    void (*release)(struct backend *b,
                    struct node *n); // ends state, which may be NULL; or NULL
};

extern const struct op op_conv, op_bnorm, op_relu, op_max_pool, op_average_pool,
    op_global_average, op_concat, op_add, op_dropout, op_dense, op_softmax_loss;

// From one type of numbers to another: only the compiler makes it. Its rows have no type of their own.
extern const struct op op_convert;
