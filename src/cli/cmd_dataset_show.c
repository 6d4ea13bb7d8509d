/* cmd_dataset_show.c: "nemg dataset show": what is in a data set. */
#include "cli/command.h"
#include "cli/console.h"
#include "cli/tally.h"
#include "cli/watch.h"
#include "job/describe.h"

extern const struct command dataset_show_command;

static int show_run(struct command_call *call, struct err *e)
{
    struct watch w;
    json_t *report;
    watch_init(&w, call);
    int rc = describe_dataset(&report, call->options->operands[0], &w.monitor, e);
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    else if (rc == 0) {
        const char *key;
        json_t *split;
        tally_print(call->console->out, report);
        json_object_foreach(json_object_get(report, "splits"), key, split)
        {
            json_t *width = json_object_get(split, "width");
            json_t *height = json_object_get(split, "height");
            fprintf(call->console->out,
                    "%s: %.1f MB, pictures %lld to %lld wide and %lld to %lld high\n", key,
                    json_number_value(json_object_get(split, "n_bytes")) / 1e6,
                    (long long)json_integer_value(json_array_get(width, 0)),
                    (long long)json_integer_value(json_array_get(width, 1)),
                    (long long)json_integer_value(json_array_get(height, 0)),
                    (long long)json_integer_value(json_array_get(height, 1)));
        }
    }
    json_decref(report);
    return rc;
}

static const struct command_example show_examples[] = {
    {"Counts the pictures per class and split:", "nemg dataset show set"},
    {NULL, NULL},
};

const struct command dataset_show_command = {
    .name = "dataset show",
    .summary = "shows what is in a data set",
    .description =
        "Reads every record of a data set, checks its checksums, and shows how many pictures "
        "and patients there are per class and split. Data sets that TF-Slim made (labels.txt "
        "and *_train_*.tfrecord) can be read, too.",
    .operands = "DIR",
    .operands_help = "folder of the data set",
    .n_operands_min = 1,
    .n_operands_max = 1,
    .examples = show_examples,
    .can_stop = true,
    .run = show_run,
};
