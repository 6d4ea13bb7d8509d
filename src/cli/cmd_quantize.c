/* cmd_quantize.c: "nemg quantize": a model that computes in 8 bits. */
#include "job/quantize.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/engine_options.h"
#include "cli/watch.h"

#include <jansson.h>

extern const struct command quantize_command;

struct quantize_args {
    const char *model, *dataset, *out, *split;
    double max_loss;
    size_t examples, batch, threads;
};

#define AT(field) offsetof(struct quantize_args, field)
static const struct option quantize_option_table[] = {
    {.name = "model",
     .short_name = 'm',
     .kind = OPTION_KIND_PATH,
     .offset = AT(model),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "model folder, as nemg train writes it; it stays as it is"},
    {.name = "dataset",
     .short_name = 'd',
     .kind = OPTION_KIND_PATH,
     .offset = AT(dataset),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "data set folder: ranges from its training split, the loss from another one"},
    {.name = "out",
     .short_name = 'o',
     .kind = OPTION_KIND_PATH,
     .offset = AT(out),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "model folder to write, which must not be there yet"},
    {.name = "split",
     .kind = OPTION_KIND_STRING,
     .offset = AT(split),
     .fallback = "validation",
     .help = "on which both models are judged: train, validation or test"},
    {.name = "max-loss",
     .kind = OPTION_KIND_REAL,
     .offset = AT(max_loss),
     .fallback = "1",
     .min = 0,
     .max = 100,
     .metavar = "POINTS",
     .help = "of macro F1, in hundredths; a model that loses more is not written"},
    {.name = "examples",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(examples),
     .fallback = "256",
     .min = 1,
     .max = 1000000,
     .help = "of the training split that ranges are found on"},
    ENGINE_OPTIONS(struct quantize_args),
    {0},
};

static double number(const json_t *o, const char *key, const char *member)
{
    return json_number_value(json_object_get(json_object_get(o, key), member));
}

static void print(FILE *f, const json_t *report)
{
    const json_t *q = json_object_get(report, "quantization");
    static const char *const measures[][2] = {{"macro_f1", "macro F1"},
                                              {"accuracy", "accuracy"}};
    fprintf(f, "%-18s %lld of %s\n", "examples",
            (long long)json_integer_value(json_object_get(q, "n")),
            json_string_value(json_object_get(q, "split")));
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        double was = 100 * number(q, measures[i][0], "float32");
        double is = 100 * number(q, measures[i][0], "int8");
        fprintf(f, "%-18s %.2f %% in 8 bits, %.2f %% in float32: %+.2f points\n",
                measures[i][1], is, was, is - was);
    }
    fprintf(f, "%-18s %.2f %%\n", "same answer",
            100 * json_number_value(json_object_get(q, "agreement")));
    fprintf(f, "%-18s %s\n", "written", json_string_value(json_object_get(report, "out")));
    if (json_is_true(json_object_get(report, "dropped_calibration")))
        fprintf(f, "%-18s is of the other model: nemg calibrate this one\n", "calibration");
}

static int quantize_run(struct command_call *call, struct err *e)
{
    const struct quantize_args *a = call->args;
    struct quantize_options o = {.model = a->model,
                                 .dataset = a->dataset,
                                 .out = a->out,
                                 .split = a->split,
                                 .n_examples = a->examples,
                                 .max_loss = a->max_loss,
                                 .batch = a->batch,
                                 .n_threads = a->threads};
    struct watch w;
    json_t *report = NULL;
    watch_init(&w, call);
    int rc = quantize(&report, &o, &w.monitor, e);
    if (rc == 0 && !call->want_json) {
        console_progress_end(call->console);
        print(call->console->out, report);
    }
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    json_decref(report);
    return rc;
}

static const struct command_example quantize_examples[] = {
    {"A model that is about twice as fast on a processor without AVX-512:",
     "nemg quantize --model run/model --dataset set --out run/model8"},
    {NULL, NULL},
};

const struct command quantize_command = {
    .name = "quantize",
    .summary = "makes a model compute in 8 bits, and says what that loses",
    .description =
        "Weights become whole numbers of 8 bits with a scale for each output channel, "
        "activations of 8 "
        "bits with a scale for each map, which is found on examples of the training split. No "
        "training is needed. Both models are then judged on another split; macro F1, accuracy "
        "and "
        "their differences are printed and kept in the new model's model.json and in its model "
        "card. Where macro F1 falls by more than --max-loss, nothing is written and the exit "
        "status is 1.\n\n"
        "classify, evaluate, calibrate, report and serve read the new folder like any other. "
        "Its "
        "results are the same on every processor. explain looks at it by occlusion only. The "
        "file of weights "
        "does not get smaller: it stays in float32, and --dtype float32 computes with it. A "
        "calibration is not taken over: calibrate the new model.",
    .options = quantize_option_table,
    .args_bytes = sizeof(struct quantize_args),
    .examples = quantize_examples,
    .can_stop = true,
    .run = quantize_run,
};
