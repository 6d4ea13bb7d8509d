/*
 * workbench.h: what one running server knows: the parts that the handlers (api_*.c) share.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct album;
struct err;
struct jobqueue;
struct journal;
struct modelrack;
struct sandbox;
struct shelf;
struct store;

struct workbench {
    const char *version;
    char *scratch;    // folder for what is not kept; removed at the end
    size_t n_threads; // of the engine; 0: as many as the machine has
    uint64_t max_upload_bytes;
    struct journal *journal;
    struct sandbox *sandbox;
    struct modelrack *models;
    const char *dataset;   // of similar examples; NULL: each model's own
    struct album *album;   // what was sent
    struct album *answers; // pictures that answer: maps, examples
    struct shelf *shelf;
    struct store *store;
    struct jobqueue *jobs;
};

struct workbench_options {
    const char *version;
    const char *const *models; // [n_models] model folders
    size_t n_models;
    const char *dataset;    // of similar examples; NULL: what each model was trained on
    const char *recordings; // folder; NULL: none
    const char *project;    // file; NULL: the person's own
    const char *author;     // of annotations; NULL: the name of the account
    size_t n_threads;
    uint64_t max_upload_bytes;
};

/*
 * Opens all parts; the strings of o are borrowed. Must be called while the process has one thread,
 * because it forks. ERR_IO, ERR_FORMAT, ...: what a model, a folder or the project file gives.
 */
int workbench_open(struct workbench *w, const struct workbench_options *o, struct err *e);
void workbench_close(struct workbench *w); // stops what is computed; accepts a zeroed struct
