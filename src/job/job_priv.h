/* job_priv.h: what the files of training share. */
#pragma once

#include "data/dataset.h"
#include "input/input.h"
#include "job/evaluate.h"
#include "job/train.h"
#include "model/zoo.h"
#include "nn/net.h"

#include <stdio.h>

struct eventfile;
struct predictor;
struct variables;

// Best validation so far.
struct train_best {
    bool is_there;
    uint64_t step;
    struct validation validation;
    size_t n_since; // validations since
};

// Where a run stands: what a checkpoint's JSON holds.
struct train_position {
    size_t phase;
    uint64_t step;        // within the phase
    uint64_t global_step; // over all phases
    bool is_phase_over;   // stopped early
    struct train_best best;
    double loss;            // of the newest step
    struct validation last; // the newest one
    bool has_last;
};

struct train {
    const struct train_options *o;
    const struct monitor *monitor;
    struct dataset dataset;
    struct examples examples, validation; // validation.n 0: there is none
    struct input input;                   // what the network reads
    const char *model;                    // the network's name
    struct network network;
    struct variables *variables;
    int losses[NETWORK_MAX_HEADS];
    size_t n_losses;
    struct train_phase phases[TRAIN_MAX_PHASES];
    size_t n_phases;
    struct train_position at;
    struct eventfile *events;
    FILE *history;
    json_t *args;
    size_t planned_bytes; // of the process, in the phase that wants the most
    int lock;             // on the run folder; -1: none
};

// history.c: curves
struct train_numbers {
    double loss, main, aux, l2, accuracy, learning_rate, images_per_s;
};
int history_open(struct train *t, struct err *e);
int history_step(struct train *t, const struct train_numbers *n, struct err *e);
int history_validation(struct train *t, const struct validation *v, struct err *e);
int history_picture(struct train *t, const float *image, size_t i, struct err *e);
int history_histograms(struct train *t, struct err *e);
int history_close(struct train *t, struct err *e);

// train_state.c: checkpoints of a run
json_t *train_validation_json(const struct validation *v);                  // the caller's
int train_state_find(struct train *t, bool *has_checkpoint, struct err *e); // position only
int train_state_restore(struct train *t, struct optim *optim, struct err *e);
int train_state_save(struct train *t, struct optim *optim, struct err *e);

// features.c: what a frozen trunk makes of all examples, computed once and kept beside the data set
struct features_spec {
    const char *split;
    size_t view;               // 0: the examples as they are; each other one is varied once
    enum augment_kind augment; // of views above 0
};
struct features {
    size_t n_tensors;
    int tensors[NETWORK_MAX_HEADS]; // the frontier
    size_t floats[NETWORK_MAX_HEADS];
    float *values[NETWORK_MAX_HEADS]; // [n examples][floats]
};
int features_compute(struct features *out, struct train *t, const struct examples *x,
                     const struct features_spec *s, struct err *e);
void features_release(struct features *f);
