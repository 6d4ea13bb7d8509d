/* trains.c: see trains.h. */
#include "detect/trains.h"

#include "base/err.h"
#include "base/mem.h"
#include "detect/segment.h"
#include "dsp/median.h"

#include <math.h>
#include <string.h>

static const double reach_s = 0.003, slip_s = 0.0005;
static const double least_correlation = 0.95, most_ratio = 1.25, most_interval = 1.75;
static const double newest = 0.3; // what the newest discharge is worth in its train's shape
static const double pi = 3.141592653589793;

// The shape around a peak, of a train or of one discharge.
struct shape {
    float *x; // [n]
    size_t n;
    double amplitude;
};

static void take_shape(struct shape *out, const struct segments *s, const struct segment *g,
                       ptrdiff_t shift)
{
    ptrdiff_t from = (ptrdiff_t)g->peak - (ptrdiff_t)(out->n / 2) + shift;
    for (size_t i = 0; i < out->n; i++) {
        ptrdiff_t at = from + (ptrdiff_t)i;
        out->x[i] = at >= 0 && at < (ptrdiff_t)s->n_samples ? s->level[at] : 0;
    }
    out->amplitude = g->amplitude;
}

static double correlation(const struct shape *a, const struct shape *b)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < a->n; i++) {
        ab += (double)a->x[i] * (double)b->x[i];
        aa += (double)a->x[i] * (double)a->x[i];
        bb += (double)b->x[i] * (double)b->x[i];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

struct sorting {
    struct segments *s;
    struct trains *trains;
    struct shape shapes[TRAINS_MAX];
    struct shape one;
    float *block; // of all shapes
};

// The best fit of a discharge to a train, a little moved; leaves that in one.
static double fit(struct sorting *w, const struct segment *g, const struct shape *train)
{
    double best = 0, ratio = g->amplitude / train->amplitude;
    ptrdiff_t slip = (ptrdiff_t)lround(slip_s * w->s->rate_hz), best_shift = 0;
    if (ratio > most_ratio || ratio < 1 / most_ratio)
        return 0;
    for (ptrdiff_t shift = -slip; shift <= slip; shift++) {
        take_shape(&w->one, w->s, g, shift);
        double r = correlation(&w->one, train);
        if (r > best) {
            best = r;
            best_shift = shift;
        }
    }
    take_shape(&w->one, w->s, g, best_shift);
    return best;
}

static void join(struct sorting *w, struct segment *g, size_t train)
{
    struct shape *shape = &w->shapes[train];
    fit(w, g, shape);
    g->train = train;
    w->trains->list[train].n++;
    for (size_t i = 0; i < shape->n; i++)
        shape->x[i] += (float)newest * (w->one.x[i] - shape->x[i]);
    shape->amplitude += newest * (g->amplitude - shape->amplitude);
}

static void sort_one(struct sorting *w, struct segment *g)
{
    size_t best = 0;
    double most = 0;
    for (size_t t = 0; t < w->trains->n; t++) {
        double r = fit(w, g, &w->shapes[t]);
        best = r > most ? t : best;
        most = fmax(most, r);
    }
    if (most >= least_correlation) {
        join(w, g, best);
    } else if (w->trains->n < TRAINS_MAX) {
        size_t t = w->trains->n++;
        take_shape(&w->shapes[t], w->s, g, 0);
        w->trains->list[t].n = 1;
        g->train = t;
    } else {
        g->train = TRAINS_MAX - 1;
        w->trains->list[TRAINS_MAX - 1].n++;
    }
}

// intervals [n], in their order; reordered here.
static void measure_rhythm(struct train_rhythm *r, float *intervals, float *work, size_t n)
{
    double differences = 0, sum = 0;
    size_t n_differences = 0, n_kept = 0;
    if (n < TRAINS_LEAST_INTERVALS)
        return;
    memcpy(work, intervals, n * sizeof *work);
    double median = (double)median_of(work, n), longest = most_interval * median;
    for (size_t i = 0; i < n; i++) {
        double interval = (double)intervals[i];
        if (interval > longest)
            continue;
        sum += interval;
        n_kept++;
        if (i > 0 && (double)intervals[i - 1] <= longest) {
            differences += fabs(interval - (double)intervals[i - 1]);
            n_differences++;
        }
    }
    if (n_differences + 1 < TRAINS_LEAST_INTERVALS)
        return;
    double mcd = differences / (double)n_differences;
    r->has_rhythm = true;
    r->rate_hz = 1 / median;
    r->mcd_ms = 1000 * mcd;
    r->cv = mcd * sqrt(pi) / 2 / (sum / (double)n_kept);
}

static int find_rhythms(struct sorting *w, struct err *e)
{
    const struct segments *s = w->s;
    float *intervals = mem_array(s->n, 2 * sizeof *intervals);
    if (s->n && !intervals)
        return err_set(e, ERR_MEMORY, "no memory for rhythms");
    for (size_t t = 0; t < w->trains->n && t + 1 < TRAINS_MAX; t++) {
        const struct segment *before = NULL;
        size_t n = 0;
        for (size_t i = 0; i < s->n; i++) {
            const struct segment *g = &s->list[i];
            if (g->train != t)
                continue;
            if (before)
                intervals[n++] = (float)((double)(g->peak - before->peak) / s->rate_hz);
            before = g;
        }
        measure_rhythm(&w->trains->list[t], intervals, intervals + s->n, n);
    }
    mem_free(intervals);
    return 0;
}

int trains_of(struct trains *out, struct segments *s, struct err *e)
{
    struct sorting w = {.s = s, .trains = out};
    size_t n = 2 * (size_t)lround(reach_s * s->rate_hz) + 1;
    *out = (struct trains){0};
    w.block = mem_array(n, (TRAINS_MAX + 1) * sizeof(float));
    if (!w.block)
        return err_set(e, ERR_MEMORY, "no memory for trains");
    for (size_t t = 0; t < TRAINS_MAX; t++)
        w.shapes[t] = (struct shape){.x = w.block + t * n, .n = n};
    w.one = (struct shape){.x = w.block + TRAINS_MAX * n, .n = n};
    for (size_t i = 0; i < s->n; i++)
        sort_one(&w, &s->list[i]);
    int rc = find_rhythms(&w, e);
    mem_free(w.block);
    return rc;
}
