/*
 * census.c: see census.h.
 *
 * The variation of intervals is taken from differences of neighbours: for independent normal
 * intervals their mean absolute value is 2 / sqrt(pi) deviations.
 */
#include "sim/census.h"

#include "base/err.h"
#include "base/mem.h"
#include "sim/potential.h"
#include "sim/timeline.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

// Of a source that fires at random the variation from n intervals is off by about 1 / sqrt(n).
enum { LEAST_INTERVALS = 8 };

static const double idle_uv = 1;        // windows without anything are left out
static const double alone_ms = 2;       // free of others before and after
static const double duration_uv = 10;   // about a line's width at 100 uV / division (textbook)
static const double phase_uv = 25;      // smaller waves are no phases (textbook),
static const double phase_share = 0.08; // nor those below this part of the whole

static int push(struct census_values *values, double v, struct err *e)
{
    if (values->n == values->capacity) {
        size_t capacity = values->capacity ? 2 * values->capacity : 256;
        double *new = mem_resize(values->v, capacity, sizeof *new);
        if (!new)
            return err_set(e, ERR_MEMORY, "no memory for %zu values", capacity);
        values->v = new;
        values->capacity = capacity;
    }
    values->v[values->n++] = v;
    return 0;
}

void census_release(struct census *c)
{
    mem_free(c->amplitude_uv.v);
    mem_free(c->duration_ms.v);
    mem_free(c->rate_hz.v);
    mem_free(c->cv.v);
    mem_free(c->first_sign.v);
    mem_free(c->phases.v);
    mem_free(c->clean_ms.v);
    *c = (struct census){0};
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

void census_sort(struct census_values *v)
{
    if (v->n)
        qsort(v->v, v->n, sizeof *v->v, compare);
}

double census_quantile(const struct census_values *v, double q)
{
    return v->v[(size_t)lround(q * (double)(v->n - 1))];
}

double census_mean(const struct census_values *v)
{
    double sum = 0;
    for (size_t i = 0; i < v->n; i++)
        sum += v->v[i];
    return sum / (double)v->n;
}

// Rate and variation from a source's intervals, in their order; they are sorted here.
static int add_rhythm(struct census *c, struct census_values *intervals, struct err *e)
{
    if (intervals->n < LEAST_INTERVALS)
        return 0;
    double differences = 0;
    for (size_t i = 1; i < intervals->n; i++)
        differences += fabs(intervals->v[i] - intervals->v[i - 1]);
    double deviation = differences / (double)(intervals->n - 1) * sqrt(3.141592653589793) / 2;
    int rc = push(&c->cv, deviation / census_mean(intervals), e);
    census_sort(intervals);
    return rc < 0 ? rc : push(&c->rate_hz, 1 / census_quantile(intervals, 0.5), e);
}

static int add_source(struct census *c, const struct timeline *t, int kind, uint32_t source,
                      struct err *e)
{
    const struct timeline_event *before = NULL;
    struct census_values intervals = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < t->n_events; i++) {
        const struct timeline_event *event = &t->events[i];
        if (event->kind != kind || event->source != source)
            continue;
        if (before && event->firing == before->firing + 1)
            rc = push(&intervals, event->onset_s - before->onset_s, e);
        bool is_whole = event->onset_s > 0 &&
                        event->onset_s + event->duration_s < timeline_seconds(t) - 1e-6;
        if (rc == 0 && is_whole)
            rc = push(&c->amplitude_uv, event->amplitude_uv, e);
        if (rc == 0 && is_whole)
            rc = push(&c->duration_ms, event->duration_s * 1e3, e);
        before = event;
    }
    if (rc == 0)
        rc = add_rhythm(c, &intervals, e);
    mem_free(intervals.v);
    return rc;
}

// Shape of an event that no other one touches.
static int add_shape(struct census *c, const struct timeline *t, size_t i, struct err *e)
{
    const double margin_s = alone_ms / 1e3;
    double from_s = t->events[i].onset_s - margin_s;
    double to_s = t->events[i].onset_s + t->events[i].duration_s + margin_s;
    if (from_s < 0 || to_s > timeline_seconds(t))
        return 0;
    for (size_t k = 0; k < t->n_events; k++)
        if (k != i && t->events[k].onset_s < to_s &&
            t->events[k].onset_s + t->events[k].duration_s > from_s)
            return 0;
    size_t first = (size_t)(from_s * t->rate_hz), last = (size_t)(to_s * t->rate_hz);
    struct potential p = {.uv = t->uv + first, .n = last - first};
    double rate = POTENTIAL_RATE_HZ / t->rate_hz; // potential_measure() counts in its own rate
    struct potential_facts f = potential_measure(&p, potential_threshold_uv(&p));
    int rc = push(&c->first_sign, f.first_sign, e);
    double largest = f.amplitude_uv;
    f = potential_measure(&p, duration_uv);
    if (rc == 0)
        rc = push(&c->clean_ms, (f.end_ms - f.onset_ms) * rate, e);
    f = potential_measure(&p, fmax(phase_uv, phase_share * largest));
    return rc < 0 ? rc : push(&c->phases, f.n_phases, e);
}

int census_add(struct census *c, const struct timeline *t, int kind, struct err *e)
{
    uint32_t n_sources = 0;
    int rc = 0;
    for (size_t i = 0; i < t->n_events; i++)
        if (t->events[i].kind == kind && t->events[i].source > n_sources)
            n_sources = t->events[i].source;
    for (uint32_t source = 1; rc == 0 && source <= n_sources; source++)
        rc = add_source(c, t, kind, source, e);
    for (size_t i = 0; rc == 0 && i < t->n_events; i++)
        if (t->events[i].kind == kind && t->events[i].source)
            rc = add_shape(c, t, i, e);
    return rc;
}

int census_add_windows(struct census *c, const struct timeline *t, double window_ms,
                       struct err *e)
{
    size_t n = (size_t)(window_ms * t->rate_hz / 1e3);
    int rc = 0;
    for (size_t first = 0; rc == 0 && first + n <= t->n; first += n) {
        float least = t->uv[first], most = least;
        for (size_t i = first; i < first + n; i++) {
            least = fminf(least, t->uv[i]);
            most = fmaxf(most, t->uv[i]);
        }
        if ((double)(most - least) > idle_uv)
            rc = push(&c->amplitude_uv, (double)(most - least), e);
    }
    return rc;
}
