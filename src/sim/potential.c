/* potential.c: see potential.h. */
#include "sim/potential.h"

#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

int potential_init(struct potential *p, size_t n, struct err *e)
{
    *p = (struct potential){.uv = mem_array(n, sizeof *p->uv), .n = n};
    return p->uv ? 0 : err_set(e, ERR_MEMORY, "no memory for a potential of %zu samples", n);
}

void potential_release(struct potential *p)
{
    mem_free(p->uv);
    *p = (struct potential){0};
}

static double place_ms(const struct potential *p, size_t i)
{
    return ((double)i - p->zero) * 1e3 / POTENTIAL_RATE_HZ;
}

// Onset, end, phases and first sign.
static void find_phases(struct potential_facts *f, const struct potential *p, double threshold)
{
    int sign = 0;
    bool has_onset = false;
    for (size_t i = 0; i < p->n; i++) {
        double v = (double)p->uv[i];
        if (fabs(v) <= threshold)
            continue;
        int s = v > 0 ? 1 : -1;
        if (!has_onset) {
            has_onset = true;
            f->onset_ms = place_ms(p, i);
            f->first_sign = s;
        }
        f->n_phases += s != sign;
        sign = s;
        f->end_ms = place_ms(p, i);
    }
}

struct potential_facts potential_measure(const struct potential *p, double threshold_uv)
{
    assert(threshold_uv > 0);
    struct potential_facts f = {0};
    for (size_t i = 0; i < p->n; i++) {
        f.positive_uv = fmax(f.positive_uv, (double)p->uv[i]);
        f.negative_uv = fmax(f.negative_uv, -(double)p->uv[i]);
    }
    f.amplitude_uv = f.positive_uv + f.negative_uv;
    find_phases(&f, p, threshold_uv);
    double half = fmax(f.positive_uv, f.negative_uv) / 2;
    for (size_t i = 0; i + 1 < p->n; i++)
        if (fabs((double)p->uv[i]) >= half &&
            fabs((double)p->uv[i + 1]) < fabs((double)p->uv[i])) {
            f.rise_ms = place_ms(p, i) - f.onset_ms;
            break;
        }
    return f;
}

double potential_threshold_uv(const struct potential *p)
{
    double largest = 0;
    for (size_t i = 0; i < p->n; i++)
        largest = fmax(largest, fabs((double)p->uv[i]));
    return fmax(1e-3, fmin(5, largest / 20));
}

void potential_scale(struct potential *p, double factor)
{
    for (size_t i = 0; i < p->n; i++)
        p->uv[i] = (float)(factor * (double)p->uv[i]);
}

void potential_trim(struct potential *p, double level_uv)
{
    size_t first = 0, last = p->n;
    while (last > 0 && fabs((double)p->uv[last - 1]) < level_uv)
        last--;
    while (first < last && fabs((double)p->uv[first]) < level_uv)
        first++;
    memmove(p->uv, p->uv + first, (last - first) * sizeof *p->uv);
    p->n = last - first;
    p->zero -= (double)first;
}

static double sample(const struct potential *p, ptrdiff_t i)
{
    return i < 0 || i >= (ptrdiff_t)p->n ? 0 : (double)p->uv[i];
}

void potential_add(float *uv, size_t n, double rate_hz, const struct potential *p, double at_s,
                   double factor)
{
    double step = POTENTIAL_RATE_HZ / rate_hz, begin = (at_s * rate_hz - p->zero / step);
    double first = ceil(begin - 2 / step), last = floor(begin + ((double)p->n + 1) / step);
    if (!(last >= 0) || !(first < (double)n))
        return;
    size_t from = first < 0 ? 0 : (size_t)first, to = last >= (double)n ? n - 1 : (size_t)last;
    for (size_t i = from; i <= to && i < n; i++) {
        double x = ((double)i - begin) * step, whole = floor(x), t = x - whole;
        ptrdiff_t k = (ptrdiff_t)whole;
        double a = sample(p, k - 1), b = sample(p, k), c = sample(p, k + 1),
               d = sample(p, k + 2);
        // Catmull-Rom: through b and c, with the slopes of their neighbours
        double v =
            b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
        uv[i] += (float)(factor * v);
    }
}
