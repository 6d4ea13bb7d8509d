/*
 * bilinear.h: samples between the pixels of a picture: what the resize of evaluation and the variation
 * of training share.
 *
 * Out is made in strips of columns, for what belongs to a column is the same in all rows: begin a
 * strip, then ask for its rows from the top. Nothing is allocated.
 */
#pragma once

#include "image/image.h"

struct sample_source {
    const struct image *image;
    size_t top, left, height, width; // the pixels that are read, within the image, > 0
    float x, step;        // column i of out is at x + i * step pixels from the left, step >= 0
    float before, after;  // factors of the bytes that are interpolated, and of what comes out
    const float *outside; // [3] what stands outside of the pixels; NULL: their edge
};

enum { STRIP_COLUMNS = 64, STRIP_FLOATS = STRIP_COLUMNS * 3 };

struct strip {
    const struct sample_source *source;
    size_t n;                     // columns
    size_t begin, end;            // those that are not outside
    uint32_t left[STRIP_COLUMNS]; // pixels beside each, as bytes into a row
    uint32_t right[STRIP_COLUMNS];
    float part[STRIP_FLOATS];    // of the right one
    float rows[2][STRIP_FLOATS]; // row i of the source, in place i % 2
    size_t holds[2];             // which rows these are
};

// Columns [first, first + n) of out, n <= STRIP_COLUMNS. Borrows the source.
void strip_begin(struct strip *s, const struct sample_source *source, size_t first, size_t n);

/*
 * out [n][3]: a row, y pixels from the top. Of a sample that lies between tl, tr and bl, br, tx and ty behind the
 * first: t = tl + (tr - tl) tx, b = bl + (br - bl) tx, t + (b - t) ty, in float32 in this order.
 */
void strip_row(struct strip *s, float *out, float y);
