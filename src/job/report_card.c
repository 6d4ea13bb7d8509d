/*
 * report_card.c: what the result is of: data and split with their hashes, the model, and what
 * guidelines ask a study to report, as far as a program can know it.
 *
 * The check list follows the subjects of TRIPOD+AI (Collins et al. 2024, BMJ 385: e078378) and of
 * STARD 2015 (Bossuyt et al. 2015, BMJ 351: h5527), in words of our own; it replaces neither.
 */
#include "data/split.h"
#include "job/report_priv.h"
#include "model/zoo.h"
#include "nn/graph.h"

#include <stdlib.h>
#include <string.h>

// ---- Data ----

static const char *text_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s && *s ? s : "not known";
}

static void put_pair(struct document *d, const char *name, const char *value)
{
    document_cell(d, "%s", name);
    document_cell(d, "%s", value);
}

static void put_splits(struct document *d, const struct facts *f, const json_t *splits)
{
    const struct scored *s = &f->scored;
    const char *heads[16] = {"split", "examples", "patients"};
    char columns[16] = "lrr";
    size_t n = 3;
    for (size_t k = 0; k < s->n_classes && n < 15; k++, n++) {
        heads[n] = s->dataset.labels[k];
        columns[n] = 'r';
    }
    columns[n] = '\0';
    document_table(d, "Examples of each class in each split", columns, heads);
    for (int i = 0; i < SPLIT_N_SIDES; i++) {
        const json_t *side = json_object_get(splits, split_sides[i]);
        if (!side)
            continue;
        size_t n_patients = json_array_size(json_object_get(side, "patients"));
        document_cell(d, "%s%s", split_sides[i],
                      strcmp(split_sides[i], f->o->split) != 0 ? "" : " (scored)");
        document_cell(d, "%lld", json_integer_value(json_object_get(side, "n")));
        if (n_patients)
            document_cell(d, "%zu", n_patients);
        else
            document_cell(d, "not known");
        for (size_t k = 3; k < n; k++)
            document_cell(d, "%lld",
                          json_integer_value(
                              json_object_get(json_object_get(side, "per_class"), heads[k])));
    }
}

static void put_excerpts(struct document *d, const json_t *x)
{
    document_cell(d, "windows");
    document_cell(d,
                  "%.4g ms and %.4g ms beside them, %.6g samples a second, the event's %s in "
                  "the middle",
                  json_number_value(json_object_get(x, "window_ms")),
                  json_number_value(json_object_get(x, "margin_ms")),
                  json_number_value(json_object_get(x, "rate_hz")), text_of(x, "centre"));
    document_cell(d, "at most of one label in a recording");
    document_cell(d, "%lld", json_integer_value(json_object_get(x, "most")));
}

void report_data(struct document *d, const struct facts *f)
{
    static const char *const heads[] = {"property", "value"};
    const json_t *x = f->scored.dataset.description;
    const json_t *leaks = json_object_get(x, "leaks");
    document_heading(d, 1, "Data");
    if (!x) {
        document_text(d,
                      "%s was not made by nemg: it does not say how it was divided, and has no "
                      "hash.",
                      f->o->dataset);
        return;
    }
    document_table(d, NULL, "ll", heads);
    put_pair(d, "data set", f->o->dataset);
    put_pair(d, "SHA-256 of its contents", f->scored.dataset.hash);
    put_pair(d, "made", text_of(x, "created"));
    document_cell(d, "divided");
    document_cell(d, "by %s, seed %lld, validation %.4g, test %.4g", text_of(x, "split"),
                  json_integer_value(json_object_get(x, "seed")),
                  json_number_value(json_object_get(x, "validation")),
                  json_number_value(json_object_get(x, "test")));
    document_cell(d, "left out because it could not be read");
    document_cell(d, "%zu", json_array_size(json_object_get(x, "rejected")));
    document_cell(d, "groups of identical examples");
    document_cell(d, "%zu", json_array_size(json_object_get(x, "duplicates")));
    if (json_object_get(x, "excerpts"))
        put_excerpts(d, json_object_get(x, "excerpts"));
    document_cell(d, "the same stretch of signal on both sides");
    if (leaks)
        document_cell(d, "%zu of %lld stretches that were searched for",
                      json_array_size(json_object_get(leaks, "pairs")),
                      json_integer_value(json_object_get(leaks, "n_searched")));
    else
        document_cell(d, "not searched for");
    put_splits(d, f, json_object_get(x, "splits"));
}

// ---- Model ----

static size_t count_parameters(const struct network *n)
{
    size_t sum = 0;
    for (size_t i = 0; i < graph_n_variables(n->graph); i++) {
        const struct variable *v = graph_variable(n->graph, i);
        sum += variable_is_trainable(v) ? v->n_elements : 0;
    }
    return sum;
}

static void put_input(struct document *d, const struct input *in)
{
    document_cell(d, "reads");
    if (in->kind == INPUT_PICTURE)
        document_cell(d, "pictures of %zu x %zu pixels", in->picture.width, in->picture.height);
    else
        document_cell(d, "%s of %.4g ms, %.6g samples a second",
                      in->kind == INPUT_MEL ? "mel-spectrograms" : "signals",
                      1000 * (double)in->signal.n_samples / in->signal.rate_hz,
                      in->signal.rate_hz);
}

static void put_number_type(struct document *d, const struct facts *f)
{
    const json_t *q = f->model.quantization, *f1 = json_object_get(q, "macro_f1");
    put_pair(d, "computes in", predictor_number_type(&f->model, f->o->numbers));
    if (!q)
        return;
    document_cell(d, "what 8 bits lose");
    document_cell(
        d,
        "%.2f points of macro F1 (%.1f %% where float32 has %.1f %%), on %lld examples "
        "of %s",
        json_number_value(json_object_get(q, "loss")),
        100 * json_number_value(json_object_get(f1, "int8")),
        100 * json_number_value(json_object_get(f1, "float32")),
        json_integer_value(json_object_get(q, "n")), text_of(q, "split"));
}

void report_model(struct document *d, const struct facts *f)
{
    static const char *const heads[] = {"property", "value"};
    const struct model *m = &f->model;
    json_t *args = json_object_get(m->training, "args"), *value;
    const char *trained_on = text_of(m->training, "dataset_hash"), *key;
    char *options = document_text_kept(d, "%s", "");
    document_heading(d, 1, "Model card");
    document_table(d, NULL, "ll", heads);
    put_pair(d, "model", f->o->model);
    put_pair(d, "SHA-256 of its weights", f->model_hash);
    document_cell(d, "network");
    document_cell(d, "%s, width %.4g, %zu parameters", m->network.spec.network,
                  m->network.spec.width, count_parameters(&m->network));
    put_input(d, &m->input);
    put_number_type(d, f);
    document_cell(d, "recipe");
    const char *trained_in = json_string_value(json_object_get(m->training, "number_type"));
    document_cell(d, "%s, step %lld, in %s", text_of(m->training, "recipe"),
                  json_integer_value(json_object_get(m->training, "step")),
                  trained_in ? trained_in : "float32"); // of before it was said
    document_cell(d, "trained on");
    document_cell(d, "%s%s", trained_on,
                  !strcmp(trained_on, f->scored.dataset.hash) ? " (this data set's split train)"
                                                              : " (another data set)");
    json_object_foreach(args, key, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
        if (text && options && !json_is_null(value) && strcmp(key, "schema") != 0)
            options =
                document_text_kept(d, "%s%s%s %s", options, *options ? "; " : "", key, text);
        free(text);
    }
    put_pair(d, "options of training", options ? options : "");
    document_heading(d, 2, "What it is for, and what not");
    document_item(d,
                  "For research: comparing methods, looking for what is worth a closer look, "
                  "teaching. Not for any decision about a person.");
    document_item(
        d, "It answers with one of its classes whatever it is shown; what is none of them "
           "gets one of them, too.");
    document_item(d,
                  "Where machine, needle, filter, muscle or illness differ from those of the "
                  "training data, nothing here says how well it does.");
}

// ---- Check list ----

enum source { BY_NEMG, BY_AUTHORS };

struct subject {
    const char *item, *asks;
    enum source source;
    const char *answer; // where it is in this report, or what the authors have to add
};

static const struct subject subjects[] = {
    {"TRIPOD+AI 1, 2; STARD 1, 2", "title and abstract say that a model is developed or tested",
     BY_AUTHORS, "wanted from the authors"},
    {"TRIPOD+AI 3, 4; STARD 3, 4", "background, intended use, aim", BY_AUTHORS,
     "wanted from the authors; limits of use: model card"},
    {"TRIPOD+AI 5, 6; STARD 5 to 9",
     "where the data come from; who could take part, where, when, and how they were found",
     BY_AUTHORS, "wanted from the authors"},
    {"TRIPOD+AI 7", "how data were prepared", BY_NEMG, "data; model card"},
    {"TRIPOD+AI 8; STARD 10b, 11, 12b, 13", "what the truth is, who said so, what they knew",
     BY_AUTHORS, "wanted from the authors: how many readers, their agreement"},
    {"TRIPOD+AI 9; STARD 10a", "what the model sees", BY_NEMG, "model card"},
    {"TRIPOD+AI 10; STARD 18", "how large the sample is, and why", BY_NEMG,
     "numbers: data; why: wanted from the authors"},
    {"TRIPOD+AI 11; STARD 15, 16", "what was missing, or could not be judged", BY_NEMG,
     "data: files that could not be read; every example of the split is counted once"},
    {"TRIPOD+AI 12; STARD 14", "how the model was made, chosen and tested", BY_NEMG,
     "model card; data; curves"},
    {"TRIPOD+AI 13", "what was done about rare classes", BY_NEMG,
     "model card: class_balance; balanced accuracy stands beside accuracy"},
    {"TRIPOD+AI 14", "fairness: results by age, sex, origin", BY_AUTHORS,
     "wanted from the authors: nemg does not know these"},
    {"TRIPOD+AI 15; STARD 12a", "what the model gives out, and its thresholds", BY_NEMG,
     "probabilities; the most probable class is the answer"},
    {"TRIPOD+AI 16; STARD 17", "how training and test differ; how results vary", BY_NEMG,
     "data; each patient; leak gap; shortcuts"},
    {"TRIPOD+AI 17; STARD 28 to 30", "ethics, registration, protocol, funding", BY_AUTHORS,
     "wanted from the authors"},
    {"TRIPOD+AI 18", "open science: data, code", BY_NEMG,
     "hashes of data and weights are here; where both can be had: wanted from the authors"},
    {"TRIPOD+AI 19", "patients and public: what part they had", BY_AUTHORS,
     "wanted from the authors"},
    {"TRIPOD+AI 20; STARD 19 to 22", "flow and description of the participants", BY_AUTHORS,
     "counts: data; ages, sexes, illnesses: wanted from the authors"},
    {"TRIPOD+AI 21", "how many took part in each step", BY_NEMG, "data: each split"},
    {"TRIPOD+AI 22", "the model itself, so that others can use it", BY_NEMG,
     "the model's folder, of the hash above"},
    {"TRIPOD+AI 23; STARD 23, 24", "performance with its uncertainty, cross table", BY_NEMG,
     "summary; classes; curves; calibration; each patient"},
    {"TRIPOD+AI 24; STARD 25", "updates of the model; harm", BY_AUTHORS,
     "wanted from the authors"},
    {"TRIPOD+AI 25 to 27; STARD 26, 27", "interpretation, limits, use", BY_AUTHORS,
     "wanted from the authors; leak gap and shortcuts are a beginning"},
};

void report_checklist(struct document *d, const struct facts *f)
{
    static const char *const heads[] = {"items of", "subject", "in this report"};
    size_t n = sizeof subjects / sizeof *subjects, n_filled = 0;
    (void)f;
    for (size_t i = 0; i < n; i++)
        n_filled += subjects[i].source == BY_NEMG;
    document_heading(d, 1, "What guidelines ask for");
    document_text(
        d,
        "Subjects of TRIPOD+AI (2024) and STARD (2015), in our words: %zu of %zu are "
        "filled in by this report, wholly or in part. The rest only the authors of a study "
        "know. This list does not replace the guidelines' own.",
        n_filled, n);
    document_table(d, NULL, "lll", heads);
    for (size_t i = 0; i < n; i++) {
        document_cell(d, "%s", subjects[i].item);
        document_cell(d, "%s", subjects[i].asks);
        document_cell(d, "%s", subjects[i].answer);
    }
}
