/*
 * columns.h: a signal as a line, without losing a spike.
 *
 * A sweep may have a hundred samples for each column of pixels. Taking every hundredth would lose
 * spikes; so of each column the first, the lowest, the highest and the last sample stay, in their
 * order. The line through them covers the same pixels as the line through all samples.
 */
#pragma once

#include <stddef.h>

// Where a signal lies on the page: sample i at x0 + i * dx, value v at y0 + v * dy. dx > 0.
struct column_map {
    double x0, dx, y0, dy;
    double column; // width of a column, > 0: 1 for pixels, less for vectors
};

// Points that columns_line() may write for n samples at the most.
size_t columns_max(const struct column_map *m, size_t n);

// Writes the line into xy [columns_max()][2]; returns its points.
size_t columns_line(double *xy, const struct column_map *m, const float *samples, size_t n);
