/* bytes.c: the growing buffer of bytes.h. Capacity doubles, so that appending is linear. */
#include "base/bytes.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

void buffer_init(struct buffer *b)
{
    *b = (struct buffer){0};
}

void buffer_release(struct buffer *b)
{
    mem_free(b->data);
    buffer_init(b);
}

void buffer_clear(struct buffer *b)
{
    b->n = 0;
    b->failed = false;
}

unsigned char *buffer_extend(struct buffer *b, size_t n)
{
    if (b->failed)
        return NULL;
    if (!b->data || n > b->capacity - b->n) { // NULL means failure, for no bytes, too
        size_t wanted = n > SIZE_MAX / 2 - b->n ? SIZE_MAX : b->n + n;
        size_t capacity = b->capacity < 128 ? 256 : b->capacity * 2;
        if (capacity < wanted)
            capacity = wanted;
        unsigned char *data = capacity == SIZE_MAX ? NULL : mem_resize(b->data, capacity, 1);
        if (!data) {
            b->failed = true;
            return NULL;
        }
        b->data = data;
        b->capacity = capacity;
    }
    unsigned char *at = b->data + b->n;
    b->n += n;
    return at;
}

void buffer_append(struct buffer *b, const void *p, size_t n)
{
    unsigned char *at = n ? buffer_extend(b, n) : NULL;
    if (at)
        memcpy(at, p, n);
}

void buffer_printf(struct buffer *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    unsigned char *at = n < 0 ? NULL : buffer_extend(b, (size_t)n + 1);
    if (!at) {
        b->failed = true;
        return;
    }
    va_start(ap, fmt);
    vsnprintf((char *)at, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n--; // the terminating zero stays behind the end
}

void buffer_u8(struct buffer *b, uint8_t v)
{
    buffer_append(b, &v, 1);
}

void buffer_u32le(struct buffer *b, uint32_t v)
{
    unsigned char *at = buffer_extend(b, 4);
    if (at)
        store_u32le(at, v);
}

void buffer_u64le(struct buffer *b, uint64_t v)
{
    unsigned char *at = buffer_extend(b, 8);
    if (at)
        store_u64le(at, v);
}
