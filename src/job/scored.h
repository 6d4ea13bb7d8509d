/*
 * scored.h: a model's answers on one split, and who the examples are of.
 */
#pragma once

#include "job/predict.h"

#include "data/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct model;
struct monitor;

// Who is whom among examples.
struct whose {
    size_t *group;  // [n examples] below n_groups
    size_t *member; // [n_groups] one example of each
    size_t n_groups;
    const char *noun; // "patient"; "recording" or "example" where patients are not known
};
// By patient where every example names one, else by recording, else each for itself. ERR_MEMORY.
// whose_release() in any case.
int whose_examples(struct whose *out, const struct examples *x, struct err *e);
void whose_release(struct whose *w); // accepts a zeroed struct

struct scored {
    struct dataset dataset;
    struct examples examples;
    struct whose whose;
    size_t n, n_classes;
    float *probabilities;       // [n][n_classes]
    size_t *truth, *prediction; // [n]
};

struct scored_options {
    const char *dataset, *split;
    size_t batch, n_threads, n_loader_threads; // batch 0: predictor_best_batch()
    enum numbers numbers;
};

// ERR_USAGE: the model's classes are not those of the data set. scored_release() in any case.
int scored_make(struct scored *out, const struct model *m, const struct scored_options *o,
                const struct monitor *monitor, struct err *e);
void scored_release(struct scored *s); // accepts a zeroed struct

// How many of its examples are of patients who are in the data set's split train, too; 0 where
// patients are not known.
int scored_count_known(size_t *out, const struct scored *s, struct err *e);

// Examples and right answers by group and class, so that a draw of groups is a sum over them.
struct hits {
    size_t n_groups, n_classes;
    double *n, *right; // [n_groups][n_classes]
};
int hits_count(struct hits *out, const struct scored *s, struct err *e);
void hits_release(struct hits *h); // accepts a zeroed struct

// Accuracy, and the mean over classes of the share that is right (NAN where one has no examples),
// of groups that count times[g] times.
enum { N_ACCURACIES = 2 };
void hits_accuracies(double out[N_ACCURACIES], const struct hits *h, const uint32_t *times);

// weight [n]: how often each example counts where its group counts times[group] times.
void whose_weigh(uint32_t *weight, const struct whose *w, size_t n, const uint32_t *times);
