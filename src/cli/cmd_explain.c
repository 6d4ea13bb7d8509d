/* cmd_explain.c: "nemg explain": on which places of a picture or a window an answer rests. */
#include "job/explain.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/watch.h"
#include "model/modelfolder.h"
#include "wave/recording.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

extern const struct command explain_command;

struct explain_args {
    const char *model, *class_name, *layer, *out;
    int method;
    double at, occluder;
    size_t channel, batch, threads;
};

#define AT(field) offsetof(struct explain_args, field)
static const struct option explain_option_table[] = {
    {.name = "model",
     .short_name = 'm',
     .kind = OPTION_KIND_PATH,
     .offset = AT(model),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "model folder, as nemg train writes it"},
    {.name = "method",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(method),
     .fallback = "occlusion",
     .choices = saliency_methods,
     .help = "occlusion asks the network again; gradcam and cam look inside, at once and less "
             "truly"},
    {.name = "class",
     .kind = OPTION_KIND_STRING,
     .offset = AT(class_name),
     .metavar = "NAME",
     .help = "the class to explain; without it the most probable one"},
    {.name = "at",
     .kind = OPTION_KIND_REAL,
     .offset = AT(at),
     .fallback = "0",
     .min = 0,
     .max = HUGE_VAL,
     .metavar = "S",
     .help = "of a recording: where the window begins, in seconds, as classify tells it"},
    {.name = "channel",
     .short_name = 'c',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(channel),
     .fallback = "1",
     .min = 1,
     .max = RECORDING_MAX_CHANNELS,
     .help = "of a recording: which channel, the first is 1"},
    {.name = "layer",
     .kind = OPTION_KIND_STRING,
     .offset = AT(layer),
     .help = "of gradcam: an earlier map, for finer places; nemg net show lists them"},
    {.name = "occluder",
     .kind = OPTION_KIND_REAL,
     .offset = AT(occluder),
     .fallback = "0",
     .max = 1,
     .metavar = "SHARE",
     .help =
         "of occlusion: the patch's side, of the picture's or the window's; 0: 0.15 and 0.1"},
    {.name = "out",
     .short_name = 'o',
     .kind = OPTION_KIND_PATH,
     .offset = AT(out),
     .metavar = "FILE",
     .help = "picture to write: .png, of a recording .svg or .pdf, too; of several files: a "
             "folder"},
    {.name = "batch",
     .short_name = 'b',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(batch),
     .fallback = "8",
     .min = 1,
     .max = 4096,
     .help = "of occlusion: patches computed at once"},
    {.name = "threads",
     .short_name = 'j',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(threads),
     .fallback = "0",
     .max = 1024,
     .help = "of the engine; 0: as many as the machine has"},
    {0},
};

static int write_picture(const struct explanation *x, const char *path,
                         enum canvas_format format, struct err *e)
{
    unsigned char *file;
    size_t n;
    int rc = explanation_draw(&file, &n, x, format, e);
    if (rc == 0)
        rc = file_write(path, file, n, e);
    mem_free(file);
    return rc;
}

// The place of the map's maximum, for a person.
static void print_peak(FILE *f, const struct explanation *x)
{
    size_t w = x->window ? x->n : x->picture.width, most = 0;
    size_t n = x->window ? x->n : x->picture.width * x->picture.height;
    for (size_t i = 0; i < n; i++)
        most = x->share[i] > x->share[most] ? i : most;
    if (!(x->peak > 0))
        fprintf(f, "  nothing in it speaks for this class\n");
    else if (x->window)
        fprintf(f, "  strongest at %.4f s\n", x->at_s + (double)most / x->rate_hz);
    else
        fprintf(f, "  strongest at pixel %zu, %zu\n", most % w, most / w);
}

static void print_rule(FILE *f, const struct rule *r, const struct rule_finding *x)
{
    char value[32] = "";
    if (isfinite(x->value) && r == &rules[RULE_FIRST_DEFLECTION])
        snprintf(value, sizeof value, "%s", x->value > 0 ? "positive" : "negative");
    else if (isfinite(x->value))
        snprintf(value, sizeof value, "%.3g %s", x->value, r->unit);
    fprintf(f, "    %-28s%c %-12s %-15s %s\n", r->title, r->decides ? '*' : ' ', value,
            rule_verdict_names[x->fibs], rule_verdict_names[x->psw]);
}

static void print_opinion(FILE *f, const struct explanation *x)
{
    const struct rules_finding *o = &x->opinion.finding;
    fprintf(f, "  rules: %s%s\n", rules_class_names[o->points_to],
            !o->has_discharge                      ? ", nothing above noise"
            : x->agreement == OPINION_DISAGREES    ? ", which disagrees with the network"
            : x->agreement == OPINION_UNCOMPARABLE ? ""
                                                   : ", as the network says");
    if (!o->has_discharge)
        return;
    fprintf(f, "    %-28s  %-12s %-15s %s   (* decides)\n", "", "measured", "Fibs", "PSW");
    for (int k = 0; k < RULES_N; k++)
        print_rule(f, &rules[k], &o->rule[k]);
}

static void print_explanation(FILE *f, const struct explanation *x)
{
    const struct model *m = saliency_model(x->saliency);
    const struct saliency_options *s = saliency_settings(x->saliency);
    fprintf(f, "%s\n", x->path);
    for (size_t k = 0; k < m->n_classes; k++)
        fprintf(f, "  %-20s %6.2f %%\n", m->labels[k], 100 * (double)x->probabilities[k]);
    fprintf(f, "  %s%s%s, for %s\n", saliency_titles[s->method], s->layer ? " of " : "",
            s->layer ? s->layer : "", m->labels[x->i_class]);
    print_peak(f, x);
    if (x->window)
        print_opinion(f, x);
}

// One file, its picture at out if there is one.
static int explain_file(struct command_call *call, struct saliency *s, const char *path,
                        const char *out, json_t *results, struct err *e)
{
    const struct explain_args *a = call->args;
    const struct explain_options o = {
        .path = path, .class_name = a->class_name, .channel = a->channel - 1, .at_s = a->at};
    struct explanation x;
    enum canvas_format format = CANVAS_FORMAT_PNG;
    int rc = out ? canvas_format_find(&format, out, e) : 0;
    if (rc < 0 || (rc = explain(&x, s, &o, e)) < 0)
        return rc;
    if (out)
        rc = write_picture(&x, out, format, e);
    if (rc == 0 && json_array_append_new(results, explanation_json(&x)))
        rc = err_set(e, ERR_MEMORY, "no memory for a result");
    if (rc == 0 && !call->want_json)
        print_explanation(call->console->out, &x);
    explanation_release(&x);
    return rc;
}

static int explain_files(struct command_call *call, struct saliency *s, json_t *results,
                         const struct monitor *monitor, struct err *e)
{
    const struct explain_args *a = call->args;
    size_t n = call->options->n_operands;
    bool is_folder = a->out && (n > 1 || file_is_folder(a->out));
    int rc = is_folder ? file_make_folders(a->out, e) : 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const char *path = call->options->operands[i];
        char *out = is_folder ? mem_printf("%s/%04zu-%s.png", a->out, i + 1, path_base(path))
                    : a->out  ? mem_strdup(a->out)
                              : NULL;
        rc = a->out && !out ? err_set(e, ERR_MEMORY, "no memory for a path")
                            : explain_file(call, s, path, out, results, e);
        mem_free(out);
        monitor_progress(monitor, "explaining", i + 1, n, "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while explaining");
    }
    return rc;
}

static int explain_run(struct command_call *call, struct err *e)
{
    const struct explain_args *a = call->args;
    struct watch w;
    const struct saliency_options o = {.method = (enum saliency_method)a->method,
                                       .layer = a->layer,
                                       .occluder = a->occluder,
                                       .batch = a->batch,
                                       .n_threads = a->threads,
                                       .monitor = &w.monitor};
    struct model m = {0};
    struct saliency *s = NULL;
    json_t *results = json_array();
    watch_init(&w, call);
    int rc = model_open(&m, a->model, e);
    if (rc == 0)
        rc = saliency_new(&s, &m, &o, e);
    if (rc == 0)
        rc = explain_files(call, s, results, &w.monitor, e);
    if (rc == 0 && call->want_json &&
        !(call->result = json_pack("{s:s, s:O}", "model", m.name, "results", results)))
        rc = err_set(e, ERR_MEMORY, "no memory for a result");
    saliency_free(s);
    json_decref(results);
    model_close(&m);
    return rc;
}

static const struct command_example explain_examples[] = {
    {"Shows on which part of a picture the answer rests:",
     "nemg explain --model run/model --out why.png picture.png"},
    {"The same of 100 ms of a recording, as a coloured trace, with what the rules say:",
     "nemg explain --model run/model --at 1.25 --out why.svg biceps.hea"},
    {"What would speak for another class, as numbers:",
     "nemg explain --model run/model --class PSW --json picture.png > why.json"},
    {NULL, NULL},
};

const struct command explain_command = {
    .name = "explain",
    .summary = "shows on which places of a picture or recording an answer rests",
    .description =
        "Draws a map over a picture, or colours a window of a recording, by how much each "
        "place "
        "speaks for a class.\n\n"
        "occlusion (Zeiler and Fergus 2014) covers place after place and asks the network "
        "again. "
        "gradcam (Selvaraju 2017) and cam (Zhou 2016) look at the network's last map, or "
        "gradcam at "
        "an earlier one: at once, and some places off where a network has few.\n\n"
        "Of a recording the rules of the textbooks are told beside the network's answer: first "
        "deflection, duration, rise time, amplitude, negative to positive ratio, phases, turns "
        "and "
        "rhythm of the discharge against the literature's ranges, and whether they "
        "disagree.\n\n"
        "A map says what the network looked at. It does not say that the answer is right.",
    .operands = "FILE...",
    .operands_help = "pictures (JPEG, PNG, BMP) or recordings, as the model reads",
    .n_operands_min = 1,
    .n_operands_max = SIZE_MAX,
    .options = explain_option_table,
    .args_bytes = sizeof(struct explain_args),
    .examples = explain_examples,
    .can_stop = true,
    .run = explain_run,
};
