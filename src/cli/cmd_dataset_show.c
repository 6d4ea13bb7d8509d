/* cmd_dataset_show.c: "nemg dataset show": what is in a data set. */
#include "cli/command.h"
#include "cli/console.h"
#include "cli/tally.h"
#include "cli/watch.h"
#include "job/describe.h"
#include "job/export_pictures.h"

extern const struct command dataset_show_command;

struct show_args {
    const char *pictures;
};

static const struct option show_options[] = {
    {.name = "pictures",
     .kind = OPTION_KIND_PATH,
     .offset = offsetof(struct show_args, pictures),
     .metavar = "DIR",
     .help = "also write its pictures into this empty folder, as split/class/number"},
    {0},
};

static void print(FILE *f, const json_t *report)
{
    json_t *split, *width, *height;
    const char *key;
    tally_print(f, report);
    json_object_foreach(json_object_get(report, "splits"), key, split)
    {
        width = json_object_get(split, "width");
        height = json_object_get(split, "height");
        fprintf(f, "%s: %.1f MB", key,
                json_number_value(json_object_get(split, "n_bytes")) / 1e6);
        if (json_integer_value(json_array_get(width, 1)))
            fprintf(f, ", pictures %lld to %lld wide and %lld to %lld high",
                    (long long)json_integer_value(json_array_get(width, 0)),
                    (long long)json_integer_value(json_array_get(width, 1)),
                    (long long)json_integer_value(json_array_get(height, 0)),
                    (long long)json_integer_value(json_array_get(height, 1)));
        fputc('\n', f);
    }
}

static int show_run(struct command_call *call, struct err *e)
{
    const struct show_args *a = call->args;
    struct watch w;
    json_t *report;
    uint64_t n_written = 0;
    watch_init(&w, call);
    int rc = describe_dataset(&report, call->options->operands[0], &w.monitor, e);
    if (rc == 0 && a->pictures)
        rc =
            export_pictures(&n_written, call->options->operands[0], a->pictures, &w.monitor, e);
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    else if (rc == 0) {
        print(call->console->out, report);
        if (a->pictures)
            fprintf(call->console->out, "%llu pictures in %s\n", (unsigned long long)n_written,
                    a->pictures);
    }
    json_decref(report);
    return rc;
}

static const struct command_example show_examples[] = {
    {"Counts the examples per class and split:", "nemg dataset show set"},
    {"Takes its pictures out again:", "nemg dataset show set --pictures folder"},
    {NULL, NULL},
};

const struct command dataset_show_command = {
    .name = "dataset show",
    .summary = "shows what is in a data set",
    .description =
        "Reads every record of a data set, checks its checksums, and shows how many examples "
        "and patients there are per class and split. Data sets that TF-Slim made (labels.txt "
        "and *_train_*.tfrecord) can be read, too.",
    .operands = "DIR",
    .operands_help = "folder of the data set",
    .n_operands_min = 1,
    .n_operands_max = 1,
    .options = show_options,
    .args_bytes = sizeof(struct show_args),
    .examples = show_examples,
    .can_stop = true,
    .run = show_run,
};
