/*
 * evaluate.h: how good a model is on a split: every example exactly once.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct err;
struct examples;
struct input;
struct model;
struct monitor;
struct network;
struct predictor;

struct evaluate_options {
    const char *dataset, *split;
    const char *predictions; // CSV to write, one line an example; NULL: none
    size_t batch, n_threads;
};
struct evaluate_options evaluate_defaults(void);

// *report: the object of --json (n, accuracy, confusion, per_class, ...), the caller's.
int evaluate(json_t **report, struct model *m, const struct evaluate_options *o,
             const struct monitor *monitor, struct err *e);

// What training asks after each epoch.
struct validation {
    double cross_entropy, accuracy;
};
// probabilities [n][K], NULL: not wanted.
int evaluate_examples(struct validation *out, struct predictor *p, const struct examples *x,
                      const struct input *input, float *probabilities, size_t n_loader_threads,
                      const struct monitor *monitor, struct err *e);

// The lowest index among equals, as TensorFlow's argmax has it.
size_t argmax(const float *x, size_t n);
