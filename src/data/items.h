/*
 * items.h: what a data set is made of, as a list: pictures, recordings, or excerpts of them; whose
 * each is, and what was left out.
 *
 * pictures.h and recordings.h scan folders into such a list, excerpts.h makes one of another;
 * manifest.h fills in patients; split.h divides it.
 */
#pragma once

#include "base/arena.h"
#include "base/sha256.h"

#include <stdbool.h>
#include <stddef.h>

struct err;
struct excerpt;

struct item {
    const char *file; // "class folder/name" of a picture, "folder/name" of a recording,
                      // "folder/name@seconds" of an excerpt
    size_t label;
    const char *patient, *recording, *muscle; // NULL: not known
    const char *class_name; // of a recording, from its manifest; NULL: not known
    size_t n_bytes;
    char sha256[SHA256_HEX_BYTES]; // of the file's bytes, or of an excerpt's values
    // Of pictures.
    const char *format; // "jpeg", "png", "bmp"
    size_t width, height;
    struct excerpt *excerpt; // excerpts.h; NULL: a file
};

// A file that is not in the list, and why.
struct left_out {
    const char *file, *why;
    bool
        is_rejected; // somebody meant it, and it cannot be read; else skipped: hidden, or another
                     // kind of file
};

struct items {
    const char *noun;   // "picture", "recording", "excerpt": for messages
    struct arena arena; // all strings
    char **classes;     // [n_classes], sorted by code point
    size_t n_classes;   // 0: of recordings that are not labelled as a whole
    struct item
        *items; // pictures by class, then by name (code point); others by name, then time
    size_t n, capacity;
    struct left_out *left_out;
    size_t n_left_out;
    bool has_patients; // every item has one
};

void items_init(struct items *x, const char *noun);
void items_release(struct items *x); // accepts a zeroed struct

// A new zeroed item at the end. NULL: no memory.
struct item *items_add(struct items *x);
int items_leave_out(struct items *x, const char *file, const char *why, bool is_rejected,
                    struct err *e);

// Patients from file names: the first group of a POSIX extended regular expression.
int items_match_patients(struct items *x, const char *pattern, struct err *e);
