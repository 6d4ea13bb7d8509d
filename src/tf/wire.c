/* wire.c: see wire.h. */
#include "tf/wire.h"

uint64_t wire_varint(struct cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte = cursor_u8(c);
        if (c->failed)
            return 0;
        if (shift < 64)
            v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
    c->failed = true; // more than ten bytes
    return 0;
}

bool wire_next(struct cursor *c, struct wire_field *f)
{
    if (c->failed || !cursor_left(c))
        return false;
    uint64_t tag = wire_varint(c);
    *f = (struct wire_field){.number = (uint32_t)(tag >> 3), .type = (enum wire_type)(tag & 7)};
    switch (f->type) {
    case WIRE_VARINT:
        f->value = wire_varint(c);
        break;
    case WIRE_FIXED64:
        f->value = cursor_u64le(c);
        break;
    case WIRE_FIXED32:
        f->value = cursor_u32le(c);
        break;
    case WIRE_BYTES: {
        uint64_t n = wire_varint(c);
        const unsigned char *p = n > cursor_left(c) ? NULL : cursor_take(c, (size_t)n);
        if (p)
            f->bytes = cursor_of(p, (size_t)n);
        else
            c->failed = true;
        break;
    }
    default:
        c->failed = true;
    }
    if (!f->number || tag >> 32)
        c->failed = true;
    return !c->failed;
}

bool wire_is(const struct wire_field *f, uint32_t number, enum wire_type type)
{
    return f->number == number && f->type == type;
}

bool wire_next_varint_of(struct wire_field *f, uint64_t *out)
{
    if (f->type == WIRE_VARINT) {
        *out = f->value;
        f->type = WIRE_BYTES; // taken: the empty bytes behind it have no more
        return true;
    }
    if (f->type != WIRE_BYTES || !cursor_left(&f->bytes))
        return false;
    *out = wire_varint(&f->bytes);
    return !f->bytes.failed;
}

void wire_put_varint(struct buffer *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buffer_u8(b, (uint8_t)(v | 0x80));
    buffer_u8(b, (uint8_t)v);
}

static void put_tag(struct buffer *b, uint32_t number, enum wire_type type)
{
    wire_put_varint(b, (uint64_t)number << 3 | type);
}

void wire_put_uint(struct buffer *b, uint32_t number, uint64_t v)
{
    put_tag(b, number, WIRE_VARINT);
    wire_put_varint(b, v);
}

void wire_put_bytes(struct buffer *b, uint32_t number, const void *p, size_t n)
{
    put_tag(b, number, WIRE_BYTES);
    wire_put_varint(b, n);
    buffer_append(b, p, n);
}

void wire_put_string(struct buffer *b, uint32_t number, const char *s)
{
    wire_put_bytes(b, number, s, strlen(s));
}

void wire_put_fixed32(struct buffer *b, uint32_t number, uint32_t v)
{
    put_tag(b, number, WIRE_FIXED32);
    buffer_u32le(b, v);
}

void wire_put_float(struct buffer *b, uint32_t number, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    wire_put_fixed32(b, number, bits);
}

void wire_put_double(struct buffer *b, uint32_t number, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_tag(b, number, WIRE_FIXED64);
    buffer_u64le(b, bits);
}

size_t wire_begin(struct buffer *b, uint32_t number)
{
    put_tag(b, number, WIRE_BYTES);
    return b->n;
}

// The length goes in front of what was appended: that moves up by the length's own bytes.
void wire_end(struct buffer *b, size_t begun)
{
    size_t n = b->n - begun, n_length = wire_varint_bytes(n);
    if (!buffer_extend(b, n_length))
        return;
    memmove(b->data + begun + n_length, b->data + begun, n);
    unsigned char *at = b->data + begun;
    for (; n >= 0x80; n >>= 7)
        *at++ = (unsigned char)(n | 0x80);
    *at = (unsigned char)n;
}

size_t wire_varint_bytes(uint64_t v)
{
    size_t n = 1;
    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}
