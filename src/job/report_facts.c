/* report_facts.c: what a report tells, gathered: scores, an audit, the leak gap, hashes. */
#include "job/report_priv.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "job/audit.h"
#include "job/evaluate.h"
#include "stats/roc.h"
#include "tf/example.h"

#include <stdlib.h>
#include <string.h>

enum { WEIGHTS_MAX_BYTES = 1 << 30 };

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for a report");
}

// ---- Groups ----

static size_t largest(const double *x, size_t n)
{
    size_t best = 0;
    for (size_t k = 1; k < n; k++)
        best = x[k] > x[best] ? k : best;
    return best;
}

static void name_group(struct report_group *g, const struct facts *f)
{
    const struct example *x = &f->scored.examples.examples[f->scored.whose.member[g->i]];
    const char *noun = f->scored.whose.noun;
    struct example_bytes name = !strcmp(noun, "patient")     ? x->patient
                                : !strcmp(noun, "recording") ? x->recording
                                                             : x->filename;
    size_t n = name.n < sizeof g->name ? name.n : sizeof g->name - 1;
    memcpy(g->name, name.data, n);
}

// Wrong ones first, then by how little was given to the truth.
static int compare_groups(const void *a, const void *b)
{
    const struct report_group *x = a, *y = b;
    bool x_right = x->truth == x->prediction, y_right = y->truth == y->prediction;
    if (x_right != y_right)
        return x_right - y_right;
    return x->mean_truth < y->mean_truth   ? -1
           : x->mean_truth > y->mean_truth ? 1
                                           : (x->i > y->i) - (x->i < y->i);
}

static int gather_groups(struct facts *f, struct err *e)
{
    const struct scored *s = &f->scored;
    size_t n_classes = s->n_classes, n_right = 0;
    f->n_groups = s->whose.n_groups;
    f->groups = mem_array(f->n_groups, sizeof *f->groups);
    double *sums = mem_array(mem_product(f->n_groups, n_classes), 2 * sizeof *sums);
    if (!f->groups || !sums) {
        mem_free(sums);
        return no_memory(e);
    }
    for (size_t i = 0; i < s->n; i++) {
        struct report_group *g = &f->groups[s->whose.group[i]];
        double *sum = sums + s->whose.group[i] * 2 * n_classes, *counts = sum + n_classes;
        const float *p = s->probabilities + i * n_classes;
        for (size_t k = 0; k < n_classes; k++)
            sum[k] += (double)p[k];
        counts[s->truth[i]]++;
        g->n++;
        g->n_right += s->truth[i] == s->prediction[i];
        g->mean_truth += (double)p[s->truth[i]];
    }
    for (size_t i = 0; i < f->n_groups; i++) {
        struct report_group *g = &f->groups[i];
        g->i = i;
        g->prediction = largest(sums + i * 2 * n_classes, n_classes);
        g->truth = largest(sums + i * 2 * n_classes + n_classes, n_classes);
        g->mean_truth /= (double)g->n;
        n_right += g->truth == g->prediction;
        name_group(g, f);
    }
    f->by_group = ratio_of(n_right, f->n_groups);
    qsort(f->groups, f->n_groups, sizeof *f->groups, compare_groups);
    mem_free(sums);
    return 0;
}

// ---- Intervals over groups ----

static void accuracies(double *out, const void *context, const uint32_t *times)
{
    hits_accuracies(out, context, times);
}

struct column {
    struct ranked ranked;
    const struct scored *scored;
    uint32_t *weight; // [n]
};

static void area(double *out, const void *context, const uint32_t *times)
{
    const struct column *c = context;
    whose_weigh(c->weight, &c->scored->whose, c->scored->n, times);
    *out = roc_auc_weighted(&c->ranked, c->weight);
}

static int gather_intervals(struct facts *f, struct err *e)
{
    const struct scored *s = &f->scored;
    struct redraw_strata strata = {&s->whose.n_groups, 1};
    struct hits hits = {0};
    uint32_t *weight = mem_array(s->n, sizeof *weight);
    f->areas = mem_array(s->n_classes, sizeof *f->areas);
    int rc = weight && f->areas ? hits_count(&hits, s, e) : no_memory(e);
    if (rc == 0)
        rc = redraw_groups(f->accuracies, N_ACCURACIES, accuracies, &hits, strata, f->o->seed,
                           e);
    for (size_t k = 0; rc == 0 && k < s->n_classes; k++) {
        struct column c = {{0}, s, weight};
        rc = ranked_init(&c.ranked, s->probabilities, s->truth, s->n, s->n_classes, k, e);
        if (rc == 0)
            rc = redraw_groups(&f->areas[k], 1, area, &c, strata, f->o->seed, e);
        ranked_release(&c.ranked);
    }
    hits_release(&hits);
    mem_free(weight);
    return rc;
}

// ---- The rest ----

static int read_leakgap(struct facts *f, struct err *e)
{
    if (!f->o->leak_gap)
        return 0;
    char *path = path_join(f->o->leak_gap, "leakgap.json");
    int rc = path ? 0 : no_memory(e);
    if (rc == 0 && !file_exists(path))
        rc = err_set(
            e, ERR_USAGE,
            "%s: no leakgap.json: the leak gap has not been measured there, or not to its "
            "end (nemg evaluate --leak-gap)",
            f->o->leak_gap);
    if (rc == 0)
        rc = jsonfile_read(&f->leak_gap, path, e);
    const char *hash = json_string_value(json_object_get(f->leak_gap, "dataset_hash"));
    if (rc == 0 && (!hash || strcmp(hash, f->scored.dataset.hash) != 0))
        rc = err_set(e, ERR_USAGE, "%s: measured on another data set than %s", path,
                     f->o->dataset);
    mem_free(path);
    return rc;
}

static int hash_weights(struct facts *f, struct err *e)
{
    char *path = path_join(f->o->model, "weights.data-00000-of-00001");
    unsigned char *bytes = NULL;
    size_t n;
    int rc = path ? file_read(&bytes, &n, path, WEIGHTS_MAX_BYTES, e) : no_memory(e);
    if (rc == 0)
        sha256_hex(f->model_hash, bytes, n);
    mem_free(bytes);
    mem_free(path);
    return rc;
}

static int evaluate_model(struct facts *f, const struct monitor *monitor, struct err *e)
{
    struct evaluate_options o = evaluate_defaults();
    o.dataset = f->o->dataset;
    o.split = f->o->split;
    o.batch = f->o->batch;
    o.n_threads = f->o->n_threads;
    o.numbers = f->o->numbers;
    return evaluate(&f->evaluation, &f->model, &o, monitor, e);
}

static int audit_dataset(struct facts *f, const struct monitor *monitor, struct err *e)
{
    struct audit_options o = audit_defaults();
    o.dataset = f->o->dataset;
    o.split = f->o->split;
    o.seed = f->o->seed;
    return audit(&f->audit, &o, monitor, e);
}

int facts_gather(struct facts *f, const struct report_options *o, const struct monitor *monitor,
                 struct err *e)
{
    struct scored_options how = {.dataset = o->dataset,
                                 .split = o->split,
                                 .batch = o->batch,
                                 .n_threads = o->n_threads,
                                 .n_loader_threads = o->n_loader_threads,
                                 .numbers = o->numbers};
    *f = (struct facts){.o = o};
    int rc = model_open(&f->model, o->model, e);
    if (rc == 0)
        rc = scored_make(&f->scored, &f->model, &how, monitor, e);
    if (rc == 0)
        rc = read_leakgap(f, e);
    if (rc == 0)
        rc = gather_groups(f, e);
    if (rc == 0)
        rc = gather_intervals(f, e);
    const char *trained_on =
        json_string_value(json_object_get(f->model.training, "dataset_hash"));
    f->is_its_model =
        rc == 0 && trained_on && *trained_on && !strcmp(trained_on, f->scored.dataset.hash);
    if (rc == 0 && f->is_its_model)
        rc = scored_count_known(&f->n_known, &f->scored, e);
    if (rc == 0)
        rc = hash_weights(f, e);
    if (rc == 0)
        rc = evaluate_model(f, monitor, e);
    if (rc == 0)
        rc = audit_dataset(f, monitor, e);
    for (size_t k = 0; rc == 0 && k < f->scored.n_classes; k++)
        if (f->scored.examples.per_class[k] > f->n_most_common)
            f->n_most_common = f->scored.examples.per_class[k];
    return rc;
}

void facts_release(struct facts *f)
{
    json_decref(f->evaluation);
    json_decref(f->audit);
    json_decref(f->leak_gap);
    mem_free(f->groups);
    mem_free(f->areas);
    scored_release(&f->scored);
    model_close(&f->model);
}
