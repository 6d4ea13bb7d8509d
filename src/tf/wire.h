/*
 * wire.h: protobuf's wire format [1], read in place and written into a buffer.
 *
 * A message is fields; a field is a varint tag (number << 3 | type) and a value: 0 varint, 1
 * eight bytes, 2 length and bytes (strings, messages, packed numbers), 5 four bytes. Reading
 * copies nothing, never recurses and leaves unknown fields to the caller to pass over.
 *
 * [1] Protocol Buffers, "Encoding"
 */
#pragma once

#include "base/bytes.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire_field {
    uint32_t number;
    enum wire_type type;
    uint64_t value;      // of varint, fixed64, fixed32
    struct cursor bytes; // of bytes
};

uint64_t wire_varint(struct cursor *c);
// The next field. False at the end, and when the message is damaged: then c->failed is set.
bool wire_next(struct cursor *c, struct wire_field *f);

// Whether f is the bytes (or other type) of that number.
bool wire_is(const struct wire_field *f, uint32_t number, enum wire_type type);

// A field's numbers, packed (bytes) or one at a time: 1 and *out, 0 when there are no more.
bool wire_next_varint_of(struct wire_field *f, uint64_t *out);

void wire_put_varint(struct buffer *b, uint64_t v);
void wire_put_uint(struct buffer *b, uint32_t number, uint64_t v); // as a varint field
void wire_put_bytes(struct buffer *b, uint32_t number, const void *p, size_t n);
void wire_put_string(struct buffer *b, uint32_t number, const char *s);
void wire_put_float(struct buffer *b, uint32_t number, float v);
void wire_put_double(struct buffer *b, uint32_t number, double v);
void wire_put_fixed32(struct buffer *b, uint32_t number, uint32_t v);

// A nested message: what is appended between the two becomes field `number`.
size_t wire_begin(struct buffer *b, uint32_t number);
void wire_end(struct buffer *b, size_t begun);

size_t wire_varint_bytes(uint64_t v);
