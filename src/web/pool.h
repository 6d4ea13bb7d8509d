/*
 * pool.h: threads that take tasks in the order in which they came. One of one thread is where the
 * engine lives, which wants to be called from one thread only.
 */
#pragma once

#include <stddef.h>

struct err;
struct pool;

int pool_new(struct pool **out, size_t n_threads, size_t max_waiting, struct err *e);

// ERR_LIMIT when max_waiting tasks wait. run(context) is called exactly once if this gives 0.
int pool_add(struct pool *p, void (*run)(void *context), void *context, struct err *e);

void pool_free(struct pool *p); // runs what waits, then ends; accepts NULL
