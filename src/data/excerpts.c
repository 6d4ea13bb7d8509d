/*
 * excerpts.c: candidates become items with their values. See excerpts.h.
 *
 * First all recordings are opened for their annotations, and what is not wanted is dropped; then
 * each recording is read once, on worker threads, in the order of the list.
 */
#include "data/excerpts.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "base/workers.h"
#include "data/data_priv.h"
#include "data/items.h"
#include "data/strip.h"
#include "wave/recording.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { READ_DEPTH = 8, MAX_BYTES_SHIFT = 34 };
static const double max_window_ms = 60000, max_rate_hz = 1e6;

const char *const excerpts_centres[] = {"onset", "middle", "peak", NULL};
const char *const excerpts_balances[] = {"none", "class", NULL};

struct excerpts_options excerpts_defaults(void)
{
    return (struct excerpts_options){
        .window_ms = 100, // a sweep of ten divisions of 10 ms, as screens have it
        .margin_ms = 20,
        .rate_hz = 10000, // discharges have little above 3 kHz
        .negatives = 1,
        .most = 50,
        .n_threads = 2,
    };
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for excerpts");
}

size_t excerpts_window(const struct excerpts_options *o)
{
    return (size_t)lround(o->window_ms / 1000 * o->rate_hz);
}

size_t excerpts_length(const struct excerpts_options *o)
{
    return excerpts_window(o) + 2 * (size_t)lround(o->margin_ms / 1000 * o->rate_hz);
}

static int check_options(const struct excerpts_options *o, struct err *e)
{
    if (!(o->window_ms > 0 && o->window_ms <= max_window_ms))
        return err_set(e, ERR_USAGE, "windows of %g ms, wanted above 0 to %g", o->window_ms,
                       max_window_ms);
    if (!(o->margin_ms >= 0 && o->margin_ms <= max_window_ms))
        return err_set(e, ERR_USAGE, "a margin of %g ms, wanted 0 to %g", o->margin_ms,
                       max_window_ms);
    if (!(o->rate_hz > 0 && o->rate_hz <= max_rate_hz))
        return err_set(e, ERR_USAGE, "%g samples a second, wanted above 0 to %g", o->rate_hz,
                       max_rate_hz);
    if (excerpts_window(o) < 2)
        return err_set(e, ERR_USAGE, "windows of %g ms at %g Hz have no two samples",
                       o->window_ms, o->rate_hz);
    if (!(o->negatives >= 0 && o->negatives <= 1e6))
        return err_set(e, ERR_USAGE, "negatives %g, wanted 0 or more", o->negatives);
    return 0;
}

struct reading {
    const struct candidates *c;
    const struct items *recordings;
    const char *folder;
    const struct excerpts_options *o;
    size_t *first; // [recordings.n + 1]: of each one's candidates
};

// ---- What is to be read ----

static int list_all(struct candidates *c, struct excerpts_counts *counts, struct items *out,
                    const struct reading *d, const struct classmap *map,
                    const struct monitor *monitor, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < d->recordings->n; i++) {
        const struct item *x = &d->recordings->items[i];
        struct recording *r;
        char *path = path_join(d->folder, x->file);
        if (!path)
            return no_memory(e);
        if (recording_open(&r, path, NULL, e) < 0) {
            struct err why = *e;
            rc = items_leave_out(out, x->file, why.text, true, e);
        } else {
            size_t before = c->n;
            rc = candidates_add(c, counts, r, i, x->class_name, map, d->o, e);
            if (rc == 0 && c->n == before)
                rc = items_leave_out(out, x->file,
                                     r->n_annotations || x->class_name
                                         ? "no event in it can be taken"
                                         : "nothing is annotated in it",
                                     false, e);
            recording_close(r);
        }
        mem_free(path);
        monitor_progress(monitor, "reading annotations", i + 1, d->recordings->n, "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while reading annotations");
    }
    return rc;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_classes(struct items *out, const struct candidates *c, struct err *e)
{
    char **names = mem_array(c->n, sizeof *names);
    if (!names)
        return no_memory(e);
    out->classes = names;
    for (size_t i = 0; i < c->n; i++) {
        size_t k = 0;
        while (k < out->n_classes && strcmp(names[k], c->list[i].class_name) != 0)
            k++;
        if (k < out->n_classes)
            continue;
        if (!(names[k] = arena_strdup(&out->arena, c->list[i].class_name)))
            return no_memory(e);
        out->n_classes++;
    }
    if (out->n_classes)
        qsort(names, out->n_classes, sizeof *names, compare_strings);
    return 0;
}

static size_t label_of(const struct items *x, const char *class_name)
{
    size_t k = 0;
    while (strcmp(x->classes[k], class_name) != 0)
        k++;
    return k;
}

// ---- Reading ----

// What a worker makes of one recording.
struct read_recording {
    struct excerpt *excerpts; // [n]; values NULL: it held something that is no number
    size_t n;
};

static void free_read(void *context, void *item)
{
    struct read_recording *x = item;
    (void)context;
    for (size_t i = 0; x && i < x->n; i++)
        mem_free(x->excerpts[i].values);
    if (x)
        mem_free(x->excerpts);
    mem_free(x);
}

// The largest deflection from the mean between the event's onset and its end.
static int find_peak(double *centre_s, const struct strip *s, const struct candidate *c,
                     struct err *e)
{
    uint64_t first = (uint64_t)(c->centre_s * s->rate_hz);
    uint64_t last = (uint64_t)(c->to_s * s->rate_hz) + 1;
    size_t n = (size_t)((last < s->n_samples ? last : s->n_samples) - first), best = 0;
    float *x = mem_array(n, sizeof *x);
    double mean = 0;
    int rc = x ? strip_read(s, first, n, x, e) : no_memory(e);
    for (size_t i = 0; rc == 0 && i < n; i++)
        mean += (double)x[i] / (double)n;
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (fabs((double)x[i] - mean) > fabs((double)x[best] - mean))
            best = i;
    *centre_s = (double)(first + best) / s->rate_hz;
    mem_free(x);
    return rc;
}

static int read_one(struct excerpt *out, const struct strip *s, const struct candidate *c,
                    const struct excerpts_options *o, struct err *e)
{
    size_t n = excerpts_length(o);
    *out = (struct excerpt){.i_recording = c->i_recording,
                            .centre_s = c->centre_s,
                            .event = c->event,
                            .n = n,
                            .rate_hz = o->rate_hz,
                            .is_uv = s->is_uv};
    int rc = c->to_s > 0 ? find_peak(&out->centre_s, s, c, e) : 0;
    double first = round(out->centre_s * o->rate_hz - (double)n / 2);
    double last = (double)s->n_samples - (double)n; // a peak may lie nearer to the end
    if (last < 0)
        return rc; // the recording is a sample too short
    first = first < 0 ? 0 : first > last ? last : first;
    if (rc == 0 && !(out->values = mem_array(n, sizeof *out->values)))
        rc = no_memory(e);
    if (rc == 0)
        rc = strip_read(s, (uint64_t)first, n, out->values, e);
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (!isfinite(out->values[i])) {
            mem_free(out->values);
            out->values = NULL;
            break;
        }
    return rc;
}

static int read_recording(void *context, uint64_t i, void **item, struct err *e)
{
    const struct reading *d = context;
    const struct candidate *c = d->c->list + d->first[i];
    struct read_recording *out = mem_zalloc(sizeof *out);
    struct recording *r = NULL;
    struct strip s;
    char *path = path_join(d->folder, d->recordings->items[i].file);
    size_t n = d->first[i + 1] - d->first[i];
    int rc =
        out && path && (out->excerpts = mem_array(n, sizeof *out->excerpts)) ? 0 : no_memory(e);
    if (rc == 0 && n)
        rc = recording_open(&r, path, NULL, e);
    if (rc == 0 && n)
        rc = strip_of(&s, r, 0, d->o->rate_hz, e);
    for (size_t k = 0; rc == 0 && k < n; k++) {
        rc = read_one(&out->excerpts[k], &s, &c[k], d->o, e);
        out->n++;
    }
    recording_close(r);
    mem_free(path);
    if (rc < 0)
        free_read(NULL, out);
    else
        *item = out;
    return rc;
}

// Takes over the values of one recording as items.
static int take(struct items *out, const struct reading *d, size_t i, struct read_recording *r,
                struct err *e)
{
    const struct item *from = &d->recordings->items[i];
    for (size_t k = 0; k < r->n; k++) {
        struct excerpt *x = &r->excerpts[k];
        if (!x->values)
            continue;
        struct item *to = items_add(out);
        struct excerpt *copy = arena_alloc(&out->arena, sizeof *copy);
        if (!to || !copy)
            return no_memory(e);
        *copy = *x;
        x->values = NULL; // from here on the item's
        to->excerpt = copy;
        to->file = arena_printf(&out->arena, "%s@%.4f", from->file, copy->centre_s);
        copy->event = arena_strdup(&out->arena, copy->event);
        to->patient = from->patient ? arena_strdup(&out->arena, from->patient) : NULL;
        to->muscle = from->muscle ? arena_strdup(&out->arena, from->muscle) : NULL;
        to->recording =
            arena_strdup(&out->arena, from->recording ? from->recording : from->file);
        to->label = label_of(out, d->c->list[d->first[i] + k].class_name);
        to->n_bytes = copy->n * sizeof *copy->values;
        sha256_hex(to->sha256, copy->values, to->n_bytes);
        if (!to->file || !copy->event || !to->recording || (from->patient && !to->patient) ||
            (from->muscle && !to->muscle))
            return no_memory(e);
    }
    return 0;
}

static int read_all(struct items *out, struct reading *d, const struct monitor *monitor,
                    struct err *e)
{
    size_t n = d->recordings->n;
    struct workers *w;
    struct workers_spec spec = {d->o->n_threads, READ_DEPTH, 0, n, d,
                                read_recording,  free_read};
    int rc = workers_open(&w, &spec, e);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        void *item = NULL;
        rc = workers_next(w, &item, e);
        if (rc > 0)
            rc = take(out, d, i, item, e);
        else if (rc < 0 && rc != ERR_MEMORY) {
            struct err why = *e;
            rc = items_leave_out(out, d->recordings->items[i].file, why.text, true, e);
        }
        free_read(NULL, item);
        monitor_progress(monitor, "cutting excerpts", i + 1, n, "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while cutting excerpts");
    }
    workers_close(w);
    return rc;
}

static int find_firsts(struct reading *d, struct err *e)
{
    size_t n = d->recordings->n, at = 0;
    d->first = mem_array(n + 1, sizeof *d->first);
    if (!d->first)
        return no_memory(e);
    for (size_t i = 0; i < n; i++) {
        d->first[i] = at;
        while (at < d->c->n && d->c->list[at].i_recording == i)
            at++;
    }
    d->first[n] = at;
    return 0;
}

static int check_counts(const struct items *out, const struct candidates *c,
                        const struct excerpts_options *o, const char *folder, struct err *e)
{
    if (!c->n)
        return err_set(e, ERR_USAGE, "%s: no event in its recordings can be taken", folder);
    if (out->n_classes < 2)
        return err_set(e, ERR_USAGE,
                       "%s: all events are of class %s, wanted at least 2 classes", folder,
                       out->classes[0]);
    if (mem_product(c->n, excerpts_length(o) * sizeof(float)) >> MAX_BYTES_SHIFT)
        return err_set(e, ERR_LIMIT, "%zu excerpts of %zu samples: over 16 GiB", c->n,
                       excerpts_length(o));
    return 0;
}

int excerpts_cut(struct items *out, struct excerpts_counts *counts,
                 const struct items *recordings, const char *folder, const struct classmap *map,
                 const struct excerpts_options *o, const struct monitor *monitor, struct err *e)
{
    struct candidates c = {0};
    struct reading d = {.c = &c, .recordings = recordings, .folder = folder, .o = o};
    *counts = (struct excerpts_counts){0};
    items_init(out, "excerpt");
    arena_init(&c.arena);
    int rc = check_options(o, e);
    if (rc == 0)
        rc = list_all(&c, counts, out, &d, map, monitor, e);
    if (rc == 0)
        candidates_balance(&c, counts, o);
    if (rc == 0)
        rc = list_classes(out, &c, e);
    if (rc == 0)
        rc = check_counts(out, &c, o, folder, e);
    if (rc == 0)
        rc = find_firsts(&d, e);
    if (rc == 0)
        rc = read_all(out, &d, monitor, e);
    out->has_patients = rc == 0 && recordings->has_patients;
    mem_free(d.first);
    candidates_release(&c);
    return rc;
}

void excerpts_release(struct items *x)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->items[i].excerpt)
            mem_free(x->items[i].excerpt->values);
    items_release(x);
}
