/*
 * predict.h: a model at work: probabilities, a batch at a time.
 */
#pragma once

#include "nn/net.h"

#include <stddef.h>

struct err;
struct model;
struct monitor;
struct network;
struct predictor;
struct variables;

// Examples that are best computed at once: short signals in many, for each step of so small a network
// costs as much in waking threads as in arithmetic.
size_t predictor_best_batch(const struct network *n);

// What to compute in. NUMBERS_AUTO: 8 bits where the model was made for them, else bfloat16 where
// net_bfloat16_pays(), else float32.
enum numbers { NUMBERS_AUTO, NUMBERS_FLOAT32, NUMBERS_BFLOAT16 };
extern const char *const numbers_names[]; // by enum numbers, NULL-terminated

struct predictor_options {
    size_t batch; // 0: the best
    size_t n_threads;
    enum numbers numbers;
};

// Compiles a network for inference, in float32 unless it is a model's. Borrows what it is of.
int predictor_open(struct predictor **out, const struct network *n, struct variables *v,
                   size_t batch, size_t n_threads, struct err *e);
int predictor_open_model(struct predictor **out, const struct model *m,
                         const struct predictor_options *o, struct err *e);
// Says so where bfloat16 was asked for and the processor has none.
void numbers_note(enum numbers numbers, const struct monitor *monitor);
// "float32", "bfloat16" or "int8": what that computes in.
const char *predictor_number_type(const struct model *m, enum numbers numbers);
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
