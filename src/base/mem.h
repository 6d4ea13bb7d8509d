/*
 * mem.h: all heap memory of the program goes through here.
 *
 * Three reasons: a product of count and size is checked for overflow in one place, tests can
 * let the n-th allocation fail and see that nothing leaks, and the number of live blocks is
 * known. Every function that returns memory returns NULL when there is none; the caller then
 * answers ERR_MEMORY.
 *
 * Threads: all functions may be called from any thread.
 */
#pragma once

#include <stddef.h>

void *mem_alloc(size_t n_bytes);        // contents undefined; n_bytes 0 gives a block of 1
void *mem_zalloc(size_t n_bytes);       // contents zero
void *mem_array(size_t n, size_t size); // zeroed; NULL if n * size overflows
void *mem_aligned(size_t n_bytes);      // at a multiple of MEM_ALIGNMENT; contents undefined
void *mem_resize(void *p, size_t n,
                 size_t size); // like realloc of n * size; p stays on failure
char *mem_strdup(const char *s);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void mem_free(void *p); // accepts NULL; ends blocks of all functions above

// a * b, or SIZE_MAX when that overflows: an allocation of it then fails.
size_t mem_product(size_t a, size_t b);

enum { MEM_ALIGNMENT = 64 }; // one cache line, one AVX-512 register

// Up to a multiple of MEM_ALIGNMENT: parts of a block, each of which begins at one.
static inline size_t mem_rounded(size_t n_bytes)
{
    return (n_bytes + MEM_ALIGNMENT - 1) / MEM_ALIGNMENT * MEM_ALIGNMENT;
}

/*
 * Blocks of 1 MiB and more go back to the system when they are freed. By default glibc keeps them
 * after the first such free, in an arena for each thread: batches that one thread makes and another
 * frees then came to twice what was alive.
 */
void mem_return_large_blocks(void);

// For tests. The n-th allocation from now on (0: the next one) fails, once; negative: none
// does.
void mem_fail_at(long n);

// Blocks allocated and not yet freed.
size_t mem_live_blocks(void);
