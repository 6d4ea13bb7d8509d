/*
 * suggest.c: see suggest.h. The distance is the "optimal string alignment" form of [1]: three
 * rows of the usual table are enough, for a swap looks two rows back.
 *
 * [1] Damerau 1964, A technique for computer detection and correction of spelling errors,
 *     Communications of the ACM 7: 171-176.
 */
#include "cli/suggest.h"

#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t suggest_distance(const char *a, const char *b)
{
    size_t rows[3][SUGGEST_MAX_BYTES + 1];
    size_t *above2 = rows[0], *above = rows[1], *row = rows[2];
    size_t n = strlen(a), m = strlen(b);
    if (n > SUGGEST_MAX_BYTES || m > SUGGEST_MAX_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        above2[j] = above[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] =
                least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], above2[j - 2] + 1);
        }
        size_t *spare = above2;
        above2 = above;
        above = row;
        row = spare;
    }
    return above[m];
}

const char *suggest_nearest(const char *word, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t far = strlen(word) / 3, best = far > 1 ? far + 1 : 2;
    for (size_t i = 0; i < n; i++) {
        size_t distance = suggest_distance(word, names[i]);
        if (distance < best && distance < strlen(word)) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
