/*
 * zoo.h: networks by name. A network is a graph (nn/graph.h) and the tensors one has to know in
 * it.
 *
 * To add one: a file with a build function, a row in zoo.c.
 */
#pragma once

#include "input/input.h"
#include "nn/graph.h"

#include <stddef.h>

struct err;

// What a network is built from; two networks of one spec have the same variables.
struct model_spec {
    const char *network; // a name of zoo_names()
    struct shape shape;  // of its input, {0}: the network's own
    double width;        // factor of all channels but the classes, 0 < width <= 4
    size_t n_classes;    // > 0
    double bnorm_decay;  // of the moving statistics; 0: the network's own (TF-Slim: 0.9997)
    double dropout_keep; // in training, before the logits; 0: TF-Slim's 0.8; 1: no dropout
};

enum { NETWORK_MAX_HEADS = 2 };

struct network {
    struct graph *graph;
    struct model_spec spec; // shape filled in; network: a static string
    int input;              // of spec.shape: pictures in [-1, 1], signals as input/ scales them
    int logits;             // [1][1][K]
    int aux_logits;         // the auxiliary head's, -1: none
    int features;           // the pooled vector before dropout and logits
    int last_map;           // the last map with a place for each pixel
    // What the heads read from the trunk: with these fed, only the heads are computed.
    int frontier[NETWORK_MAX_HEADS];
    size_t n_frontier;
    const char *head_scopes; // of the heads' variables, "a,b"
    const char *weights_of_logits;
};

extern const char *const zoo_names[];         // NULL-terminated
const char *zoo_summary(const char *network); // one line; NULL: no such network
int zoo_shape(struct shape *out, const char *network, struct err *e); // of its own input
const char *zoo_for(enum input_kind kind); // the network that is taken where none is named

/*
 * Channels are scaled by width and rounded to the nearest multiple of 8, at least 8: vector
 * registers are filled, and any width gives a network. ERR_USAGE: no such network, an input that
 * it cannot read (the message says what it can), a width or number of classes out of range.
 */
int zoo_build(struct network *out, const struct model_spec *spec, struct err *e);
void network_release(struct network *n); // accepts a zeroed struct

// TF-Slim's end points ("Mixed_5b", "Conv2d_1a_3x3", "Logits"): the tensor, -1: none of that
// name.
int network_end_point(const struct network *n, const char *name);

// The outputs of ReLU that the logits depend on, in the order of building: what 8 bits need ranges of.
// tensors [graph_n_tensors()]. ERR_MEMORY.
int network_relus(int *tensors, size_t *n_tensors, const struct network *n, struct err *e);

size_t zoo_channels(double width, size_t channels); // the rounding above
