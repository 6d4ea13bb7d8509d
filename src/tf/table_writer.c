/*
 * table_writer.c: writes tables as TensorFlow's table_builder.cc does, byte for byte. The
 * layout is in table.c.
 *
 * A block is closed when its size (entries, restarts, their count) reaches 262,144; and before
 * an entry that is itself twice as large, if anything was added before. Restarts stand every 16
 * entries in data blocks, at every entry of the index. A block's key in the index is the
 * shortest one that separates it from the next: known only when the next key comes.
 */
#include "tf/table.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tf/crc32c.h"
#include "tf/wire.h"

#include <errno.h>

enum { BLOCK_BYTES = 262144, RESTART_EVERY = 16, FOOTER_BYTES = 48 };
static const uint64_t magic = 0xdb4775248b80fb57U;

struct block {
    struct buffer entries, restarts, last_key;
    int restart_every, since_restart;
    bool has_entries;
};

struct table_writer {
    struct file_draft draft;
    uint64_t offset;
    struct block data, index;
    struct buffer handle; // of the block closed last, waiting for the next key
};

static void block_clear(struct block *b)
{
    buffer_clear(&b->entries);
    buffer_clear(&b->restarts);
    buffer_clear(&b->last_key);
    buffer_u32le(&b->restarts, 0);
    b->since_restart = 0;
    b->has_entries = false;
}

static void block_add(struct block *b, const void *key, size_t n_key, const void *value,
                      size_t n_value)
{
    size_t shared = 0;
    if (b->since_restart < b->restart_every) {
        const unsigned char *k = key;
        while (shared < n_key && shared < b->last_key.n &&
               b->last_key.data[shared] == k[shared])
            shared++;
    } else {
        buffer_u32le(&b->restarts, (uint32_t)b->entries.n);
        b->since_restart = 0;
    }
    wire_put_varint(&b->entries, shared);
    wire_put_varint(&b->entries, n_key - shared);
    wire_put_varint(&b->entries, n_value);
    buffer_append(&b->entries, (const unsigned char *)key + shared, n_key - shared);
    buffer_append(&b->entries, value, n_value);
    buffer_clear(&b->last_key);
    buffer_append(&b->last_key, key, n_key);
    b->since_restart++;
    b->has_entries = true;
}

static size_t block_bytes(const struct block *b)
{
    return b->entries.n + b->restarts.n + 4;
}

static void block_release(struct block *b)
{
    buffer_release(&b->entries);
    buffer_release(&b->restarts);
    buffer_release(&b->last_key);
}

int table_writer_open(struct table_writer **out, const char *path, struct err *e)
{
    *out = NULL;
    struct table_writer *w = mem_zalloc(sizeof *w);
    if (!w)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    w->data.restart_every = RESTART_EVERY;
    w->index.restart_every = 1;
    block_clear(&w->data);
    block_clear(&w->index);
    int rc = file_draft_open(&w->draft, path, e);
    if (rc < 0) {
        table_writer_close(w);
        return rc;
    }
    *out = w;
    return 0;
}

static int put(struct table_writer *w, const void *p, size_t n, struct err *e)
{
    if (n && fwrite(p, 1, n, w->draft.f) != n)
        return err_set(e, ERR_IO, "%s: %s", w->draft.path, strerror(errno));
    w->offset += n;
    return 0;
}

// Writes a block and leaves its handle: varint offset, varint size.
static int flush_block(struct table_writer *w, struct block *b, struct buffer *handle,
                       struct err *e)
{
    unsigned char trailer[5] = {0};
    buffer_u32le(&b->restarts, (uint32_t)(b->restarts.n / 4));
    if (b->entries.failed || b->restarts.failed || b->last_key.failed)
        return err_set(e, ERR_MEMORY, "%s: no memory for a block", w->draft.path);
    uint32_t crc = crc32c(b->entries.data, b->entries.n);
    crc = crc32c_extend(crc, b->restarts.data, b->restarts.n);
    store_u32le(trailer + 1, crc32c_mask(crc32c_extend(crc, trailer, 1)));
    buffer_clear(handle);
    wire_put_varint(handle, w->offset);
    wire_put_varint(handle, b->entries.n + b->restarts.n);
    int rc = put(w, b->entries.data, b->entries.n, e);
    if (rc == 0)
        rc = put(w, b->restarts.data, b->restarts.n, e);
    if (rc == 0)
        rc = put(w, trailer, sizeof trailer, e);
    block_clear(b);
    return rc;
}

// Shortens last (in place) to the shortest key that is >= last and < next.
static void separate(struct buffer *last, const unsigned char *next, size_t n_next)
{
    size_t i = 0;
    while (i < last->n && i < n_next && last->data[i] == next[i])
        i++;
    if (i >= last->n || i >= n_next)
        return; // one is the beginning of the other
    if (last->data[i] < 0xff && last->data[i] + 1 < next[i]) {
        last->data[i]++;
        last->n = i + 1;
    }
}

// Shortens last to the shortest key that is >= last.
static void succeed(struct buffer *last)
{
    for (size_t i = 0; i < last->n; i++)
        if (last->data[i] != 0xff) {
            last->data[i]++;
            last->n = i + 1;
            return;
        }
}

// Closes the data block; its last key waits in index.last_key's place: data.last_key is
// cleared.
static int close_block(struct table_writer *w, struct buffer *last, struct err *e)
{
    buffer_clear(last);
    buffer_append(last, w->data.last_key.data, w->data.last_key.n);
    return flush_block(w, &w->data, &w->handle, e);
}

int table_writer_add(struct table_writer *w, const void *key, size_t n_key, const void *value,
                     size_t n_value, struct err *e)
{
    struct buffer last = {0};
    int rc = 0;
    bool is_large = n_key + n_value >= (size_t)2 * BLOCK_BYTES;
    if (w->data.has_entries && (block_bytes(&w->data) >= BLOCK_BYTES || is_large)) {
        rc = close_block(w, &last, e);
        separate(&last, key, n_key);
        block_add(&w->index, last.data, last.n, w->handle.data, w->handle.n);
        if (rc == 0 && (last.failed || w->handle.failed))
            rc = err_set(e, ERR_MEMORY, "%s: no memory", w->draft.path);
    }
    buffer_release(&last);
    block_add(&w->data, key, n_key, value, n_value);
    return rc;
}

static int write_footer(struct table_writer *w, const struct buffer *metaindex,
                        const struct buffer *index, struct err *e)
{
    unsigned char footer[FOOTER_BYTES] = {0};
    memcpy(footer, metaindex->data, metaindex->n);
    memcpy(footer + metaindex->n, index->data, index->n);
    store_u64le(footer + 40, magic);
    return put(w, footer, sizeof footer, e);
}

int table_writer_finish(struct table_writer *w, struct err *e)
{
    struct buffer last = {0}, metaindex = {0}, index = {0};
    int rc = 0;
    if (w->data.has_entries) {
        rc = close_block(w, &last, e);
        succeed(&last);
        block_add(&w->index, last.data, last.n, w->handle.data, w->handle.n);
    }
    struct block empty = {.restart_every = 1};
    block_clear(&empty);
    if (rc == 0)
        rc = flush_block(w, &empty, &metaindex, e);
    if (rc == 0)
        rc = flush_block(w, &w->index, &index, e);
    if (rc == 0 && (last.failed || metaindex.failed || index.failed))
        rc = err_set(e, ERR_MEMORY, "%s: no memory", w->draft.path);
    if (rc == 0)
        rc = write_footer(w, &metaindex, &index, e);
    if (rc == 0)
        rc = file_draft_commit(&w->draft, e);
    block_release(&empty);
    buffer_release(&last);
    buffer_release(&metaindex);
    buffer_release(&index);
    return rc;
}

void table_writer_close(struct table_writer *w)
{
    if (!w)
        return;
    file_draft_abandon(&w->draft);
    block_release(&w->data);
    block_release(&w->index);
    buffer_release(&w->handle);
    mem_free(w);
}
