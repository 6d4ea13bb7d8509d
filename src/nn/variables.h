/*
 * variables.h: the values of a graph's variables: float32, in TensorFlow's layouts, one block.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;
struct graph;

struct variables {
    size_t n;      // as graph_n_variables()
    float **value; // [n], each at a multiple of 64 bytes; into block
    float *block;
    size_t n_floats;
};

int variables_new(struct variables **out, const struct graph *g, struct err *e); // all zero
void variables_free(struct variables *v);                                        // accepts NULL

/*
 * TF-Slim's initial values: kernels truncated normal of deviation sqrt(1.3 * 2 / fan_in), cut
 * at two deviations; matrices uniform within sqrt(6 / (fan_in + fan_out)); gamma and moving
 * variance 1, all else 0. A variable's values depend on the seed and its own name only.
 */
void variables_init(struct variables *v, const struct graph *g, uint64_t seed);
void variables_init_one(struct variables *v, const struct graph *g, size_t i, uint64_t seed);
