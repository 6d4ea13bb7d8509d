/*
 * table.h: the sorted table of keys and values that TensorFlow's checkpoints are (V1) or are
 * indexed by (V2). See table.c for the bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;
struct table;
struct table_writer;

enum { TABLE_MAX_BLOCK_BYTES = 2000 << 20 };

int table_open(struct table **out, const char *path, struct err *e);
void table_close(struct table *t); // accepts NULL

/*
 * The value of a key: 1 there it is, 0 there is none, negative an error. Borrowed until the
 * next call on t.
 */
int table_find(struct table *t, const void *key, size_t n_key, const unsigned char **value,
               size_t *n_value, struct err *e);

// Calls visit for every entry in order until it answers negative, which is then the answer. Key
// and value are borrowed during the call.
typedef int (*table_visit)(void *context, const unsigned char *key, size_t n_key,
                           const unsigned char *value, size_t n_value, struct err *e);
int table_walk(struct table *t, table_visit visit, void *context, struct err *e);

// Writes byte for byte what TensorFlow writes, without compression. Keys must ascend.
int table_writer_open(struct table_writer **out, const char *path, struct err *e);
int table_writer_add(struct table_writer *w, const void *key, size_t n_key, const void *value,
                     size_t n_value, struct err *e);
int table_writer_finish(struct table_writer *w, struct err *e); // the file appears
void table_writer_close(struct table_writer *w);                // accepts NULL
