/*
 * dataset_build.h: class folders of pictures, recordings, or another data set -> a data set: TFRecord shards as
 * TF-Slim names them, labels.txt, dataset.json, rejected.csv.
 *
 *   <name>_<split>_00000-of-00005.tfrecord   ceil(n / shards) examples each; late ones may be empty
 *   dataset.json   schema 1: classes, splits with counts, patients and hashes of the shards,
 *                  options; of recordings also "input" (input.h), "excerpts" and "leaks"
 *
 * dataset.json is written last: a folder without it is no data set of ours.
 */
#pragma once

#include "data/excerpts.h"
#include "data/split.h"
#include "input/input.h"

#include <jansson.h>
#include <stdbool.h>

struct err;
struct monitor;

struct dataset_build_options {
    const char *images;          // folder of class folders; or NULL and
    const char *recordings;      // folder of recordings; or NULL and
    const char *dataset;         // a data set whose examples are divided anew
    const char *out;             // folder, made if need be
    const char *manifest;        // CSV, or NULL
    const char *patient_pattern; // regular expression, or NULL
    bool is_split_given;         // else: patient if patients are known, else file
    struct split_options split;
    size_t n_shards; // > 0
    const char *name;
    bool want_gzip;
    bool want_overwrite; // of a data set that is there already
    size_t n_threads;
    // Of recordings.
    enum input_kind kind;  // what their excerpts are kept as: drawn, or as values
    const char *class_map; // file (classmap.h); NULL: the paper's, or the manifest's classes
    struct excerpts_options excerpts; // seed and n_threads are taken from above
};
struct dataset_build_options dataset_build_defaults(void);

// *report: the object of --json (classes, splits, rejected, duplicates ...), the caller's.
int dataset_build(json_t **report, const struct dataset_build_options *o,
                  const struct monitor *monitor, struct err *e);
