/*
 * describe.h: what is in a data set or a checkpoint, every byte of it read and checked.
 */
#pragma once

#include <jansson.h>

struct err;
struct monitor;

// {"dataset", "classes", "splits": {name: {"n", "per_class", "patients", "n_bytes",
// "width": [min, max], "height": [min, max]}}, "split", "seed", "hash"}; the caller's. A damaged
// record is ERR_FORMAT with shard and place. Data sets made by TF-Slim are read, too.
int describe_dataset(json_t **report, const char *folder, const struct monitor *monitor,
                     struct err *e);

// {"checkpoint", "version", "n_values", "tensors": [{"name", "dtype", "shape", "sum"}]}; the
// caller's. sum is null where the type is neither a float nor an integer.
int describe_checkpoint(json_t **report, const char *prefix, const struct monitor *monitor,
                        struct err *e);
