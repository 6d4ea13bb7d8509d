/*
 * dataset.h: a data set on disk, opened: its classes and the examples of one of its splits.
 *
 * Ours has dataset.json. A folder that TF-Slim made (labels.txt and *_<split>_*.tfrecord)
 * opens, too.
 */
#pragma once

#include "base/sha256.h"
#include "input/input.h"
#include "tf/example.h"

#include <jansson.h>

struct err;
struct imagecache;

enum { DATASET_MAX_BYTES_SHIFT = 34 }; // examples are kept in memory: up to 16 GiB of pictures

struct dataset {
    char *folder;
    char **labels; // [n_classes]
    size_t n_classes;
    json_t *description; // dataset.json, NULL: made by others
    char hash[65];       // of the data set; "" when not known
};
int dataset_open(struct dataset *out, const char *folder, struct err *e);
void dataset_close(struct dataset *d); // accepts a zeroed struct

// SHA-256 over the hashes of a split's shards, in their order; "" where the set does not say.
void dataset_split_hash(char out[SHA256_HEX_BYTES], const struct dataset *d, const char *split);

// What the set was made for: its description's "input", or pictures of height and width 0 where
// it does not say: any.
int dataset_input(struct input *out, const struct dataset *d, struct err *e);

// All examples of one split, in memory. The views in examples point into it.
struct examples {
    struct example *examples; // [n]; label within 0..n_classes-1
    size_t n;
    size_t *per_class; // [n_classes]
    size_t n_classes;
    unsigned char **blocks;     // the messages
    struct imagecache *decoded; // by their places in examples; NULL: decoded each time
};
// ERR_USAGE: no such split, or an empty one. ERR_FORMAT: a damaged record or a label out of range, with shard
// and record.
int examples_load(struct examples *out, const struct dataset *d, const char *split,
                  struct err *e);
// From now on loaders keep the pictures they decode, compressed, in max_bytes or what these examples may be
// expected to take, whichever is less; what finds no room is decoded each time. Again: nothing changes. ERR_MEMORY.
int examples_keep_decoded(struct examples *x, size_t max_bytes, struct err *e);
void examples_release(struct examples *x); // accepts a zeroed struct
