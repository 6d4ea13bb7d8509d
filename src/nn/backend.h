/*
 * backend.h: who computes: a name, a table of operations, and what they share.
 */
#pragma once

#include "base/arena.h"
#include "nn/op.h"

// What all nodes of one net on one backend share.
struct backend {
    const struct backend_kind *kind;
    size_t n_threads;
    const struct op_impl *const *more; // rows chosen when it was opened, or NULL; ended by NULL
    bool prefers_blocks;               // in inference, DTYPE_F32_BLOCKS to DTYPE_F32
    void *state;                       // onednn: engine and stream
};

struct backend_kind {
    const char *name;
    const struct op_impl *const *impls;            // ended by NULL
    int (*open)(struct backend *b, struct err *e); // or NULL
    void (*close)(struct backend *b);              // or NULL
};

extern const struct backend_kind backend_ref, backend_onednn;

int backend_open(struct backend *out, const char *name, size_t n_threads, struct err *e);
void backend_close(struct backend *b); // accepts a zeroed struct
// The row of an operation for a type of numbers; NULL: cannot.
const struct op_impl *backend_find(const struct backend *b, const struct op *op,
                                   enum dtype dtype);

// A compiled net: see net_compile.c for how it comes to be.
struct net {
    const struct graph *graph;
    struct variables *variables;
    enum net_mode mode;
    size_t batch;
    struct arena arena;
    struct backend backend;
    struct net_context context;
    struct node *nodes; // [n_nodes] in the order in which they run
    size_t n_nodes;
    struct tensor *value;      // [tensors of the graph, then of conversions]; data NULL: not
                               // computed, or fused away
    struct tensor *gradient;   // [tensors of the graph]; data NULL: none, or the caller's not
    bool *is_fed, *is_fetched; // [tensors of the graph]
    bool *has_own_gradient;    // [tensors of the graph]: seeds and wanted feeds
    int *losses;               // [n_losses] tensors
    size_t n_losses;
    float **variable_gradient; // [variables of the graph]; NULL: not trained
    float *gradient_block;
    unsigned char *block, *prepared_block;
    struct net_memory memory;
};
