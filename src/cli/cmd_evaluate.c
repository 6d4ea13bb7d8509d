/* cmd_evaluate.c: "nemg evaluate": how good a model is on a split of a data set. */
#include "job/evaluate.h"

#include "base/err.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/engine_options.h"
#include "cli/evaluation.h"
#include "cli/watch.h"
#include "job/leakgap.h"
#include "model/modelfolder.h"

#include <jansson.h>

extern const struct command evaluate_command;

struct evaluate_args {
    const char *model, *dataset, *split, *predictions, *leak_gap;
    double sensitivity, specificity;
    size_t seed, batch, threads;
    int dtype;
};

#define AT(field) offsetof(struct evaluate_args, field)
static const struct option evaluate_option_table[] = {
    {.name = "model",
     .short_name = 'm',
     .kind = OPTION_KIND_PATH,
     .offset = AT(model),
     .metavar = "DIR",
     .help = "model folder, as nemg train writes it"},
    {.name = "dataset",
     .short_name = 'd',
     .kind = OPTION_KIND_PATH,
     .offset = AT(dataset),
     .metavar = "DIR",
     .help = "data set folder"},
    {.name = "split",
     .kind = OPTION_KIND_STRING,
     .offset = AT(split),
     .fallback = "validation",
     .help = "which examples: train, validation or test"},
    {.name = "predictions",
     .kind = OPTION_KIND_PATH,
     .offset = AT(predictions),
     .fallback = "predictions.csv",
     .metavar = "CSV",
     .help =
         "file for one line per example: file, patient, muscle, recording, truth, prediction, "
         "probabilities"},
    {.name = "leak-gap",
     .kind = OPTION_KIND_PATH,
     .offset = AT(leak_gap),
     .metavar = "DIR",
     .help =
         "also trains the model's recipe on the same examples divided at random, in this "
         "folder, and says how much better that looks; Ctrl-C stops, the same command goes on"},
    {.name = "sensitivity",
     .kind = OPTION_KIND_REAL,
     .offset = AT(sensitivity),
     .fallback = "0",
     .max = 1,
     .help = "for each class the threshold that reaches this share on validation, and what it "
             "gives "
             "here; 0: none"},
    {.name = "specificity",
     .kind = OPTION_KIND_REAL,
     .offset = AT(specificity),
     .fallback = "0",
     .max = 1,
     .help = "likewise for specificity"},
    {.name = "seed",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(seed),
     .fallback = "0",
     .help =
         "of the patients that are drawn again for the intervals, and of the random division "
         "of --leak-gap"},
    ENGINE_OPTIONS(struct evaluate_args),
    DTYPE_OPTION(struct evaluate_args),
    {0},
};

static int check(const struct evaluate_args *a, const struct options *given, struct err *e)
{
    static const char *const of_models[] = {"model",       "dataset",  "split",
                                            "predictions", "leak-gap", NULL};
    if (!given->n_operands && (!a->model || !a->dataset))
        return err_set(e, ERR_USAGE,
                       "wanted --model DIR and --dataset DIR, or a predictions file");
    for (const char *const *name = of_models; given->n_operands && *name; name++)
        if (options_given(given, *name))
            return err_set(e, ERR_USAGE,
                           "--%s is for a model and a data set, and %s is a predictions file: "
                           "wanted one of them",
                           *name, given->operands[0]);
    return 0;
}

// "80.0 (70.0 to 87.5)", in percent or points.
static void print_share(FILE *f, const json_t *o)
{
    const json_t *value = json_object_get(o, "value"), *ci = json_object_get(o, "ci95");
    char text[64] = "-";
    if (json_is_number(value) && json_is_array(ci))
        snprintf(text, sizeof text, "%.1f (%.1f to %.1f)", 100 * json_number_value(value),
                 100 * json_number_value(json_array_get(ci, 0)),
                 100 * json_number_value(json_array_get(ci, 1)));
    else if (json_is_number(value))
        snprintf(text, sizeof text, "%.1f", 100 * json_number_value(value));
    fprintf(f, " %22s", text);
}

static void print_gap_row(FILE *f, const char *name, const json_t *row)
{
    fprintf(f, "%-18s", name);
    print_share(f, json_object_get(row, "accuracy"));
    print_share(f, json_object_get(row, "balanced_accuracy"));
    if (json_object_get(row, "patients"))
        fprintf(f, " %9lld %9lld", json_integer_value(json_object_get(row, "patients")),
                json_integer_value(json_object_get(row, "n_of_known_patients")));
    fputc('\n', f);
}

static void print_gap(FILE *f, const json_t *gap)
{
    fprintf(f, "\nleak gap: the same recipe and examples, divided by patient and at random\n");
    fprintf(f, "%-18s %22s %22s %9s %9s\n", "", "accuracy", "balanced accuracy", "patients",
            "known");
    print_gap_row(f, "by patient", json_object_get(gap, "patient"));
    print_gap_row(f, "at random", json_object_get(gap, "random"));
    print_gap_row(f, "difference", json_object_get(gap, "gap"));
    fprintf(f, "known: examples of patients that were trained on. Intervals over patients\n");
}

static int measure_gap(json_t *report, const struct evaluate_args *a,
                       const struct monitor *monitor, struct err *e)
{
    struct leakgap_options o = leakgap_defaults();
    json_t *gap;
    o.model = a->model;
    o.dataset = a->dataset;
    o.split = a->split;
    o.folder = a->leak_gap;
    o.batch = a->batch;
    o.n_threads = a->threads;
    o.seed = (uint64_t)a->seed;
    int rc = leakgap(&gap, &o, monitor, e);
    return rc == 0 && json_object_set_new(report, "leak_gap", gap)
               ? err_set(e, ERR_MEMORY, "no memory for the report")
               : rc;
}

static int evaluate_a_model(json_t **report, struct command_call *call,
                            const struct evaluate_options *o, struct err *e)
{
    const struct evaluate_args *a = call->args;
    struct model m = {0};
    struct watch w;
    watch_init(&w, call);
    numbers_note((enum numbers)a->dtype, &w.monitor);
    int rc = model_open(&m, a->model, e);
    if (rc == 0)
        rc = evaluate(report, &m, o, &w.monitor, e);
    if (rc == 0 && a->leak_gap)
        rc = measure_gap(*report, a, &w.monitor, e);
    model_close(&m);
    return rc;
}

static int evaluate_run(struct command_call *call, struct err *e)
{
    const struct evaluate_args *a = call->args;
    struct evaluate_options o = {.dataset = a->dataset,
                                 .split = a->split,
                                 .predictions = a->predictions,
                                 .sensitivity = a->sensitivity,
                                 .specificity = a->specificity,
                                 .seed = (uint64_t)a->seed,
                                 .batch = a->batch,
                                 .n_threads = a->threads,
                                 .numbers = (enum numbers)a->dtype};
    bool is_file = call->options->n_operands;
    json_t *report = NULL;
    int rc = check(a, call->options, e);
    if (rc == 0)
        rc = is_file ? evaluate_file(&report, call->options->operands[0], &o, e)
                     : evaluate_a_model(&report, call, &o, e);
    if (rc == 0 && !call->want_json) {
        console_progress_end(call->console);
        evaluation_print(call->console->out, report);
        if (!is_file)
            fprintf(call->console->out, "\neach example's prediction: %s\n", a->predictions);
        if (a->leak_gap)
            print_gap(call->console->out, json_object_get(report, "leak_gap"));
    }
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    json_decref(report);
    return rc;
}

static const struct command_example evaluate_examples_shown[] = {
    {"Judges a trained model by the pictures it did not see:",
     "nemg evaluate --model run/model --dataset set"},
    {"Says how much better the result would look if patients were on both sides:",
     "nemg evaluate --model run/model --dataset set --split test --leak-gap gap"},
    {"Thresholds that find nine of ten of each class:",
     "nemg evaluate --model run/model --dataset set --split test --sensitivity 0.9"},
    {"The same numbers from a table of predictions, also of another program:",
     "nemg evaluate predictions.csv"},
    {NULL, NULL},
};

const struct command evaluate_command = {
    .name = "evaluate",
    .summary = "measures a model on a split of a data set, or a table of predictions",
    .description =
        "Classifies every example of a split exactly once and reports the confusion matrix; "
        "per "
        "class precision, recall (sensitivity), specificity, F1, the area under the ROC curve "
        "and "
        "average precision; accuracy, balanced accuracy, macro F1 and cross-entropy; results "
        "by "
        "patient, muscle and recording; whether the probabilities can be believed; and, of a "
        "model "
        "that nemg calibrate has seen, how often it is unsure. docs/evaluation.md says how to "
        "read "
        "each number.\n\n"
        "Where patients are known the intervals come from drawing patients again, for examples "
        "of "
        "one patient resemble each other. Otherwise they are Wilson's and DeLong's, which take "
        "examples as independent: the truth is then less certain than they say.\n\n"
        "Instead of a model a predictions file can be given, as --predictions writes it. What "
        "cannot be computed is shown as a dash, with the reason at the end.\n\n"
        "The 2019 paper's precision and recall came from casting class numbers to true and "
        "false, which measures class 0 against all others; they are given under their own "
        "name, for comparison.",
    .operands = "[CSV]",
    .operands_help = "predictions file, in place of --model and --dataset",
    .n_operands_max = 1,
    .options = evaluate_option_table,
    .args_bytes = sizeof(struct evaluate_args),
    .examples = evaluate_examples_shown,
    .can_stop = true,
    .run = evaluate_run,
};
