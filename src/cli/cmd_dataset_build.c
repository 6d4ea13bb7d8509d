/* cmd_dataset_build.c: "nemg dataset build": class folders to TFRecord files. */
#include "base/monitor.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/tally.h"
#include "cli/watch.h"
#include "data/dataset_build.h"

#include <jansson.h>

extern const struct command dataset_build_command;

struct build_args {
    const char *images, *out, *manifest, *patient_pattern, *name;
    int split; // enum split_method, -1: not given
    double validation, test;
    size_t shards, seed, threads;
    bool gzip, force;
};

#define AT(field) offsetof(struct build_args, field)
static const struct option build_options[] = {
    {.name = "images",
     .kind = OPTION_KIND_PATH,
     .offset = AT(images),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "folder with one folder of pictures (JPEG, PNG, BMP) per class"},
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
     .help = "who each picture is of: columns image (or file) and patient, if known also "
             "recording"},
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
    {0},
};

static void print(FILE *f, const json_t *report, const char *out)
{
    const json_t *rejected = json_object_get(report, "rejected"), *line;
    size_t i, n_duplicates = json_array_size(json_object_get(report, "duplicates"));
    tally_print(f, report);
    json_array_foreach(rejected, i, line)
        fprintf(f, "rejected  %s: %s\n", json_string_value(json_object_get(line, "file")),
                json_string_value(json_object_get(line, "why")));
    if (n_duplicates)
        fprintf(f, "%zu groups of identical pictures\n", n_duplicates);
    fprintf(f, "data set in %s\n", out);
}

static int build_run(struct command_call *call, struct err *e)
{
    const struct build_args *a = call->args;
    struct dataset_build_options o = dataset_build_defaults();
    struct watch w;
    json_t *report;
    o.images = a->images;
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
    {NULL, NULL},
};

const struct command dataset_build_command = {
    .name = "dataset build",
    .summary = "makes TFRecord files from class folders of pictures",
    .description =
        "Reads a folder that has one folder of pictures per class and writes TFRecord files as "
        "TF-Slim names them, labels.txt, and dataset.json with everything that was decided.\n\n"
        "Classes are numbered by name. Hidden files and files that are no pictures are skipped "
        "and listed; pictures that cannot be read are listed in rejected.csv, too. Identical "
        "pictures stay on one side of the split.\n\n"
        "Results on pictures of patients that were trained on come out too good: say who each "
        "picture is of with --manifest or --patient-pattern.",
    .options = build_options,
    .args_bytes = sizeof(struct build_args),
    .examples = build_examples,
    .can_stop = true,
    .run = build_run,
};
