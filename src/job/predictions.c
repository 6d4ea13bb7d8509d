/* predictions.c: see predictions.h. */
#include "job/predictions.h"

#include "base/bytes.h"
#include "base/csv.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/dataset.h"
#include "job/evaluate.h"
#include "stats/confusion.h"

#include <math.h>
#include <string.h>

const char *const predictions_keys[] = {"patient", "muscle", "recording", NULL};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for predictions");
}

static int init(struct predictions *q, size_t n_classes, struct err *e)
{
    *q = (struct predictions){.n_classes = n_classes};
    arena_init(&q->arena);
    q->classes = mem_array(n_classes, sizeof *q->classes);
    return q->classes ? 0 : no_memory(e);
}

// Room for n examples.
static int reserve(struct predictions *q, size_t n, struct err *e)
{
    q->file = mem_array(n, sizeof *q->file);
    q->truth = mem_array(n, sizeof *q->truth);
    q->called = mem_array(n, sizeof *q->called);
    q->p = mem_array(mem_product(n, q->n_classes), sizeof *q->p);
    bool ok = q->file && q->truth && q->called && q->p;
    for (int k = 0; k < N_KEYS; k++) {
        q->key[k] = mem_array(n, sizeof *q->key[k]);
        ok = ok && q->key[k];
    }
    return ok ? 0 : no_memory(e);
}

void predictions_release(struct predictions *q)
{
    arena_release(&q->arena);
    mem_free(q->classes);
    mem_free(q->file);
    mem_free(q->truth);
    mem_free(q->called);
    mem_free(q->p);
    for (int k = 0; k < N_KEYS; k++)
        mem_free(q->key[k]);
    *q = (struct predictions){0};
}

static void note_known(struct predictions *q)
{
    for (int k = 0; k < N_KEYS; k++) {
        for (size_t i = 0; i < q->n; i++)
            q->n_without[k] += !*q->key[k][i];
        q->is_known[k] = !q->n_without[k];
    }
}

size_t predictions_class(const struct predictions *q, const char *name)
{
    size_t k = 0;
    while (k < q->n_classes && strcmp(q->classes[k], name) != 0)
        k++;
    return k;
}

// ---- Of a model ----

static const char *copy_bytes(struct arena *a, struct example_bytes s)
{
    return s.n ? arena_strndup(a, (const char *)s.data, s.n) : "";
}

static int take_example(struct predictions *q, const struct example *x, const float *p,
                        struct err *e)
{
    size_t i = q->n;
    const struct example_bytes keys[N_KEYS] = {x->patient, x->muscle, x->recording};
    // data sets of others may have no names
    q->file[i] = x->filename.n ? copy_bytes(&q->arena, x->filename)
                               : arena_printf(&q->arena, "example %zu", i);
    bool ok = q->file[i];
    for (int k = 0; k < N_KEYS; k++) {
        q->key[k][i] = copy_bytes(&q->arena, keys[k]);
        ok = ok && q->key[k][i];
    }
    if (!ok)
        return no_memory(e);
    for (size_t k = 0; k < q->n_classes; k++)
        if (!(p[k] >= 0 && p[k] <= 1))
            return err_set(e, ERR_FORMAT,
                           "%s: the network's probability of %s is %g, wanted 0 to 1: its "
                           "weights are damaged or training diverged",
                           q->file[i], q->classes[k], (double)p[k]);
    memcpy(q->p + i * q->n_classes, p, q->n_classes * sizeof *p);
    q->truth[i] = (size_t)x->label;
    q->called[i] = argmax(p, q->n_classes);
    q->n++;
    return 0;
}

int predictions_of(struct predictions *out, char *const *classes, size_t n_classes,
                   const struct examples *x, const float *p, struct err *e)
{
    int rc = init(out, n_classes, e);
    for (size_t k = 0; rc == 0 && k < n_classes; k++)
        if (!(out->classes[k] = arena_strdup(&out->arena, classes[k])))
            rc = no_memory(e);
    if (rc == 0)
        rc = reserve(out, x->n, e);
    for (size_t i = 0; rc == 0 && i < x->n; i++)
        rc = take_example(out, &x->examples[i], p + i * n_classes, e);
    if (rc == 0)
        note_known(out);
    else
        predictions_release(out);
    return rc;
}

static void put(struct buffer *b, const char *s)
{
    csv_put(b, s, strlen(s));
}

// Nine digits: a float32 comes back as it was.
int predictions_write(const char *path, const struct predictions *q, struct err *e)
{
    struct buffer b = {0};
    buffer_printf(&b, "file,patient,muscle,recording,truth,prediction");
    for (size_t k = 0; k < q->n_classes; k++) {
        buffer_printf(&b, ",");
        put(&b, q->classes[k]);
    }
    buffer_printf(&b, "\n");
    for (size_t i = 0; i < q->n; i++) {
        put(&b, q->file[i]);
        for (int k = 0; k < N_KEYS; k++) {
            buffer_printf(&b, ",");
            put(&b, q->key[k][i]);
        }
        buffer_printf(&b, ",");
        put(&b, q->classes[q->truth[i]]);
        buffer_printf(&b, ",");
        put(&b, q->classes[q->called[i]]);
        for (size_t k = 0; k < q->n_classes; k++)
            buffer_printf(&b, ",%.9g", (double)q->p[i * q->n_classes + k]);
        buffer_printf(&b, "\n");
    }
    int rc = b.failed ? err_set(e, ERR_MEMORY, "%s: no memory", path)
                      : file_write(path, b.data, b.n, e);
    buffer_release(&b);
    return rc;
}

// ---- From a file ----

// Where the columns are.
struct layout {
    size_t file, truth, called, key[N_KEYS], first_class, n;
};

static int find_columns(struct layout *at, const struct csv *c, struct err *e)
{
    at->n = c->n;
    const struct {
        const char *name;
        size_t *at;
    } wanted[] = {{"file", &at->file}, {"truth", &at->truth}, {"prediction", &at->called}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if ((*wanted[i].at = csv_column(c, wanted[i].name)) == SIZE_MAX)
            return err_set(e, ERR_FORMAT,
                           "%s: line %zu: no column \"%s\" in the header: wanted file, truth, "
                           "prediction, and behind them a column for each class",
                           c->path, c->line, wanted[i].name);
    at->first_class = at->called + 1;
    for (int k = 0; k < N_KEYS; k++) {
        at->key[k] = csv_column(c, predictions_keys[k]);
        if (at->key[k] != SIZE_MAX && at->key[k] > at->called)
            at->key[k] = SIZE_MAX; // a class that has this name
    }
    if (at->file > at->called || at->truth > at->called)
        return err_set(e, ERR_FORMAT, "%s: line %zu: \"%s\" stands behind \"prediction\"",
                       c->path, c->line, at->file > at->called ? "file" : "truth");
    if (at->first_class == at->n)
        return err_set(e, ERR_FORMAT,
                       "%s: line %zu: no column for a class behind \"prediction\"", c->path,
                       c->line);
    return 0;
}

static int read_header(struct predictions *q, struct layout *at, struct csv *c, struct err *e)
{
    int rc = csv_next(c, e);
    if (rc == 0)
        return err_set(e, ERR_FORMAT, "%s: empty, wanted a header line", c->path);
    if (rc < 0 || (rc = find_columns(at, c, e)) < 0)
        return rc;
    size_t n_classes = at->n - at->first_class;
    if (n_classes > CONFUSION_MAX_CLASSES)
        return err_set(e, ERR_LIMIT, "%s: %zu classes, wanted at most %d", c->path, n_classes,
                       CONFUSION_MAX_CLASSES);
    if ((rc = init(q, n_classes, e)) < 0)
        return rc;
    for (size_t k = 0; k < n_classes; k++) {
        const char *name = csv_field(c, at->first_class + k);
        for (size_t i = 0; i < k; i++)
            if (!strcmp(q->classes[i], name))
                return err_set(e, ERR_FORMAT, "%s: line %zu: class \"%s\" has two columns",
                               c->path, c->line, name);
        if (!*name)
            return err_set(e, ERR_FORMAT, "%s: line %zu: column %zu has no name", c->path,
                           c->line, at->first_class + k + 1);
        if (!(q->classes[k] = arena_strdup(&q->arena, name)))
            return no_memory(e);
    }
    return 0;
}

static int read_class(size_t *out, const struct predictions *q, const struct csv *c,
                      size_t column, const char *what, struct err *e)
{
    const char *name = csv_field(c, column);
    *out = predictions_class(q, name);
    if (*out < q->n_classes)
        return 0;
    return err_set(e, ERR_FORMAT, "%s: line %zu: its %s \"%s\" is no class of the header",
                   c->path, c->line, what, name);
}

static int read_probabilities(float *p, const struct predictions *q, const struct csv *c,
                              size_t first, struct err *e)
{
    double sum = 0;
    for (size_t k = 0; k < q->n_classes; k++) {
        double value;
        const char *text = csv_field(c, first + k);
        if (!text_to_double(&value, text) || !(value >= 0 && value <= 1))
            return err_set(
                e, ERR_FORMAT,
                "%s: line %zu: the probability of %s is \"%s\", wanted a number from "
                "0 to 1",
                c->path, c->line, q->classes[k], text);
        p[k] = (float)value;
        sum += value;
    }
    // What three digits leave of thirty classes; a cut number or a swapped column is further off.
    if (fabs(sum - 1) > 0.02)
        return err_set(e, ERR_FORMAT, "%s: line %zu: its probabilities sum up to %g, wanted 1",
                       c->path, c->line, sum);
    return 0;
}

static int take_row(struct predictions *q, const struct layout *at, const struct csv *c,
                    struct err *e)
{
    size_t i = q->n;
    float *p = q->p + i * q->n_classes;
    if (c->n != at->n)
        return err_set(e, ERR_FORMAT, "%s: line %zu: %zu columns, the header has %zu%s",
                       c->path, c->line, c->n, at->n,
                       c->is_cut && !*c->at ? ": the file was cut" : "");
    int rc = read_class(&q->truth[i], q, c, at->truth, "truth", e);
    if (rc == 0)
        rc = read_class(&q->called[i], q, c, at->called, "prediction", e);
    if (rc == 0)
        rc = read_probabilities(p, q, c, at->first_class, e);
    if (rc < 0)
        return rc;
    // written with few digits, two classes may seem equal
    size_t best = argmax(p, q->n_classes);
    if (p[q->called[i]] < p[best] - 1e-6F)
        return err_set(e, ERR_FORMAT,
                       "%s: line %zu: its prediction is %s, but %s is more probable", c->path,
                       c->line, q->classes[q->called[i]], q->classes[best]);
    q->file[i] = arena_strdup(&q->arena, csv_field(c, at->file));
    bool ok = q->file[i];
    for (int k = 0; k < N_KEYS; k++) {
        const char *value = csv_field(c, at->key[k]);
        q->key[k][i] = *value ? arena_strdup(&q->arena, value) : "";
        ok = ok && q->key[k][i];
    }
    if (!ok)
        return no_memory(e);
    if (!*q->file[i])
        return err_set(e, ERR_FORMAT, "%s: line %zu: no file", c->path, c->line);
    q->n++;
    return 0;
}

static int count_rows(size_t *out, const char *path, struct err *e)
{
    struct csv c;
    int rc = csv_open(&c, path, e);
    *out = 0;
    if (rc < 0)
        return rc;
    while ((rc = csv_next(&c, e)) == 1)
        ++*out;
    if (rc == 0 && *out && c.is_cut)
        rc =
            err_set(e, ERR_FORMAT, "%s: line %zu does not end: the file was cut", path, c.line);
    csv_close(&c);
    return rc;
}

int predictions_read(struct predictions *out, const char *path, struct err *e)
{
    struct csv c = {0};
    struct layout at;
    size_t n_rows;
    *out = (struct predictions){0};
    int rc = count_rows(&n_rows, path, e);
    if (rc == 0)
        rc = csv_open(&c, path, e);
    if (rc == 0)
        rc = read_header(out, &at, &c, e);
    if (rc == 0 && n_rows < 2)
        rc = err_set(e, ERR_FORMAT, "%s: not a single example behind the header", path);
    if (rc == 0)
        rc = reserve(out, n_rows - 1, e);
    while (rc == 0 && (rc = csv_next(&c, e)) == 1)
        rc = take_row(out, &at, &c, e);
    csv_close(&c);
    if (rc == 0)
        note_known(out);
    else
        predictions_release(out);
    return rc;
}
