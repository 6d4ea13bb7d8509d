/* checkpoint_priv.h: what the files of the checkpoint reader share. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "tf/checkpoint.h"
#include "tf/ordered_code.h"
#include "tf/table.h"

enum { CHECKPOINT_MAX_SHARDS = 4096 };

// One piece of a tensor: where it lies in the whole and where its values are.
struct slice {
    struct slice_extent extent[CHECKPOINT_MAX_DIMS];
    size_t table; // V1: which table holds it
    struct slice *next;
};

struct entry {
    struct checkpoint_entry pub; // first: the public view
    // V2: where the raw values lie
    size_t shard;
    uint64_t offset, size;
    uint32_t crc;
    bool is_sliced;
    struct slice *slices; // V1 always, V2 when sliced
};

struct checkpoint_reader {
    int version;
    char *prefix;
    struct arena arena; // entries' names and slices
    struct entry *entries;
    size_t n, capacity;
    struct table **tables; // V1: one per file; V2: the index
    size_t n_tables;
    size_t n_shards; // V2
};

struct err;

int checkpoint_v1_open(struct checkpoint_reader *r, struct err *e);
int checkpoint_v2_open(struct checkpoint_reader *r, struct err *e);

// The raw values of one slice (NULL: the whole tensor), little-endian, in dtype; appended to b.
int checkpoint_v1_values(struct checkpoint_reader *r, const struct entry *x,
                         const struct slice *s, struct buffer *b, struct err *e);
int checkpoint_v2_values(struct checkpoint_reader *r, const struct entry *x,
                         const struct slice *s, struct buffer *b, struct err *e);

// An entry more; NULL: no memory. Names are copied.
struct entry *checkpoint_add_entry(struct checkpoint_reader *r, const void *name,
                                   size_t n_name);

// TensorShapeProto and TensorSliceProto. False: damaged, or more than CHECKPOINT_MAX_DIMS.
bool checkpoint_parse_shape(struct cursor c, struct checkpoint_entry *out);
bool checkpoint_parse_slice(struct cursor c, struct slice_extent *out, size_t *n_dims);
