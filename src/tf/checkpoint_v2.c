/*
 * checkpoint_v2.c: tensor bundles: "<prefix>.index", a table, and
 * "<prefix>.data-?????-of-?????", raw little-endian values, row-major, one tensor after
 * another.
 *
 *   key ""    BundleHeaderProto {1: n_shards, 2: endianness (0 little), 3: version}
 *   key name  BundleEntryProto {1: dtype, 2: shape, 3: shard, 4: offset, 5: size,
 *             6: fixed32 masked CRC-32C of the bytes, 7: slice, repeated}
 *
 * A sliced tensor's entry has its slices and no bytes; each slice has an entry of its own under
 * the key of ordered_code.h. Source: tensorflow/core/util/tensor_bundle/tensor_bundle.cc.
 */
#include "tf/checkpoint_priv.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tf/crc32c.h"
#include "tf/wire.h"

#include <errno.h>
#include <stdio.h>

static int damaged(const struct checkpoint_reader *r, const char *name, const char *what,
                   struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s.index: %s: %s", r->prefix, name, what);
}

static int read_header(struct checkpoint_reader *r, struct cursor c, struct err *e)
{
    struct wire_field f;
    uint64_t endianness = 0;
    while (wire_next(&c, &f)) {
        if (wire_is(&f, 1, WIRE_VARINT))
            r->n_shards = f.value <= CHECKPOINT_MAX_SHARDS ? (size_t)f.value : 0;
        if (wire_is(&f, 2, WIRE_VARINT))
            endianness = f.value;
    }
    if (c.failed || !r->n_shards)
        return damaged(r, "header", "damaged", e);
    if (endianness)
        return err_set(e, ERR_UNSUPPORTED, "%s.index: big-endian values", r->prefix);
    return 0;
}

static int add_slice(struct checkpoint_reader *r, struct entry *x, struct cursor c,
                     struct err *e)
{
    size_t n_dims;
    struct slice *s = arena_alloc(&r->arena, sizeof *s);
    if (!s)
        return err_set(e, ERR_MEMORY, "%s.index: no memory for slices", r->prefix);
    s->next = x->slices;
    x->slices = s;
    x->is_sliced = true;
    if (!checkpoint_parse_slice(c, s->extent, &n_dims) || n_dims != x->pub.n_dims)
        return damaged(r, x->pub.name, "a slice of another rank than its tensor", e);
    return 0;
}

static int parse_entry(struct checkpoint_reader *r, struct entry *x, struct cursor c,
                       struct err *e)
{
    struct wire_field f;
    int rc = 0;
    struct cursor again = c;
    while (wire_next(&c, &f)) {
        if (wire_is(&f, 1, WIRE_VARINT))
            x->pub.dtype = (enum tf_dtype)f.value;
        if (wire_is(&f, 2, WIRE_BYTES) && !checkpoint_parse_shape(f.bytes, &x->pub))
            return damaged(r, x->pub.name, "damaged shape, or more than 8 dimensions", e);
        if (wire_is(&f, 3, WIRE_VARINT))
            x->shard = f.value < r->n_shards ? (size_t)f.value : SIZE_MAX;
        if (wire_is(&f, 4, WIRE_VARINT))
            x->offset = f.value;
        if (wire_is(&f, 5, WIRE_VARINT))
            x->size = f.value;
        if (wire_is(&f, 6, WIRE_FIXED32))
            x->crc = (uint32_t)f.value;
    }
    if (c.failed || x->shard == SIZE_MAX)
        return damaged(r, x->pub.name, "damaged entry", e);
    while (rc == 0 && wire_next(&again, &f))
        if (wire_is(&f, 7, WIRE_BYTES))
            rc = add_slice(r, x, f.bytes, e);
    return rc;
}

static int visit(void *context, const unsigned char *key, size_t n_key,
                 const unsigned char *value, size_t n_value, struct err *e)
{
    struct checkpoint_reader *r = context;
    if (n_key == 0)
        return read_header(r, cursor_of(value, n_value), e);
    if (!r->n_shards)
        return damaged(r, "header", "not there", e);
    if (key[0] == 0)
        return 0; // a slice: found by its tensor
    struct entry *x = checkpoint_add_entry(r, key, n_key);
    if (!x)
        return err_set(e, ERR_MEMORY, "%s.index: no memory for its names", r->prefix);
    return parse_entry(r, x, cursor_of(value, n_value), e);
}

int checkpoint_v2_open(struct checkpoint_reader *r, struct err *e)
{
    int rc = table_walk(r->tables[0], visit, r, e);
    if (rc == 0 && !r->n_shards)
        rc = damaged(r, "header", "not there", e);
    return rc;
}

static int read_raw(struct checkpoint_reader *r, const struct entry *x, struct buffer *b,
                    struct err *e)
{
    uint64_t file_bytes;
    char *path = mem_printf("%s.data-%05zu-of-%05zu", r->prefix, x->shard, r->n_shards);
    if (!path)
        return err_set(e, ERR_MEMORY, "%s: no memory", r->prefix);
    FILE *f = NULL;
    int rc = file_size(&file_bytes, path, e);
    if (rc == 0 && (x->offset > file_bytes || x->size > file_bytes - x->offset))
        rc = err_set(e, ERR_FORMAT, "%s: %s: ends at %llu, the file at %llu", path, x->pub.name,
                     (unsigned long long)(x->offset + x->size), (unsigned long long)file_bytes);
    if (rc == 0 && !(f = fopen(path, "rb")))
        rc = err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    unsigned char *to = rc == 0 ? buffer_extend(b, (size_t)x->size) : NULL;
    if (rc == 0 && !to)
        rc = err_set(e, ERR_MEMORY, "%s: %s: no memory for %llu bytes", path, x->pub.name,
                     (unsigned long long)x->size);
    if (rc == 0 && (fseek(f, (long)x->offset, SEEK_SET) ||
                    fread(to, 1, (size_t)x->size, f) != (size_t)x->size))
        rc = err_set(e, ERR_IO, "%s: %s: %s", path, x->pub.name, strerror(errno));
    if (rc == 0 && crc32c_masked(to, (size_t)x->size) != x->crc)
        rc = err_set(e, ERR_FORMAT, "%s: %s: damaged: its checksum does not fit", path,
                     x->pub.name);
    if (f)
        fclose(f);
    mem_free(path);
    return rc;
}

int checkpoint_v2_values(struct checkpoint_reader *r, const struct entry *x,
                         const struct slice *s, struct buffer *b, struct err *e)
{
    if (!s)
        return read_raw(r, x, b, e);
    struct buffer key = {0};
    const unsigned char *value;
    size_t n;
    ordered_code_slice(&key, x->pub.name, s->extent, x->pub.n_dims);
    int rc = key.failed ? err_set(e, ERR_MEMORY, "%s: no memory for a key", r->prefix)
                        : table_find(r->tables[0], key.data, key.n, &value, &n, e);
    buffer_release(&key);
    if (rc <= 0)
        return rc < 0 ? rc : damaged(r, x->pub.name, "one of its slices is not there", e);
    struct entry piece = {.pub = {.name = x->pub.name}};
    rc = parse_entry(r, &piece, cursor_of(value, n), e);
    return rc == 0 ? read_raw(r, &piece, b, e) : rc;
}
