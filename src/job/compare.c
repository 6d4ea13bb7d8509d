/* compare.c: see compare.h. */
#include "job/compare.h"

#include "base/csv.h"
#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "job/assess_priv.h"
#include "stats/bootstrap.h"
#include "stats/estimate.h"
#include "stats/kappa.h"
#include "stats/mcnemar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { JUDGES_MAX = 2 + 16, MODELS_MAX = 2 };
static const size_t not_judged = SIZE_MAX;

// A model or a rater: what it calls each example of the first file.
struct judge {
    const char *name;
    size_t *called; // [n], or not_judged
    size_t n_judged;
};

struct comparison {
    const struct compare_options *o;
    struct predictions q[MODELS_MAX];
    size_t n_models;
    size_t *order; // [n] the first file's examples by name
    struct judge judge[JUDGES_MAX];
    size_t n_judges;
    struct arena names;
    json_t *not_computable;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to compare");
}

// ---- The same examples ----

struct named {
    const char *name;
    size_t i;
};

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : x->i < y->i ? -1 : x->i > y->i;
}

static int sort_files(size_t **out, const struct predictions *q, struct err *e)
{
    struct named *x = mem_array(q->n, sizeof *x);
    *out = mem_array(q->n, sizeof **out);
    int rc = x && *out ? 0 : no_memory(e);
    for (size_t i = 0; rc == 0 && i < q->n; i++)
        x[i] = (struct named){q->file[i], i};
    if (rc == 0)
        qsort(x, q->n, sizeof *x, by_name);
    for (size_t i = 0; rc == 0 && i < q->n; i++)
        (*out)[i] = x[i].i;
    mem_free(x);
    return rc;
}

static int check_classes(const struct comparison *c, struct err *e)
{
    const struct predictions *a = &c->q[0], *b = &c->q[1];
    if (a->n_classes != b->n_classes)
        return err_set(e, ERR_USAGE, "%s has %zu classes, %s has %zu: wanted the same", c->o->a,
                       a->n_classes, c->o->b, b->n_classes);
    for (size_t k = 0; k < a->n_classes; k++)
        if (predictions_class(b, a->classes[k]) == b->n_classes)
            return err_set(e, ERR_USAGE, "%s has the class %s, %s has not: wanted the same",
                           c->o->a, a->classes[k], c->o->b);
    return 0;
}

// What the second file says, in the order and with the class numbers of the first.
static int match_second(size_t *called, const struct comparison *c, struct err *e)
{
    const struct predictions *a = &c->q[0], *b = &c->q[1];
    size_t *order = NULL;
    int rc = check_classes(c, e);
    if (rc == 0 && a->n != b->n)
        rc = err_set(e, ERR_USAGE, "%s has %zu examples, %s has %zu: wanted the same", c->o->a,
                     a->n, c->o->b, b->n);
    if (rc == 0)
        rc = sort_files(&order, b, e);
    for (size_t k = 0; rc == 0 && k < a->n; k++) {
        size_t i = c->order[k], other = order[k];
        const char *truth = a->classes[a->truth[i]], *truth_b = b->classes[b->truth[other]];
        if (strcmp(a->file[i], b->file[other]) != 0) {
            bool in_a = strcmp(a->file[i], b->file[other]) < 0;
            rc = err_set(e, ERR_USAGE, "%s is in %s, but not in %s: wanted the same examples",
                         in_a ? a->file[i] : b->file[other], in_a ? c->o->a : c->o->b,
                         in_a ? c->o->b : c->o->a);
        } else if (strcmp(truth, truth_b) != 0) {
            rc = err_set(e, ERR_USAGE, "%s is of class %s in %s, of %s in %s", a->file[i],
                         truth, c->o->a, truth_b, c->o->b);
        } else {
            called[i] = predictions_class(a, b->classes[b->called[other]]);
        }
    }
    mem_free(order);
    return rc;
}

static struct judge *add_judge(struct comparison *c, const char *name, struct err *e)
{
    struct judge *j = &c->judge[c->n_judges];
    *j = (struct judge){.called = mem_array(c->q[0].n, sizeof *j->called)};
    j->name = arena_strdup(&c->names, name);
    if (!j->called || !j->name) {
        mem_free(j->called);
        no_memory(e);
        return NULL;
    }
    c->n_judges++;
    return j;
}

static int add_model(struct comparison *c, const char *path, struct err *e)
{
    size_t i_model = c->n_models;
    int rc = predictions_read(&c->q[i_model], path, e);
    if (rc < 0)
        return rc;
    c->n_models++;
    if (i_model == 0 && (rc = sort_files(&c->order, &c->q[0], e)) < 0)
        return rc;
    struct judge *j = add_judge(c, path, e);
    if (!j)
        return ERR_MEMORY;
    j->n_judged = c->q[0].n;
    if (i_model > 0)
        return match_second(j->called, c, e);
    memcpy(j->called, c->q[0].called, j->n_judged * sizeof *j->called);
    return 0;
}

// ---- Raters ----

static int read_raters_header(struct comparison *c, struct csv *t, size_t *file, struct err *e)
{
    int rc = csv_next(t, e);
    if (rc < 0)
        return rc;
    *file = rc ? csv_column(t, "file") : SIZE_MAX;
    if (*file == SIZE_MAX)
        return err_set(e, ERR_FORMAT,
                       "%s: line 1: no column \"file\" in the header: wanted file and a column "
                       "for each rater",
                       t->path);
    if (t->n < 2 || t->n - 1 > JUDGES_MAX - MODELS_MAX)
        return err_set(e, ERR_FORMAT, "%s: line %zu: %zu raters, wanted 1 to %d", t->path,
                       t->line, t->n - 1, JUDGES_MAX - MODELS_MAX);
    for (size_t i = 0; i < t->n; i++) {
        if (i == *file)
            continue;
        struct judge *j = add_judge(c, csv_field(t, i), e);
        if (!j)
            return ERR_MEMORY;
        for (size_t k = 0; k < c->q[0].n; k++)
            j->called[k] = not_judged;
    }
    return 0;
}

// The example of that name; n: none. A name that several have is the first of them.
static size_t find_file(const struct comparison *c, const char *name)
{
    const struct predictions *q = &c->q[0];
    size_t low = 0, high = q->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(q->file[c->order[middle]], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < q->n && !strcmp(q->file[c->order[low]], name) ? c->order[low] : q->n;
}

static int take_ratings(struct comparison *c, const struct csv *t, size_t file, struct err *e)
{
    const struct predictions *q = &c->q[0];
    size_t i = find_file(c, csv_field(t, file)), at = c->n_models;
    if (t->n != c->n_judges - c->n_models + 1)
        return err_set(e, ERR_FORMAT, "%s: line %zu: %zu columns, the header has %zu%s",
                       t->path, t->line, t->n, c->n_judges - c->n_models + 1,
                       t->is_cut && !*t->at ? ": the file was cut" : "");
    if (i == q->n)
        return err_set(e, ERR_FORMAT, "%s: line %zu: %s is not in %s", t->path, t->line,
                       csv_field(t, file), c->o->a);
    for (size_t column = 0; column < t->n; column++) {
        const char *label = csv_field(t, column);
        if (column == file)
            continue;
        struct judge *j = &c->judge[at++];
        if (!*label)
            continue;
        size_t k = predictions_class(q, label);
        if (k == q->n_classes)
            return err_set(e, ERR_FORMAT,
                           "%s: line %zu: %s calls it \"%s\", which is no class of %s", t->path,
                           t->line, j->name, label, c->o->a);
        if (j->called[i] != not_judged)
            return err_set(e, ERR_FORMAT, "%s: line %zu: %s has rated %s before", t->path,
                           t->line, j->name, q->file[i]);
        j->called[i] = k;
        j->n_judged++;
    }
    return 0;
}

static int add_raters(struct comparison *c, struct err *e)
{
    struct csv t;
    size_t file;
    if (!c->o->raters)
        return 0;
    int rc = csv_open(&t, c->o->raters, e);
    if (rc < 0)
        return rc;
    rc = read_raters_header(c, &t, &file, e);
    while (rc == 0 && (rc = csv_next(&t, e)) == 1)
        rc = take_ratings(c, &t, file, e);
    csv_close(&t);
    return rc;
}

// ---- The report ----

static int agreement_json(json_t **out, struct comparison *c, const struct judge *a,
                          const struct judge *b, size_t i_pair, struct err *e)
{
    const struct predictions *q = &c->q[0];
    struct confusion table;
    int rc = confusion_init(&table, q->n_classes, e);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < q->n; i++)
        if (a->called[i] != not_judged && b->called[i] != not_judged)
            confusion_add(&table, a->called[i], b->called[i]);
    char *at = mem_printf("/agreement/%zu/kappa", i_pair);
    char *agree_at = mem_printf("/agreement/%zu/agree", i_pair);
    *out = json_pack("{s:[o, o], s:I, s:o, s:o, s:o}", "between", jsontext_string(a->name),
                     jsontext_string(b->name), "n", (json_int_t)table.n, "agree",
                     assess_ratio(c->not_computable, confusion_accuracy(&table), agree_at,
                                  "there is no example that both judged"),
                     "kappa", assess_estimate(c->not_computable, kappa_of(&table), NULL, at),
                     "confusion", assess_confusion(&table));
    mem_free(at);
    mem_free(agree_at);
    confusion_release(&table);
    return *out ? 0 : no_memory(e);
}

static int put_agreement(json_t *o, struct comparison *c, struct err *e)
{
    json_t *list = json_array(), *pair;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->n_judges; i++)
        for (size_t k = i + 1; rc == 0 && k < c->n_judges; k++) {
            rc = agreement_json(&pair, c, &c->judge[i], &c->judge[k], json_array_size(list), e);
            if (rc == 0)
                json_array_append_new(list, pair);
        }
    json_object_set_new(o, "agreement", list);
    json_t *raters = c->n_judges > c->n_models ? json_array() : json_null();
    for (size_t i = c->n_models; i < c->n_judges; i++)
        json_array_append_new(raters,
                              json_pack("{s:o, s:I}", "name", jsontext_string(c->judge[i].name),
                                        "n", (json_int_t)c->judge[i].n_judged));
    json_object_set_new(o, "raters", raters);
    return rc;
}

static bool is_right(const struct comparison *c, size_t i_model, size_t i)
{
    return c->judge[i_model].called[i] == c->q[0].truth[i];
}

static struct ratio accuracy_of(const struct comparison *c, size_t i_model)
{
    uint64_t n_right = 0;
    for (size_t i = 0; i < c->q[0].n; i++)
        n_right += is_right(c, i_model, i);
    return ratio_of(n_right, c->q[0].n);
}

// The difference of the accuracies over patients drawn again; *why where there is none.
static int resample_difference(struct clustered *out, size_t *n_patients,
                               const struct comparison *c, struct err *e)
{
    const struct predictions *q = &c->q[0];
    struct assessment a = {.q = q};
    *out = (struct clustered){{(double)NAN, (double)NAN}, NULL};
    int rc = assess_find_groups(&a, e);
    double *values = mem_array(BOOTSTRAP_RESAMPLES, sizeof *values);
    uint32_t *times = mem_array(a.n_patients + 1, sizeof *times);
    if (rc == 0 && (!values || !times))
        rc = no_memory(e);
    *n_patients = a.n_patients;
    if (a.n_patients < 2)
        out->why = a.n_patients ? "there is a single patient" : "patients are not known";
    for (size_t b = 0; rc == 0 && !out->why && b < BOOTSTRAP_RESAMPLES; b++) {
        double difference = 0, all = 0;
        bootstrap_draw(times, a.n_patients, c->o->seed, b);
        for (size_t i = 0; i < q->n; i++) {
            all += times[a.patient[i]];
            difference +=
                times[a.patient[i]] * ((double)is_right(c, 0, i) - (double)is_right(c, 1, i));
        }
        values[b] = difference / all;
    }
    if (rc == 0 && !out->why)
        out->why = bootstrap_percentile95(&out->ci95, values, BOOTSTRAP_RESAMPLES);
    for (int key = 0; key < N_KEYS; key++)
        votes_release(&a.votes[key]);
    mem_free(a.patient);
    mem_free(values);
    mem_free(times);
    return rc;
}

static json_t *mcnemar_json(const struct comparison *c)
{
    uint64_t n[2][2] = {0}; // [first right][second right]
    for (size_t i = 0; i < c->q[0].n; i++)
        n[is_right(c, 0, i)][is_right(c, 1, i)]++;
    struct mcnemar m = mcnemar_of(n[1][0], n[0][1]);
    if (!m.is_computable) {
        static const char why[] = "the two are right on the same examples";
        assess_why(c->not_computable, "/mcnemar/p_exact", "", why);
        assess_why(c->not_computable, "/mcnemar/p_mid", "", why);
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "both_right", (json_int_t)n[1][1],
                     "only_a", (json_int_t)n[1][0], "only_b", (json_int_t)n[0][1], "both_wrong",
                     (json_int_t)n[0][0], "p_exact", assess_number(m.p_exact), "p_mid",
                     assess_number(m.p_mid));
}

static int put_models(json_t *o, struct comparison *c, struct err *e)
{
    json_t *accuracy =
        json_pack("{s:o}", "a", assess_ratio(c->not_computable, accuracy_of(c, 0), NULL, NULL));
    json_object_set_new(o, "accuracy", accuracy);
    json_object_set_new(o, "mcnemar", c->n_models == 2 ? mcnemar_json(c) : json_null());
    json_object_set_new(o, "bootstrap", json_null());
    json_object_set_new(accuracy, "b", json_null());
    json_object_set_new(accuracy, "difference", json_null());
    if (c->n_models < 2)
        return 0;
    struct clustered difference;
    size_t n_patients;
    int rc = resample_difference(&difference, &n_patients, c, e);
    if (rc < 0)
        return rc;
    struct ratio a = accuracy_of(c, 0), b = accuracy_of(c, 1);
    json_object_set_new(accuracy, "b", assess_ratio(c->not_computable, b, NULL, NULL));
    json_object_set_new(
        accuracy, "difference",
        assess_estimate(c->not_computable, estimate_point(a.value - b.value, NULL),
                        n_patients < 2 ? NULL : &difference, "/accuracy/difference"));
    if (n_patients < 2)
        assess_why(c->not_computable, "/bootstrap", "", difference.why);
    else
        json_object_set_new(o, "bootstrap",
                            json_pack("{s:s, s:I, s:i, s:I}", "clusters", "patients",
                                      "n_clusters", (json_int_t)n_patients, "n_resamples",
                                      BOOTSTRAP_RESAMPLES, "seed", (json_int_t)c->o->seed));
    return 0;
}

static int report_json(json_t **out, struct comparison *c, struct err *e)
{
    const struct predictions *q = &c->q[0];
    json_t *classes = json_array();
    for (size_t k = 0; k < q->n_classes; k++)
        json_array_append_new(classes, json_string(q->classes[k]));
    json_t *o = json_pack("{s:o, s:o, s:I, s:o}", "a", jsontext_string(c->o->a), "b",
                          jsontext_string(c->o->b), "n", (json_int_t)q->n, "classes", classes);
    int rc = o ? put_models(o, c, e) : no_memory(e);
    if (rc == 0)
        rc = put_agreement(o, c, e);
    if (rc == 0) {
        json_object_set(o, "not_computable", c->not_computable);
        *out = json_incref(o);
    }
    json_decref(o);
    return rc;
}

int compare(json_t **report, const struct compare_options *o, struct err *e)
{
    struct comparison c = {.o = o, .not_computable = json_object()};
    *report = NULL;
    arena_init(&c.names);
    int rc = c.not_computable ? add_model(&c, o->a, e) : no_memory(e);
    if (rc == 0 && o->b)
        rc = add_model(&c, o->b, e);
    if (rc == 0)
        rc = add_raters(&c, e);
    if (rc == 0)
        rc = report_json(report, &c, e);
    for (size_t i = 0; i < c.n_judges; i++)
        mem_free(c.judge[i].called);
    for (size_t i = 0; i < c.n_models; i++)
        predictions_release(&c.q[i]);
    mem_free(c.order);
    arena_release(&c.names);
    json_decref(c.not_computable);
    return rc;
}
