/*
 * tfrecord.h: TensorFlow's container of records. See tfrecord.c for the bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct tfrecord_reader;
struct tfrecord_writer;

enum tfrecord_compression { TFRECORD_PLAIN, TFRECORD_GZIP };

enum { TFRECORD_MAX_BYTES = 1 << 30 }; // of one record; a longer one is damage

// A reader recognises GZIP by its first two bytes.
int tfrecord_reader_open(struct tfrecord_reader **out, const char *path, struct err *e);

/*
 * The next record: 1 there it is, 0 end of file, negative an error that names the record (from
 * 0) and the offset of its header in the (uncompressed) stream. *data is borrowed until the
 * next call. After ERR_FORMAT for a damaged record's data, the next call goes on behind it;
 * after a damaged length nothing can follow, and the next call returns 0.
 */
int tfrecord_reader_next(struct tfrecord_reader *r, const unsigned char **data, size_t *n,
                         struct err *e);
uint64_t tfrecord_reader_offset(const struct tfrecord_reader *r); // of the last record's header
// Goes to an offset that tfrecord_reader_offset() gave. ERR_UNSUPPORTED in a GZIP file.
int tfrecord_reader_seek(struct tfrecord_reader *r, uint64_t offset, struct err *e);
void tfrecord_reader_close(struct tfrecord_reader *r); // accepts NULL

// The file appears under its name at tfrecord_writer_finish(); closing without it leaves
// nothing.
int tfrecord_writer_open(struct tfrecord_writer **out, const char *path,
                         enum tfrecord_compression compression, struct err *e);
int tfrecord_writer_append(struct tfrecord_writer *w, const void *data, size_t n,
                           struct err *e);
int tfrecord_writer_finish(struct tfrecord_writer *w, struct err *e);
void tfrecord_writer_close(struct tfrecord_writer *w); // accepts NULL
