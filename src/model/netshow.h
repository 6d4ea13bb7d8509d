/*
 * netshow.h: a network as rows of a table, for people who want to see what is in it.
 */
#pragma once

#include "nn/tensor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct network;

struct netshow_row { // one node, in the order of building
    const char *name, *op;
    bool is_aux;           // of the auxiliary head
    bool has_window;       // of conv and the pools; else the next five are 0
    size_t kh, kw, stride; // pixels
    size_t pad_h, pad_w;   // on both sides
    struct shape in;       // of a concatenation: all its parts together
    struct shape out;
    size_t n_parameters;      // trainable
    uint64_t n_multiply_adds; // for one example
};

struct netshow_totals {
    size_t n_nodes, n_variables;
    size_t n_parameters; // trainable values
    size_t n_statistics; // values that are not trained
    uint64_t n_multiply_adds;
};

struct netshow {
    struct netshow_row *rows; // owned; names borrowed from the network
    size_t n_rows;
    struct netshow_totals all, aux; // aux is part of all
};

int netshow_init(struct netshow *out, const struct network *n, struct err *e);
void netshow_release(struct netshow *s); // accepts a zeroed struct
