/* cmd_report.c: "nemg report": how good a model is, as a page and as a PDF. */
#include "job/report.h"

#include "base/err.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/engine_options.h"
#include "cli/watch.h"

#include <jansson.h>

extern const struct command report_command;

struct report_args {
    const char *model, *dataset, *split, *leak_gap, *out, *title;
    size_t errors, seed, batch, threads;
    int dtype;
};

#define AT(field) offsetof(struct report_args, field)
static const struct option report_option_table[] = {
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
     .help = "by which examples the model is judged: validation or test"},
    {.name = "out",
     .short_name = 'o',
     .kind = OPTION_KIND_PATH,
     .offset = AT(out),
     .fallback = "report",
     .metavar = "NAME",
     .help = "files NAME.html and NAME.pdf"},
    {.name = "leak-gap",
     .kind = OPTION_KIND_PATH,
     .offset = AT(leak_gap),
     .metavar = "DIR",
     .help =
         "folder in which nemg evaluate --leak-gap has measured it; without it the report says "
         "that it was not measured"},
    {.name = "title",
     .kind = OPTION_KIND_STRING,
     .offset = AT(title),
     .help = "of the report; without it: \"How good is MODEL?\""},
    {.name = "errors",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(errors),
     .fallback = "12",
     .max = 200,
     .help = "wrong answers that are drawn, at most"},
    {.name = "seed",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(seed),
     .fallback = "0",
     .help = "of the patients that are drawn for the intervals"},
    ENGINE_OPTIONS(struct report_args),
    DTYPE_OPTION(struct report_args),
    {0},
};

static int report_run(struct command_call *call, struct err *e)
{
    const struct report_args *a = call->args;
    struct report_options o = report_defaults();
    struct watch w;
    json_t *result;
    o.model = a->model;
    o.dataset = a->dataset;
    o.split = a->split;
    o.leak_gap = a->leak_gap;
    o.out = a->out;
    o.title = a->title;
    o.n_shown = a->errors;
    o.seed = a->seed;
    o.batch = a->batch;
    o.n_threads = a->threads;
    o.numbers = (enum numbers)a->dtype;
    watch_init(&w, call);
    numbers_note((enum numbers)a->dtype, &w.monitor);
    int rc = report(&result, &o, &w.monitor, e);
    if (rc == 0 && call->want_json)
        call->result = json_incref(result);
    else if (rc == 0)
        fprintf(call->console->out, "%s\n%s\n",
                json_string_value(json_object_get(result, "html")),
                json_string_value(json_object_get(result, "pdf")));
    json_decref(result);
    return rc;
}

static const struct command_example report_examples[] = {
    {"Tells everything about a model, with how much better it would look were patients on both "
     "sides:",
     "nemg evaluate --model run/model --dataset set --split test --leak-gap gap && nemg report "
     "--model run/model --dataset set --split test --leak-gap gap"},
    {NULL, NULL},
};

const struct command report_command = {
    .name = "report",
    .summary = "tells how good a model is, as a page and as a PDF",
    .description =
        "Scores a model on a split, audits the data set for shortcuts, and writes one HTML "
        "file "
        "that needs nothing else and a PDF of the same: a summary with intervals over "
        "patients, "
        "ROC and precision-recall curves, the training curve, the confusion matrix, each "
        "class, "
        "calibration, each patient, the worst wrong answers drawn with their probabilities, "
        "the "
        "leak gap, shortcuts, data and split with their hashes, a model card, and the subjects "
        "of "
        "TRIPOD+AI and STARD that a program can fill in.\n\n"
        "The leak gap takes a training run: nemg evaluate --leak-gap DIR measures it, "
        "--leak-gap "
        "DIR takes it into the report. The training curve comes from the run folder around the "
        "model.",
    .options = report_option_table,
    .args_bytes = sizeof(struct report_args),
    .examples = report_examples,
    .can_stop = true,
    .run = report_run,
};
