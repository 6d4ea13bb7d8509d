/*
 * vectors.h: tables of numbers, a row an example, kept on disk because they took long to compute: a
 * TensorFlow checkpoint with one matrix a table.
 *
 *     "<name>"  float32 [n][floats]
 *
 * The prefix has a digest of all that they depend on in it, so what is there is right.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct err;

enum { VECTORS_MAX_TABLES = 8 };

struct vectors {
    const char *name;
    size_t n, floats;
    float *values; // [n][floats]
};

// "<data set>/features/<digest of depends_on>/<name>", the caller's: mem_free(). Takes depends_on, an object
// of all that the tables depend on, also when it fails; NULL: no memory.
int vectors_prefix(char **out, const char *dataset, json_t *depends_on, const char *name,
                   struct err *e);

// Fills the values. 1: read; 0: nothing is there; ERR_FORMAT, ERR_IO, ...: what is there is damaged
// or of another shape, and the values are not to be used.
int vectors_read(const char *prefix, const struct vectors *tables, size_t n_tables,
                 struct err *e);

// Makes the prefix's folder if it is not there. n_tables <= VECTORS_MAX_TABLES.
int vectors_write(const char *prefix, const struct vectors *tables, size_t n_tables,
                  struct err *e);
