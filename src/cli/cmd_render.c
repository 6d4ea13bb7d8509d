/* cmd_render.c: "nemg render": a stretch of a recording as a picture. */
#include "job/render.h"

#include "base/err.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/console.h"
#include "wave/recording.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

extern const struct command render_command;

struct render_args {
    double at, highpass, lowpass, notch, max_hz, division_px, rate, counts_per_uv;
    const char *sweep_ms, *gain_uv, *style, *out, *dtype, *unit;
    int view, polarity;
    size_t channel, sweeps, columns, rows;
    bool zero_phase, annotations;
};

static const char *const polarity_names[] = {"negative-up", "positive-up", NULL};

#define AT(field) offsetof(struct render_args, field)
static const struct option render_option_table[] = {
    {.name = "out",
     .short_name = 'o',
     .kind = OPTION_KIND_PATH,
     .offset = AT(out),
     .flags = OPTION_REQUIRED,
     .metavar = "FILE",
     .help = "picture to write; its ending is .png, .svg or .pdf"},
    {.name = "view",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(view),
     .fallback = "sweep",
     .choices = render_view_names,
     .help =
         "one sweep, sweeps one under the other, a long time base, or frequencies over time"},
    {.name = "at",
     .kind = OPTION_KIND_REAL,
     .offset = AT(at),
     .fallback = "0",
     .min = 0,
     .max = HUGE_VAL,
     .metavar = "S",
     .help = "where the picture begins, in seconds from the beginning of the recording"},
    {.name = "sweep-ms",
     .kind = OPTION_KIND_STRING,
     .offset = AT(sweep_ms),
     .metavar = "MS/div",
     .help = "milliseconds of a division; without it 10, free run and spectrogram 100"},
    {.name = "gain-uv",
     .kind = OPTION_KIND_STRING,
     .offset = AT(gain_uv),
     .fallback = "auto",
     .metavar = "UV/div",
     .help = "microvolts (counts, where the gain is not known) of a division; auto: what fits"},
    {.name = "channel",
     .short_name = 'c',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(channel),
     .fallback = "1",
     .min = 1,
     .max = RECORDING_MAX_CHANNELS,
     .help = "which channel, the first is 1"},
    {.name = "highpass",
     .kind = OPTION_KIND_REAL,
     .offset = AT(highpass),
     .fallback = "0",
     .max = HUGE_VAL,
     .metavar = "HZ",
     .help = "high-pass filter, 2nd order; 0: none, and the mean is taken off"},
    {.name = "lowpass",
     .kind = OPTION_KIND_REAL,
     .offset = AT(lowpass),
     .fallback = "0",
     .max = HUGE_VAL,
     .metavar = "HZ",
     .help = "low-pass filter, 2nd order; 0: none"},
    {.name = "notch",
     .kind = OPTION_KIND_REAL,
     .offset = AT(notch),
     .fallback = "0",
     .max = HUGE_VAL,
     .metavar = "HZ",
     .help = "notch filter against mains hum, 50 or 60; 0: none"},
    {.name = "zero-phase",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(zero_phase),
     .help = "filter forward and backward: shapes are kept, unlike on a machine"},
    {.name = "annotations",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(annotations),
     .help = "mark the annotations of the recording, with their labels"},
    {.name = "polarity",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(polarity),
     .fallback = "negative-up",
     .choices = polarity_names,
     .help = "which potentials go up"},
    {.name = "style",
     .kind = OPTION_KIND_STRING,
     .offset = AT(style),
     .fallback = "paper",
     .help =
         "paper, screen, phosphor, night, amber, cyan, plain, bold, chart, vga, mono or lcd"},
    {.name = "sweeps",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(sweeps),
     .fallback = "10",
     .min = 1,
     .max = 100,
     .help = "rows of a raster, one behind the other in time"},
    {.name = "columns",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(columns),
     .fallback = "0",
     .max = 100,
     .help = "divisions across; 0: 10, free run 20"},
    {.name = "rows",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(rows),
     .fallback = "0",
     .max = 100,
     .help = "divisions upwards; 0: what suits the view"},
    {.name = "division-px",
     .kind = OPTION_KIND_REAL,
     .offset = AT(division_px),
     .fallback = "0",
     .max = 400,
     .metavar = "PX",
     .help = "pixels of a division, 8 to 400; 0: 64, free run 52"},
    {.name = "max-hz",
     .kind = OPTION_KIND_REAL,
     .offset = AT(max_hz),
     .fallback = "0",
     .max = HUGE_VAL,
     .metavar = "HZ",
     .help = "upper end of a spectrogram; 0: 5000, or half the sampling rate"},
    {.name = "rate",
     .kind = OPTION_KIND_REAL,
     .offset = AT(rate),
     .fallback = "0",
     .max = RECORDING_MAX_RATE_HZ,
     .metavar = "HZ",
     .help = "sampling rate of a file that does not tell it"},
    {.name = "dtype",
     .kind = OPTION_KIND_STRING,
     .offset = AT(dtype),
     .help = "reads any file as raw numbers of this type, such as int16"},
    {.name = "unit",
     .kind = OPTION_KIND_STRING,
     .offset = AT(unit),
     .help = "unit of the numbers in a text file: uV, mV, V, nV or counts"},
    {.name = "counts-per-uv",
     .kind = OPTION_KIND_REAL,
     .offset = AT(counts_per_uv),
     .fallback = "0",
     .max = HUGE_VAL,
     .help = "gain of a file that does not tell it; 0: not known"},
    {0},
};

// "10" or "10/div"; 0 when not given, or "auto" where that is a word for it.
static int per_division(double *out, const char *name, const char *text, struct err *e)
{
    char number[64];
    *out = 0;
    if (!text || strcmp(text, "auto") == 0)
        return 0;
    size_t n = strlen(text);
    if (text_ends_with_nocase(text, "/div"))
        n -= strlen("/div");
    snprintf(number, sizeof number, "%.*s", (int)(n < 63 ? n : 63), text);
    if (text_to_double(out, number) && *out >= 1e-6 && *out <= 1e9)
        return 0;
    return err_set(e, ERR_USAGE, "--%s %s: wanted a number above 0, such as 10 or 10/div", name,
                   text);
}

static int render_run(struct command_call *call, struct err *e)
{
    const struct render_args *a = call->args;
    json_t *report = NULL;
    struct recording_hints hints = {.rate_hz = a->rate,
                                    .unit = a->unit,
                                    .counts_per_uv = a->counts_per_uv,
                                    .dtype = a->dtype};
    struct render_options o = {
        .path = call->options->operands[0],
        .out = a->out,
        .hints = &hints,
        .view = (enum render_view)a->view,
        .style = a->style,
        .channel = a->channel - 1,
        .at_s = a->at,
        .n_x = a->columns,
        .n_y = a->rows,
        .n_sweeps = a->sweeps,
        .division_px = a->division_px,
        .highpass_hz = a->highpass,
        .lowpass_hz = a->lowpass,
        .notch_hz = a->notch,
        .max_hz = a->max_hz,
        .is_zero_phase = a->zero_phase,
        .want_annotations = a->annotations,
        .is_positive_up = a->polarity == 1,
    };
    int rc = per_division(&o.ms_per_div, "sweep-ms", a->sweep_ms, e);
    if (rc == 0)
        rc = per_division(&o.per_div, "gain-uv", a->gain_uv, e);
    if (rc == 0)
        rc = render(&report, &o, e);
    if (rc < 0)
        return rc;
    if (call->want_json)
        call->result = json_incref(report);
    else
        fprintf(call->console->out, "%s\n", a->out);
    if (json_number_value(json_object_get(report, "drawn_s")) <
        json_number_value(json_object_get(report, "duration_s")) * 0.999)
        console_warning(call->console, "%s: the recording ends within the picture", o.path);
    json_decref(report);
    return 0;
}

static const struct command_example render_examples[] = {
    {"Draws one sweep of 100 ms as a machine shows it at rest:",
     "nemg render biceps.hea --at 12.3 --sweep-ms 10/div --gain-uv 50/div --highpass 20 --out "
     "sweep.png"},
    {"Draws 20 sweeps one under the other, for a printer:",
     "nemg render biceps.edf --view raster --sweeps 20 --out raster.pdf"},
    {"Shows which frequencies there are in two seconds:",
     "nemg render biceps.edf --view spectrogram --sweep-ms 200 --max-hz 2000 --out power.svg"},
    {NULL, NULL},
};

const struct command render_command = {
    .name = "render",
    .summary = "draws a stretch of a recording",
    .description =
        "Draws a stretch of one channel with its divisions of time and voltage, a calibration "
        "bar, and a caption that tells gain, polarity and filters. Negative potentials go up, "
        "as "
        "is usual in clinics.\n\n"
        "Filters run as on a machine and have settled before the picture begins. Spikes are "
        "never lost between pixels. Where the gain of a recording is not known, heights are "
        "counts of its converter, and the caption says so.\n\n"
        "Styles imitate kinds of machines: paper (black on white), screen (dark blue on "
        "white), "
        "phosphor (green on black), night (yellow on dark blue), amber, cyan, plain (no grid), "
        "bold, chart (red on pink), and with hard edges vga, mono and lcd.",
    .operands = "RECORDING",
    .operands_help = "a file of signals: WFDB, EDF, BDF and others",
    .n_operands_min = 1,
    .n_operands_max = 1,
    .options = render_option_table,
    .args_bytes = sizeof(struct render_args),
    .examples = render_examples,
    .run = render_run,
};
