/*
 * candidates.c: which places of a recording may become excerpts: from annotations to a list.
 * See excerpts.h for the rules.
 */
#include "data/data_priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/classmap.h"
#include "data/excerpts.h"
#include "wave/recording.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double long_event = 1.5; // windows: from there on an event is cut side by side
static const double peak_within_s =
    0.02; // of an event that has no duration: a positive sharp wave
static const uint64_t stream_lots = 0x6c6f7473; // "lots"

struct event {
    double from_s, to_s;
    const char *label, *class_name; // class NULL: left out
    double last_end_s;              // of this event and all before it
};

struct scan {
    struct candidates *c;
    struct excerpts_counts *counts;
    const struct excerpts_options *o;
    const struct classmap *map;
    struct event *events;
    size_t n_events, i_recording;
    double duration_s, window_s;
    const char *common; // the class of labels that the map does not name; NULL: has none
    struct rng rng;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the events of a recording");
}

void candidates_release(struct candidates *c)
{
    arena_release(&c->arena);
    mem_free(c->list);
    *c = (struct candidates){0};
}

static int add(struct scan *s, double centre_s, double to_s, const struct event *v,
               struct err *e)
{
    struct candidates *c = s->c;
    double reach_s = s->window_s / 2 + s->o->margin_ms / 1000;
    if (centre_s - reach_s < 0 || centre_s + reach_s > s->duration_s) {
        s->counts->n_at_edge++;
        return 0;
    }
    if (c->n == c->capacity) {
        size_t capacity = c->capacity ? 2 * c->capacity : 4096;
        struct candidate *more = mem_resize(c->list, capacity, sizeof *more);
        if (!more)
            return no_memory(e);
        c->list = more;
        c->capacity = capacity;
    }
    c->list[c->n++] = (struct candidate){s->i_recording, centre_s,      to_s,
                                         v->label,       v->class_name, rng_u32(&s->rng)};
    return 0;
}

static int compare_events(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    return x->from_s != y->from_s ? (x->from_s < y->from_s ? -1 : 1)
                                  : (x->to_s > y->to_s) - (x->to_s < y->to_s);
}

// The first event that begins at from_s or later.
static size_t first_from(const struct scan *s, double from_s)
{
    size_t low = 0, high = s->n_events;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->events[middle].from_s < from_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Whether an event of another class (NULL: any event but silence) reaches into [from_s, to_s].
static bool is_disturbed(const struct scan *s, double from_s, double to_s,
                         const char *class_name)
{
    for (size_t i = first_from(s, to_s); i-- > 0 && s->events[i].last_end_s >= from_s;) {
        const struct event *v = &s->events[i];
        if (v->to_s < from_s || !strcmp(v->label, "silence"))
            continue;
        if (!class_name)
            return true;
        bool is_common = s->common && v->class_name && !strcmp(v->class_name, s->common);
        if (v->class_name && !is_common && strcmp(v->class_name, class_name) != 0)
            return true;
    }
    return false;
}

static int add_event(struct scan *s, const struct event *v, struct err *e)
{
    double length_s = v->to_s - v->from_s, w = s->window_s;
    size_t n = length_s >= long_event * w ? (size_t)(length_s / w + 1e-6) : 1;
    int rc = 0;
    for (size_t k = 0; rc == 0 && k < n; k++) {
        double centre_s = v->from_s, to_s = 0;
        if (n > 1)
            centre_s += ((double)k + 0.5) * w;
        else if (s->o->centre == CENTRE_MIDDLE)
            centre_s += length_s / 2;
        else if (s->o->centre == CENTRE_PEAK)
            to_s = v->from_s + fmax(length_s, peak_within_s);
        if (!s->o->keeps_mixed &&
            is_disturbed(s, centre_s - w / 2, centre_s + w / 2, v->class_name))
            s->counts->n_mixed++;
        else
            rc = add(s, centre_s, to_s, v, e);
    }
    return rc;
}

static int compare_lots(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->lot != y->lot ? (x->lot < y->lot ? -1 : 1)
                            : (x->centre_s > y->centre_s) - (x->centre_s < y->centre_s);
}

// Places without any event, as many as were asked for, at random.
static int add_silence(struct scan *s, size_t n_of_events, struct err *e)
{
    static const char label[] = "silence";
    struct event v = {.label = label, .class_name = classmap_find(s->map, label)};
    size_t first = s->c->n, n_wanted = (size_t)ceil(s->o->negatives * (double)n_of_events);
    double w = s->window_s;
    int rc = 0;
    if (!n_wanted || !v.class_name)
        return 0;
    for (double at_s = w; rc == 0 && at_s + w <= s->duration_s; at_s += w)
        if (!is_disturbed(s, at_s - w, at_s + w, NULL)) // half a window of distance
            rc = add(s, at_s, 0, &v, e);
    size_t n = s->c->n - first;
    if (rc == 0 && n > n_wanted) {
        qsort(s->c->list + first, n, sizeof *s->c->list, compare_lots);
        s->c->n = first + n_wanted;
    }
    return rc;
}

static int compare_labels(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int order = strcmp(x->event, y->event);
    return order ? order : compare_lots(a, b);
}

static int compare_places(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->i_recording != y->i_recording)
        return x->i_recording < y->i_recording ? -1 : 1;
    if (x->centre_s != y->centre_s)
        return x->centre_s < y->centre_s ? -1 : 1;
    return strcmp(x->event, y->event);
}

// At most `most` of each label from list[first, n), chosen by lot.
static void cap(struct scan *s, size_t first)
{
    size_t n = s->c->n - first, n_kept = 0, n_same = 0;
    if (!n)
        return;
    struct candidate *x = s->c->list + first;
    qsort(x, n, sizeof *x, compare_labels);
    for (size_t i = 0; i < n; i++) {
        n_same = i > 0 && !strcmp(x[i].event, x[i - 1].event) ? n_same + 1 : 0;
        if (!s->o->most || n_same < s->o->most)
            x[n_kept++] = x[i];
    }
    s->counts->n_over_most += n - n_kept;
    s->c->n = first + n_kept;
    qsort(x, n_kept, sizeof *x, compare_places);
}

static int list_events(struct scan *s, const struct recording *r, const char *whole,
                       struct err *e)
{
    size_t n = whole ? 1 : r->n_annotations;
    s->events = mem_array(n, sizeof *s->events);
    if (!s->events)
        return no_memory(e);
    for (size_t i = 0; i < n; i++) {
        struct event *v = &s->events[s->n_events];
        const char *label = whole ? whole : r->annotations[i].label;
        v->label = NULL; // a label that the last event had is there already
        if (i > 0 && s->n_events && !strcmp(v[-1].label, label))
            v->label = v[-1].label;
        if (!v->label && !(v->label = arena_strdup(&s->c->arena, label)))
            return no_memory(e);
        v->class_name = classmap_find(s->map, v->label);
        v->from_s = whole ? 0 : r->annotations[i].onset_s;
        v->to_s = whole ? s->duration_s : v->from_s + r->annotations[i].duration_s;
        s->n_events++;
    }
    if (n)
        qsort(s->events, n, sizeof *s->events, compare_events);
    for (size_t i = 0; i < n; i++) {
        struct event *v = &s->events[i];
        v->last_end_s = i && v[-1].last_end_s > v->to_s ? v[-1].last_end_s : v->to_s;
    }
    return 0;
}

int candidates_add(struct candidates *c, struct excerpts_counts *counts, struct recording *r,
                   size_t i, const char *whole, const struct classmap *map,
                   const struct excerpts_options *o, struct err *e)
{
    struct scan s = {.c = c, .counts = counts, .o = o, .map = map, .i_recording = i};
    size_t first = c->n;
    s.rng = rng_of(o->seed, stream_lots + i);
    s.window_s = o->window_ms / 1000;
    s.duration_s =
        r->n_channels ? (double)r->channels[0].n_samples / r->channels[0].rate_hz : 0;
    s.common = classmap_find(map, "*");
    if (s.common && !strcmp(s.common, "*"))
        s.common = NULL;
    int rc = list_events(&s, r, whole, e);
    for (size_t k = 0; rc == 0 && k < s.n_events; k++) {
        counts->n_events++;
        if (s.events[k].class_name)
            rc = add_event(&s, &s.events[k], e);
        else
            counts->n_unmapped++;
    }
    cap(&s, first);
    if (rc == 0 && s.n_events && !whole)
        rc = add_silence(&s, c->n - first, e);
    if (c->n > first)
        qsort(c->list + first, c->n - first, sizeof *c->list, compare_places);
    counts->n_recordings++;
    counts->n_without_events += !s.n_events;
    mem_free(s.events);
    return rc;
}

// ---- Balance ----

static int compare_classes(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int order = strcmp(x->class_name, y->class_name);
    return order ? order : compare_labels(a, b);
}

// How far list[first, n) is of the same class (or, with_label, of the same label, too).
static size_t run_end(const struct candidates *c, size_t first, bool with_label)
{
    size_t i = first;
    while (i < c->n && !strcmp(c->list[i].class_name, c->list[first].class_name) &&
           (!with_label || !strcmp(c->list[i].event, c->list[first].event)))
        i++;
    return i;
}

// What all labels of one class together have when none may have more than most.
static size_t n_within(const struct candidates *c, size_t first, size_t last, size_t most)
{
    size_t sum = 0;
    for (size_t i = first, end; i < last; i = end) {
        end = run_end(c, i, true);
        sum += end - i < most ? end - i : most;
    }
    return sum;
}

// Marks what is left out of one class's list[first, last): quota stay, the labels as even as can
// be.
static void mark(struct candidates *c, size_t first, size_t last, size_t quota)
{
    size_t low = 0, high = last - first; // the largest share that fits
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (n_within(c, first, last, middle) <= quota)
            low = middle;
        else
            high = middle - 1;
    }
    size_t more = quota < last - first ? quota - n_within(c, first, last, low) : 0;
    for (size_t i = first, end; i < last; i = end) {
        end = run_end(c, i, true);
        size_t n = end - i < low ? end - i : low;
        if (end - i > n && more) {
            n++;
            more--;
        }
        for (size_t k = i + n; k < end; k++)
            c->list[k].i_recording = SIZE_MAX;
    }
}

void candidates_balance(struct candidates *c, struct excerpts_counts *counts,
                        const struct excerpts_options *o)
{
    size_t least = SIZE_MAX, n_kept = 0;
    if (o->balance == BALANCE_NONE || !c->n)
        return;
    qsort(c->list, c->n, sizeof *c->list, compare_classes);
    for (size_t i = 0, end; i < c->n; i = end) {
        end = run_end(c, i, false);
        least = end - i < least ? end - i : least;
    }
    for (size_t i = 0, end; i < c->n; i = end) {
        end = run_end(c, i, false);
        mark(c, i, end, least);
    }
    for (size_t i = 0; i < c->n; i++)
        if (c->list[i].i_recording != SIZE_MAX)
            c->list[n_kept++] = c->list[i];
    counts->n_balanced += c->n - n_kept;
    c->n = n_kept;
    qsort(c->list, c->n, sizeof *c->list, compare_places);
}
