/* arena.c: see arena.h. A block is 16 KiB, or as large as the one thing that did not fit in it.
 */
#include "base/arena.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_BYTES = 16384 };

struct arena_block {
    struct arena_block *older;
    size_t size_bytes;
    alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_release(struct arena *a)
{
    while (a->newest) {
        struct arena_block *older = a->newest->older;
        mem_free(a->newest);
        a->newest = older;
    }
    a->used_bytes = 0;
}

void *arena_alloc(struct arena *a, size_t n_bytes)
{
    size_t align = alignof(max_align_t);
    if (n_bytes > SIZE_MAX / 2)
        return NULL;
    n_bytes = (n_bytes + align - 1) / align * align;
    if (!a->newest || n_bytes > a->newest->size_bytes - a->used_bytes) {
        size_t size_bytes = n_bytes > BLOCK_BYTES ? n_bytes : BLOCK_BYTES;
        struct arena_block *b = mem_alloc(sizeof *b + size_bytes);
        if (!b)
            return NULL;
        b->older = a->newest;
        b->size_bytes = size_bytes;
        a->newest = b;
        a->used_bytes = 0;
    }
    void *p = a->newest->bytes + a->used_bytes;
    a->used_bytes += n_bytes;
    return memset(p, 0, n_bytes);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    return arena_alloc(a, mem_product(n, size));
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *copy = arena_alloc(a, n + 1);
    return copy ? memcpy(copy, s, n) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (!text)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return text;
}
