/*
 * tfrecord.c: see tfrecord.h. A file is records, one after another, without header or footer:
 *
 *   u64 little-endian   length n
 *   u32 little-endian   masked CRC-32C of the eight length bytes
 *   n bytes             data
 *   u32 little-endian   masked CRC-32C of the data
 *
 * GZIP is one stream around all of it. Source: tensorflow/core/lib/io/record_writer.cc.
 *
 * A damaged length leaves no way to the next record. Damaged data does: its length was good.
 */
#include "tf/tfrecord.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tf/crc32c.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#define ZLIB_CONST // its input is const then
#include <zlib.h>

enum { HEADER_BYTES = 12, FOOTER_BYTES = 4, READ_AHEAD_BYTES = 1 << 18 };

struct tfrecord_reader {
    char *path;
    gzFile file; // reads plain files as they are
    uint64_t record, offset, next_offset;
    bool is_lost; // a damaged length: nothing can follow
    unsigned char *data;
    size_t capacity;
};

int tfrecord_reader_open(struct tfrecord_reader **out, const char *path, struct err *e)
{
    *out = NULL;
    if (file_is_folder(path))
        return err_set(e, ERR_IO, "%s: is a folder, wanted a TFRecord file", path);
    struct tfrecord_reader *r = mem_zalloc(sizeof *r);
    if (!r || !(r->path = mem_strdup(path))) {
        tfrecord_reader_close(r);
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    }
    errno = 0;
    r->file = gzopen(path, "rb");
    if (!r->file) {
        int rc = errno ? err_set(e, ERR_IO, "%s: %s", path, strerror(errno))
                       : err_set(e, ERR_MEMORY, "%s: no memory", path);
        tfrecord_reader_close(r);
        return rc;
    }
    gzbuffer(r->file, READ_AHEAD_BYTES);
    *out = r;
    return 0;
}

void tfrecord_reader_close(struct tfrecord_reader *r)
{
    if (!r)
        return;
    if (r->file)
        gzclose(r->file);
    mem_free(r->path);
    mem_free(r->data);
    mem_free(r);
}

static int damaged(const struct tfrecord_reader *r, const char *what, struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s: record %llu at offset %llu: %s", r->path,
                   (unsigned long long)r->record, (unsigned long long)r->offset, what);
}

// n bytes, or fewer at the end of the file; negative: the stream is damaged.
static int read_bytes(struct tfrecord_reader *r, unsigned char *to, size_t n, size_t *got,
                      struct err *e)
{
    *got = 0;
    while (*got < n) {
        size_t left = n - *got;
        int k = gzread(r->file, to + *got, left > 1 << 30 ? 1 << 30 : (unsigned)left);
        if (k < 0) {
            int errnum;
            const char *why = gzerror(r->file, &errnum);
            r->is_lost = true;
            return damaged(r, errnum == Z_ERRNO ? strerror(errno) : why, e);
        }
        if (k == 0)
            break;
        *got += (size_t)k;
    }
    return 0;
}

static int grow(struct tfrecord_reader *r, size_t n, struct err *e)
{
    if (n <= r->capacity)
        return 0;
    unsigned char *more = mem_resize(r->data, n, 1);
    if (!more)
        return err_set(e, ERR_MEMORY, "%s: no memory for a record of %zu bytes", r->path, n);
    r->data = more;
    r->capacity = n;
    return 0;
}

/*
 * A length may lie although its checksum fits: memory is taken as the bytes arrive, so that a
 * small file cannot ask for a gigabyte.
 */
static int read_data(struct tfrecord_reader *r, size_t n, struct err *e)
{
    size_t done = 0;
    while (done < n) {
        size_t piece = n - done < 1 << 20 ? n - done : done > 1 << 20 ? done : 1 << 20, got;
        if (piece > n - done)
            piece = n - done;
        int rc = grow(r, done + piece, e);
        if (rc < 0 || (rc = read_bytes(r, r->data + done, piece, &got, e)) < 0)
            return rc;
        done += got;
        if (got < piece) {
            r->is_lost = true;
            char what[96];
            snprintf(what, sizeof what, "ends after %zu of %zu bytes", done, n);
            return damaged(r, what, e);
        }
    }
    return 0;
}

int tfrecord_reader_next(struct tfrecord_reader *r, const unsigned char **data, size_t *n,
                         struct err *e)
{
    unsigned char header[HEADER_BYTES];
    size_t got;
    *data = NULL;
    *n = 0;
    if (r->is_lost)
        return 0;
    r->offset = r->next_offset;
    int rc = read_bytes(r, header, sizeof header, &got, e);
    if (rc < 0 || got == 0)
        return rc;
    if (got < sizeof header) {
        r->is_lost = true;
        return damaged(r, "ends within its header", e);
    }
    uint64_t length = load_u64le(header);
    if (crc32c_masked(header, 8) != load_u32le(header + 8) || length > TFRECORD_MAX_BYTES) {
        r->is_lost = true;
        return damaged(r,
                       r->record ? "damaged length; nothing behind it can be read"
                                 : "damaged length; is it a TFRecord file?",
                       e);
    }
    if ((rc = read_data(r, (size_t)length + FOOTER_BYTES, e)) < 0)
        return rc;
    r->next_offset = r->offset + HEADER_BYTES + length + FOOTER_BYTES;
    if (crc32c_masked(r->data, (size_t)length) != load_u32le(r->data + length)) {
        rc = damaged(r, "damaged data: its checksum does not fit", e);
        r->record++;
        return rc;
    }
    r->record++;
    *data = r->data;
    *n = (size_t)length;
    return 1;
}

uint64_t tfrecord_reader_offset(const struct tfrecord_reader *r)
{
    return r->offset;
}

int tfrecord_reader_seek(struct tfrecord_reader *r, uint64_t offset, struct err *e)
{
    if (!gzdirect(r->file))
        return err_set(e, ERR_UNSUPPORTED, "%s: compressed: cannot be read at random", r->path);
    if (gzseek(r->file, (z_off_t)offset, SEEK_SET) < 0)
        return err_set(e, ERR_IO, "%s: cannot go to offset %llu", r->path,
                       (unsigned long long)offset);
    r->next_offset = offset;
    r->is_lost = false;
    return 0;
}

struct tfrecord_writer {
    struct file_draft draft;
    bool is_gzip;
    z_stream z;
};

int tfrecord_writer_open(struct tfrecord_writer **out, const char *path,
                         enum tfrecord_compression compression, struct err *e)
{
    *out = NULL;
    struct tfrecord_writer *w = mem_zalloc(sizeof *w);
    if (!w)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    int rc = file_draft_open(&w->draft, path, e);
    if (rc == 0 && compression == TFRECORD_GZIP) {
        // 15 bits of window, + 16: a gzip header instead of zlib's
        int z = deflateInit2(&w->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
                             Z_DEFAULT_STRATEGY);
        w->is_gzip = z == Z_OK;
        if (z != Z_OK)
            rc = err_set(e, ERR_MEMORY, "%s: no memory to compress", path);
    }
    if (rc < 0) {
        tfrecord_writer_close(w);
        return rc;
    }
    *out = w;
    return 0;
}

static int write_plain(struct tfrecord_writer *w, const void *p, size_t n, struct err *e)
{
    if (n && fwrite(p, 1, n, w->draft.f) != n)
        return err_set(e, ERR_IO, "%s: %s", w->draft.path, strerror(errno));
    return 0;
}

static int write_gzip(struct tfrecord_writer *w, const void *p, size_t n, int flush,
                      struct err *e)
{
    unsigned char out[16384 - 256];
    w->z.next_in = p;
    w->z.avail_in = (uInt)n;
    int z;
    do {
        w->z.next_out = out;
        w->z.avail_out = sizeof out;
        z = deflate(&w->z, flush);
        int rc = write_plain(w, out, sizeof out - w->z.avail_out, e);
        if (rc < 0)
            return rc;
    } while (w->z.avail_out == 0 || (flush == Z_FINISH && z != Z_STREAM_END));
    return 0;
}

static int write_bytes(struct tfrecord_writer *w, const void *p, size_t n, struct err *e)
{
    return w->is_gzip ? write_gzip(w, p, n, Z_NO_FLUSH, e) : write_plain(w, p, n, e);
}

int tfrecord_writer_append(struct tfrecord_writer *w, const void *data, size_t n, struct err *e)
{
    unsigned char header[HEADER_BYTES], footer[FOOTER_BYTES];
    if (n > TFRECORD_MAX_BYTES)
        return err_set(e, ERR_LIMIT, "%s: a record of %zu bytes, wanted at most %d",
                       w->draft.path, n, TFRECORD_MAX_BYTES);
    store_u64le(header, n);
    store_u32le(header + 8, crc32c_masked(header, 8));
    store_u32le(footer, crc32c_masked(data, n));
    int rc = write_bytes(w, header, sizeof header, e);
    if (rc == 0)
        rc = write_bytes(w, data, n, e);
    return rc == 0 ? write_bytes(w, footer, sizeof footer, e) : rc;
}

int tfrecord_writer_finish(struct tfrecord_writer *w, struct err *e)
{
    int rc = w->is_gzip ? write_gzip(w, "", 0, Z_FINISH, e) : 0;
    return rc == 0 ? file_draft_commit(&w->draft, e) : rc;
}

void tfrecord_writer_close(struct tfrecord_writer *w)
{
    if (!w)
        return;
    if (w->is_gzip)
        deflateEnd(&w->z);
    file_draft_abandon(&w->draft);
    mem_free(w);
}
