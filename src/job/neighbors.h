/*
 * neighbors.h: which examples of a data set a network finds most like a picture (or a window): a
 * reader sees what the answer was learnt from, and where it was learnt from nothing alike.
 *
 * Alike: the cosine of the angle between the two vectors of pooled features, which the network's last
 * layer decides on. 1: the network cannot tell them apart. It explains by example [1]; it says nothing
 * of whether the network is right.
 *
 * The features of the examples are computed once and kept beside the data set (vectors.h) under a
 * digest of the data set and of every value of the network.
 *
 * [1] Caruana et al. 1999, Case-based explanation of non-case-based learning methods, Proc AMIA Symp.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct example;
struct model;
struct monitor;
struct neighbors;

struct neighbors_options {
    const char
        *dataset; // NULL: the one that the model was trained on, where it says and is there
    const char *split;             // NULL: "train"
    size_t n_threads;              // of the engine; 0: as many as the machine has
    const struct monitor *monitor; // while features are computed; NULL: none
};

// Borrows the model. ERR_USAGE: the model does not say what it was trained on, or that is not there or
// another one by now; the set has other classes. ERR_CANCELLED; what opening and computing give.
int neighbors_open(struct neighbors **out, const struct model *m,
                   const struct neighbors_options *o, struct err *e);
void neighbors_close(struct neighbors *nb); // accepts NULL

// That the model was trained on this very data set; else it is one that the caller named.
bool neighbors_is_own(const struct neighbors *nb);

struct neighbor {
    const struct example *example; // of the set; its label is one of the model's
    double similarity;             // -1 to 1, descending
};

// The most similar ones of x, at most n; of equals the first in the set. Returns how many, or an error.
int neighbors_find(struct neighbor *out, size_t n, struct neighbors *nb,
                   const struct example *x, struct err *e);
