/* timeline.c: see timeline.h. */
#include "sim/timeline.h"

#include "base/err.h"
#include "base/mem.h"
#include "sim/potential.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

int timeline_init(struct timeline *t, double seconds, double rate_hz, struct err *e)
{
    assert(seconds > 0 && rate_hz > 0);
    *t = (struct timeline){.n = (size_t)lround(seconds * rate_hz), .rate_hz = rate_hz};
    t->uv = mem_array(t->n, sizeof *t->uv);
    return t->uv ? 0 : err_set(e, ERR_MEMORY, "no memory for %zu samples", t->n);
}

void timeline_release(struct timeline *t)
{
    mem_free(t->uv);
    mem_free(t->events);
    *t = (struct timeline){0};
}

double timeline_seconds(const struct timeline *t)
{
    return (double)t->n / t->rate_hz;
}

int timeline_mark(struct timeline *t, const struct timeline_event *event, struct err *e)
{
    double from = fmax(0, event->onset_s), to = event->onset_s + event->duration_s;
    to = fmin(to, timeline_seconds(t));
    if (from >= to)
        return 0;
    if (t->n_events == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 64;
        if (capacity > TIMELINE_MAX_EVENTS)
            return err_set(e, ERR_LIMIT, "more than %d events in one recording",
                           TIMELINE_MAX_EVENTS);
        struct timeline_event *events = mem_resize(t->events, capacity, sizeof *events);
        if (!events)
            return err_set(e, ERR_MEMORY, "no memory for %zu events", capacity);
        t->events = events;
        t->capacity = capacity;
    }
    struct timeline_event *new = &t->events[t->n_events++];
    *new = *event;
    new->onset_s = from;
    new->duration_s = to - from;
    return 0;
}

struct timeline_shape timeline_shape_of(const struct potential *p)
{
    struct potential_facts f = potential_measure(p, potential_threshold_uv(p));
    return (struct timeline_shape){p, f.onset_ms, f.end_ms - f.onset_ms, f.amplitude_uv};
}

int timeline_add(struct timeline *t, const struct timeline_shape *s, double at_s, double factor,
                 const struct timeline_event *event, struct err *e)
{
    potential_add(t->uv, t->n, t->rate_hz, s->p, at_s, factor);
    if (!event)
        return 0;
    struct timeline_event note = *event;
    note.onset_s = at_s + s->onset_ms / 1e3;
    note.duration_s = s->duration_ms / 1e3;
    note.amplitude_uv = fabs(factor) * s->amplitude_uv;
    return timeline_mark(t, &note, e);
}

static int compare(const void *a, const void *b)
{
    const struct timeline_event *x = a, *y = b;
    if (x->onset_s != y->onset_s)
        return x->onset_s < y->onset_s ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return x->firing < y->firing ? -1 : x->firing > y->firing;
}

void timeline_sort(struct timeline *t)
{
    if (t->n_events)
        qsort(t->events, t->n_events, sizeof *t->events, compare);
}
