/*
 * predict.h: a model at work: probabilities, a batch at a time.
 */
#pragma once

#include "nn/net.h"

#include <stddef.h>

struct err;
struct network;
struct predictor;
struct variables;

// Examples that are best computed at once: short signals in many, for each step of so small a network
// costs as much in waking threads as in arithmetic.
size_t predictor_best_batch(const struct network *n);

// Compiles a network for inference; batch 0: the best. Borrows both.
int predictor_open(struct predictor **out, const struct network *n, struct variables *v,
                   size_t batch, size_t n_threads, struct err *e);
// Of the probabilities from now on: softmax(logits / temperature); 1 at first.
void predictor_set_temperature(struct predictor *p, double temperature);
void predictor_close(struct predictor *p); // accepts NULL
size_t predictor_batch(const struct predictor *p);
const struct network *predictor_network(const struct predictor *p);
struct net_memory predictor_memory(const struct predictor *p);
int predictor_refresh(struct predictor *p, struct err *e); // the variables changed

// inputs [n][input_floats()], n <= batch; logits and probabilities [n][K], either may be NULL.
int predictor_run(struct predictor *p, const float *inputs, size_t n, float *logits,
                  float *probabilities, struct err *e);
