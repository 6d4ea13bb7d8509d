/* columns.c: see columns.h. */
#include "draw/columns.h"

#include <assert.h>
#include <math.h>

size_t columns_max(const struct column_map *m, size_t n)
{
    double n_columns = (double)n * m->dx / m->column + 2;
    return n_columns * 4 < (double)n ? (size_t)(n_columns * 4) : n;
}

static size_t put(double *xy, const struct column_map *m, const float *samples, size_t i)
{
    xy[0] = m->x0 + (double)i * m->dx;
    xy[1] = m->y0 + (double)samples[i] * m->dy;
    return 1;
}

size_t columns_line(double *xy, const struct column_map *m, const float *samples, size_t n)
{
    assert(m->dx > 0 && m->column > 0);
    size_t n_points = 0;
    if (columns_max(m, n) == n) {
        for (size_t i = 0; i < n; i++)
            n_points += put(xy + 2 * n_points, m, samples, i);
        return n_points;
    }
    double start = floor(m->x0 / m->column);
    for (size_t i = 0; i < n;) {
        double column = floor((m->x0 + (double)i * m->dx) / m->column) - start;
        double end = ((start + column + 1) * m->column - m->x0) / m->dx;
        size_t first = i, low = i, high = i;
        for (; i < n && ((double)i < end || i == first); i++) {
            low = samples[i] < samples[low] ? i : low;
            high = samples[i] > samples[high] ? i : high;
        }
        size_t kept[] = {first, low < high ? low : high, low < high ? high : low, i - 1};
        for (int k = 0; k < 4; k++)
            if (k == 0 || kept[k] != kept[k - 1])
                n_points += put(xy + 2 * n_points, m, samples, kept[k]);
    }
    return n_points;
}
