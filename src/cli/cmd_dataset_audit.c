/* cmd_dataset_audit.c: "nemg dataset audit": what else than the waveform tells the classes apart. */
#include "job/audit.h"

#include "base/err.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/watch.h"

#include <jansson.h>

extern const struct command dataset_audit_command;

struct audit_args {
    const char *split;
    size_t seed;
};

#define AT(field) offsetof(struct audit_args, field)
static const struct option audit_options_table[] = {
    {.name = "split",
     .kind = OPTION_KIND_STRING,
     .offset = AT(split),
     .fallback = "validation",
     .help = "what the simple classifiers are scored on: validation or test"},
    {.name = "seed",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(seed),
     .fallback = "0",
     .help = "of the patients that are drawn for the intervals"},
    {0},
};

// "0.79 (0.72 to 0.85)".
static void print_number(FILE *f, const json_t *r, double times)
{
    const json_t *value = json_object_get(r, "value"), *ci = json_object_get(r, "ci95");
    char text[64] = "-";
    if (json_is_number(value) && json_is_array(ci))
        snprintf(text, sizeof text, times > 1 ? "%.1f (%.1f to %.1f)" : "%.2f (%.2f to %.2f)",
                 times * json_number_value(value),
                 times * json_number_value(json_array_get(ci, 0)),
                 times * json_number_value(json_array_get(ci, 1)));
    else if (json_is_number(value))
        snprintf(text, sizeof text, times > 1 ? "%.1f" : "%.2f",
                 times * json_number_value(value));
    fprintf(f, "  %21s", text);
}

static void print_row(FILE *f, const json_t *row, const char *name, const json_t *classes)
{
    const json_t *label;
    size_t k;
    fprintf(f, "%s %-34s", json_is_true(json_object_get(row, "shows")) ? "!" : " ", name);
    if (json_is_true(json_object_get(row, "constant"))) {
        fprintf(f, "  the same in every example\n");
        return;
    }
    json_array_foreach(classes, k, label)
    {
        const json_t *of =
            json_object_get(json_object_get(row, "per_class"), json_string_value(label));
        print_number(f, json_object_get(of, "auc"), 1);
    }
    print_number(f, json_object_get(row, "balanced_accuracy"), 100);
    fputc('\n', f);
}

static void print(FILE *f, const json_t *report)
{
    const json_t *classes = json_object_get(report, "classes"), *row, *label;
    size_t i;
    fprintf(f, "%-36s", "");
    json_array_foreach(classes, i, label) fprintf(f, "  %17.17s AUC", json_string_value(label));
    fprintf(f, "  %21s\n", "balanced accuracy, %");
    json_array_foreach(json_object_get(report, "features"), i, row)
        print_row(f, row, json_string_value(json_object_get(row, "name")), classes);
    print_row(f, json_object_get(report, "together"), "all of them together", classes);
    fprintf(
        f,
        "\nAUC: of %lld examples, of the class above the others; 0.5 is chance. Balanced "
        "accuracy: fitted on\n%lld of train, scored on %lld of %s; %.1f %% is chance. 95 %% "
        "intervals over %lld %ss.\n",
        json_integer_value(json_object_get(report, "n_all")),
        json_integer_value(json_object_get(report, "n_train")),
        json_integer_value(json_object_get(report, "n")),
        json_string_value(json_object_get(report, "split")),
        100 * json_number_value(json_object_get(report, "chance")),
        json_integer_value(json_object_get(report, "n_units")),
        json_string_value(json_object_get(report, "unit_of_intervals")));
    fprintf(f,
            "! a shortcut: this tells classes apart without any waveform (noise floor, peak to "
            "peak, ink, contrast\n  and file size may also be the muscle's doing)\n");
}

static int audit_run(struct command_call *call, struct err *e)
{
    const struct audit_args *a = call->args;
    struct audit_options o = audit_defaults();
    struct watch w;
    json_t *report;
    o.dataset = call->options->operands[0];
    o.split = a->split;
    o.seed = a->seed;
    watch_init(&w, call);
    int rc = audit(&report, &o, &w.monitor, e);
    if (rc == 0 && !call->want_json)
        print(call->console->out, report);
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    json_decref(report);
    return rc;
}

static const struct command_example audit_examples[] = {
    {"Looks for shortcuts before a network finds them:", "nemg dataset audit set --split test"},
    {NULL, NULL},
};

const struct command dataset_audit_command = {
    .name = "dataset audit",
    .summary = "looks for shortcuts: what else tells the classes apart",
    .description =
        "Measures what an example shows beside its waveform: of signals mains hum, noise "
        "floor, "
        "gain, offset, clipping and rate; of pictures brightness, contrast, colour, line "
        "width, "
        "size and bytes of the file. If one of these tells the classes apart, a network can "
        "learn "
        "it in place of the disease, and will look good for as long as it is tested at the "
        "same "
        "place.\n\n"
        "Each is judged alone: by the area under the ROC curve of each class against the "
        "others, "
        "and by a simple classifier that is fitted on training and scored on another split. "
        "All "
        "of them together are judged by that classifier. A line that begins with ! shows a "
        "shortcut: the interval of an area lies outside 0.4 to 0.6, or that of the balanced "
        "accuracy above chance. Of many things one will show by chance now and then.\n\n"
        "That none shows does not prove that there is none.",
    .operands = "DATASET",
    .operands_help = "folder of a data set",
    .n_operands_min = 1,
    .n_operands_max = 1,
    .options = audit_options_table,
    .args_bytes = sizeof(struct audit_args),
    .examples = audit_examples,
    .can_stop = true,
    .run = audit_run,
};
