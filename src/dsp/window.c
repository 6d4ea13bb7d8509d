/* window.c: see window.h. */
#include "dsp/window.h"

#include <math.h>

// [1], table I: a[0], a[1], a[2].
static const double cosines[][3] = {
    [WINDOW_KIND_RECTANGULAR] = {1, 0, 0},
    [WINDOW_KIND_HANN] = {0.5, 0.5, 0},
    [WINDOW_KIND_HAMMING] = {0.54, 0.46, 0},
    [WINDOW_KIND_BLACKMAN] = {0.42, 0.5, 0.08},
};

void window_fill(float *out, size_t n, enum window_kind kind)
{
    const double *a = cosines[kind], turn = 2 * acos(-1) / (double)n;
    for (size_t i = 0; i < n; i++)
        out[i] =
            (float)(a[0] - a[1] * cos(turn * (double)i) + a[2] * cos(2 * turn * (double)i));
}
