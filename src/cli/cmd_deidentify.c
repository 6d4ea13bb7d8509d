/* cmd_deidentify.c: "nemg deidentify": recordings without names and dates. */
#include "base/err.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/hints.h"
#include "job/recording_deidentify.h"
#include "wave/recording.h"

extern const struct command deidentify_command;

struct deidentify_args {
    struct hint_args hints;
    const char *format, *patient;
    bool drop_labels;
};

static const struct option deidentify_options[] = {
    {.name = "patient",
     .kind = OPTION_KIND_STRING,
     .offset = offsetof(struct deidentify_args, patient),
     .metavar = "CODE",
     .help = "code to write in place of the patient"},
    {.name = "drop-labels",
     .kind = OPTION_KIND_FLAG,
     .offset = offsetof(struct deidentify_args, drop_labels),
     .help = "labels of annotations become \"event\", too"},
    {.name = "format",
     .kind = OPTION_KIND_STRING,
     .offset = offsetof(struct deidentify_args, format),
     .help = "wfdb, edf, bdf, wav or csv; without it, what the extension of OUT says"},
    HINT_OPTIONS(struct deidentify_args, hints),
    {0},
};

static void print_list(FILE *f, const char *before, const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
        fprintf(f, "%s%s", i ? ", " : before, json_string_value(item));
    if (json_array_size(list))
        fputc('\n', f);
}

// Muscle, side and site, where the recording says them: in one line.
static void print_facts(FILE *f, const json_t *kept)
{
    static const char *const facts[] = {"muscle", "side", "site", NULL};
    const char *before = "  kept, look at them: ";
    for (const char *const *fact = facts; *fact; fact++) {
        const char *value = json_string_value(json_object_get(kept, *fact));
        if (value)
            fprintf(f, "%s%s %s", before, *fact, value);
        before = value ? ", " : before;
    }
    if (*before == ',')
        fputc('\n', f);
}

static int deidentify_run(struct command_call *call, struct err *e)
{
    const struct deidentify_args *a = call->args;
    struct recording_hints hints;
    json_t *report = NULL;
    FILE *f = call->console->out;
    struct recording_deidentify_options o = {.in = call->options->operands[0],
                                             .out = call->options->operands[1],
                                             .format = a->format,
                                             .hints = &hints,
                                             .patient = a->patient,
                                             .drop_labels = a->drop_labels};
    int rc = hints_of(&hints, &a->hints, e);
    if (rc == 0)
        rc = recording_deidentify(&report, &o, e);
    if (rc < 0)
        return rc;
    if (call->want_json)
        call->result = json_incref(report);
    else {
        const json_t *kept = json_object_get(report, "kept");
        fprintf(f, "%s\n", o.out);
        print_list(f, "  removed: ", json_object_get(report, "removed"));
        print_list(f, "  kept, look at them: labels ", json_object_get(kept, "labels"));
        print_list(f, "  kept, look at them: channels ", json_object_get(kept, "channels"));
        print_facts(f, kept);
    }
    if (json_is_string(json_object_get(report, "left_out")))
        console_warning(call->console, "%s: the format has no place for %s", o.out,
                        json_string_value(json_object_get(report, "left_out")));
    json_decref(report);
    return 0;
}

static const struct command_example deidentify_examples[] = {
    {"Makes a copy that may leave the room:",
     "nemg deidentify visit.edf p017.edf --patient P017"},
    {NULL, NULL},
};

const struct command deidentify_command = {
    .name = "deidentify",
    .summary = "copies a recording without names, dates and free text",
    .description =
        "Writes a copy of a recording without patient, start time, notes (names, dates, "
        "technician, clinical notes, comments) and texts of annotations, and lists which "
        "fields were removed. Samples and the times of annotations stay exactly as they "
        "are.\n\n"
        "Labels of annotations, names of channels, muscle, side and site are kept and shown: "
        "look "
        "at them, a person may have typed a name there. The name of the new file is yours to "
        "choose.",
    .operands = "IN OUT",
    .operands_help = "recording to read, file to write",
    .n_operands_min = 2,
    .n_operands_max = 2,
    .options = deidentify_options,
    .args_bytes = sizeof(struct deidentify_args),
    .examples = deidentify_examples,
    .run = deidentify_run,
};
