/* cmd_dataset_build.c: "nemg dataset build": pictures or recordings to TFRecord files. */
#include "base/err.h"
#include "base/monitor.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/tally.h"
#include "cli/watch.h"
#include "data/dataset_build.h"

#include <jansson.h>

extern const struct command dataset_build_command;

struct build_args {
    const char *images, *recordings, *dataset, *out, *manifest, *patient_pattern, *name,
        *class_map;
    int split; // enum split_method, -1: not given
    int input, centre, balance;
    double validation, test, window_ms, margin_ms, rate_hz, negatives;
    size_t shards, seed, threads, most;
    bool gzip, force, keep_mixed;
};

#define AT(field) offsetof(struct build_args, field)
static const struct option build_options[] = {
    {.name = "images",
     .kind = OPTION_KIND_PATH,
     .offset = AT(images),
     .metavar = "DIR",
     .help = "folder with one folder of pictures (JPEG, PNG, BMP) per class; or"},
    {.name = "recordings",
     .kind = OPTION_KIND_PATH,
     .offset = AT(recordings),
     .metavar = "DIR",
     .help =
         "folder of annotated recordings: what is around their events becomes examples; or"},
    {.name = "dataset",
     .kind = OPTION_KIND_PATH,
     .offset = AT(dataset),
     .metavar = "DIR",
     .help = "another data set: its examples as they are, divided anew"},
    {.name = "out",
     .kind = OPTION_KIND_PATH,
     .offset = AT(out),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "folder of the data set, made if it is not there"},
    {.name = "manifest",
     .kind = OPTION_KIND_PATH,
     .offset = AT(manifest),
     .metavar = "CSV",
     .help = "who each picture or recording is of: columns image, recording or file, and "
             "patient; of recordings also class, if a whole recording has one"},
    {.name = "patient-pattern",
     .kind = OPTION_KIND_STRING,
     .offset = AT(patient_pattern),
     .metavar = "REGEX",
     .help =
         "POSIX extended regular expression for file names; its first group is the patient"},
    {.name = "split",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(split),
     .choices = split_methods,
     .help =
         "patient: nobody on both sides; file: by picture, leaks between patients; slim: "
         "TF-Slim's and the paper's, picture by picture; without it: patient where patients "
         "are known, else file"},
    {.name = "validation",
     .kind = OPTION_KIND_REAL,
     .offset = AT(validation),
     .fallback = "0.2",
     .min = 0,
     .max = 1e9,
     .help = "share of the pictures for validation; from 1 on: how many"},
    {.name = "test",
     .kind = OPTION_KIND_REAL,
     .offset = AT(test),
     .fallback = "0",
     .min = 0,
     .max = 1e9,
     .help = "share of the pictures for test; from 1 on: how many"},
    {.name = "shards",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(shards),
     .fallback = "5",
     .min = 1,
     .max = 99999,
     .help = "files per split"},
    {.name = "seed",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(seed),
     .fallback = "0",
     .help = "of the shuffle: the same seed gives the same files"},
    {.name = "name",
     .kind = OPTION_KIND_STRING,
     .offset = AT(name),
     .fallback = "emg",
     .help = "first part of the file names"},
    {.name = "gzip",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(gzip),
     .help = "compress the TFRecord files (readers must be told so)"},
    {.name = "force",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(force),
     .help = "replace a data set that is there"},
    {.name = "threads",
     .short_name = 'j',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(threads),
     .fallback = "2",
     .min = 1,
     .max = 256,
     .help = "that read pictures"},
    {.name = "input",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(input),
     .fallback = "signal",
     .choices = input_kinds,
     .help = "of recordings: what examples are kept as, drawn sweeps or values (signal; mel: "
             "values, which networks read as mel-spectrograms)"},
    {.name = "class-map",
     .kind = OPTION_KIND_PATH,
     .offset = AT(class_map),
     .metavar = "FILE",
     .help = "of recordings: lines \"label = class\", \"label = -\" leaves out, \"* = class\" "
             "is all the rest; without it: Fibs, PSW, and Others for all the rest"},
    {.name = "window-ms",
     .kind = OPTION_KIND_REAL,
     .offset = AT(window_ms),
     .fallback = "100",
     .max = 60000,
     .flags = OPTION_ABOVE_MIN,
     .help = "of recordings: length of an example"},
    {.name = "margin-ms",
     .kind = OPTION_KIND_REAL,
     .offset = AT(margin_ms),
     .fallback = "20",
     .max = 60000,
     .help = "of recordings: what is kept on both sides, so that training can shift"},
    {.name = "rate",
     .kind = OPTION_KIND_REAL,
     .offset = AT(rate_hz),
     .fallback = "10000",
     .max = 1e6,
     .flags = OPTION_ABOVE_MIN,
     .metavar = "HZ",
     .help = "of recordings: samples a second of the examples, whatever the recordings have"},
    {.name = "centre",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(centre),
     .fallback = "onset",
     .choices = excerpts_centres,
     .help = "of recordings: what of an event lies in the middle"},
    {.name = "negatives",
     .kind = OPTION_KIND_REAL,
     .offset = AT(negatives),
     .fallback = "1",
     .max = 1e6,
     .help = "of recordings: examples without any event, for one with, in each recording"},
    {.name = "most",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(most),
     .fallback = "50",
     .help = "of recordings: examples of one label in one recording; 0: any number"},
    {.name = "keep-mixed",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(keep_mixed),
     .help = "of recordings: keep windows that an event of another class reaches into"},
    {.name = "balance",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(balance),
     .fallback = "none",
     .choices = excerpts_balances,
     .help = "of recordings; class: of every class as many as of the rarest"},
    {0},
};

static void print_leaks(FILE *f, const json_t *leaks)
{
    const json_t *pair;
    size_t i;
    json_array_foreach(json_object_get(leaks, "pairs"), i, pair) fprintf(
        f, "leak  %s at %.3f s (%s) is also in %s at %.3f s (train), correlation %.2f\n",
        json_string_value(json_object_get(pair, "recording")),
        json_number_value(json_object_get(pair, "at_s")),
        json_string_value(json_object_get(pair, "split")),
        json_string_value(json_object_get(pair, "train_recording")),
        json_number_value(json_object_get(pair, "train_at_s")),
        json_number_value(json_object_get(pair, "correlation")));
}

static void print(FILE *f, const json_t *report, const char *out)
{
    const json_t *rejected = json_object_get(report, "rejected"), *line;
    size_t i, n_duplicates = json_array_size(json_object_get(report, "duplicates"));
    tally_print(f, report);
    json_array_foreach(rejected, i, line)
        fprintf(f, "rejected  %s: %s\n", json_string_value(json_object_get(line, "file")),
                json_string_value(json_object_get(line, "why")));
    if (n_duplicates)
        fprintf(f, "%zu groups of identical examples\n", n_duplicates);
    print_leaks(f, json_object_get(report, "leaks"));
    fprintf(f, "data set in %s\n", out);
}

static int build_run(struct command_call *call, struct err *e)
{
    const struct build_args *a = call->args;
    struct dataset_build_options o = dataset_build_defaults();
    struct watch w;
    json_t *report;
    if (!!a->images + !!a->recordings + !!a->dataset != 1)
        return err_set(e, ERR_USAGE,
                       "--images DIR, --recordings DIR or --dataset DIR: wanted one of them");
    o.dataset = a->dataset;
    o.images = a->images;
    o.recordings = a->recordings;
    o.kind = (enum input_kind)a->input;
    o.class_map = a->class_map;
    o.excerpts.window_ms = a->window_ms;
    o.excerpts.margin_ms = a->margin_ms;
    o.excerpts.rate_hz = a->rate_hz;
    o.excerpts.centre = (enum excerpts_centre)a->centre;
    o.excerpts.negatives = a->negatives;
    o.excerpts.most = a->most;
    o.excerpts.keeps_mixed = a->keep_mixed;
    o.excerpts.balance = (enum excerpts_balance)a->balance;
    o.out = a->out;
    o.manifest = a->manifest;
    o.patient_pattern = a->patient_pattern;
    o.is_split_given = a->split >= 0;
    if (o.is_split_given)
        o.split.method = (enum split_method)a->split;
    o.split.validation = a->validation;
    o.split.test = a->test;
    o.split.seed = a->seed;
    o.n_shards = a->shards;
    o.name = a->name;
    o.want_gzip = a->gzip;
    o.want_overwrite = a->force;
    o.n_threads = a->threads;
    watch_init(&w, call);
    int rc = dataset_build(&report, &o, &w.monitor, e);
    if (rc == 0 && !call->want_json)
        print(call->console->out, report, a->out);
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    json_decref(report);
    return rc;
}

static const struct command_example build_examples[] = {
    {"Makes a data set that keeps each patient on one side:",
     "nemg dataset build --images pictures --manifest pictures/manifest.csv --out set"},
    {"Repeats the split of the 2019 paper, 1,000 pictures for validation:",
     "nemg dataset build --images pictures --out set --split slim --validation 1000"},
    {"Makes a data set of signals around the annotated events of recordings:",
     "nemg dataset build --recordings recordings --manifest recordings/manifest.csv --out set"},
    {"Divides the examples of a data set by example, to see what that makes look better:",
     "nemg dataset build --dataset set --split file --test 0.2 --out set-by-example"},
    {NULL, NULL},
};

const struct command dataset_build_command = {
    .name = "dataset build",
    .summary = "makes TFRecord files from pictures or recordings",
    .description =
        "Reads a folder that has one folder of pictures per class and writes TFRecord files as "
        "TF-Slim names them, labels.txt, and dataset.json with everything that was decided.\n\n"
        "Classes are numbered by name. Hidden files and files that are no pictures are skipped "
        "and listed; pictures that cannot be read are listed in rejected.csv, too. Identical "
        "pictures stay on one side of the split.\n\n"
        "From recordings it takes a window around each annotated event, drawn as a sweep or as "
        "values, and windows without any event; windows that hold two classes are left out. It "
        "looks for stretches of the training recordings that stand in the others once more.\n\n"
        "Results on pictures of patients that were trained on come out too good: say who each "
        "picture is of with --manifest or --patient-pattern.",
    .options = build_options,
    .args_bytes = sizeof(struct build_args),
    .examples = build_examples,
    .can_stop = true,
    .run = build_run,
};
