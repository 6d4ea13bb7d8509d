/*
 * net.h: a graph made to run: compiled for one mode, batch size, number type and backend.
 *
 * net_compile() does everything that can fail: it chooses what is computed (only what lies
 * between what is fed and what is fetched), fuses, plans memory by liveness into one block and
 * prepares every primitive. Afterwards nothing is allocated, and a run can only fail with
 * ERR_DEVICE.
 *
 *   inference   batch norm uses the moving statistics and is folded into its convolution
 *   training    batch norm uses the batch's statistics (or, if asked, the moving ones) and updates
 *               the moving ones; dropout drops; net_backward() fills the gradients of the trained
 *               variables
 *   gradients   computes what inference computes, with the moving statistics and nothing dropped;
 *               no variable is trained, and net_backward() gives the gradients of what is watched:
 *               for explaining a result
 *
 * A net borrows its graph and its variables: both outlive it, and several nets may share them.
 * A net in inference mode works on a prepared copy of the weights: net_refresh() after they
 * changed.
 *
 * The same inputs give the same bits on the same number of threads; on another number oneDNN
 * sums the gradients of weights in another order.
 *
 * Threads: one thread calls nn; threads inside belong to the backend.
 */
#pragma once

#include "nn/tensor.h"

#include <stdbool.h>
#include <stdint.h>

struct err;
struct graph;
struct net;
struct variables;

enum net_mode { NET_INFERENCE, NET_TRAINING, NET_GRADIENTS };

enum net_statistics {
    NET_STATISTICS_BATCH,           // normalise with the batch's, update the moving ones
    NET_STATISTICS_BATCH_NO_UPDATE, // normalise with the batch's, leave the moving ones
    NET_STATISTICS_MOVING,          // normalise with the moving ones, leave them
};

struct net_options {
    enum net_mode mode;
    size_t batch; // > 0
    // What is computed in, where the operation allows: see net_types.c. Feeds, fetches, variables and
    // the gradients of all these are float32 whatever it is. DTYPE_BF16 for inference and training, DTYPE_U8
    // for inference only.
    enum dtype dtype;
    const float
        *ranges; // DTYPE_U8: [tensors of the graph] the largest value of outputs of ReLU
    const char *backend; // a name of net_backends()
    size_t n_threads;    // 0: as many as the machine has
    const int *feeds;    // tensors given from outside; NULL: the graph's inputs
    size_t n_feeds;
    const int
        *fetches;     // tensors to be read after net_forward(); in training every loss is among
    size_t n_fetches; // them anyway; NULL: every tensor that no node reads
    enum net_statistics statistics; // training only
    const bool *is_trained;         // [n variables], training only; NULL: all trainable ones
    const int *seeds;               // not inference: tensors (fetched, or read by losses) whose
    size_t n_seeds;                 // gradient the caller writes before net_backward()
    const int *watches;             // not inference: tensors whose gradient is kept to be read;
    size_t n_watches;               // their values, too, where they are among the fetches
    bool want_feed_gradients;       // not inference: gradients of the feeds too
    uint64_t seed;                  // of dropout
    // Training: bytes that net_memory() may add up to, 0: any. Above it, outputs of batch norms are
    // not kept for backward but made again from their inputs, to the same bits; where that is not
    // enough: ERR_LIMIT.
    size_t memory_limit;
};
struct net_options net_options_defaults(void); // inference, batch 1, float32, onednn

// ERR_UNSUPPORTED: the backend cannot compute in that type in that mode. ERR_USAGE names what is wrong with
// the options.
int net_compile(struct net **out, const struct graph *g, struct variables *v,
                const struct net_options *o, struct err *e);
void net_free(struct net *net); // accepts NULL

// NULL-terminated names: "onednn", "ref".
const char *const *net_backends(void);

void net_onednn_version(int *major, int *minor, int *patch); // of the library that runs
size_t net_threads(size_t wanted); // 0: as many as this process may use processors
const char *net_kernels_isa(void); // what our own kernels use here: avx512, avx2 or generic
// Whether this processor multiplies bfloat16 itself (avx512_bf16, AMX) and is faster for it. On any other it
// is emulated: the same numbers, slower than float32.
bool net_bfloat16_pays(void);

size_t net_batch(const struct net *net);
struct tensor net_feed(struct net *net, int tensor);  // fill before net_forward()
struct tensor net_fetch(struct net *net, int tensor); // valid until the next net_forward()
int32_t *net_labels(struct net *net);                 // [batch], 0 <= label < K
// Dropout's masks are a function of the seed, the node and this.
void net_set_step(struct net *net, uint64_t step);

int net_forward(struct net *net, struct err *e);
// Mean over the batch of a loss tensor, after net_forward().
double net_loss(const struct net *net, int loss);
// d(sum of weight[i] * net_loss(loss i)) plus what was written into the seeds. weight
// [n_losses], in the order in which the graph's losses were built; NULL: all 1.
int net_backward(struct net *net, const float *loss_weight, struct err *e);

float *net_gradient(struct net *net, size_t variable); // NULL if it is not trained
// Of a seed, a feed or what is watched; data NULL else, and where no seed or loss depends on it.
struct tensor net_tensor_gradient(struct net *net, int tensor);

int net_refresh(struct net *net, struct err *e);

// Where the memory of a compiled net goes, in bytes.
struct net_memory {
    size_t activations; // tensors, their gradients, saved statistics, scratch: one block
    size_t gradients;   // of variables
    size_t prepared;    // weights in the backend's layouts
    size_t n_repeated;  // outputs that are made again
};
struct net_memory net_memory(const struct net *net);
