/*
 * mem.c: see mem.h.
 *
 * The two counters are the only mutable globals of the program beside the tests' own: they
 * belong to the process as the heap does.
 */
#include "base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE_BYTES = 1 << 20 };

static atomic_long fail_countdown = -1;
static atomic_size_t live_blocks;

// Counts down to the allocation that a test wants to fail.
static bool must_fail(void)
{
    if (atomic_load_explicit(&fail_countdown, memory_order_relaxed) < 0)
        return false;
    return atomic_fetch_sub(&fail_countdown, 1) == 0;
}

static void *counted(void *p)
{
    if (p)
        atomic_fetch_add_explicit(&live_blocks, 1, memory_order_relaxed);
    return p;
}

void *mem_alloc(size_t n_bytes)
{
    return must_fail() ? NULL : counted(malloc(n_bytes ? n_bytes : 1));
}

void *mem_zalloc(size_t n_bytes)
{
    return must_fail() ? NULL : counted(calloc(1, n_bytes ? n_bytes : 1));
}

void *mem_array(size_t n, size_t size)
{
    size_t n_bytes = mem_product(n, size);
    return n_bytes == SIZE_MAX ? NULL : mem_zalloc(n_bytes);
}

void *mem_aligned(size_t n_bytes)
{
    if (must_fail() || n_bytes > SIZE_MAX - MEM_ALIGNMENT)
        return NULL;
    size_t rounded = (n_bytes + MEM_ALIGNMENT - 1) / MEM_ALIGNMENT * MEM_ALIGNMENT;
    return counted(aligned_alloc(MEM_ALIGNMENT, rounded ? rounded : MEM_ALIGNMENT));
}

void *mem_resize(void *p, size_t n, size_t size)
{
    size_t n_bytes = mem_product(n, size);
    if (n_bytes == SIZE_MAX || must_fail())
        return NULL;
    void *q = realloc(p, n_bytes ? n_bytes : 1);
    return p ? q : counted(q);
}

char *mem_strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = mem_alloc(n);
    return copy ? memcpy(copy, s, n) : NULL;
}

char *mem_printf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = n < 0 ? NULL : mem_alloc((size_t)n + 1);
    if (!text)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return text;
}

void mem_free(void *p)
{
    if (!p)
        return;
    atomic_fetch_sub_explicit(&live_blocks, 1, memory_order_relaxed);
    free(p);
}

size_t mem_product(size_t a, size_t b)
{
    return b && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

void mem_return_large_blocks(void)
{
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES); // set once, it no longer grows
}

void mem_fail_at(long n)
{
    atomic_store(&fail_countdown, n);
}

size_t mem_live_blocks(void)
{
    return atomic_load(&live_blocks);
}
