/*
 * evaluate.h: how good a model is on a split: every example exactly once.
 */
#pragma once

#include "job/predict.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct dataset;
struct err;
struct examples;
struct input;
struct model;
struct monitor;
struct network;
struct predictor;

struct evaluate_options {
    const char *dataset, *split;
    const char *predictions;         // CSV to write, one line an example; NULL: none
    double sensitivity, specificity; // operating points to report; 0: none
    uint64_t seed;                   // of the bootstrap over patients
    size_t batch, n_threads;         // batch 0: predictor_best_batch()
    enum numbers numbers;
};
struct evaluate_options evaluate_defaults(void);

// *report: the object of --json (docs/json.md), the caller's.
int evaluate(json_t **report, struct model *m, const struct evaluate_options *o,
             const struct monitor *monitor, struct err *e);

// The same of a predictions file; of the options sensitivity, specificity and seed count.
int evaluate_file(json_t **report, const char *predictions, const struct evaluate_options *o,
                  struct err *e);

// ERR_USAGE where a model and a data set have other classes.
int evaluate_check_labels(const struct model *m, const struct dataset *d, struct err *e);

// Logits and probabilities [x->n][n_classes] of examples; either may be NULL.
int evaluate_outputs(struct predictor *p, const struct examples *x, const struct input *input,
                     float *logits, float *probabilities, size_t n_loader_threads,
                     const struct monitor *monitor, struct err *e);

// What training asks after each epoch.
struct validation {
    double cross_entropy, accuracy;
};
int evaluate_examples(struct validation *out, struct predictor *p, const struct examples *x,
                      const struct input *input, size_t n_loader_threads,
                      const struct monitor *monitor, struct err *e);

// The lowest index among equals, as TensorFlow's argmax has it.
size_t argmax(const float *x, size_t n);
