/* leakgap.c: see leakgap.h. */
#include "job/leakgap.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "data/dataset_build.h"
#include "job/evaluate.h"
#include "job/scored.h"
#include "job/train.h"
#include "model/modelfolder.h"
#include "stats/redraw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_MEASURES = N_ACCURACIES };
static const size_t at_random = N_MEASURES, at_gap = 2UL * N_MEASURES, n_all = 3UL * N_MEASURES;
static const char *const measure_names[N_MEASURES] = {"accuracy", "balanced_accuracy"};

struct leakgap_options leakgap_defaults(void)
{
    return (struct leakgap_options){.split = "validation", .n_loader_threads = 2};
}

// One of the two divisions.
struct side {
    const char *name; // "patient", "random"
    enum split_method method;
    const char *set; // folder of its data set, of its model
    const char *model;
    char *own_set, *own_run, *own_model; // in the gap's folder
    struct scored scored;
};

struct gap {
    const struct leakgap_options *o;
    const struct monitor *monitor;
    struct model model;
    struct dataset dataset;
    struct train_options recipe;
    size_t n_of[SPLIT_N_SIDES]; // examples of each split
    struct side patient, random;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to measure the leak gap");
}

// ---- What there is ----

static int count_splits(struct gap *g, struct err *e)
{
    for (int s = 0; s < SPLIT_N_SIDES; s++) {
        struct examples x = {0};
        int rc = examples_load(&x, &g->dataset, split_sides[s], e);
        g->n_of[s] = rc == 0 ? x.n : 0;
        for (size_t i = 0; rc == 0 && i < x.n; i++)
            if (!x.examples[i].patient.n)
                rc =
                    err_set(e, ERR_FORMAT,
                            "%s: example %zu of %s names no patient: without patients there is "
                            "no division to compare with (dataset build: --manifest)",
                            g->o->dataset, i, split_sides[s]);
        examples_release(&x);
        if (rc < 0 && rc != ERR_USAGE) // ERR_USAGE: there is no such split
            return rc;
    }
    return 0;
}

static int check(struct gap *g, struct err *e)
{
    const json_t *args = json_object_get(g->model.training, "args");
    if (!json_is_object(args))
        return err_set(e, ERR_USAGE,
                       "%s: model.json does not say how it was trained; the leak gap wants a "
                       "model that nemg train wrote",
                       g->o->model);
    int rc = train_options_from_json(&g->recipe, args, g->o->model, e);
    if (rc == 0)
        rc = dataset_open(&g->dataset, g->o->dataset, e);
    if (rc == 0)
        rc = evaluate_check_labels(&g->model, &g->dataset, e);
    if (rc == 0)
        rc = count_splits(g, e);
    if (rc == 0 && (!g->n_of[SPLIT_TRAIN] || !strcmp(g->o->split, split_sides[SPLIT_TRAIN])))
        rc = err_set(e, ERR_USAGE,
                     "%s, split %s: the leak gap wants examples to train with and "
                     "others to score",
                     g->o->dataset, g->o->split);
    if (rc == 0)
        rc = file_make_folders(g->o->folder, e);
    return rc == 0 ? file_check_writable(g->o->folder, 0, e) : rc;
}

static int name_side(struct side *s, const struct gap *g, struct err *e)
{
    s->own_set = mem_printf("%s/%s/set", g->o->folder, s->name);
    s->own_run = mem_printf("%s/%s/run", g->o->folder, s->name);
    s->own_model = mem_printf("%s/%s/run/model", g->o->folder, s->name);
    return s->own_set && s->own_run && s->own_model ? 0 : no_memory(e);
}

// ---- The two divisions ----

// A data set that an earlier call made of this one, or an error if it is of another.
static int find_set(bool *is_there, const struct side *s, const struct gap *g, struct err *e)
{
    char *path = path_join(s->own_set, "dataset.json");
    json_t *root = NULL;
    int rc = path ? 0 : no_memory(e);
    *is_there = rc == 0 && file_exists(path);
    if (*is_there)
        rc = jsonfile_read(&root, path, e);
    const char *hash =
        json_string_value(json_object_get(json_object_get(root, "from"), "hash"));
    if (rc == 0 && *is_there &&
        (!hash || strcmp(hash, g->dataset.hash) != 0 ||
         json_integer_value(json_object_get(root, "seed")) != (json_int_t)g->o->seed))
        rc =
            err_set(e, ERR_USAGE,
                    "%s: made of another data set, or with another --seed; wanted a new folder",
                    s->own_set);
    json_decref(root);
    mem_free(path);
    return rc;
}

static int make_set(struct side *s, const struct gap *g, struct err *e)
{
    bool is_there = false;
    json_t *report = NULL;
    int rc = find_set(&is_there, s, g, e);
    s->set = s->own_set;
    if (rc < 0 || is_there)
        return rc;
    struct dataset_build_options o = dataset_build_defaults();
    o.dataset = g->o->dataset;
    o.out = s->own_set;
    o.want_overwrite = true;
    o.is_split_given = true;
    o.split.method = s->method;
    o.split.seed = g->o->seed;
    o.split.validation = (double)g->n_of[SPLIT_VALIDATION]; // below 1 only where it is 0
    o.split.test = (double)g->n_of[SPLIT_TEST];
    if (o.split.validation == 1 || o.split.test == 1) // would be taken as all
        return err_set(e, ERR_USAGE, "%s: a split of one example is too little to compare",
                       g->o->dataset);
    monitor_note(g->monitor, "leak gap: dividing %s by %s", g->o->dataset, s->name);
    rc = dataset_build(&report, &o, g->monitor, e);
    json_decref(report);
    return rc;
}

static int make_model(struct side *s, const struct gap *g, struct err *e)
{
    struct train_options o = g->recipe;
    json_t *report = NULL;
    o.dataset = s->set;
    o.run = s->own_run;
    o.n_threads = g->o->n_threads;
    o.n_loader_threads = g->o->n_loader_threads;
    s->model = s->own_model;
    monitor_note(g->monitor, "leak gap: training on the division by %s", s->name);
    int rc = train(&report, &o, g->monitor, e);
    json_decref(report);
    return rc;
}

static int score(struct side *s, const struct gap *g, struct err *e)
{
    struct model m = {0};
    struct scored_options o = {.dataset = s->set,
                               .split = g->o->split,
                               .batch = g->o->batch,
                               .n_threads = g->o->n_threads,
                               .n_loader_threads = g->o->n_loader_threads};
    int rc = model_open(&m, s->model, e);
    if (rc == 0)
        rc = scored_make(&s->scored, &m, &o, g->monitor, e);
    model_close(&m);
    return rc;
}

// The data set and the model themselves are the side by patient, where they are.
static int make_sides(struct gap *g, struct err *e)
{
    const char *method = json_string_value(json_object_get(g->dataset.description, "split"));
    const char *hash = json_string_value(json_object_get(g->model.training, "dataset_hash"));
    bool is_by_patient = method && !strcmp(method, split_methods[SPLIT_PATIENT]);
    bool is_its_model = is_by_patient && hash && *hash && !strcmp(hash, g->dataset.hash);
    g->patient.set = g->o->dataset;
    g->patient.model = g->o->model;
    int rc = is_by_patient ? 0 : make_set(&g->patient, g, e);
    if (rc == 0)
        rc = make_set(&g->random, g, e);
    if (rc == 0 && !is_its_model)
        rc = make_model(&g->patient, g, e);
    if (rc == 0)
        rc = make_model(&g->random, g, e);
    if (rc == 0)
        rc = score(&g->patient, g, e);
    return rc == 0 ? score(&g->random, g, e) : rc;
}

// ---- Measures ----

// [patient][random][difference]; the groups of the first stratum come first.
static void both_measures(double *out, const void *context, const uint32_t *times)
{
    const struct hits *hits = context;
    hits_accuracies(out, &hits[0], times);
    hits_accuracies(out + at_random, &hits[1], times + hits[0].n_groups);
    for (size_t i = 0; i < N_MEASURES; i++)
        out[at_gap + i] = out[at_random + i] - out[i];
}

static json_t *number_json(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static void put_measures(json_t *to, const struct redrawn *r)
{
    for (size_t i = 0; i < N_MEASURES; i++)
        json_object_set_new(to, measure_names[i],
                            json_pack("{s:o, s:o}", "value", number_json(r[i].value), "ci95",
                                      r[i].has_interval
                                          ? json_pack("[f, f]", r[i].ci95.low, r[i].ci95.high)
                                          : json_null()));
}

static int side_json(json_t **out, const struct side *s, const struct redrawn *r, struct err *e)
{
    size_t n_known;
    int rc = scored_count_known(&n_known, &s->scored, e);
    if (rc < 0)
        return rc;
    *out = json_pack("{s:o, s:o, s:s, s:I, s:I, s:I}", "dataset", jsontext_string(s->set),
                     "model", jsontext_string(s->model), "hash", s->scored.dataset.hash, "n",
                     (json_int_t)s->scored.n, "patients", (json_int_t)s->scored.whose.n_groups,
                     "n_of_known_patients", (json_int_t)n_known);
    if (!*out)
        return no_memory(e);
    put_measures(*out, r);
    return 0;
}

static int compare(json_t **report, const struct gap *g, struct err *e)
{
    struct hits hits[2] = {0};
    struct redrawn r[3 * N_MEASURES];
    json_t *patient = NULL, *random = NULL, *gap = json_object();
    const size_t n_groups[] = {g->patient.scored.whose.n_groups,
                               g->random.scored.whose.n_groups};
    int rc = hits_count(&hits[0], &g->patient.scored, e);
    if (rc == 0)
        rc = hits_count(&hits[1], &g->random.scored, e);
    if (rc == 0)
        rc = redraw_groups(r, n_all, both_measures, hits, (struct redraw_strata){n_groups, 2},
                           g->o->seed, e);
    if (rc == 0)
        rc = side_json(&patient, &g->patient, r, e);
    if (rc == 0)
        rc = side_json(&random, &g->random, r + at_random, e);
    if (rc == 0) {
        put_measures(gap, r + at_gap);
        *report = json_pack("{s:o, s:s, s:s, s:s, s:I, s:O, s:O, s:O, s:O}", "folder",
                            jsontext_string(g->o->folder), "split", g->o->split, "dataset_hash",
                            g->dataset.hash, "recipe", train_recipes[g->recipe.recipe], "seed",
                            (json_int_t)g->o->seed, "args",
                            json_object_get(g->model.training, "args"), "patient", patient,
                            "random", random, "gap", gap);
        rc = *report ? 0 : no_memory(e);
    }
    json_decref(patient);
    json_decref(random);
    json_decref(gap);
    hits_release(&hits[0]);
    hits_release(&hits[1]);
    return rc;
}

static int keep(const json_t *report, const struct gap *g, struct err *e)
{
    char *path = path_join(g->o->folder, "leakgap.json");
    int rc = path ? jsonfile_write(path, report, e) : no_memory(e);
    mem_free(path);
    return rc;
}

static void side_release(struct side *s)
{
    scored_release(&s->scored);
    mem_free(s->own_set);
    mem_free(s->own_run);
    mem_free(s->own_model);
}

int leakgap(json_t **report, const struct leakgap_options *o, const struct monitor *monitor,
            struct err *e)
{
    struct gap g = {.o = o,
                    .monitor = monitor,
                    .patient = {.name = "patient", .method = SPLIT_PATIENT},
                    .random = {.name = "random", .method = SPLIT_FILE}};
    *report = NULL;
    int rc = model_open(&g.model, o->model, e);
    if (rc == 0)
        rc = check(&g, e);
    if (rc == 0)
        rc = name_side(&g.patient, &g, e);
    if (rc == 0)
        rc = name_side(&g.random, &g, e);
    if (rc == 0)
        rc = make_sides(&g, e);
    if (rc == 0)
        rc = compare(report, &g, e);
    if (rc == 0)
        rc = keep(*report, &g, e);
    if (rc < 0) {
        json_decref(*report);
        *report = NULL;
    }
    side_release(&g.patient);
    side_release(&g.random);
    dataset_close(&g.dataset);
    model_close(&g.model);
    return rc;
}
