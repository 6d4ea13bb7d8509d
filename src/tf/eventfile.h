/*
 * eventfile.h: what TensorBoard reads. See eventfile.c for the messages.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;
struct eventfile;

// Makes "<folder>/events.out.tfevents.<seconds>.<host>.<pid>.<n>" and writes its first record.
// Each event is one write(), so that a killed program leaves whole records.
int eventfile_open(struct eventfile **out, const char *folder, struct err *e);
int eventfile_scalar(struct eventfile *f, const char *tag, int64_t step, float value,
                     struct err *e);
// A PNG file's bytes.
int eventfile_image(struct eventfile *f, const char *tag, int64_t step, size_t width,
                    size_t height, const void *png, size_t n_png, struct err *e);
// The distribution of values[n] in TensorFlow's buckets.
int eventfile_histogram(struct eventfile *f, const char *tag, int64_t step, const float *values,
                        size_t n, struct err *e);
const char *eventfile_path(const struct eventfile *f);   // borrowed
int eventfile_close(struct eventfile *f, struct err *e); // accepts NULL; always frees

// Walks the scalars (simple_value, or a float tensor of no dimensions) of a file. 1 there it
// is, 0 end, negative error; a cut-off last record is the end. tag is borrowed until the next
// call.
struct eventfile_reader;
struct event_scalar {
    const char *tag;
    int64_t step;
    double wall_s;
    float value;
};
int eventfile_reader_open(struct eventfile_reader **out, const char *path, struct err *e);
int eventfile_reader_next(struct eventfile_reader *r, struct event_scalar *out, struct err *e);
void eventfile_reader_close(struct eventfile_reader *r);
