/*
 * arena.h: many small things with one end, such as the nodes of a graph or the names of a
 * header.
 *
 * Memory comes in blocks; nothing is freed before arena_release(). Pointers stay valid until
 * then.
 */
#pragma once

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *newest;
    size_t used_bytes; // of the newest block
};

void arena_init(struct arena *a);
void arena_release(struct arena *a); // accepts an arena that was never used

void *arena_alloc(struct arena *a,
                  size_t n_bytes); // zeroed, aligned for any type; NULL: no memory
void *arena_array(struct arena *a, size_t n, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
