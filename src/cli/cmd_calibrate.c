/* cmd_calibrate.c: "nemg calibrate": honest probabilities, and when to say "unsure". */
#include "job/calibrate.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/engine_options.h"
#include "cli/evaluation.h"
#include "cli/watch.h"

#include <jansson.h>

extern const struct command calibrate_command;

struct calibrate_args {
    const char *model, *dataset;
    double error_rate;
    size_t batch, threads;
    int dtype;
};

#define AT(field) offsetof(struct calibrate_args, field)
static const struct option calibrate_option_table[] = {
    {.name = "model",
     .short_name = 'm',
     .kind = OPTION_KIND_PATH,
     .offset = AT(model),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "model folder, whose model.json is changed"},
    {.name = "dataset",
     .short_name = 'd',
     .kind = OPTION_KIND_PATH,
     .offset = AT(dataset),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "data set folder, of which the validation split is used"},
    {.name = "error-rate",
     .kind = OPTION_KIND_REAL,
     .offset = AT(error_rate),
     .fallback = "0.1",
     .max = 1,
     .flags = OPTION_ABOVE_MIN | OPTION_BELOW_MAX,
     .help = "how often a set of classes may lack the true one"},
    ENGINE_OPTIONS(struct calibrate_args),
    DTYPE_OPTION(struct calibrate_args),
    {0},
};

static void print(FILE *f, const json_t *report)
{
    const json_t *c = json_object_get(report, "calibration");
    const json_t *patients = json_object_get(c, "n_patients");
    static const char *const measures[][2] = {{"cross_entropy", "cross-entropy"},
                                              {"ece", "ECE"}};
    fprintf(f, "%-18s %lld", "examples",
            (long long)json_integer_value(json_object_get(c, "n")));
    if (json_is_integer(patients))
        fprintf(f, ", of %lld patients", (long long)json_integer_value(patients));
    fprintf(f, "\n%-18s %.4g\n", "temperature",
            json_number_value(json_object_get(c, "temperature")));
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        const json_t *o = json_object_get(report, measures[i][0]);
        fprintf(f, "%-18s %.4f, was %.4f\n", measures[i][1],
                json_number_value(json_object_get(o, "after")),
                json_number_value(json_object_get(o, "before")));
    }
    fprintf(f, "%-18s a class is in the set from a probability of %.4f on\n", "sets",
            1 - json_number_value(json_object_get(c, "threshold")));
    fprintf(f, "%-18s the truth is outside for at most %g %% of examples like these\n", "",
            100 * json_number_value(json_object_get(c, "error_rate")));
    evaluation_print_not_computable(f, report);
}

static int calibrate_run(struct command_call *call, struct err *e)
{
    const struct calibrate_args *a = call->args;
    struct calibrate_options o = {.model = a->model,
                                  .dataset = a->dataset,
                                  .error_rate = a->error_rate,
                                  .batch = a->batch,
                                  .n_threads = a->threads,
                                  .numbers = (enum numbers)a->dtype};
    struct watch w;
    json_t *report = NULL;
    watch_init(&w, call);
    numbers_note((enum numbers)a->dtype, &w.monitor);
    int rc = calibrate(&report, &o, &w.monitor, e);
    if (rc == 0 && !call->want_json) {
        console_progress_end(call->console);
        print(call->console->out, report);
    }
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    json_decref(report);
    return rc;
}

static const struct command_example calibrate_examples[] = {
    {"Lets a model say \"unsure\", wrong one time in ten:",
     "nemg calibrate --model run/model --dataset set --error-rate 0.1"},
    {NULL, NULL},
};

const struct command calibrate_command = {
    .name = "calibrate",
    .summary = "fits a model's probabilities, and when it is unsure, on validation",
    .description =
        "Networks are too sure of themselves. From the validation split this finds the "
        "temperature "
        "by which the logits are divided, so that probabilities mean what they say, and a "
        "threshold: the classes whose probability reaches it are a set that holds the true "
        "class "
        "as often as was asked for. A set of several classes, or of none, is \"unsure\". Both "
        "are "
        "written into the model folder; nemg classify and nemg evaluate use them from then on. "
        "Which class is the most probable never changes.\n\n"
        "The promise holds for examples like those of the validation split, over all classes "
        "together. New patients are less alike than that: nemg evaluate on a test split says "
        "how "
        "often the sets really hold the truth. Training the model again drops the calibration.",
    .options = calibrate_option_table,
    .args_bytes = sizeof(struct calibrate_args),
    .examples = calibrate_examples,
    .can_stop = true,
    .run = calibrate_run,
};
