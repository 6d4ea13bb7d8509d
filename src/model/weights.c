/*
 * weights.c: see weights.h. The rules are those of TF-Slim's learning.assign_from_checkpoint and
 * train_image_classifier.
 */
#include "model/weights.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/zoo.h"
#include "nn/variables.h"
#include "tf/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SCOPES = 64 };

struct scopes {
    char *text;
    char *scope[MAX_SCOPES];
    size_t n;
};

static int scopes_parse(struct scopes *s, const char *list, struct err *e)
{
    *s = (struct scopes){0};
    if (!list || !*list)
        return 0;
    s->text = mem_strdup(list);
    if (!s->text)
        return err_set(e, ERR_MEMORY, "no memory for a list of scopes");
    s->n = text_split(s->text, ',', s->scope, MAX_SCOPES);
    if (s->n > MAX_SCOPES) {
        mem_free(s->text);
        return err_set(e, ERR_USAGE, "more than %d scopes", MAX_SCOPES);
    }
    return 0;
}

static bool scopes_match(const struct scopes *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->scope[i][0] && text_starts_with(name, s->scope[i]))
            return true;
    return false;
}

static void shape_text(char *to, size_t n_to, const size_t *dims, size_t n_dims)
{
    size_t at = (size_t)snprintf(to, n_to, "[");
    for (size_t i = 0; i < n_dims && at < n_to; i++)
        at += (size_t)snprintf(to + at, n_to - at, "%s%zu", i ? ", " : "", dims[i]);
    if (at < n_to)
        snprintf(to + at, n_to - at, "]");
}

static int check_shape(const struct network *n, const struct variable *d,
                       const struct checkpoint_entry *x, const char *prefix, struct err *e)
{
    bool same = d->n_dims == x->n_dims;
    for (size_t i = 0; same && i < d->n_dims; i++)
        same = d->dims[i] == x->dims[i];
    if (same)
        return 0;
    char ours[64], theirs[64];
    shape_text(ours, sizeof ours, d->dims, d->n_dims);
    shape_text(theirs, sizeof theirs, x->dims, x->n_dims);
    bool is_head = !strcmp(d->name, n->weights_of_logits);
    return err_set(e, ERR_FORMAT, "%s: %s is %s, wanted %s%s%s", prefix, d->name, theirs, ours,
                   is_head ? "; another number of classes: exclude scopes " : "",
                   is_head ? n->head_scopes : "");
}

static const struct checkpoint_entry *find(const struct checkpoint_reader *from,
                                           const char *name, bool want_average)
{
    if (want_average) {
        char *average = mem_printf("%s/ExponentialMovingAverage", name);
        const struct checkpoint_entry *x =
            average ? checkpoint_reader_find(from, average) : NULL;
        mem_free(average);
        if (x)
            return x;
    }
    return checkpoint_reader_find(from, name);
}

static void note_missing(struct restore_report *r, const char *name)
{
    size_t at = strlen(r->missing);
    if (r->n_missing++ < 2)
        snprintf(r->missing + at, sizeof r->missing - at, "%s%s", at ? ", " : "", name);
}

static int judge_missing(const struct restore_report *r, const struct network *n,
                         const char *prefix, bool ignore, struct err *e)
{
    if (!r->n_restored && r->n_missing)
        return err_set(e, ERR_FORMAT,
                       "%s: a checkpoint of another network: none of %s's variables", prefix,
                       n->spec.network);
    if (r->n_missing && !ignore)
        return err_set(e, ERR_FORMAT, "%s: %zu variables of %s are not there: %s%s", prefix,
                       r->n_missing, n->spec.network, r->missing,
                       r->n_missing > 2 ? ", ..." : "");
    return 0;
}

int weights_restore(struct restore_report *out, const struct network *n, struct variables *v,
                    struct checkpoint_reader *from, const struct restore_options *o,
                    struct err *e)
{
    struct scopes excluded;
    const char *prefix = checkpoint_reader_prefix(from);
    *out = (struct restore_report){0};
    int rc = scopes_parse(&excluded, o->exclude_scopes, e);
    for (size_t i = 0; rc == 0 && i < v->n; i++) {
        const struct variable *d = graph_variable(n->graph, i);
        if (scopes_match(&excluded, d->name)) {
            out->n_excluded++;
            continue;
        }
        const struct checkpoint_entry *x = find(from, d->name, o->want_averages);
        if (!x) {
            note_missing(out, d->name);
            continue;
        }
        rc = check_shape(n, d, x, prefix, e);
        if (rc == 0)
            rc = checkpoint_reader_floats(from, x, v->value[i], e);
        out->n_restored += rc == 0;
    }
    if (rc == 0)
        rc = judge_missing(out, n, prefix, o->ignore_missing, e);
    mem_free(excluded.text);
    return rc;
}

int weights_in_scopes(bool *is_in, const struct network *n, const char *scopes, struct err *e)
{
    struct scopes s;
    int rc = scopes_parse(&s, scopes, e);
    if (rc < 0)
        return rc;
    size_t n_variables = graph_n_variables(n->graph);
    for (size_t i = 0; i < n_variables; i++)
        is_in[i] = scopes_match(&s, graph_variable(n->graph, i)->name);
    for (size_t k = 0; rc == 0 && k < s.n; k++) {
        bool found = false;
        for (size_t i = 0; i < n_variables && !found; i++)
            found = text_starts_with(graph_variable(n->graph, i)->name, s.scope[k]);
        // the auxiliary head of a small picture is not there, and that is no slip
        if (!found && !strstr(n->head_scopes, s.scope[k]))
            rc = err_set(e, ERR_USAGE, "no variable of %s starts with \"%s\"", n->spec.network,
                         s.scope[k]);
    }
    mem_free(s.text);
    return rc;
}

// A tensor to be written, whatever it comes from.
struct item {
    const char *name;
    const struct variable *variable; // or
    const struct weights_extra *extra;
    const float *values;
};

static int compare_items(const void *a, const void *b)
{
    return strcmp(((const struct item *)a)->name, ((const struct item *)b)->name);
}

static int add_item(struct checkpoint_writer *w, const struct item *x, struct err *e)
{
    if (x->variable)
        return checkpoint_writer_add(w, x->name, TF_FLOAT, x->variable->dims,
                                     x->variable->n_dims, x->values, e);
    if (x->extra->values)
        return checkpoint_writer_add(w, x->name, TF_FLOAT, x->extra->dims, x->extra->n_dims,
                                     x->extra->values, e);
    return checkpoint_writer_add(w, x->name, TF_INT64, NULL, 0, &x->extra->integer, e);
}

int weights_save(const char *prefix, const struct network *n, const struct variables *v,
                 const struct weights_extra *extras, size_t n_extras, struct err *e)
{
    struct checkpoint_writer *w = NULL;
    struct item *items = mem_array(v->n + n_extras, sizeof *items);
    if (!items)
        return err_set(e, ERR_MEMORY, "%s: no memory to save", prefix);
    for (size_t i = 0; i < v->n; i++) {
        const struct variable *d = graph_variable(n->graph, i);
        items[i] = (struct item){.name = d->name, .variable = d, .values = v->value[i]};
    }
    for (size_t i = 0; i < n_extras; i++)
        items[v->n + i] = (struct item){.name = extras[i].name, .extra = &extras[i]};
    qsort(items, v->n + n_extras, sizeof *items, compare_items);
    int rc = checkpoint_writer_open(&w, prefix, e);
    for (size_t i = 0; rc == 0 && i < v->n + n_extras; i++)
        rc = add_item(w, &items[i], e);
    if (rc == 0)
        rc = checkpoint_writer_finish(w, e);
    checkpoint_writer_close(w);
    mem_free(items);
    return rc;
}
