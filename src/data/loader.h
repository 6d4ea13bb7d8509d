/*
 * loader.h: examples to batches: as the network reads them, varied, in an order that depends on
 * the seed alone.
 *
 * Threads prepare batches ahead; the i-th batch is the same whatever their number, so a run
 * resumes by the number of its next batch.
 */
#pragma once

#include "input/input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct examples;
struct loader;

enum loader_order {
    LOADER_ONCE,   // each example once, in order; the last batch may be short
    LOADER_EPOCHS, // endless: each epoch a new permutation; batches cross epoch borders
    LOADER_QUEUE,  // endless: TF-Slim's shuffle queue (below)
};
/*
 * TF-Slim reads the shards over and over into a queue of 20 batches and draws at random from
 * it, so that an example may come twice before another comes once. Its threads make that order
 * a matter of chance; ours: the queue is always full, and each draw is replaced by the next
 * example read.
 */

struct loader_options {
    enum loader_order order;
    size_t batch; // > 0
    uint64_t seed;
    uint64_t first_batch; // number of the first one
    enum augment_kind augment;
    struct input input;
    size_t n_threads;    // 0: on the caller's thread
    bool without_inputs; // labels and numbers only: batch.inputs is NULL
};

struct batch {
    float *inputs;         // [n][input_floats()]
    int32_t *labels;       // [n]
    uint64_t *example;     // [n] number in its split
    size_t n;              // options.batch, or less at the end of LOADER_ONCE
    struct loader *loader; // it came from
    struct batch *next;    // of those that wait there to be filled again
};

// Borrows examples. The errors of a batch name the example.
int loader_open(struct loader **out, const struct examples *x, const struct loader_options *o,
                struct err *e);
// 1 a batch (the caller's until batch_free, before the loader is closed), 0 the end, negative this batch's error.
int loader_next(struct loader *l, struct batch **out, struct err *e);
void loader_close(struct loader *l); // accepts NULL
size_t
loader_bytes(const struct loader_options *o); // of the batches that are there at one time
void batch_free(struct batch *b);             // back to its loader; accepts NULL
