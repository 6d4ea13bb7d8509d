/* scored.c: see scored.h. */
#include "job/scored.h"

#include "base/err.h"
#include "base/mem.h"
#include "data/split.h"
#include "job/evaluate.h"
#include "job/predict.h"
#include "model/modelfolder.h"
#include "tf/example.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to score a model");
}

// ---- Who is whom ----

struct named {
    struct example_bytes name;
    size_t i;
};

static int compare_names(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
    int order = n ? memcmp(x->name.data, y->name.data, n) : 0;
    if (order == 0)
        order = (x->name.n > y->name.n) - (x->name.n < y->name.n);
    return order ? order : (x->i > y->i) - (x->i < y->i);
}

static bool is_same_name(struct example_bytes a, struct example_bytes b)
{
    return a.n == b.n && (!a.n || !memcmp(a.data, b.data, a.n));
}

static struct example_bytes patient_of(const struct example *x)
{
    return x->patient;
}

static struct example_bytes recording_of(const struct example *x)
{
    return x->recording;
}

static bool everyone_has(const struct examples *x,
                         struct example_bytes (*name)(const struct example *))
{
    for (size_t i = 0; i < x->n; i++)
        if (!name(&x->examples[i]).n)
            return false;
    return true;
}

int whose_examples(struct whose *out, const struct examples *x, struct err *e)
{
    struct example_bytes (*name)(const struct example *) =
        everyone_has(x, patient_of)     ? patient_of
        : everyone_has(x, recording_of) ? recording_of
                                        : NULL;
    *out = (struct whose){mem_array(x->n, sizeof *out->group),
                          mem_array(x->n, sizeof *out->member), 0,
                          name == patient_of     ? "patient"
                          : name == recording_of ? "recording"
                                                 : "example"};
    struct named *names = mem_array(x->n, sizeof *names);
    int rc = out->group && out->member && names ? 0 : no_memory(e);
    for (size_t i = 0; rc == 0 && i < x->n; i++)
        names[i] = (struct named){name ? name(&x->examples[i]) : (struct example_bytes){0}, i};
    if (rc == 0 && name)
        qsort(names, x->n, sizeof *names, compare_names);
    for (size_t i = 0; rc == 0 && i < x->n; i++) {
        if (!i || !name || !is_same_name(names[i - 1].name, names[i].name))
            out->member[out->n_groups++] = names[i].i;
        out->group[names[i].i] = out->n_groups - 1;
    }
    mem_free(names);
    return rc;
}

// Whether somebody among x is who y is of.
static bool whose_has(const struct whose *w, const struct examples *x, const struct example *y)
{
    for (size_t g = 0; g < w->n_groups; g++)
        if (y->patient.n && is_same_name(x->examples[w->member[g]].patient, y->patient))
            return true;
    return false;
}

void whose_weigh(uint32_t *weight, const struct whose *w, size_t n, const uint32_t *times)
{
    for (size_t i = 0; i < n; i++)
        weight[i] = times[w->group[i]];
}

void whose_release(struct whose *w)
{
    mem_free(w->group);
    mem_free(w->member);
    *w = (struct whose){0};
}

// ---- Answers ----

static int answer(struct scored *s, const struct model *m, const struct scored_options *o,
                  const struct monitor *monitor, struct err *e)
{
    struct predictor *p = NULL;
    int rc = predictor_open_model(
        &p, m, &(struct predictor_options){o->batch, o->n_threads, o->numbers}, e);
    if (rc == 0) {
        predictor_set_temperature(p, m->calibration.temperature);
        rc = evaluate_outputs(p, &s->examples, &m->input, NULL, s->probabilities,
                              o->n_loader_threads, monitor, e);
    }
    predictor_close(p);
    for (size_t i = 0; rc == 0 && i < s->n; i++) {
        s->truth[i] = (size_t)s->examples.examples[i].label;
        s->prediction[i] = argmax(s->probabilities + i * s->n_classes, s->n_classes);
    }
    return rc;
}

int scored_make(struct scored *out, const struct model *m, const struct scored_options *o,
                const struct monitor *monitor, struct err *e)
{
    *out = (struct scored){.n_classes = m->n_classes};
    int rc = dataset_open(&out->dataset, o->dataset, e);
    if (rc == 0)
        rc = evaluate_check_labels(m, &out->dataset, e);
    if (rc == 0)
        rc = examples_load(&out->examples, &out->dataset, o->split, e);
    if (rc == 0)
        rc = whose_examples(&out->whose, &out->examples, e);
    if (rc < 0)
        return rc;
    out->n = out->examples.n;
    out->probabilities = mem_array(mem_product(out->n, out->n_classes), sizeof(float));
    out->truth = mem_array(out->n, sizeof *out->truth);
    out->prediction = mem_array(out->n, sizeof *out->prediction);
    if (!out->probabilities || !out->truth || !out->prediction)
        return no_memory(e);
    return answer(out, m, o, monitor, e);
}

void scored_release(struct scored *s)
{
    whose_release(&s->whose);
    examples_release(&s->examples);
    dataset_close(&s->dataset);
    mem_free(s->probabilities);
    mem_free(s->truth);
    mem_free(s->prediction);
    *s = (struct scored){0};
}

int scored_count_known(size_t *out, const struct scored *s, struct err *e)
{
    struct examples x = {0};
    struct whose whose = {0};
    int rc = examples_load(&x, &s->dataset, split_sides[SPLIT_TRAIN], e);
    if (rc == 0)
        rc = whose_examples(&whose, &x, e);
    *out = 0;
    for (size_t i = 0; rc == 0 && i < s->n; i++)
        *out += whose_has(&whose, &x, &s->examples.examples[i]);
    whose_release(&whose);
    examples_release(&x);
    return rc;
}

// ---- Right answers ----

int hits_count(struct hits *out, const struct scored *s, struct err *e)
{
    size_t cells = mem_product(s->whose.n_groups, s->n_classes);
    *out = (struct hits){s->whose.n_groups, s->n_classes, mem_array(cells, sizeof(double)),
                         mem_array(cells, sizeof(double))};
    if (!out->n || !out->right)
        return no_memory(e);
    for (size_t i = 0; i < s->n; i++) {
        size_t at = s->whose.group[i] * s->n_classes + s->truth[i];
        out->n[at]++;
        out->right[at] += s->truth[i] == s->prediction[i];
    }
    return 0;
}

void hits_release(struct hits *h)
{
    mem_free(h->n);
    mem_free(h->right);
    *h = (struct hits){0};
}

void hits_accuracies(double out[N_ACCURACIES], const struct hits *h, const uint32_t *times)
{
    double all = 0, all_right = 0, recalls = 0;
    for (size_t k = 0; k < h->n_classes; k++) {
        double n = 0, right = 0;
        for (size_t g = 0; g < h->n_groups; g++) {
            n += times[g] * h->n[g * h->n_classes + k];
            right += times[g] * h->right[g * h->n_classes + k];
        }
        all += n;
        all_right += right;
        recalls += n > 0 ? right / n : (double)NAN;
    }
    out[0] = all_right / all;
    out[1] = recalls / (double)h->n_classes;
}
