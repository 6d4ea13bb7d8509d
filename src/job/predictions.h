/*
 * predictions.h: what a model said of each example of a split, and what was true: the table that every
 * number of an evaluation is made of, in memory and as a CSV file.
 *
 *   file,patient,muscle,recording,truth,prediction,CLASS,CLASS,...
 *
 * A line for each example; truth and prediction are names of classes, each class has a column with its
 * probability. In a file to be read patient, muscle and recording may be missing or empty, and the
 * columns before "prediction" may come in any order; every column behind it is a class.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct err;
struct examples;

enum predictions_key { KEY_PATIENT, KEY_MUSCLE, KEY_RECORDING, N_KEYS };
extern const char *const predictions_keys[N_KEYS + 1]; // "patient", "muscle", "recording", NULL

struct predictions {
    struct arena arena;   // all strings
    const char **classes; // [n_classes]
    size_t n_classes, n;
    const char **file;        // [n]
    const char **key[N_KEYS]; // [n] each; "": not known
    size_t *truth, *called;   // [n], below n_classes
    float *p;                 // [n][n_classes], 0 to 1
    bool is_known[N_KEYS];    // of every example
    size_t n_without[N_KEYS]; // examples that lack it
};

// Of examples and their probabilities p [x->n][n_classes], which are copied. ERR_FORMAT: a probability
// that is not in [0, 1], with the example's file; ERR_MEMORY.
int predictions_of(struct predictions *out, char *const *classes, size_t n_classes,
                   const struct examples *x, const float *p, struct err *e);

int predictions_write(const char *path, const struct predictions *q, struct err *e);

// ERR_FORMAT, with the line: a missing column, a class that is not in the header, a probability that
// is no number from 0 to 1, a row whose probabilities do not sum up to 1 or whose prediction is not its
// most probable class, a cut line. ERR_IO, ERR_LIMIT, ERR_MEMORY.
int predictions_read(struct predictions *out, const char *path, struct err *e);

void predictions_release(struct predictions *q); // accepts a zeroed struct

// The class of that name; n_classes: none.
size_t predictions_class(const struct predictions *q, const char *name);
