/* cmd_evaluate.c: "nemg evaluate": how good a model is on a split of a data set. */
#include "job/evaluate.h"

#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/watch.h"
#include "model/modelfolder.h"

#include <string.h>

extern const struct command evaluate_command;

struct evaluate_args {
    const char *model, *dataset, *split, *predictions;
    size_t batch, threads;
};

#define AT(field) offsetof(struct evaluate_args, field)
static const struct option evaluate_option_table[] = {
    {.name = "model",
     .short_name = 'm',
     .kind = OPTION_KIND_PATH,
     .offset = AT(model),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "model folder, as nemg train writes it"},
    {.name = "dataset",
     .short_name = 'd',
     .kind = OPTION_KIND_PATH,
     .offset = AT(dataset),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "data set folder"},
    {.name = "split",
     .kind = OPTION_KIND_STRING,
     .offset = AT(split),
     .fallback = "validation",
     .help = "which pictures: train, validation or test"},
    {.name = "predictions",
     .kind = OPTION_KIND_PATH,
     .offset = AT(predictions),
     .fallback = "predictions.csv",
     .metavar = "CSV",
     .help = "file for one line per picture: file, patient, truth, prediction, probabilities"},
    {.name = "batch",
     .short_name = 'b',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(batch),
     .fallback = "8",
     .min = 1,
     .max = 4096,
     .help = "pictures computed at once"},
    {.name = "threads",
     .short_name = 'j',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(threads),
     .fallback = "0",
     .max = 1024,
     .help = "of the engine; 0: as many as the machine has"},
    {0},
};

// "91.2 % (88.1 to 93.6)", or a dash where there is nothing to divide by.
static void print_ratio(FILE *f, const json_t *r)
{
    const json_t *ci = json_object_get(r, "ci95");
    const json_t *value = json_object_get(r, "value");
    if (!json_is_number(value)) {
        fprintf(f, " %22s", "-");
        return;
    }
    char text[48] = "";
    snprintf(text, sizeof text, "%.1f (%.1f to %.1f)", 100 * json_number_value(value),
             100 * json_number_value(json_array_get(ci, 0)),
             100 * json_number_value(json_array_get(ci, 1)));
    fprintf(f, " %22s", text);
}

static int widest(const json_t *classes)
{
    size_t i, n = 8;
    const json_t *name;
    json_array_foreach(classes, i, name) n =
        json_string_length(name) > n ? json_string_length(name) : n;
    return (int)n;
}

static void print_confusion(FILE *f, const json_t *report)
{
    const json_t *classes = json_object_get(report, "classes"), *name, *count;
    size_t i, k;
    int w = widest(classes);
    fprintf(f, "\ncounts: rows truth, columns prediction\n%-*s", w, "");
    json_array_foreach(classes, i, name) fprintf(f, " %*s", w, json_string_value(name));
    fputc('\n', f);
    json_array_foreach(classes, i, name)
    {
        const json_t *row = json_array_get(json_object_get(report, "confusion"), i);
        fprintf(f, "%-*s", w, json_string_value(name));
        json_array_foreach(row, k, count)
            fprintf(f, " %*lld", w, (long long)json_integer_value(count));
        fputc('\n', f);
    }
}

static void print_per_class(FILE *f, const json_t *report)
{
    static const char *const columns[] = {"precision", "recall", "specificity", "f1", NULL};
    const json_t *classes = json_object_get(report, "classes"), *name;
    size_t i;
    int w = widest(classes);
    fprintf(f, "\nin percent, with the 95 %% interval\n%-*s", w, "");
    for (const char *const *c = columns; *c; c++)
        fprintf(f, " %22s", *c);
    fprintf(f, " %9s\n", "support");
    json_array_foreach(classes, i, name)
    {
        const json_t *scores =
            json_object_get(json_object_get(report, "per_class"), json_string_value(name));
        fprintf(f, "%-*s", w, json_string_value(name));
        for (const char *const *c = columns; *c; c++)
            print_ratio(f, json_object_get(scores, *c));
        fprintf(f, " %9lld\n",
                (long long)json_integer_value(
                    json_object_get(json_object_get(scores, "support"), "value")));
    }
}

static void print_mean(FILE *f, const json_t *report, const char *key, const char *name)
{
    const json_t *v = json_object_get(report, key);
    if (json_is_number(v))
        fprintf(f, "%-18s %.1f %%\n", name, 100 * json_number_value(v));
    else
        fprintf(f, "%-18s -\n", name);
}

static void print(FILE *f, const json_t *report, const char *predictions)
{
    const json_t *ci = json_object_get(report, "accuracy_ci95");
    json_t *cast = json_object_get(report, "tf_slim_bool_cast");
    fprintf(f, "%-18s %lld\n", "pictures",
            (long long)json_integer_value(json_object_get(report, "n")));
    fprintf(f, "%-18s %.1f %% (%.1f to %.1f)\n", "accuracy",
            100 * json_number_value(json_object_get(report, "accuracy")),
            100 * json_number_value(json_array_get(ci, 0)),
            100 * json_number_value(json_array_get(ci, 1)));
    print_mean(f, report, "balanced_accuracy", "balanced accuracy");
    print_mean(f, report, "macro_f1", "macro F1");
    fprintf(f, "%-18s %.4f\n", "cross-entropy",
            json_number_value(json_object_get(report, "cross_entropy")));
    print_confusion(f, report);
    print_per_class(f, report);
    fprintf(f, "\nTF-Slim bool-cast (class 0 against the rest, as the 2019 paper counted)\n");
    print_mean(f, cast, "precision", "precision");
    print_mean(f, cast, "recall", "recall");
    fprintf(f, "\neach picture's prediction: %s\n", predictions);
}

static int evaluate_run(struct command_call *call, struct err *e)
{
    const struct evaluate_args *a = call->args;
    struct evaluate_options o = evaluate_defaults();
    struct model m = {0};
    struct watch w;
    json_t *report = NULL;
    o.dataset = a->dataset;
    o.split = a->split;
    o.predictions = a->predictions;
    o.batch = a->batch;
    o.n_threads = a->threads;
    watch_init(&w, call);
    int rc = model_open(&m, a->model, e);
    if (rc == 0)
        rc = evaluate(&report, &m, &o, &w.monitor, e);
    if (rc == 0 && !call->want_json)
        print(call->console->out, report, a->predictions);
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    json_decref(report);
    model_close(&m);
    return rc;
}

static const struct command_example evaluate_examples_shown[] = {
    {"Judges a trained model by the pictures it did not see:",
     "nemg evaluate --model run/model --dataset set"},
    {NULL, NULL},
};

const struct command evaluate_command = {
    .name = "evaluate",
    .summary = "measures a model on a split of a data set",
    .description =
        "Classifies every picture of a split exactly once and reports the confusion matrix; "
        "per "
        "class precision, recall (sensitivity), specificity and F1 with 95 % Wilson intervals; "
        "accuracy, balanced accuracy, macro F1 and cross-entropy.\n\n"
        "The intervals take pictures as independent. Pictures of one patient are not: with few "
        "patients the truth is less certain than they say.\n\n"
        "The 2019 paper's precision and recall came from casting class numbers to true and "
        "false, which measures class 0 against all others; they are given under their own "
        "name, "
        "for comparison.",
    .options = evaluate_option_table,
    .args_bytes = sizeof(struct evaluate_args),
    .examples = evaluate_examples_shown,
    .can_stop = true,
    .run = evaluate_run,
};
