/* cmd_convert.c: "nemg convert": recordings in another format. */
#include "base/err.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/hints.h"
#include "job/recording_convert.h"
#include "wave/recording.h"

#include <math.h>

extern const struct command convert_command;

struct convert_args {
    struct hint_args hints;
    const char *format;
    double from, to;
    size_t channel;
};

static const struct option convert_options[] = {
    {.name = "format",
     .kind = OPTION_KIND_STRING,
     .offset = offsetof(struct convert_args, format),
     .help = "wfdb, edf, bdf, wav or csv; without it, what the extension of OUT says"},
    {.name = "from",
     .kind = OPTION_KIND_REAL,
     .offset = offsetof(struct convert_args, from),
     .fallback = "0",
     .max = HUGE_VAL,
     .metavar = "S",
     .help = "first second to keep"},
    {.name = "to",
     .kind = OPTION_KIND_REAL,
     .offset = offsetof(struct convert_args, to),
     .fallback = "0",
     .max = HUGE_VAL,
     .metavar = "S",
     .help = "where to end, in seconds of IN; 0: at its end"},
    {.name = "channel",
     .short_name = 'c',
     .kind = OPTION_KIND_SIZE,
     .offset = offsetof(struct convert_args, channel),
     .fallback = "0",
     .max = RECORDING_MAX_CHANNELS,
     .help = "which channel to keep, the first is 1; 0: all"},
    HINT_OPTIONS(struct convert_args, hints),
    {0},
};

static int convert_run(struct command_call *call, struct err *e)
{
    const struct convert_args *a = call->args;
    struct recording_hints hints;
    json_t *report = NULL, *repair;
    size_t i;
    struct recording_convert_options o = {.in = call->options->operands[0],
                                          .out = call->options->operands[1],
                                          .format = a->format,
                                          .hints = &hints,
                                          .from_s = a->from,
                                          .to_s = a->to,
                                          .channel = a->channel};
    int rc = hints_of(&hints, &a->hints, e);
    if (rc == 0)
        rc = recording_convert(&report, &o, e);
    if (rc < 0)
        return rc;
    if (call->want_json)
        call->result = json_incref(report);
    else
        fprintf(call->console->out, "%s: %s, %lld channels, %.3f s, %lld annotations\n", o.out,
                json_string_value(json_object_get(report, "format")),
                (long long)json_integer_value(json_object_get(report, "n_channels")),
                json_number_value(json_object_get(report, "duration_s")),
                (long long)json_integer_value(json_object_get(report, "n_annotations")));
    json_array_foreach(json_object_get(report, "repairs"), i, repair)
        console_note(call->console, "%s: repaired: %s", o.in, json_string_value(repair));
    if (json_is_string(json_object_get(report, "left_out")))
        console_warning(call->console, "%s: the format has no place for %s", o.out,
                        json_string_value(json_object_get(report, "left_out")));
    json_decref(report);
    return 0;
}

static const struct command_example convert_examples[] = {
    {"Makes EDF+ of a WFDB record, with its annotations:",
     "nemg convert biceps.hea biceps.edf"},
    {"Takes ten seconds of the second channel:",
     "nemg convert long.bdf part.hea --from 60 --to 70 --channel 2"},
    {"Reads columns of text in millivolts:", "nemg convert export.txt biceps.hea --unit mV"},
    {NULL, NULL},
};

const struct command convert_command = {
    .name = "convert",
    .summary = "writes a recording, or a part of it, in another format",
    .description =
        "Reads a recording of any format and writes it as WFDB (OUT.hea, .dat and .atr), EDF+, "
        "BDF+, WAV or CSV. The gain of a channel is kept where the format can hold it; values "
        "come back within half a step. What the format has no place for is told.",
    .operands = "IN OUT",
    .operands_help = "recording to read, file to write",
    .n_operands_min = 2,
    .n_operands_max = 2,
    .options = convert_options,
    .args_bytes = sizeof(struct convert_args),
    .examples = convert_examples,
    .run = convert_run,
};
