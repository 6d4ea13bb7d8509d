/* cmd_info.c: "nemg info": what is in recordings. */
#include "base/err.h"
#include "base/jsontext.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/hints.h"
#include "cli/watch.h"
#include "job/recording_info.h"
#include "wave/recording.h"

#include <string.h>

extern const struct command info_command;

struct info_args {
    struct hint_args hints;
    bool repeats;
};

static const struct option info_options[] = {
    HINT_OPTIONS(struct info_args, hints),
    {.name = "repeats",
     .kind = OPTION_KIND_FLAG,
     .offset = offsetof(struct info_args, repeats),
     .fallback = "true",
     .help = "look for stretches that occur twice, which takes longer than all else"},
    {0},
};

static double real(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static const char *text(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static void print_signal(FILE *f, const json_t *c)
{
    const char *unit = text(c, "unit");
    if (real(c, "n_samples") == 0)
        return;
    fprintf(f,
            "    %.6g to %.6g %s, offset %.4g, RMS %.4g, noise floor %.4g (quiet parts %.4g)\n",
            real(c, "min"), real(c, "max"), unit, real(c, "offset"), real(c, "rms"),
            real(c, "noise"), real(c, "noise_quiet"));
    if (json_is_number(json_object_get(c, "mains_50")))
        fprintf(f, "    mains and harmonics: %.1f %% of the power at 50 Hz, %.1f %% at 60 Hz\n",
                100 * real(c, "mains_50"), 100 * real(c, "mains_60"));
    if (real(c, "n_clipped") > 0)
        fprintf(f, "    clipped: %.0f samples in %.0f runs\n", real(c, "n_clipped"),
                real(c, "n_clip_runs"));
    if (real(c, "n_wrapped") > 0)
        fprintf(f, "    wrapped: %.0f steps of more than half the converter's range\n",
                real(c, "n_wrapped"));
}

static void print_channel(FILE *f, const json_t *c)
{
    size_t i;
    json_t *repeat;
    fprintf(f, "  %s: %.10g Hz, %.0f samples, ", text(c, "name"), real(c, "rate_hz"),
            real(c, "n_samples"));
    if (strcmp(text(c, "unit"), "uV") != 0)
        fprintf(f, "counts (gain not known)");
    else if (real(c, "counts_per_uv") != 0)
        fprintf(f, "uV, %.6g counts per uV", real(c, "counts_per_uv"));
    else
        fprintf(f, "uV");
    if (real(c, "bits") > 0)
        fprintf(f, ", %.0f bits", real(c, "bits"));
    fprintf(f, "%s%s\n", text(c, "prefilter") ? ", " : "",
            text(c, "prefilter") ? text(c, "prefilter") : "");
    print_signal(f, c);
    json_array_foreach(json_object_get(c, "repeats"), i, repeat) fprintf(
        f, "    repeated: %.1f s from %.2f s on come again at %.2f s (similarity %.2f)\n",
        real(repeat, "duration_s"), real(repeat, "first_s"),
        real(repeat, "first_s") + real(repeat, "lag_s"), real(repeat, "similarity"));
}

static void print_facts(FILE *f, const json_t *r)
{
    static const char *const keys[] = {"patient", "muscle", "side", "site", "start_time", NULL};
    const char *before = "  ";
    for (const char *const *k = keys; *k; k++)
        if (text(r, *k)) {
            fprintf(f, "%s%s: %s", before, !strcmp(*k, "start_time") ? "start" : *k,
                    text(r, *k));
            before = ", ";
        }
    if (strcmp(text(r, "polarity"), "unknown") != 0) {
        fprintf(f, "%s%s", before, text(r, "polarity"));
        before = ", ";
    }
    if (before[0] == ',')
        fputc('\n', f);
}

static void print_report(FILE *f, const json_t *r)
{
    const json_t *channels = json_object_get(r, "channels");
    const json_t *annotations = json_object_get(r, "annotations");
    json_t *labels = json_object_get(annotations, "labels"), *value;
    const char *label, *before = "";
    size_t i, n = json_array_size(channels);
    fprintf(f, "%s: %s, %zu channel%s, %.3f s\n", text(r, "file"), text(r, "format"), n,
            n == 1 ? "" : "s", real(r, "duration_s"));
    print_facts(f, r);
    json_array_foreach(channels, i, value) print_channel(f, value);
    if (real(annotations, "n") > 0) {
        fprintf(f, "  %.0f annotations: ", real(annotations, "n"));
        json_object_foreach(labels, label, value)
        {
            fprintf(f, "%s%s %lld", before, label, (long long)json_integer_value(value));
            before = ", ";
        }
        fputc('\n', f);
    }
    json_array_foreach(json_object_get(r, "notes"), i, value)
        fprintf(f, "  note: %s\n", json_string_value(value));
    json_array_foreach(json_object_get(r, "repairs"), i, value)
        fprintf(f, "  repaired: %s\n", json_string_value(value));
}

// One of several that cannot be read is named, and the others go on.
static bool goes_on(int rc, const struct command_call *call)
{
    return call->options->n_operands > 1 && rc != ERR_CANCELLED && rc != ERR_MEMORY;
}

static int info_run(struct command_call *call, struct err *e)
{
    const struct info_args *a = call->args;
    struct recording_hints hints;
    struct watch w;
    json_t *list = json_array(), *rejected = json_array();
    watch_init(&w, call);
    int rc = hints_of(&hints, &a->hints, e);
    for (size_t i = 0; rc == 0 && i < call->options->n_operands; i++) {
        const char *file = call->options->operands[i];
        json_t *report;
        rc = recording_info(&report, file, &hints, a->repeats, &w.monitor, e);
        if (rc == 0 && !call->want_json)
            print_report(call->console->out, report);
        if (rc == 0 && json_array_append(list, report))
            rc = err_set(e, ERR_MEMORY, "no memory for the description");
        else if (rc < 0 && goes_on(rc, call)) {
            console_warning(call->console, "%s", e->text);
            json_array_append_new(rejected,
                                  json_pack("{s:o, s:o}", "file", jsontext_string(file), "why",
                                            jsontext_string(e->text)));
            bool is_last = i + 1 == call->options->n_operands;
            rc = is_last && !json_array_size(list) ? rc : 0;
        }
        json_decref(report);
    }
    if (call->want_json &&
        !(call->result = json_pack("{s:O, s:O}", "recordings", list, "rejected", rejected)) &&
        rc == 0)
        rc = err_set(e, ERR_MEMORY, "no memory for the description");
    json_decref(list);
    json_decref(rejected);
    return rc;
}

static const struct command_example info_examples[] = {
    {"Shows what a recording holds and how clean it is:", "nemg info biceps.edf"},
    {"A raw file of 16-bit numbers, whose gain is not known:",
     "nemg info N2001A01BB01.bin --dtype int16 --rate 23437.5 --unit counts"},
    {NULL, NULL},
};

const struct command info_command = {
    .name = "info",
    .summary = "shows what is in recordings, and how clean their signal is",
    .description =
        "Reads recordings (WFDB, EDF, BDF, WAV, FLAC, Ogg, MP3, text, raw numbers) and shows "
        "their channels, annotations, and what had to be repaired; and of each signal the "
        "offset, noise floor, share of mains hum, clipping, wrapped numbers, and stretches "
        "that "
        "occur twice.\n\n"
        "Nothing is guessed: where a file says no sampling rate it must be given, and where it "
        "says no gain the values are counts of the converter.",
    .operands = "FILE...",
    .operands_help = "recordings; of WFDB the .hea",
    .n_operands_min = 1,
    .n_operands_max = SIZE_MAX,
    .options = info_options,
    .args_bytes = sizeof(struct info_args),
    .examples = info_examples,
    .can_stop = true,
    .run = info_run,
};
