/*
 * bytes.h: numbers in files. Little-endian loads and stores, a bounds-checked cursor to read
 * with and a growing buffer to write with.
 *
 * The cursor never reads past its end: the first read that would sets `failed`, gives zero and
 * so does every later one. A parser therefore reads a whole header and asks once. It is the
 * only place where a length that came from a file meets a pointer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t load_u16le(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t load_u32le(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t load_u64le(const unsigned char *p)
{
    return load_u32le(p) | (uint64_t)load_u32le(p + 4) << 32;
}

static inline void store_u32le(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(v >> 8 * i);
}

static inline void store_u64le(unsigned char *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)(v >> 8 * i);
}

struct cursor {
    const unsigned char *at;
    const unsigned char *end;
    bool failed;
};

static inline struct cursor cursor_of(const void *p, size_t n)
{
    const unsigned char *at = p;
    return (struct cursor){at, n ? at + n : at, false};
}

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

// The next n bytes, borrowed, or NULL and failed when fewer are left.
static inline const unsigned char *cursor_take(struct cursor *c, size_t n)
{
    if (c->failed || n > cursor_left(c)) {
        c->failed = true;
        return NULL;
    }
    const unsigned char *p = c->at;
    c->at += n;
    return p;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    const unsigned char *p = cursor_take(c, 1);
    return p ? *p : 0;
}

static inline uint16_t cursor_u16le(struct cursor *c)
{
    const unsigned char *p = cursor_take(c, 2);
    return p ? load_u16le(p) : 0;
}

static inline uint32_t cursor_u32le(struct cursor *c)
{
    const unsigned char *p = cursor_take(c, 4);
    return p ? load_u32le(p) : 0;
}

static inline uint64_t cursor_u64le(struct cursor *c)
{
    const unsigned char *p = cursor_take(c, 8);
    return p ? load_u64le(p) : 0;
}

/*
 * Bytes that grow at the end. A failed allocation sets `failed`; later appends then do nothing,
 * so that a writer asks once, at its end. Zero-initialise it or use buffer_init().
 */
struct buffer {
    unsigned char *data;
    size_t n;
    size_t capacity;
    bool failed;
};

void buffer_init(struct buffer *b);
void buffer_release(struct buffer *b);
void buffer_clear(struct buffer *b); // n = 0, memory kept, failed forgotten
void buffer_append(struct buffer *b, const void *p, size_t n);
void buffer_printf(struct buffer *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
unsigned char *buffer_extend(struct buffer *b, size_t n); // n bytes to fill; NULL when failed
void buffer_u8(struct buffer *b, uint8_t v);
void buffer_u32le(struct buffer *b, uint32_t v);
void buffer_u64le(struct buffer *b, uint64_t v);
