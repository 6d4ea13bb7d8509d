/*
 * train.h: fine-tuning, or training from scratch, in phases; resumable to the bit.
 *
 * A run is a folder:
 *   args.json      what was asked for: the same again resumes, something else is refused
 *   checkpoint, model.ckpt-<step>.{index,data,json}   the newest five: variables, moving averages,
 *                  optimiser slots, global_step as TensorFlow names them; the rest in the JSON
 *   history.csv, events.out.tfevents.*   curves, also for TensorBoard
 *   model/         the best so far (recipe default: lowest validation cross-entropy) or the last
 *                  (slim): the folder one can take away
 *
 * Recipes:
 *   slim      the 2019 workflow to the letter: in every phase the whole network normalises with
 *             batch statistics and its moving averages drift; RMSProp with epsilon 1, fixed rates
 *             0.01 (heads) and 0.0001 (all), TF-Slim's augmentation and shuffle queue
 *   default   what works best: in phase heads the trunk is frozen and its features are computed once;
 *             Adam, cosine schedule with warm-up, augmentation for waveforms, epochs
 */
#pragma once

#include "nn/optim.h"
#include "nn/schedule.h"

#include <jansson.h>
#include <stdbool.h>

struct err;
struct monitor;

enum train_recipe { TRAIN_DEFAULT, TRAIN_SLIM };
extern const char *const train_recipes[]; // "default", "slim"

enum { TRAIN_MAX_PHASES = 8, TRAIN_MAX_VIEWS = 32 };

struct train_phase {
    bool is_heads; // only the heads (or --trainable-scopes) are trained
    uint64_t n_steps;
};

struct train_options {
    const char *dataset, *run;
    const char *model; // network; NULL: the usual one for its input
    const char *input; // a name of input_kinds; NULL: what the data set is for
    size_t image_size; // of pictures; 0: the data set's or the network's own
    double width;
    const char *checkpoint;     // to start from, NULL: from scratch
    const char *exclude_scopes; // not restored; NULL: the heads when classes differ, else none
    const char *trainable_scopes; // of phases "heads"; NULL: the network's heads
    bool ignore_missing;
    const char *phases; // "heads:1000,all:20000"; NULL: by recipe and checkpoint
    // Recipe default, phases "heads": as how many variations each example's features are computed
    // (the first is none), of which each step draws one. 1 to TRAIN_MAX_VIEWS.
    size_t n_views;
    uint64_t n_steps; // of phase all, 0: by epochs
    double n_epochs;  // of phase all, where neither steps nor phases say; 0: by recipe
    enum train_recipe recipe;
    size_t batch;
    // Negative or NULL: by recipe and phase.
    double learning_rate;
    const char *optimizer, *schedule, *augment;
    double weight_decay, label_smoothing, clip_norm, average_decay;
    double class_balance; // 0 off .. 1 classes weigh by the inverse of how common they are
    const char *validation_split;
    uint64_t validate_every; // steps, 0: an epoch
    uint64_t save_every;     // steps, 0: an epoch
    size_t patience;         // validations without a better one until a phase stops; 0: never
    bool want_histograms;
    uint64_t seed;
    size_t n_threads, n_loader_threads;
    // What the network is trained in, "float32" or "bfloat16"; NULL: what is faster on this processor.
    // Variables, statistics, loss and optimiser are float32 anyhow, and so is validation.
    const char *dtype;
    size_t memory_limit_mb; // MiB of the network while it is trained (net.h); 0: any
};
struct train_options train_defaults(void);

// The values that were asked for, to be kept and compared; the caller's. NULL: no memory.
json_t *train_options_json(const struct train_options *o);
// The way back; strings are borrowed from args. ERR_FORMAT: a member is missing or of another kind;
// `name` (a file) begins the message.
int train_options_from_json(struct train_options *out, const json_t *args, const char *name,
                            struct err *e);

/*
 * *report: {"run", "steps", "best": {...}, "final": {...}, "memory": {...}, ...}, the caller's. ERR_CANCELLED: stopped
 * with a checkpoint; the same call goes on from there.
 */
int train(json_t **report, const struct train_options *o, const struct monitor *monitor,
          struct err *e);

// Checks and fills in phases "heads:1000,all:20000". ERR_USAGE.
int train_parse_phases(struct train_phase *out, size_t *n, const char *text, struct err *e);
