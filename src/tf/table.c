/*
 * table.c: reads tables. See table_writer.c for writing.
 *
 *   data block ... data block | metaindex block (empty) | index block | footer, 48 bytes
 *
 *   each block    contents | u8 type: 0 plain, 1 Snappy | u32 masked CRC-32C(contents, type)
 *   contents      entries | u32 offset of each restart | u32 number of restarts
 *   entry         varint shared | varint n | varint n_value | n key bytes | value
 *                 the key's first `shared` bytes are those of the key before; 0 at a restart
 *   index block   an entry per data block: a key >= its last one; varint offset, varint size
 *   footer        varint offset, size of the metaindex; of the index; zeros; u64 magic at 40
 *
 * Source: LevelDB's table_format.md, tensorflow/core/lib/io/table_builder.cc. Sizes leave out
 * the five bytes behind a block.
 */
#include "tf/table.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tf/crc32c.h"
#include "tf/wire.h"

#include <errno.h>
#include <snappy-c.h>
#include <stdio.h>

enum { FOOTER_BYTES = 48, TRAILER_BYTES = 5 };
static const uint64_t magic = 0xdb4775248b80fb57U;

struct place { // of a block
    uint64_t offset, size;
};

struct table {
    char *path;
    FILE *f;
    uint64_t file_bytes;
    unsigned char *index; // contents of the index block
    size_t n_index;
    unsigned char *block; // the data block read last
    size_t n_block;
    uint64_t block_at; // its offset, UINT64_MAX: none
};

static int damaged(const struct table *t, uint64_t at, const char *what, struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s: block at offset %llu: %s", t->path,
                   (unsigned long long)at, what);
}

static int read_at(const struct table *t, uint64_t at, unsigned char *to, size_t n,
                   struct err *e)
{
    if (fseek(t->f, (long)at, SEEK_SET) || fread(to, 1, n, t->f) != n)
        return err_set(e, ERR_IO, "%s: offset %llu: %s", t->path, (unsigned long long)at,
                       ferror(t->f) ? strerror(errno) : "ends too early");
    return 0;
}

static int uncompress(const struct table *t, struct place p, unsigned char **contents,
                      size_t *n, struct err *e)
{
    size_t n_plain;
    if (snappy_uncompressed_length((char *)*contents, *n, &n_plain) != SNAPPY_OK ||
        n_plain > TABLE_MAX_BLOCK_BYTES)
        return damaged(t, p.offset, "no Snappy data of a sane length", e);
    unsigned char *plain = mem_alloc(n_plain);
    if (!plain)
        return err_set(e, ERR_MEMORY, "%s: no memory for %zu bytes", t->path, n_plain);
    if (snappy_uncompress((char *)*contents, *n, (char *)plain, &n_plain) != SNAPPY_OK) {
        mem_free(plain);
        return damaged(t, p.offset, "damaged Snappy data", e);
    }
    mem_free(*contents);
    *contents = plain;
    *n = n_plain;
    return 0;
}

// The contents of a block, checked and uncompressed; the caller's: mem_free().
static int read_block(const struct table *t, struct place p, unsigned char **contents,
                      size_t *n, struct err *e)
{
    *contents = NULL;
    if (p.size > TABLE_MAX_BLOCK_BYTES || p.offset > t->file_bytes ||
        p.size + TRAILER_BYTES > t->file_bytes - p.offset)
        return damaged(t, p.offset, "reaches over the end of the file", e);
    *n = (size_t)p.size;
    *contents = mem_alloc(*n + TRAILER_BYTES);
    if (!*contents)
        return err_set(e, ERR_MEMORY, "%s: no memory for a block of %zu bytes", t->path, *n);
    int rc = read_at(t, p.offset, *contents, *n + TRAILER_BYTES, e);
    if (rc == 0 && crc32c_masked(*contents, *n + 1) != load_u32le(*contents + *n + 1))
        rc = damaged(t, p.offset, "its checksum does not fit", e);
    if (rc == 0 && (*contents)[*n] > 1)
        rc = damaged(t, p.offset, "compressed in a way that is not known", e);
    if (rc == 0 && (*contents)[*n] == 1)
        rc = uncompress(t, p, contents, n, e);
    if (rc < 0) {
        mem_free(*contents);
        *contents = NULL;
    }
    return rc;
}

int table_open(struct table **out, const char *path, struct err *e)
{
    unsigned char footer[FOOTER_BYTES];
    *out = NULL;
    struct table *t = mem_zalloc(sizeof *t);
    if (!t || !(t->path = mem_strdup(path))) {
        table_close(t);
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    }
    t->block_at = UINT64_MAX;
    int rc = file_size(&t->file_bytes, path, e);
    if (rc == 0 && !(t->f = fopen(path, "rb")))
        rc = err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    if (rc == 0 && t->file_bytes < FOOTER_BYTES)
        rc = err_set(e, ERR_FORMAT, "%s: %llu bytes, too short for a checkpoint table", path,
                     (unsigned long long)t->file_bytes);
    if (rc == 0)
        rc = read_at(t, t->file_bytes - FOOTER_BYTES, footer, sizeof footer, e);
    if (rc == 0 && load_u64le(footer + 40) != magic)
        rc = err_set(e, ERR_FORMAT, "%s: no checkpoint table: its last eight bytes are others",
                     path);
    if (rc == 0) {
        struct cursor c = cursor_of(footer, 40);
        struct place metaindex = {wire_varint(&c), 0}, index = {0};
        metaindex.size = wire_varint(&c);
        index.offset = wire_varint(&c);
        index.size = wire_varint(&c);
        rc = c.failed ? err_set(e, ERR_FORMAT, "%s: damaged footer", path)
                      : read_block(t, metaindex, &t->block, &t->n_block, e); // only to check it
        if (rc == 0)
            rc = read_block(t, index, &t->index, &t->n_index, e);
    }
    if (rc < 0) {
        table_close(t);
        return rc;
    }
    *out = t;
    return 0;
}

void table_close(struct table *t)
{
    if (!t)
        return;
    if (t->f)
        fclose(t->f);
    mem_free(t->index);
    mem_free(t->block);
    mem_free(t->path);
    mem_free(t);
}

// A walk through the entries of one block's contents.
struct entries {
    struct cursor c;
    struct buffer key;
    const unsigned char *value;
    size_t n_value;
    bool failed;
};

static void entries_begin(struct entries *w, const unsigned char *contents, size_t n)
{
    *w = (struct entries){0};
    uint32_t n_restarts = n >= 4 ? load_u32le(contents + n - 4) : UINT32_MAX;
    if (n < 4 || n_restarts > (n - 4) / 4)
        w->failed = true;
    else
        w->c = cursor_of(contents, n - 4 - 4 * (size_t)n_restarts);
}

static bool entries_next(struct entries *w)
{
    if (w->failed || !cursor_left(&w->c))
        return false;
    uint64_t shared = wire_varint(&w->c), n = wire_varint(&w->c), n_value = wire_varint(&w->c);
    bool fits = !w->c.failed && shared <= w->key.n && n <= cursor_left(&w->c) &&
                n_value <= cursor_left(&w->c) - n;
    if (!fits) {
        w->failed = true;
        return false;
    }
    w->key.n = (size_t)shared;
    buffer_append(&w->key, cursor_take(&w->c, (size_t)n), (size_t)n);
    w->n_value = (size_t)n_value;
    w->value = cursor_take(&w->c, w->n_value);
    w->failed = w->key.failed;
    return !w->failed;
}

static int entries_end(struct entries *w, const struct table *t, uint64_t at, struct err *e)
{
    bool no_memory = w->key.failed, failed = w->failed;
    buffer_release(&w->key);
    if (no_memory)
        return err_set(e, ERR_MEMORY, "%s: no memory for a key", t->path);
    return failed ? damaged(t, at, "damaged entries", e) : 0;
}

// Makes the block that an entry of the index points at the current one.
static int load_block(struct table *t, const struct entries *index, struct err *e)
{
    struct cursor c = cursor_of(index->value, index->n_value);
    struct place p = {wire_varint(&c), 0};
    p.size = wire_varint(&c);
    if (c.failed)
        return err_set(e, ERR_FORMAT, "%s: damaged index", t->path);
    if (p.offset == t->block_at)
        return 0;
    mem_free(t->block);
    t->block_at = UINT64_MAX;
    int rc = read_block(t, p, &t->block, &t->n_block, e);
    if (rc == 0)
        t->block_at = p.offset;
    return rc;
}

static int compare_keys(const unsigned char *a, size_t n_a, const unsigned char *b, size_t n_b)
{
    size_t n = n_a < n_b ? n_a : n_b;
    int order = n ? memcmp(a, b, n) : 0;
    return order ? order : (n_a > n_b) - (n_a < n_b);
}

static int find_in_block(struct table *t, const void *key, size_t n_key,
                         const unsigned char **value, size_t *n_value, struct err *e)
{
    struct entries w;
    int found = 0;
    entries_begin(&w, t->block, t->n_block);
    while (!found && entries_next(&w))
        if (compare_keys(w.key.data, w.key.n, key, n_key) == 0) {
            *value = w.value;
            *n_value = w.n_value;
            found = 1;
        }
    int rc = entries_end(&w, t, t->block_at, e);
    return rc < 0 ? rc : found;
}

int table_find(struct table *t, const void *key, size_t n_key, const unsigned char **value,
               size_t *n_value, struct err *e)
{
    struct entries index;
    int rc = 0;
    bool is_behind = false;
    entries_begin(&index, t->index, t->n_index);
    while (!is_behind && entries_next(&index))
        is_behind = compare_keys(index.key.data, index.key.n, key, n_key) >= 0;
    if (is_behind && (rc = load_block(t, &index, e)) == 0)
        rc = find_in_block(t, key, n_key, value, n_value, e);
    if (rc < 0) {
        buffer_release(&index.key);
        return rc;
    }
    int ended = entries_end(&index, t, t->file_bytes, e);
    return ended < 0 ? ended : rc;
}

static int walk_block(struct table *t, table_visit visit, void *context, struct err *e)
{
    struct entries w;
    int rc = 0;
    entries_begin(&w, t->block, t->n_block);
    while (rc == 0 && entries_next(&w))
        rc = visit(context, w.key.data, w.key.n, w.value, w.n_value, e);
    if (rc < 0) {
        buffer_release(&w.key);
        return rc;
    }
    return entries_end(&w, t, t->block_at, e);
}

int table_walk(struct table *t, table_visit visit, void *context, struct err *e)
{
    struct entries index;
    int rc = 0;
    entries_begin(&index, t->index, t->n_index);
    while (rc == 0 && entries_next(&index))
        if ((rc = load_block(t, &index, e)) == 0)
            rc = walk_block(t, visit, context, e);
    if (rc < 0) {
        buffer_release(&index.key);
        return rc;
    }
    return entries_end(&index, t, t->file_bytes, e);
}
