/*
 * workers.h: many threads make numbered items, one thread takes them in order.
 *
 * Item i is made by make(context, i, ...) on any thread; workers_next() hands out 0, 1, 2, ...
 * in that order whatever the threads do. At most `depth` items are made ahead. An item that
 * failed is handed out at its place in the order: its error comes from workers_next(), and the
 * walk may go on behind it.
 *
 * With n_threads 0 items are made on the caller's thread, when asked for.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;
struct workers;

struct workers_spec {
    size_t n_threads;
    size_t depth;   // > 0
    uint64_t first; // number of the first item
    uint64_t n;     // items there are; UINT64_MAX: endless
    void *context;
    // Makes item i into *item. Called from several threads at once.
    int (*make)(void *context, uint64_t i, void **item, struct err *e);
    void (*free_item)(void *context, void *item); // of items nobody took
};

int workers_open(struct workers **out, const struct workers_spec *spec, struct err *e);

// The next item; *item belongs to the caller. 1: there it is; 0: there are no more; negative:
// this item's error.
int workers_next(struct workers *w, void **item, struct err *e);

// Waits for the items being made and frees what nobody took. Accepts NULL.
void workers_close(struct workers *w);
