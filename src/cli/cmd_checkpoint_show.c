/* cmd_checkpoint_show.c: "nemg checkpoint show": the tensors of a TensorFlow checkpoint. */
#include "cli/command.h"
#include "cli/console.h"
#include "cli/watch.h"
#include "job/describe.h"

extern const struct command checkpoint_show_command;

static void print(FILE *f, const json_t *report)
{
    const json_t *tensors = json_object_get(report, "tensors"), *x, *dim;
    size_t i, k, widest = 0;
    json_array_foreach(tensors, i, x)
    {
        size_t n = json_string_length(json_object_get(x, "name"));
        widest = n > widest ? n : widest;
    }
    json_array_foreach(tensors, i, x)
    {
        const json_t *sum = json_object_get(x, "sum");
        fprintf(f, "%-*s  %-8s ", (int)widest, json_string_value(json_object_get(x, "name")),
                json_string_value(json_object_get(x, "dtype")));
        char shape[128] = "";
        int n = 0;
        json_array_foreach(json_object_get(x, "shape"), k, dim) n +=
            snprintf(shape + n, sizeof shape - (size_t)n, k ? ", %lld" : "%lld",
                     (long long)json_integer_value(dim));
        fprintf(f, " [%s]%*s", shape, n < 20 ? 20 - n : 0, "");
        if (json_is_integer(sum))
            fprintf(f, " sum %lld\n", (long long)json_integer_value(sum));
        else if (json_is_real(sum))
            fprintf(f, " sum %.9g\n", json_real_value(sum));
        else
            fputc('\n', f);
    }
    fprintf(f, "\n%s: format V%lld, %zu tensors, %lld values\n",
            json_string_value(json_object_get(report, "checkpoint")),
            (long long)json_integer_value(json_object_get(report, "version")),
            json_array_size(tensors),
            (long long)json_integer_value(json_object_get(report, "n_values")));
}

static int show_run(struct command_call *call, struct err *e)
{
    struct watch w;
    json_t *report;
    watch_init(&w, call);
    int rc = describe_checkpoint(&report, call->options->operands[0], &w.monitor, e);
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    else if (rc == 0)
        print(call->console->out, report);
    json_decref(report);
    return rc;
}

static const struct command_example show_examples[] = {
    {"Lists the variables of a downloaded network:", "nemg checkpoint show inception_v4.ckpt"},
    {"Lists the newest checkpoint of a run:", "nemg checkpoint show run"},
    {NULL, NULL},
};

const struct command checkpoint_show_command = {
    .name = "checkpoint show",
    .summary = "lists the tensors of a TensorFlow checkpoint",
    .description =
        "Lists name, number type, shape and sum of every tensor of a checkpoint of TensorFlow, "
        "V1 (one file) or V2 (.index and .data files). Every value is read and its checksum "
        "verified, so a listing that ends well is a checkpoint without damage.",
    .operands = "PREFIX",
    .operands_help = "the checkpoint without .index or .data-...; a folder means its newest",
    .n_operands_min = 1,
    .n_operands_max = 1,
    .examples = show_examples,
    .can_stop = true,
    .run = show_run,
};
