/*
 * assess_groups.c: results by patient, muscle and recording, and their votes. See assess_priv.h.
 *
 * Examples are sorted by (name, patient, true class); each run of one name is a group, each run of all
 * three a vote.
 */
#include "job/assess_priv.h"

#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "job/evaluate.h"
#include "stats/estimate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct place {
    const char *name;
    size_t patient, truth, i;
};

static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order)
        return order;
    if (x->patient != y->patient)
        return x->patient < y->patient ? -1 : 1;
    if (x->truth != y->truth)
        return x->truth < y->truth ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for results by group");
}

static struct place *sorted(const struct assessment *a, const char *const *names)
{
    struct place *p = mem_array(a->q->n, sizeof *p);
    for (size_t i = 0; p && i < a->q->n; i++)
        p[i] = (struct place){names[i], a->patient[i], a->q->truth[i], i};
    if (p)
        qsort(p, a->q->n, sizeof *p, compare);
    return p;
}

// Numbers the patients; without names everybody is number 0.
static int number_patients(struct assessment *a, struct err *e)
{
    a->patient = mem_array(a->q->n, sizeof *a->patient);
    if (!a->patient)
        return no_memory(e);
    if (!a->q->is_known[KEY_PATIENT])
        return 0;
    struct place *p = sorted(a, a->q->key[KEY_PATIENT]);
    if (!p)
        return no_memory(e);
    for (size_t i = 0; i < a->q->n; i++) {
        a->n_patients += i == 0 || strcmp(p[i - 1].name, p[i].name) != 0;
        a->patient[p[i].i] = a->n_patients - 1;
    }
    mem_free(p);
    return 0;
}

static void add_probabilities(double *sum, const struct predictions *q, size_t i)
{
    for (size_t k = 0; k < q->n_classes; k++)
        sum[k] += (double)q->p[i * q->n_classes + k];
}

static size_t largest(const double *x, size_t n)
{
    size_t best = 0;
    for (size_t k = 1; k < n; k++)
        best = x[k] > x[best] ? k : best;
    return best;
}

// Of places [from, to), which have one name.
static json_t *group_json(const struct assessment *a, const struct place *p, size_t from,
                          size_t to, double *sum)
{
    const struct predictions *q = a->q;
    size_t n_right = 0, n_patients = 0;
    bool is_one = true;
    memset(sum, 0, q->n_classes * sizeof *sum);
    json_t *per_class = json_object(), *mean = json_object();
    for (size_t k = 0; k < q->n_classes; k++)
        json_object_set_new(per_class, q->classes[k], json_integer(0));
    for (size_t i = from; i < to; i++) {
        const char *truth = q->classes[p[i].truth];
        add_probabilities(sum, q, p[i].i);
        n_right += q->called[p[i].i] == p[i].truth;
        n_patients += i == from || p[i].patient != p[i - 1].patient;
        is_one = is_one && p[i].truth == p[from].truth;
        json_int_t n = json_integer_value(json_object_get(per_class, truth));
        json_object_set_new(per_class, truth, json_integer(n + 1));
    }
    for (size_t k = 0; k < q->n_classes; k++)
        json_object_set_new(mean, q->classes[k], json_real(sum[k] / (double)(to - from)));
    return json_pack("{s:o, s:I, s:o, s:o, s:o, s:s?, s:s, s:o}", "name",
                     jsontext_string(p[from].name), "n", (json_int_t)(to - from), "n_patients",
                     a->n_patients ? json_integer((json_int_t)n_patients) : json_null(),
                     "per_class", per_class, "accuracy",
                     assess_ratio(NULL, ratio_of(n_right, to - from), NULL, NULL), "truth",
                     is_one ? q->classes[p[from].truth] : NULL, "vote",
                     q->classes[largest(sum, q->n_classes)], "probabilities", mean);
}

static bool is_same_vote(const struct place *x, const struct place *y)
{
    return !strcmp(x->name, y->name) && x->patient == y->patient && x->truth == y->truth;
}

static int take_votes(struct votes *v, const struct assessment *a, const struct place *p,
                      struct err *e)
{
    const struct predictions *q = a->q;
    double *sum = mem_array(q->n_classes, sizeof *sum);
    v->truth = mem_array(q->n, sizeof *v->truth);
    v->called = mem_array(q->n, sizeof *v->called);
    v->patient = mem_array(q->n, sizeof *v->patient);
    v->groups = json_array();
    int rc = sum && v->truth && v->called && v->patient && v->groups ? 0 : no_memory(e);
    for (size_t from = 0, to; rc == 0 && from < q->n; from = to) { // votes
        memset(sum, 0, q->n_classes * sizeof *sum);
        for (to = from; to < q->n && is_same_vote(&p[from], &p[to]); to++)
            add_probabilities(sum, q, p[to].i);
        v->truth[v->n] = p[from].truth;
        v->called[v->n] = largest(sum, q->n_classes);
        v->patient[v->n++] = p[from].patient;
    }
    for (size_t from = 0, to; rc == 0 && from < q->n; from = to) { // groups
        for (to = from; to < q->n && !strcmp(p[from].name, p[to].name);)
            to++;
        if (json_array_append_new(v->groups, group_json(a, p, from, to, sum)))
            rc = no_memory(e);
    }
    mem_free(sum);
    return rc;
}

int assess_find_groups(struct assessment *a, struct err *e)
{
    int rc = number_patients(a, e);
    for (int key = 0; rc == 0 && key < N_KEYS; key++) {
        if (!a->q->is_known[key])
            continue;
        struct place *p = sorted(a, a->q->key[key]);
        rc = p ? take_votes(&a->votes[key], a, p, e) : no_memory(e);
        mem_free(p);
    }
    return rc;
}

void votes_release(struct votes *v)
{
    mem_free(v->truth);
    mem_free(v->called);
    mem_free(v->patient);
    json_decref(v->groups);
    *v = (struct votes){0};
}

static json_t *votes_json(struct assessment *a, enum predictions_key key,
                          const struct confusion *c)
{
    char *at = mem_printf("/%ss/votes/accuracy", predictions_keys[key]);
    char *balanced_at = mem_printf("/%ss/votes/balanced_accuracy", predictions_keys[key]);
    struct class_mean balanced = confusion_balanced_accuracy(c);
    json_t *o = json_pack(
        "{s:I, s:o, s:o, s:o}", "n", (json_int_t)c->n, "accuracy",
        assess_clustered_ratio(a, confusion_accuracy(c), MEASURE_VOTES_ACCURACY + key, at,
                               NULL),
        "balanced_accuracy",
        assess_clustered_estimate(
            a, (struct estimate){balanced.value, {(double)NAN, (double)NAN}, NULL, NULL},
            MEASURE_VOTES_BALANCED + key, balanced_at),
        "confusion", assess_confusion(c));
    mem_free(at);
    mem_free(balanced_at);
    return o;
}

int assess_groups(json_t **out, struct assessment *a, enum predictions_key key, struct err *e)
{
    const struct votes *v = &a->votes[key];
    struct confusion c;
    *out = NULL;
    if (!a->q->is_known[key]) {
        char *at = mem_printf("/%ss", predictions_keys[key]);
        char *why = mem_printf("%zu of %zu examples have no %s", a->q->n_without[key], a->q->n,
                               predictions_keys[key]);
        if (why)
            assess_why(a->not_computable, at, "", why);
        mem_free(at);
        mem_free(why);
        *out = json_null();
        return 0;
    }
    int rc = confusion_init(&c, a->q->n_classes, e);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < v->n; i++)
        confusion_add(&c, v->truth[i], v->called[i]);
    *out = json_pack("{s:I, s:o, s:O}", "n", (json_int_t)json_array_size(v->groups), "votes",
                     votes_json(a, key, &c), "groups", v->groups);
    confusion_release(&c);
    return *out ? 0 : no_memory(e);
}
