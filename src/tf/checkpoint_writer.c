/*
 * checkpoint_writer.c: writes checkpoints, both versions, byte for byte as TensorFlow's Saver
 * does. The bytes are in checkpoint_v1.c, checkpoint_v2.c and table.c.
 *
 * V2: values go straight to the data file; the index, which is small, is written at the end,
 * after the data file has got its name. V1: one table whose first entry lists all tensors, so
 * everything waits in memory.
 */
#include "tf/checkpoint.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tf/crc32c.h"
#include "tf/ordered_code.h"
#include "tf/table.h"
#include "tf/wire.h"

#include <errno.h>
#include <stdlib.h>

// An entry of the table in the making.
struct row {
    struct buffer key, value;
};

struct checkpoint_writer {
    int version;
    char *prefix;
    struct file_draft data; // V2
    uint64_t offset;        // V2
    struct row *rows;
    size_t n, capacity;
    struct buffer meta; // V1: the list of tensors
    char *last_name;    // V2: names must ascend
};

static int open_writer(struct checkpoint_writer **out, int version, const char *prefix,
                       struct err *e)
{
    *out = NULL;
    struct checkpoint_writer *w = mem_zalloc(sizeof *w);
    if (!w || !(w->prefix = mem_strdup(prefix))) {
        checkpoint_writer_close(w);
        return err_set(e, ERR_MEMORY, "%s: no memory", prefix);
    }
    w->version = version;
    int rc = 0;
    if (version == 2) {
        char *path = mem_printf("%s.data-00000-of-00001", prefix);
        rc = path ? file_draft_open(&w->data, path, e)
                  : err_set(e, ERR_MEMORY, "%s: no memory", prefix);
        mem_free(path);
    }
    if (rc < 0) {
        checkpoint_writer_close(w);
        return rc;
    }
    *out = w;
    return 0;
}

int checkpoint_writer_open(struct checkpoint_writer **out, const char *prefix, struct err *e)
{
    return open_writer(out, 2, prefix, e);
}

int checkpoint_writer_open_v1(struct checkpoint_writer **out, const char *prefix, struct err *e)
{
    return open_writer(out, 1, prefix, e);
}

static struct row *new_row(struct checkpoint_writer *w, struct err *e)
{
    if (w->n == w->capacity) {
        size_t capacity = w->capacity ? 2 * w->capacity : 256;
        struct row *more = mem_resize(w->rows, capacity, sizeof *more);
        if (!more) {
            err_set(e, ERR_MEMORY, "%s: no memory for its index", w->prefix);
            return NULL;
        }
        w->rows = more;
        w->capacity = capacity;
    }
    w->rows[w->n] = (struct row){0};
    return &w->rows[w->n++];
}

static void put_shape(struct buffer *b, uint32_t number, const size_t *dims, size_t n_dims)
{
    size_t shape = wire_begin(b, number);
    for (size_t i = 0; i < n_dims; i++) {
        size_t dim = wire_begin(b, 2);
        wire_put_uint(b, 1, dims[i]);
        wire_end(b, dim);
    }
    wire_end(b, shape);
}

// TensorSliceProto of a whole tensor: an empty Extent per dimension.
static void put_whole_slice(struct buffer *b, uint32_t number, size_t n_dims)
{
    size_t slice = wire_begin(b, number);
    for (size_t i = 0; i < n_dims; i++)
        wire_put_bytes(b, 1, "", 0);
    wire_end(b, slice);
}

static int add_v2(struct checkpoint_writer *w, const char *name, enum tf_dtype dtype,
                  const size_t *dims, size_t n_dims, const void *values, size_t n_bytes,
                  struct err *e)
{
    if (w->last_name && strcmp(w->last_name, name) >= 0)
        return err_set(e, ERR_USAGE, "%s: %s after %s, wanted ascending names", w->prefix, name,
                       w->last_name);
    mem_free(w->last_name);
    w->last_name = mem_strdup(name);
    struct row *row = new_row(w, e);
    if (!row || !w->last_name)
        return err_set(e, ERR_MEMORY, "%s: no memory for its index", w->prefix);
    if (n_bytes && fwrite(values, 1, n_bytes, w->data.f) != n_bytes)
        return err_set(e, ERR_IO, "%s: %s", w->data.path, strerror(errno));
    buffer_append(&row->key, name, strlen(name));
    wire_put_uint(&row->value, 1, dtype);
    put_shape(&row->value, 2, dims, n_dims);
    if (w->offset)
        wire_put_uint(&row->value, 4, w->offset);
    if (n_bytes)
        wire_put_uint(&row->value, 5, n_bytes);
    wire_put_fixed32(&row->value, 6, crc32c_masked(values, n_bytes));
    w->offset += n_bytes;
    return 0;
}

// The values as TensorProto's list for their type: floats and doubles as bytes, integers as
// varints.
static int put_list(struct buffer *b, enum tf_dtype dtype, const void *values, size_t n)
{
    const unsigned char *p = values;
    if (dtype == TF_FLOAT || dtype == TF_DOUBLE) {
        wire_put_bytes(b, dtype == TF_FLOAT ? 5 : 6, p, n * tf_dtype_bytes(dtype));
        return 0;
    }
    if (dtype != TF_INT32 && dtype != TF_INT64)
        return -1;
    size_t list = wire_begin(b, dtype == TF_INT32 ? 7 : 10);
    for (size_t i = 0; i < n; i++)
        wire_put_varint(b, dtype == TF_INT32 ? (uint64_t)(int64_t)(int32_t)load_u32le(p + 4 * i)
                                             : load_u64le(p + 8 * i));
    wire_end(b, list);
    return 0;
}

static int add_v1(struct checkpoint_writer *w, const char *name, enum tf_dtype dtype,
                  const size_t *dims, size_t n_dims, const void *values, size_t n,
                  struct err *e)
{
    static const struct slice_extent whole[CHECKPOINT_MAX_DIMS] = {
        {0, -1}, {0, -1}, {0, -1}, {0, -1}, {0, -1}, {0, -1}, {0, -1}, {0, -1}};
    struct row *row = new_row(w, e);
    if (!row)
        return ERR_MEMORY;
    size_t meta = wire_begin(&w->meta, 1);
    wire_put_string(&w->meta, 1, name);
    put_shape(&w->meta, 2, dims, n_dims);
    wire_put_uint(&w->meta, 3, dtype);
    put_whole_slice(&w->meta, 4, n_dims);
    wire_end(&w->meta, meta);
    ordered_code_slice(&row->key, name, whole, n_dims);
    size_t data = wire_begin(&row->value, 2);
    wire_put_string(&row->value, 1, name);
    put_whole_slice(&row->value, 2, n_dims);
    size_t tensor = wire_begin(&row->value, 3);
    int rc = put_list(&row->value, dtype, values, n);
    wire_end(&row->value, tensor);
    wire_end(&row->value, data);
    return rc == 0 ? 0
                   : err_set(e, ERR_UNSUPPORTED, "%s: %s: no %s in a V1 checkpoint", w->prefix,
                             name, tf_dtype_name(dtype));
}

int checkpoint_writer_add(struct checkpoint_writer *w, const char *name, enum tf_dtype dtype,
                          const size_t *dims, size_t n_dims, const void *values, struct err *e)
{
    size_t n = 1;
    for (size_t i = 0; i < n_dims; i++)
        n = mem_product(n, dims[i]);
    if (n_dims > CHECKPOINT_MAX_DIMS || !tf_dtype_bytes(dtype))
        return err_set(e, ERR_UNSUPPORTED, "%s: %s: %zu dimensions of %s", w->prefix, name,
                       n_dims, tf_dtype_name(dtype));
    if (w->version == 1)
        return add_v1(w, name, dtype, dims, n_dims, values, n, e);
    return add_v2(w, name, dtype, dims, n_dims, values, n * tf_dtype_bytes(dtype), e);
}

static int compare_rows(const void *a, const void *b)
{
    const struct buffer *x = &((const struct row *)a)->key, *y = &((const struct row *)b)->key;
    size_t n = x->n < y->n ? x->n : y->n;
    int order = memcmp(x->data, y->data, n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

// The value of key "": V2's header is 1 shard, version {producer 1}; V1's the list of tensors.
static void first_value(struct checkpoint_writer *w, struct buffer *b)
{
    static const unsigned char header[] = {0x08, 0x01, 0x1a, 0x02, 0x08, 0x01};
    if (w->version == 2) {
        buffer_append(b, header, sizeof header);
        return;
    }
    size_t list = wire_begin(b, 1);
    buffer_append(b, w->meta.data, w->meta.n);
    size_t versions = wire_begin(b, 2);
    wire_put_uint(b, 1, 1);
    wire_end(b, versions);
    wire_end(b, list);
}

static int write_table(struct checkpoint_writer *w, const char *path, struct err *e)
{
    struct table_writer *t;
    struct buffer first = {0};
    int rc = table_writer_open(&t, path, e);
    if (rc < 0)
        return rc;
    first_value(w, &first);
    bool failed = first.failed || w->meta.failed;
    rc = table_writer_add(t, "", 0, first.data, first.n, e);
    for (size_t i = 0; rc == 0 && i < w->n; i++) {
        const struct row *row = &w->rows[i];
        failed = failed || row->key.failed || row->value.failed;
        rc = table_writer_add(t, row->key.data, row->key.n, row->value.data, row->value.n, e);
    }
    if (rc == 0 && failed)
        rc = err_set(e, ERR_MEMORY, "%s: no memory for its index", w->prefix);
    if (rc == 0)
        rc = table_writer_finish(t, e);
    table_writer_close(t);
    buffer_release(&first);
    return rc;
}

int checkpoint_writer_finish(struct checkpoint_writer *w, struct err *e)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->rows[i].key.failed)
            return err_set(e, ERR_MEMORY, "%s: no memory for its index", w->prefix);
    if (w->n)
        qsort(w->rows, w->n, sizeof *w->rows, compare_rows);
    if (w->version == 1)
        return write_table(w, w->prefix, e);
    char *index = mem_printf("%s.index", w->prefix);
    int rc = index ? file_draft_commit(&w->data, e)
                   : err_set(e, ERR_MEMORY, "%s: no memory", w->prefix);
    if (rc == 0)
        rc = write_table(w, index, e);
    mem_free(index);
    return rc;
}

void checkpoint_writer_close(struct checkpoint_writer *w)
{
    if (!w)
        return;
    file_draft_abandon(&w->data);
    for (size_t i = 0; i < w->n; i++) {
        buffer_release(&w->rows[i].key);
        buffer_release(&w->rows[i].value);
    }
    buffer_release(&w->meta);
    mem_free(w->rows);
    mem_free(w->last_name);
    mem_free(w->prefix);
    mem_free(w);
}
