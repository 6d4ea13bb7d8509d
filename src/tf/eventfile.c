/*
 * eventfile.c: see eventfile.h. A TFRecord file of Event messages:
 *
 *   Event {1: double wall_time, 2: step (0 left out), 3: file_version | 5: Summary}
 *   Summary {1: Value, repeated}
 *   Value {1: tag, 2: float simple_value | 4: Image | 5: HistogramProto}
 *   Image {1: height, 2: width, 3: colorspace (3: RGB), 4: PNG file}
 *   HistogramProto {1: min, 2: max, 3: num, 4: sum, 5: sum_squares, 6: limits, 7: counts}, the
 *   last two packed
 *
 * The first record says file_version "brain.Event:2" at whole seconds. Source: tensorflow's
 * events_writer.cc, event.proto, summary.proto, histogram.cc.
 */
#include "tf/eventfile.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tf/crc32c.h"
#include "tf/tfrecord.h"
#include "tf/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <unistd.h>

struct eventfile {
    char *path;
    int fd;
    struct buffer record;
};

// Frames what stands in f->record behind 12 free bytes and writes it with one call.
static int write_record(struct eventfile *f, struct err *e)
{
    struct buffer *b = &f->record;
    if (!b->failed) {
        size_t n = b->n - 12;
        store_u64le(b->data, n);
        store_u32le(b->data + 8, crc32c_masked(b->data, 8));
        buffer_u32le(b, crc32c_masked(b->data + 12, n));
    }
    if (b->failed)
        return err_set(e, ERR_MEMORY, "%s: no memory for an event", f->path);
    ssize_t written = write(f->fd, b->data, b->n);
    if (written != (ssize_t)b->n)
        return err_set(e, ERR_IO, "%s: %s", f->path,
                       written < 0 ? strerror(errno) : "the disk is full");
    return 0;
}

static void begin_event(struct eventfile *f, double wall_s, int64_t step)
{
    buffer_clear(&f->record);
    buffer_extend(&f->record, 12);
    wire_put_double(&f->record, 1, wall_s);
    if (step)
        wire_put_uint(&f->record, 2, (uint64_t)step);
}

// The places where an event's nested messages begin.
struct nesting {
    size_t summary, value;
};

static struct nesting begin_value(struct eventfile *f, const char *tag, int64_t step)
{
    struct nesting n;
    begin_event(f, clock_wall_s(), step);
    n.summary = wire_begin(&f->record, 5);
    n.value = wire_begin(&f->record, 1);
    wire_put_string(&f->record, 1, tag);
    return n;
}

static int end_value(struct eventfile *f, struct nesting n, struct err *e)
{
    wire_end(&f->record, n.value);
    wire_end(&f->record, n.summary);
    return write_record(f, e);
}

int eventfile_open(struct eventfile **out, const char *folder, struct err *e)
{
    char host[256] = "localhost";
    *out = NULL;
    struct eventfile *f = mem_zalloc(sizeof *f);
    if (!f)
        return err_set(e, ERR_MEMORY, "%s: no memory", folder);
    f->fd = -1;
    gethostname(host, sizeof host - 1);
    double now = floor(clock_wall_s());
    int rc = 0;
    for (int i = 0; rc == 0 && f->fd < 0;
         i++) { // a second file of the same second gets another n
        mem_free(f->path);
        f->path = mem_printf("%s/events.out.tfevents.%010.0f.%s.%ld.%d", folder, now, host,
                             (long)getpid(), i);
        if (!f->path) {
            rc = err_set(e, ERR_MEMORY, "%s: no memory", folder);
            break;
        }
        f->fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0666);
        if (f->fd < 0 && errno != EEXIST)
            rc = err_set(e, ERR_IO, "%s: %s", f->path, strerror(errno));
    }
    if (rc == 0) {
        begin_event(f, now, 0);
        wire_put_string(&f->record, 3, "brain.Event:2");
        rc = write_record(f, e);
    }
    if (rc < 0) {
        struct err ignored;
        eventfile_close(f, &ignored);
        return rc;
    }
    *out = f;
    return 0;
}

int eventfile_scalar(struct eventfile *f, const char *tag, int64_t step, float value,
                     struct err *e)
{
    struct nesting n = begin_value(f, tag, step);
    wire_put_float(&f->record, 2, value);
    return end_value(f, n, e);
}

int eventfile_image(struct eventfile *f, const char *tag, int64_t step, size_t width,
                    size_t height, const void *png, size_t n_png, struct err *e)
{
    struct nesting n = begin_value(f, tag, step);
    size_t image = wire_begin(&f->record, 4);
    wire_put_uint(&f->record, 1, height);
    wire_put_uint(&f->record, 2, width);
    wire_put_uint(&f->record, 3, 3);
    wire_put_bytes(&f->record, 4, png, n_png);
    wire_end(&f->record, image);
    return end_value(f, n, e);
}

/*
 * TensorFlow's buckets: limits 1e-12 * 1.1^k up to 1e20 on both sides of 0, closed by the
 * largest double. Found by logarithm, then set right by comparing.
 */
enum { N_POSITIVE = 775 }; // k with 1e-12 * 1.1^k < 1e20: ln(1e32) / ln(1.1) = 773.1

static double limit_of(int i) // 0 <= i <= 2 N_POSITIVE + 2
{
    int k = i - (N_POSITIVE + 1); // of the limit 0
    if (k == 0)
        return 0;
    int magnitude = k < 0 ? -k : k;
    double v = magnitude > N_POSITIVE ? DBL_MAX : 1e-12 * pow(1.1, magnitude - 1);
    return k < 0 ? -v : v;
}

// The bucket of v: the first whose limit is >= v (upper limits are inclusive in TensorBoard's
// eyes).
static int bucket_of(double v)
{
    int low = 0, high = 2 * N_POSITIVE + 2;
    while (low < high) {
        int middle = (low + high) / 2;
        if (limit_of(middle) > v)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void put_buckets(struct buffer *b, const double *counts, int first, int last)
{
    for (int field = 6; field <= 7; field++) {
        size_t list = wire_begin(b, (uint32_t)field);
        for (int i = first; i <= last; i++) {
            double v = field == 6 ? limit_of(i) : counts[i];
            uint64_t bits;
            memcpy(&bits, &v, sizeof bits);
            buffer_u64le(b, bits);
        }
        wire_end(b, list);
    }
}

int eventfile_histogram(struct eventfile *f, const char *tag, int64_t step, const float *values,
                        size_t n, struct err *e)
{
    double counts[2 * N_POSITIVE + 3] = {0};
    double min = (double)INFINITY, max = -(double)INFINITY, sum = 0, squares = 0, num = 0;
    int first = 2 * N_POSITIVE + 2, last = 0;
    for (size_t i = 0; i < n; i++) {
        double v = (double)values[i];
        if (!isfinite(v))
            continue;
        int k = bucket_of(v);
        counts[k]++;
        first = k < first ? k : first;
        last = k > last ? k : last;
        min = fmin(min, v);
        max = fmax(max, v);
        sum += v;
        squares += v * v;
        num++;
    }
    if (num == 0)
        return 0;
    struct nesting at = begin_value(f, tag, step);
    size_t histogram = wire_begin(&f->record, 5);
    const double moments[] = {min, max, num, sum, squares};
    for (uint32_t i = 0; i < 5; i++)
        wire_put_double(&f->record, i + 1, moments[i]);
    put_buckets(&f->record, counts, first > 0 ? first - 1 : 0, last);
    wire_end(&f->record, histogram);
    return end_value(f, at, e);
}

const char *eventfile_path(const struct eventfile *f)
{
    return f->path;
}

int eventfile_close(struct eventfile *f, struct err *e)
{
    int rc = 0;
    if (!f)
        return 0;
    if (f->fd >= 0 && close(f->fd))
        rc = err_set(e, ERR_IO, "%s: %s", f->path, strerror(errno));
    buffer_release(&f->record);
    mem_free(f->path);
    mem_free(f);
    return rc;
}

struct eventfile_reader {
    struct tfrecord_reader *records;
    struct cursor summary; // what is left of the current event
    struct event_scalar now;
    char *tag;
};

int eventfile_reader_open(struct eventfile_reader **out, const char *path, struct err *e)
{
    *out = mem_zalloc(sizeof **out);
    if (!*out)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    int rc = tfrecord_reader_open(&(*out)->records, path, e);
    if (rc < 0) {
        eventfile_reader_close(*out);
        *out = NULL;
    }
    return rc;
}

static void take_event(struct eventfile_reader *r, struct cursor c)
{
    struct wire_field f;
    r->now = (struct event_scalar){0};
    r->summary = cursor_of(NULL, 0);
    while (wire_next(&c, &f)) {
        if (wire_is(&f, 1, WIRE_FIXED64))
            memcpy(&r->now.wall_s, &f.value, sizeof r->now.wall_s);
        if (wire_is(&f, 2, WIRE_VARINT))
            r->now.step = (int64_t)f.value;
        if (wire_is(&f, 5, WIRE_BYTES))
            r->summary = f.bytes;
    }
}

static void take_float(float *out, uint64_t bits)
{
    uint32_t b = (uint32_t)bits;
    memcpy(out, &b, sizeof *out);
}

// A TensorProto of one float: 1 dtype, 4 raw bytes, 5 floats.
static bool take_tensor(float *out, struct cursor c)
{
    struct wire_field f;
    bool found = false;
    while (wire_next(&c, &f)) {
        bool is_list = f.number == 4 || f.number == 5;
        if (is_list && f.type == WIRE_BYTES && cursor_left(&f.bytes) == 4) {
            take_float(out, load_u32le(f.bytes.at));
            found = true;
        } else if (f.number == 5 && f.type == WIRE_FIXED32) {
            take_float(out, f.value);
            found = true;
        }
    }
    return found && !c.failed;
}

// 1 a scalar, 0 something else, negative: no memory.
static int take_value(struct eventfile_reader *r, struct cursor c, struct err *e)
{
    struct wire_field f;
    bool found = false;
    mem_free(r->tag);
    r->tag = NULL;
    while (wire_next(&c, &f)) {
        if (wire_is(&f, 1, WIRE_BYTES)) { // of several the last counts
            mem_free(r->tag);
            r->tag = mem_printf("%.*s", (int)cursor_left(&f.bytes), (const char *)f.bytes.at);
        }
        if (wire_is(&f, 2, WIRE_FIXED32)) {
            take_float(&r->now.value, f.value);
            found = true;
        }
        if (wire_is(&f, 8, WIRE_BYTES))
            found = take_tensor(&r->now.value, f.bytes);
    }
    if (found && !r->tag)
        return err_set(e, ERR_FORMAT, "a scalar without a tag");
    return found;
}

int eventfile_reader_next(struct eventfile_reader *r, struct event_scalar *out, struct err *e)
{
    struct wire_field value;
    for (;;) {
        while (r->summary.at && wire_next(&r->summary, &value)) {
            int rc = wire_is(&value, 1, WIRE_BYTES) ? take_value(r, value.bytes, e) : 0;
            if (rc == 0)
                continue;
            r->now.tag = r->tag;
            *out = r->now;
            return rc;
        }
        const unsigned char *data;
        size_t n;
        if (tfrecord_reader_next(r->records, &data, &n, e) != 1)
            return 0; // the end, or a last record that was cut off
        take_event(r, cursor_of(data, n));
    }
}

void eventfile_reader_close(struct eventfile_reader *r)
{
    if (!r)
        return;
    tfrecord_reader_close(r->records);
    mem_free(r->tag);
    mem_free(r);
}
