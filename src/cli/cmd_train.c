/* cmd_train.c: "nemg train": fine-tuning, or training from scratch. */
#include "job/train.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/watch.h"
#include "input/input.h"
#include "job/predict.h"

extern const struct command train_command;

struct train_args {
    struct train_options o; // what needs no translation lands there at once
    int input, recipe, optimizer, schedule, augment, dtype;
};

#define AT(field) offsetof(struct train_args, field)
static const struct option train_option_table[] = {
    {.name = "dataset",
     .short_name = 'd',
     .kind = OPTION_KIND_PATH,
     .offset = AT(o.dataset),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "data set folder"},
    {.name = "run",
     .kind = OPTION_KIND_PATH,
     .offset = AT(o.run),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "folder of this run: a new one begins, an old one goes on"},
    {.name = "model",
     .short_name = 'm',
     .kind = OPTION_KIND_STRING,
     .offset = AT(o.model),
     .help = "network: inception_v4, resnet18 or resnet1d; without it: inception_v4 for "
             "pictures, resnet1d for signals, resnet18 for mel-spectrograms"},
    {.name = "input",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(input),
     .choices = input_kinds,
     .help = "what the network reads; without it: what the data set was made for; examples of "
             "signals serve signal and mel (mel-spectrogram)"},
    {.name = "image-size",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(o.image_size),
     .fallback = "0",
     .max = 4096,
     .help = "pixels a side of pictures; 0: the data set's, or the network's own "
             "(inception_v4: 299)"},
    {.name = "width",
     .kind = OPTION_KIND_REAL,
     .offset = AT(o.width),
     .fallback = "1",
     .min = 0,
     .max = 4,
     .flags = OPTION_ABOVE_MIN,
     .help = "factor of all channels: 0.25 is a small network for a small machine"},
    {.name = "checkpoint",
     .kind = OPTION_KIND_PATH,
     .offset = AT(o.checkpoint),
     .metavar = "PREFIX",
     .help = "TensorFlow checkpoint to start from; without it: from scratch"},
    {.name = "exclude-scopes",
     .kind = OPTION_KIND_STRING,
     .offset = AT(o.exclude_scopes),
     .metavar = "A,B",
     .help = "variables whose names begin so are not restored; without it: the heads, if the "
             "checkpoint knows other classes"},
    {.name = "trainable-scopes",
     .kind = OPTION_KIND_STRING,
     .offset = AT(o.trainable_scopes),
     .metavar = "A,B",
     .help = "variables that phases \"heads\" train; without it: the network's heads"},
    {.name = "ignore-missing",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(o.ignore_missing),
     .help = "variables that the checkpoint lacks stay new"},
    {.name = "recipe",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(recipe),
     .fallback = "default",
     .choices = train_recipes,
     .help = "default: what works best today; slim: the 2019 paper to the letter"},
    {.name = "phases",
     .kind = OPTION_KIND_STRING,
     .offset = AT(o.phases),
     .metavar = "heads:N,all:N",
     .help = "phases and their steps; without it: by recipe, \"heads\" only from a checkpoint"},
    {.name = "views",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(o.n_views),
     .fallback = "1",
     .min = 1,
     .max = TRAIN_MAX_VIEWS,
     .help = "of phases \"heads\": in how many variations each example's features are computed "
             "(the first is none), of which each step draws one; each takes its time once"},
    {.name = "steps",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(o.n_steps),
     .fallback = "0",
     .max = 1e12,
     .help = "steps of phase all; 0: by epochs"},
    {.name = "epochs",
     .kind = OPTION_KIND_REAL,
     .offset = AT(o.n_epochs),
     .fallback = "0",
     .max = 1e6,
     .help = "epochs of phase all; 0: by recipe"},
    {.name = "batch",
     .short_name = 'b',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(o.batch),
     .fallback = "32",
     .min = 1,
     .max = 4096,
     .help = "pictures in one step"},
    {.name = "optimizer",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(optimizer),
     .choices = optim_names,
     .help = "without it: adam, with recipe slim rmsprop"},
    {.name = "learning-rate",
     .kind = OPTION_KIND_REAL,
     .offset = AT(o.learning_rate),
     .fallback = "0",
     .max = 100,
     .help = "at the start of each phase; 0: by recipe and phase"},
    {.name = "schedule",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(schedule),
     .choices = schedule_names,
     .help = "of the learning rate; without it: cosine, with recipe slim fixed"},
    {.name = "augment",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(augment),
     .choices = augment_names,
     .help =
         "variation of pictures; slim's mirrors them, which no EMG screen does; without it: "
         "waveform, with recipe slim slim"},
    {.name = "weight-decay",
     .kind = OPTION_KIND_REAL,
     .offset = AT(o.weight_decay),
     .fallback = "0.00004",
     .max = 1,
     .help = "L2 of weights"},
    {.name = "label-smoothing",
     .kind = OPTION_KIND_REAL,
     .offset = AT(o.label_smoothing),
     .fallback = "0",
     .max = 1,
     .flags = OPTION_BELOW_MAX,
     .help = "share of the target that all classes get"},
    {.name = "clip-norm",
     .kind = OPTION_KIND_REAL,
     .offset = AT(o.clip_norm),
     .fallback = "0",
     .max = 1e9,
     .help = "largest norm of all gradients together; 0: any"},
    {.name = "average-decay",
     .kind = OPTION_KIND_REAL,
     .offset = AT(o.average_decay),
     .fallback = "0",
     .max = 1,
     .flags = OPTION_BELOW_MAX,
     .help = "of the moving average of the weights, which is then what is kept; 0: none"},
    {.name = "class-balance",
     .kind = OPTION_KIND_REAL,
     .offset = AT(o.class_balance),
     .fallback = "0",
     .max = 1,
     .help = "1: rare classes weigh as much as common ones; 0: pictures weigh the same"},
    {.name = "validation-split",
     .kind = OPTION_KIND_STRING,
     .offset = AT(o.validation_split),
     .fallback = "validation",
     .help = "split by which the best is chosen"},
    {.name = "validate-every",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(o.validate_every),
     .fallback = "0",
     .max = 1e12,
     .help = "steps; 0: an epoch"},
    {.name = "save-every",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(o.save_every),
     .fallback = "0",
     .max = 1e12,
     .help = "steps between checkpoints; 0: an epoch"},
    {.name = "patience",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(o.patience),
     .fallback = "0",
     .max = 1e6,
     .help = "validations without a better one until a phase ends; 0: never"},
    {.name = "histograms",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(o.want_histograms),
     .help = "write histograms of the variables for TensorBoard"},
    {.name = "seed",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(o.seed),
     .fallback = "0",
     .help = "of everything random: the same seed gives the same weights on the same number of "
             "threads"},
    {.name = "threads",
     .short_name = 'j',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(o.n_threads),
     .fallback = "0",
     .max = 1024,
     .help = "of the engine; 0: as many as the machine has"},
    {.name = "dtype",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(dtype),
     .fallback = "auto",
     .choices = numbers_names,
     .help =
         "what the network is trained in; auto: bfloat16 on a processor that multiplies it "
         "itself (avx512_bf16, AMX), else float32; variables, statistics, loss and optimiser "
         "are float32 anyhow"},
    {.name = "memory-limit",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(o.memory_limit_mb),
     .fallback = "0",
     .max = 1e9,
     .metavar = "MB",
     .help = "most that the network may take while it is trained; where that is less than it "
             "would, "
             "outputs of batch norms are computed twice, which costs time and changes no bit; "
             "0: any"},
    {.name = "loader-threads",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(o.n_loader_threads),
     .fallback = "2",
     .min = 1,
     .max = 256,
     .help = "that prepare pictures; any number gives the same weights"},
    {0},
};

static void print_validation(FILE *f, const char *name, const json_t *at)
{
    const json_t *v = json_object_get(at, "validation");
    fprintf(f, "%-6s step %lld", name, json_integer_value(json_object_get(at, "step")));
    if (json_is_object(v))
        fprintf(f, ", validation cross-entropy %.4f, accuracy %.1f %%",
                json_number_value(json_object_get(v, "cross_entropy")),
                100 * json_number_value(json_object_get(v, "accuracy")));
    fputc('\n', f);
}

static void print(FILE *f, const json_t *report, const char *run)
{
    const json_t *best = json_object_get(report, "best");
    if (json_is_object(best))
        print_validation(f, "best", best);
    print_validation(f, "final", json_object_get(report, "final"));
    const json_t *memory = json_object_get(report, "memory");
    fprintf(f, "trained in %s, memory planned %lld MB, taken at most %lld MB\n",
            json_string_value(json_object_get(report, "number_type")),
            json_integer_value(json_object_get(memory, "planned_mb")),
            json_integer_value(json_object_get(memory, "peak_mb")));
    fprintf(f, "model in %s/model, curves in %s/history.csv and for TensorBoard in %s\n", run,
            run, run);
}

static int train_run(struct command_call *call, struct err *e)
{
    const struct train_args *a = call->args;
    struct train_options o = a->o;
    struct watch w;
    json_t *report;
    o.recipe = (enum train_recipe)a->recipe;
    o.input = a->input >= 0 ? input_kinds[a->input] : NULL;
    o.optimizer = a->optimizer >= 0 ? optim_names[a->optimizer] : NULL;
    o.schedule = a->schedule >= 0 ? schedule_names[a->schedule] : NULL;
    o.dtype = a->dtype == NUMBERS_AUTO ? NULL : numbers_names[a->dtype];
    o.augment = a->augment >= 0 ? augment_names[a->augment] : NULL;
    watch_init(&w, call);
    int rc = train(&report, &o, &w.monitor, e);
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    else if (rc == 0)
        print(call->console->out, report, o.run);
    json_decref(report);
    return rc;
}

static const struct command_example train_examples[] = {
    {"Fine-tunes the network of the 2019 paper in two phases:",
     "nemg train --dataset set --run run --checkpoint inception_v4.ckpt"},
    {"Repeats the paper, with its drifting statistics and learning rates:",
     "nemg train --dataset set --run paper --checkpoint inception_v4.ckpt --recipe slim "
     "--phases heads:1000,all:20000"},
    {"Trains a small network from scratch on a small machine:",
     "nemg train --dataset set --run small --width 0.25 --image-size 139 --epochs 30"},
    {NULL, NULL},
};

const struct command train_command = {
    .name = "train",
    .summary = "trains a network on a data set",
    .description =
        "Trains in phases: \"heads\" trains the last layers of a network that came from a "
        "checkpoint, \"all\" every layer. The run folder gets args.json, the newest five "
        "checkpoints (TensorFlow reads them), history.csv, event files for TensorBoard, and "
        "model/, the folder one can take away.\n\n"
        "Recipe default: in phase heads the trunk is frozen and its features are computed "
        "once, and kept in DATASET/features for other runs (that folder may be deleted); "
        "Adam with a cosine schedule; variation meant for waveforms; model/ is the best by "
        "validation cross-entropy. Recipe slim is TF-Slim's train_image_classifier: batch "
        "statistics drift in every phase, RMSProp with epsilon 1, fixed rates of 0.01 and "
        "0.0001, its mirroring variation, an endless shuffle queue (a picture may be seen "
        "twice "
        "before another is seen once), and model/ is the last.\n\n"
        "Ctrl-C finishes the step, writes a checkpoint and exits with status 75; the same "
        "command line goes on from there and ends with the same weights, bit for bit, as a run "
        "that was never stopped. A run that is finished is not trained again.",
    .options = train_option_table,
    .args_bytes = sizeof(struct train_args),
    .examples = train_examples,
    .can_stop = true,
    .run = train_run,
};
