/*
 * data_priv.h: what the files of this folder share: a data set in the making and where its
 * examples come from; candidates for excerpts.
 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "data/dataset_build.h"
#include "data/items.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct classmap;
struct err;
struct example;
struct monitor;
struct recording;
struct source_examples;

// dataset_build.c: a data set in the making.
struct build {
    const struct dataset_build_options *o;
    const struct source *source;
    const struct monitor *monitor;
    struct items p; // what becomes examples
    struct split_options split;
    enum split_side *side;
    size_t *order;
    uint64_t n_written;
    struct buffer hashes; // of all shards, one after another: their hash is the data set's
    // Of recordings only.
    struct items recordings;
    struct excerpts_counts counts;
    json_t *leaks;
    struct source_examples *examples; // of a data set only
};

// Where examples come from. A row each: source_pictures.c, source_recordings.c, source_dataset.c.
struct source {
    int (*check)(const struct dataset_build_options *o, struct err *e); // before long work
    int (*scan)(struct build *b, struct err *e);                        // fills p, patients too
    int (*after_split)(struct build *b, struct err *e);                 // or NULL
    // One example; what it views is in scratch, or lives as long as p.
    int (*example)(struct example *out, const struct build *b, const struct item *x,
                   struct buffer *scratch, struct err *e);
    int (*describe)(json_t *root, const struct build *b, struct err *e); // adds to it; or NULL
    void (*release)(struct build *b);
};
extern const struct source source_pictures, source_recordings, source_dataset;

// Patients by --manifest or --patient-pattern, if any of them was given.
int build_find_patients(const struct build *b, struct items *x, struct err *e);

// A place that may become an excerpt.
struct candidate {
    size_t i_recording;
    double centre_s, to_s;  // to_s: where the event ends, for CENTRE_PEAK; centre_s: no search
    const char *event;      // in candidates.arena
    const char *class_name; // in the class map, or event
    uint32_t lot;           // random: who is left out
};

struct candidates {
    struct arena arena;
    struct candidate *list;
    size_t n, capacity;
};

void candidates_release(struct candidates *c);

// Adds those of one opened recording: i-th of the list, whole is its class by the manifest or
// NULL.
int candidates_add(struct candidates *c, struct excerpts_counts *counts, struct recording *r,
                   size_t i, const char *whole, const struct classmap *map,
                   const struct excerpts_options *o, struct err *e);

// Leaves out by options.balance.
void candidates_balance(struct candidates *c, struct excerpts_counts *counts,
                        const struct excerpts_options *o);
