/*
 * checkpoint.h: TensorFlow's checkpoints, V1 (tensor slices in one table) and V2 (tensor
 * bundle). See checkpoint_v1.c and checkpoint_v2.c for the bytes.
 */
#pragma once

#include "tf/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct checkpoint_reader;
struct checkpoint_writer;

enum { CHECKPOINT_MAX_DIMS = 8 };

struct checkpoint_entry {
    const char *name; // borrowed from the reader
    enum tf_dtype dtype;
    size_t n_dims;
    size_t dims[CHECKPOINT_MAX_DIMS]; // row-major, the last varies fastest
    size_t n_elements;                // their product; 1 for a scalar
};

/*
 * prefix: V2 if "<prefix>.index" exists, else V1 if the file itself (or
 * "<prefix>-?????-of-?????") does. A folder, or a state file named "checkpoint", means its
 * latest checkpoint.
 */
int checkpoint_reader_open(struct checkpoint_reader **out, const char *prefix, struct err *e);
void checkpoint_reader_close(struct checkpoint_reader *r); // accepts NULL

int checkpoint_reader_version(const struct checkpoint_reader *r);        // 1 or 2
const char *checkpoint_reader_prefix(const struct checkpoint_reader *r); // resolved, borrowed
size_t checkpoint_reader_n(const struct checkpoint_reader *r); // entries, sorted by name
const struct checkpoint_entry *checkpoint_reader_entry(const struct checkpoint_reader *r,
                                                       size_t i);
const struct checkpoint_entry *checkpoint_reader_find(const struct checkpoint_reader *r,
                                                      const char *name); // NULL: not there

// The values, slices joined, checksum verified. out has room for entry->n_elements. float32, or
// float64, float16 and bfloat16 converted; integers through the second. Else ERR_UNSUPPORTED.
int checkpoint_reader_floats(struct checkpoint_reader *r, const struct checkpoint_entry *entry,
                             float *out, struct err *e);
int checkpoint_reader_integers(struct checkpoint_reader *r,
                               const struct checkpoint_entry *entry, int64_t *out,
                               struct err *e); // int32, int64, smaller, bool

/*
 * Writes "<prefix>.index" and "<prefix>.data-00000-of-00001" (V2), byte for byte as
 * TensorFlow's Saver does: tensors in ascending order of name, which is also the order in which
 * they must be added (ERR_USAGE). Nothing appears under its name before finish(): first the
 * data, then the index, so that an index always has its data.
 */
int checkpoint_writer_open(struct checkpoint_writer **out, const char *prefix, struct err *e);
// The same as one V1 file named prefix, for programs that read no V2. Tensors in any order,
// kept in memory until finish(). float32, float64, int32 and int64.
int checkpoint_writer_open_v1(struct checkpoint_writer **out, const char *prefix,
                              struct err *e);
int checkpoint_writer_add(struct checkpoint_writer *w, const char *name, enum tf_dtype dtype,
                          const size_t *dims, size_t n_dims, const void *values, struct err *e);
int checkpoint_writer_finish(struct checkpoint_writer *w, struct err *e);
void checkpoint_writer_close(
    struct checkpoint_writer *w); // accepts NULL; without finish: nothing is left

/*
 * The state file "checkpoint" of a folder: which checkpoints are kept, oldest first.
 * Base names only are written, so that a folder can be moved.
 */
struct checkpoint_state {
    char **prefixes; // as written in the file, oldest first; the last is the newest
    size_t n;
};
int checkpoint_state_read(struct checkpoint_state *out, const char *folder,
                          struct err *e); // none: n = 0
int checkpoint_state_write(const char *folder, const struct checkpoint_state *s, struct err *e);
void checkpoint_state_release(struct checkpoint_state *s);
