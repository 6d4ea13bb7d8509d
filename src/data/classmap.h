/*
 * classmap.h: from what an annotation says to the class that a network learns.
 *
 * A text file, one line each; spaces around names, empty lines and what follows a # at the
 * beginning of a line do not count, nor does ASCII case in a label:
 *
 *   fibrillation = Fibs
 *   insertional = -        left out of the data set
 *   * = Others             every label that is not named; "* = *": is its own class
 *
 * Without a line for * what is not named is left out.
 */
#pragma once

#include "base/arena.h"

#include <stddef.h>

struct err;

struct classmap_line {
    const char *label, *class_name;
    size_t line; // of the file, from 1
};

struct classmap {
    struct arena arena;
    struct classmap_line *lines; // owned by the arena
    size_t n;
};

// The classes of the 2019 paper: Fibs, PSW, and Others for everything else.
int classmap_of_paper(struct classmap *out, struct err *e);
// Every label is its own class.
int classmap_of_labels(struct classmap *out, struct err *e);
// ERR_FORMAT: a line that says something else, or a label that is there twice; the message has
// the line's number. ERR_IO, ERR_LIMIT, ERR_MEMORY.
int classmap_read(struct classmap *out, const char *path, struct err *e);
void classmap_release(struct classmap *m); // accepts a zeroed struct

// The class of a label, borrowed from the map or label itself. NULL: left out.
const char *classmap_find(const struct classmap *m, const char *label);
