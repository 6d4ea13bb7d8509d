/*
 * modelrack.h: the models that the server was started with, open. They are used by the engine's
 * thread only; what is told of them does not change.
 */
#pragma once

#include "input/input.h"

#include <jansson.h>

struct err;
struct model;
struct modelrack;
struct monitor;
struct neighbors;

int modelrack_open(struct modelrack **out, const char *const *folders, size_t n, struct err *e);
void modelrack_close(struct modelrack *r); // accepts NULL

// [{"id", "name", "network", "reads" (picture, signal or mel), "classes", "is_calibrated",
// "window_ms"}]; the caller's. NULL: no memory.
json_t *modelrack_json(const struct modelrack *r);

// The model of an id ("m1"); NULL: none.
struct model *modelrack_find(const struct modelrack *r, const char *id);

// The examples of a model's data set (dataset NULL: its own), opened when they are first asked for.
// Borrowed; for the engine's thread.
int modelrack_neighbors(struct neighbors **out, struct modelrack *r, const char *id,
                        const char *dataset, size_t n_threads, const struct monitor *monitor,
                        struct err *e);
