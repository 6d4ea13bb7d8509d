/*
 * checkpoint_v1.c: checkpoints of tensor slices (before 2016, and the published Inception v4):
 * a table whose values are messages.
 *
 *   key ""       SavedTensorSlices {1: SavedTensorSliceMeta {1: SavedSliceMeta, repeated}}
 *                SavedSliceMeta {1: name, 2: shape, 3: dtype, 4: slice, repeated}
 *   slice's key  SavedTensorSlices {2: SavedSlice {1: name, 2: slice, 3: TensorProto}}
 *
 * The TensorProto has only the list of values: 4 raw bytes, 5 floats, 6 doubles, 7 ints (int32,
 * uint8, int16, int8), 10 int64, 11 bools, 13 halves, each packed or not, in one or more
 * pieces. Source: tensorflow/core/util/saved_tensor_slice.proto, tensor_slice_reader.cc.
 */
#include "tf/checkpoint_priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "tf/wire.h"

static int damaged(const struct checkpoint_reader *r, const char *what, struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s: damaged V1 checkpoint: %s", r->prefix, what);
}

// One SavedSliceMeta. Of a sharded checkpoint each file lists its own slices of the same
// tensor.
static int add_meta(struct checkpoint_reader *r, size_t table, struct cursor c, struct err *e)
{
    struct cursor name = {0}, shape = {0};
    struct wire_field f;
    uint64_t dtype = 0;
    for (struct cursor k = c; wire_next(&k, &f);) {
        if (wire_is(&f, 1, WIRE_BYTES))
            name = f.bytes;
        if (wire_is(&f, 2, WIRE_BYTES))
            shape = f.bytes;
        if (wire_is(&f, 3, WIRE_VARINT))
            dtype = f.value;
    }
    struct entry *x = NULL;
    for (size_t i = 0; name.at && i < r->n && !x; i++)
        if (strlen(r->entries[i].pub.name) == cursor_left(&name) &&
            !memcmp(r->entries[i].pub.name, name.at, cursor_left(&name)))
            x = &r->entries[i];
    if (!x) {
        if (!name.at || !(x = checkpoint_add_entry(r, name.at, cursor_left(&name))))
            return err_set(e, ERR_MEMORY, "%s: no memory for its names", r->prefix);
        x->pub.dtype = (enum tf_dtype)dtype;
        if (!checkpoint_parse_shape(shape, &x->pub))
            return damaged(r, "a shape", e);
    }
    while (wire_next(&c, &f)) {
        size_t n_dims;
        if (!wire_is(&f, 4, WIRE_BYTES))
            continue;
        struct slice *s = arena_alloc(&r->arena, sizeof *s);
        if (!s)
            return err_set(e, ERR_MEMORY, "%s: no memory for its slices", r->prefix);
        s->table = table;
        s->next = x->slices;
        x->slices = s;
        if (!checkpoint_parse_slice(f.bytes, s->extent, &n_dims) || n_dims != x->pub.n_dims)
            return damaged(r, "a slice of another rank than its tensor", e);
    }
    return c.failed ? damaged(r, "a tensor's description", e) : 0;
}

static int read_meta(struct checkpoint_reader *r, size_t table, struct err *e)
{
    const unsigned char *value;
    size_t n;
    struct wire_field meta, tensor;
    int rc = table_find(r->tables[table], "", 0, &value, &n, e);
    if (rc <= 0)
        return rc < 0 ? rc : damaged(r, "no entry that lists its tensors", e);
    struct cursor c = cursor_of(value, n);
    rc = 0;
    while (rc == 0 && wire_next(&c, &meta)) {
        if (!wire_is(&meta, 1, WIRE_BYTES))
            continue;
        while (rc == 0 && wire_next(&meta.bytes, &tensor))
            if (wire_is(&tensor, 1, WIRE_BYTES))
                rc = add_meta(r, table, tensor.bytes, e);
        if (rc == 0 && meta.bytes.failed)
            rc = damaged(r, "the list of its tensors", e);
    }
    return rc == 0 && c.failed ? damaged(r, "the list of its tensors", e) : rc;
}

int checkpoint_v1_open(struct checkpoint_reader *r, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->n_tables; i++)
        rc = read_meta(r, i, e);
    return rc;
}

// A number of a varint list as the bytes of its type, at most 8.
static void append_number(struct buffer *b, uint64_t v, size_t n_bytes)
{
    unsigned char bytes[8];
    store_u64le(bytes, v);
    buffer_append(b, bytes, n_bytes);
}

static bool append_values(struct buffer *b, enum tf_dtype dtype, struct cursor tensor)
{
    struct wire_field f;
    size_t n_bytes = tf_dtype_bytes(dtype);
    while (wire_next(&tensor, &f)) {
        uint64_t v;
        bool is_list = f.number == 4 || f.number == 5 || f.number == 6;
        bool is_varints = f.number == 7 || f.number == 10 || f.number == 11 || f.number == 13;
        if (is_varints && n_bytes > 8)
            return false; // complex128 has none
        if (is_list && f.type == WIRE_BYTES)
            buffer_append(b, f.bytes.at, cursor_left(&f.bytes));
        else if (f.number == 5 && f.type == WIRE_FIXED32)
            append_number(b, f.value, 4);
        else if (f.number == 6 && f.type == WIRE_FIXED64)
            append_number(b, f.value, 8);
        else if (is_varints)
            while (wire_next_varint_of(&f, &v))
                append_number(b, v, n_bytes);
        if (f.type == WIRE_BYTES && f.bytes.failed)
            return false;
    }
    return !tensor.failed;
}

int checkpoint_v1_values(struct checkpoint_reader *r, const struct entry *x,
                         const struct slice *s, struct buffer *b, struct err *e)
{
    struct buffer key = {0};
    const unsigned char *value;
    size_t n;
    ordered_code_slice(&key, x->pub.name, s->extent, x->pub.n_dims);
    int rc = key.failed ? err_set(e, ERR_MEMORY, "%s: no memory for a key", r->prefix)
                        : table_find(r->tables[s->table], key.data, key.n, &value, &n, e);
    buffer_release(&key);
    if (rc <= 0)
        return rc < 0 ? rc
                      : err_set(e, ERR_FORMAT, "%s: %s: listed, but its values are not there",
                                r->prefix, x->pub.name);
    struct cursor c = cursor_of(value, n);
    struct wire_field data, tensor;
    bool ok = true;
    while (wire_next(&c, &data)) {
        if (!wire_is(&data, 2, WIRE_BYTES))
            continue;
        while (wire_next(&data.bytes, &tensor))
            if (wire_is(&tensor, 3, WIRE_BYTES))
                ok = ok && append_values(b, x->pub.dtype, tensor.bytes);
        ok = ok && !data.bytes.failed;
    }
    if (!ok || c.failed)
        return err_set(e, ERR_FORMAT, "%s: %s: damaged values", r->prefix, x->pub.name);
    return 0;
}
