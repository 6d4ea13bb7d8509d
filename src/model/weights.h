/*
 * weights.h: variables from and to TensorFlow checkpoints, by TF-Slim's rules.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct checkpoint_reader;
struct err;
struct network;
struct variables;

struct restore_options {
    const char
        *exclude_scopes; // "a,b": variables whose names start so are left alone; NULL: none
    bool ignore_missing; // a variable the checkpoint lacks is left alone, else ERR_FORMAT
    bool want_averages;  // "v/ExponentialMovingAverage" instead of v where there is one
};

struct restore_report {
    size_t n_restored, n_excluded, n_missing;
    char missing[160]; // the first ones by name, for a message
};

/*
 * Reads the variables of a network. A wrong shape is always ERR_FORMAT, with both shapes in the
 * message; so is a checkpoint of another network. Optimiser slots and global_step are not read.
 */
int weights_restore(struct restore_report *out, const struct network *n, struct variables *v,
                    struct checkpoint_reader *from, const struct restore_options *o,
                    struct err *e);

// Which variables start with one of the scopes of a list "a,b": is_in [v->n]. ERR_USAGE: a
// scope that no variable starts with, which would be a slip.
int weights_in_scopes(bool *is_in, const struct network *n, const char *scopes, struct err *e);

// More tensors for a checkpoint beside the variables: float32, or int64 scalars.
struct weights_extra {
    char *name; // owned by the caller
    const float *values;
    size_t n_dims;
    const size_t *dims;
    int64_t integer; // when values is NULL
};

// Writes a V2 checkpoint with the variables and the extras in ascending order of name.
int weights_save(const char *prefix, const struct network *n, const struct variables *v,
                 const struct weights_extra *extras, size_t n_extras, struct err *e);
