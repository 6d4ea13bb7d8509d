/* cmd_classify.c: "nemg classify": pictures or recordings to probabilities. */
#include "job/classify.h"
#include "job/classify_recordings.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/engine_options.h"
#include "cli/watch.h"
#include "draw/card.h"
#include "image/image.h"
#include "model/modelfolder.h"

#include <stdlib.h>
#include <string.h>

extern const struct command classify_command;

struct classify_args {
    const char *model, *network, *checkpoint, *labels, *out;
    size_t image_size, batch, threads;
    int dtype;
    double width, hop_ms;
    bool logits, show, rules;
};

#define AT(field) offsetof(struct classify_args, field)
static const struct option classify_option_table[] = {
    {.name = "model",
     .short_name = 'm',
     .kind = OPTION_KIND_PATH,
     .offset = AT(model),
     .metavar = "DIR",
     .help = "model folder, as nemg train writes it"},
    {.name = "network",
     .kind = OPTION_KIND_STRING,
     .offset = AT(network),
     .help = "network of a bare --checkpoint: inception_v4 or resnet18"},
    {.name = "checkpoint",
     .kind = OPTION_KIND_PATH,
     .offset = AT(checkpoint),
     .metavar = "PREFIX",
     .help = "TensorFlow checkpoint, in place of a model folder"},
    {.name = "labels",
     .kind = OPTION_KIND_PATH,
     .offset = AT(labels),
     .metavar = "FILE",
     .help = "labels.txt of a bare checkpoint (lines like 0:Fibs); without it: class 0, ..."},
    {.name = "image-size",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(image_size),
     .fallback = "0",
     .max = 4096,
     .help = "pixels a side, for a bare checkpoint; 0: the network's own"},
    {.name = "width",
     .kind = OPTION_KIND_REAL,
     .offset = AT(width),
     .fallback = "1",
     .min = 0,
     .max = 4,
     .flags = OPTION_ABOVE_MIN,
     .help = "factor of all channels, for a bare checkpoint"},
    {.name = "logits",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(logits),
     .help = "of pictures: give the logits, too"},
    {.name = "hop-ms",
     .kind = OPTION_KIND_REAL,
     .offset = AT(hop_ms),
     .fallback = "0",
     .max = 60000,
     .help = "of recordings: from one window to the next; 0: half a window"},
    {.name = "rules",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(rules),
     .help = "of recordings: what the textbooks' rules say of each window, too"},
    {.name = "show",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(show),
     .help = "draw picture and bars in the terminal"},
    {.name = "out",
     .short_name = 'o',
     .kind = OPTION_KIND_PATH,
     .offset = AT(out),
     .metavar = "PNG",
     .help = "write picture and bars as a PNG file; for several pictures: a folder of them"},
    ENGINE_OPTIONS(struct classify_args),
    DTYPE_OPTION(struct classify_args),
    {0},
};

// ---- One result, its classes the most probable first ----

struct ranking {
    const char **labels;
    double *probabilities;
    size_t n;
    char *note; // "unsure: ...", or NULL
};

static void ranking_release(struct ranking *r)
{
    mem_free(r->labels);
    mem_free(r->probabilities);
    mem_free(r->note);
}

// What a calibrated model says where its set is not one class; "" where it is sure.
static char *unsure_note(const json_t *result)
{
    struct buffer b = {0};
    const json_t *set = json_object_get(result, "set"), *label;
    size_t i, n = json_array_size(set);
    if (json_is_true(json_object_get(result, "unsure")))
        buffer_printf(&b, n ? "unsure: " : "unsure: no class is probable enough");
    json_array_foreach(set, i, label) if (n > 1) buffer_printf(&b, "%s%s",
                                                               i == 0       ? ""
                                                               : i + 1 == n ? " or "
                                                                            : ", ",
                                                               json_string_value(label));
    buffer_u8(&b, 0);
    char *note = b.failed ? NULL : mem_strdup((char *)b.data);
    buffer_release(&b);
    return note;
}

static int rank(struct ranking *out, const json_t *result, struct err *e)
{
    json_t *probabilities = json_object_get(result, "probabilities"), *value;
    size_t n = json_object_size(probabilities);
    const char *label;
    *out = (struct ranking){mem_array(n, sizeof *out->labels),
                            mem_array(n, sizeof *out->probabilities), 0, unsure_note(result)};
    if (!out->labels || !out->probabilities || !out->note)
        return err_set(e, ERR_MEMORY, "no memory to show a result");
    json_object_foreach(probabilities, label, value)
    {
        double p = json_number_value(value);
        size_t i = out->n++;
        for (; i > 0 && out->probabilities[i - 1] < p; i--) {
            out->labels[i] = out->labels[i - 1];
            out->probabilities[i] = out->probabilities[i - 1];
        }
        out->labels[i] = label;
        out->probabilities[i] = p;
    }
    return 0;
}

static void print_result(FILE *f, const json_t *result, const struct ranking *r)
{
    json_t *logits = json_object_get(result, "logits"), *x;
    size_t i;
    fprintf(f, "%s\n", json_string_value(json_object_get(result, "file")));
    for (size_t k = 0; k < r->n; k++)
        fprintf(f, "  %-20s %6.2f %%\n", r->labels[k], 100 * r->probabilities[k]);
    if (*r->note)
        fprintf(f, "  %s\n", r->note);
    if (json_is_array(logits)) {
        fprintf(f, "  logits, by class ");
        json_array_foreach(logits, i, x) fprintf(f, " %.6f", json_real_value(x));
        fputc('\n', f);
    }
}

// ---- Pictures of results ----

static int load_card(struct card *out, struct image *im, const json_t *result,
                     const struct ranking *r, struct err *e)
{
    const char *path = json_string_value(json_object_get(result, "file"));
    int rc = image_read(im, path, e);
    if (rc == 0)
        *out = (struct card){.title = path_base(path),
                             .rgb = im->rgb,
                             .width = im->width,
                             .height = im->height,
                             .labels = r->labels,
                             .probabilities = r->probabilities,
                             .n = r->n,
                             .note = *r->note ? r->note : NULL};
    return rc;
}

static int show_card(FILE *f, const struct card *card, size_t columns, struct err *e)
{
    struct buffer text = {0};
    card_terminal(&text, card, columns);
    int rc = text.failed ? err_set(e, ERR_MEMORY, "no memory to show a picture") : 0;
    if (rc == 0)
        fwrite(text.data, 1, text.n, f);
    buffer_release(&text);
    return rc;
}

static int write_card(const char *path, const struct card *card, struct err *e)
{
    unsigned char *png;
    size_t n;
    int rc = card_png(&png, &n, card, e);
    if (rc == 0)
        rc = file_write(path, png, n, e);
    mem_free(png);
    return rc;
}

// "out" itself for one picture, else out/0001-name.png.
static char *card_path(const char *out, bool is_folder, size_t i, const char *file)
{
    return is_folder ? mem_printf("%s/%04zu-%s.png", out, i + 1, path_base(file))
                     : mem_strdup(out);
}

static bool can_draw(const struct console *c)
{
    const char *term = getenv("TERM");
    return c->is_out_terminal && term && strcmp(term, "dumb") != 0;
}

static int show_results(struct command_call *call, const json_t *report, struct err *e)
{
    const struct classify_args *a = call->args;
    struct console *c = call->console;
    json_t *results = json_object_get(report, "results"), *result;
    bool is_folder = a->out && (json_array_size(results) > 1 || file_is_folder(a->out));
    bool draws = a->show && can_draw(c) && !call->want_json;
    if (a->show && !draws && !a->out)
        console_warning(c, "--show: standard output is no terminal that can draw; --out FILE "
                           "writes a PNG");
    int rc = is_folder ? file_make_folders(a->out, e) : 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(results); i++) {
        struct ranking r;
        struct card card;
        struct image im = {0};
        result = json_array_get(results, i);
        const char *file = json_string_value(json_object_get(result, "file"));
        rc = rank(&r, result, e);
        if (rc == 0 && (draws || a->out))
            rc = load_card(&card, &im, result, &r, e);
        if (rc == 0 && a->out) {
            char *path = card_path(a->out, is_folder, i, file);
            rc = !path ? err_set(e, ERR_MEMORY, "no memory")
                 : file_is_same(path, file)
                     ? err_set(e, ERR_USAGE, "%s: is the picture itself: name another file",
                               path)
                     : write_card(path, &card, e);
            mem_free(path);
        }
        if (rc == 0 && draws)
            rc = show_card(c->out, &card, c->width, e);
        else if (rc == 0 && !call->want_json)
            print_result(c->out, result, &r);
        image_release(&im);
        ranking_release(&r);
    }
    return rc;
}

static void warn_of_rejected(struct console *c, const json_t *report)
{
    const json_t *line;
    size_t i;
    json_array_foreach(json_object_get(report, "rejected"), i, line)
        console_warning(c, "%s", json_string_value(json_object_get(line, "why")));
}

static int check(const struct classify_args *a, struct err *e)
{
    if (!a->model == !a->checkpoint)
        return err_set(e, ERR_USAGE,
                       a->model ? "--model and --checkpoint: wanted one of them"
                                : "wanted --model DIR, or --network NAME with "
                                  "--checkpoint PREFIX");
    if (a->checkpoint && !a->network)
        return err_set(e, ERR_USAGE, "--checkpoint needs --network");
    return 0;
}

// ---- Recordings ----

static const char *label_of(const json_t *window)
{
    return json_is_true(json_object_get(window, "unsure"))
               ? "unsure"
               : json_string_value(json_object_get(window, "label"));
}

static double largest_probability(const json_t *window)
{
    const json_t *p = json_object_get(window, "probabilities");
    const char *label = json_string_value(json_object_get(window, "label"));
    return json_number_value(json_object_get(p, label));
}

// "  rules disagree in 2 of 5: Others, PSW" behind a stretch; nothing where they do not.
static void print_disagreement(FILE *f, const json_t *windows, size_t first, size_t end)
{
    size_t n = 0, n_told = 0;
    const char *told[8];
    for (size_t i = first; i < end; i++) {
        const json_t *w = json_array_get(windows, i);
        const char *rules = json_string_value(json_object_get(w, "rules"));
        if (!json_is_false(json_object_get(w, "agrees")))
            continue;
        size_t k = 0;
        while (k < n_told && strcmp(told[k], rules) != 0)
            k++;
        if (k == n_told && n_told < 8)
            told[n_told++] = rules;
        n++;
    }
    if (!n)
        return;
    fprintf(f, "  rules disagree in %zu of %zu:", n, end - first);
    for (size_t k = 0; k < n_told; k++)
        fprintf(f, "%s %s", k ? "," : "", told[k]);
}

// Windows of the same label, or unsure ones, one behind the other, as one line.
static void print_stretches(FILE *f, const json_t *result, double window_s)
{
    const json_t *windows = json_object_get(result, "windows");
    size_t n = json_array_size(windows);
    for (size_t i = 0, end; i < n; i = end) {
        const json_t *first = json_array_get(windows, i), *last = first;
        const char *label = label_of(first);
        double sum = 0;
        for (end = i; end < n; end++) {
            const json_t *w = json_array_get(windows, end);
            if (strcmp(label_of(w), label) != 0)
                break;
            sum += largest_probability(w);
            last = w;
        }
        fprintf(f, "  %9.3f to %9.3f s  %-20s %6.2f %%",
                json_number_value(json_object_get(first, "onset_s")),
                json_number_value(json_object_get(last, "onset_s")) + window_s, label,
                100 * sum / (double)(end - i));
        print_disagreement(f, windows, i, end);
        fputc('\n', f);
    }
}

static void print_recordings(FILE *f, const json_t *report)
{
    double window_ms = json_number_value(json_object_get(report, "window_ms"));
    const json_t *result, *n;
    const char *label;
    size_t i;
    fprintf(f, "windows of %g ms, one every %g ms; probabilities are means of a stretch\n",
            window_ms, json_number_value(json_object_get(report, "hop_ms")));
    json_array_foreach(json_object_get(report, "results"), i, result)
    {
        fprintf(f, "%s\n", json_string_value(json_object_get(result, "file")));
        print_stretches(f, result, window_ms / 1000);
        fprintf(f, "  windows:");
        json_object_foreach(json_object_get(result, "per_class"), label, n)
            fprintf(f, " %s %lld", label, json_integer_value(n));
        if (json_object_get(result, "n_unsure"))
            fprintf(f, ", unsure of %lld",
                    json_integer_value(json_object_get(result, "n_unsure")));
        fputc('\n', f);
    }
}

static int run_recordings(json_t **report, struct command_call *call, struct model *m,
                          const struct monitor *monitor, struct err *e)
{
    const struct classify_args *a = call->args;
    struct classify_recordings_options o = {.paths = call->options->operands,
                                            .n_paths = call->options->n_operands,
                                            .hop_ms = a->hop_ms,
                                            .want_rules = a->rules,
                                            .batch = a->batch,
                                            .n_threads = a->threads,
                                            .numbers = (enum numbers)a->dtype};
    if (a->show || a->out || a->logits)
        return err_set(e, ERR_USAGE,
                       "%s reads signals: --show, --out and --logits are for pictures",
                       m->name);
    int rc = classify_recordings(report, m, &o, monitor, e);
    if (rc < 0)
        return rc;
    console_progress_end(call->console);
    warn_of_rejected(call->console, *report);
    if (!call->want_json)
        print_recordings(call->console->out, *report);
    return 0;
}

static int run_pictures(json_t **report, struct command_call *call, struct model *m,
                        const struct monitor *monitor, struct err *e)
{
    const struct classify_args *a = call->args;
    struct classify_options o = {.paths = call->options->operands,
                                 .n_paths = call->options->n_operands,
                                 .want_logits = a->logits,
                                 .batch = a->batch,
                                 .n_threads = a->threads,
                                 .numbers = (enum numbers)a->dtype};
    if (a->rules)
        return err_set(e, ERR_USAGE, "%s reads pictures: --rules is for recordings", m->name);
    int rc = classify(report, m, &o, monitor, e);
    if (rc < 0)
        return rc;
    console_progress_end(call->console);
    warn_of_rejected(call->console, *report);
    return show_results(call, *report, e);
}

static int classify_run(struct command_call *call, struct err *e)
{
    const struct classify_args *a = call->args;
    struct model m = {0};
    struct watch w;
    json_t *report = NULL;
    watch_init(&w, call);
    numbers_note((enum numbers)a->dtype, &w.monitor);
    int rc = check(a, e);
    if (rc == 0)
        rc = a->model ? model_open(&m, a->model, e)
                      : model_open_bare(&m, a->network, a->checkpoint, a->labels, a->image_size,
                                        a->width, e);
    if (rc == 0)
        rc = m.input.kind == INPUT_PICTURE ? run_pictures(&report, call, &m, &w.monitor, e)
                                           : run_recordings(&report, call, &m, &w.monitor, e);
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    json_decref(report);
    model_close(&m);
    return rc;
}

static const struct command_example classify_examples[] = {
    {"Classifies one picture:", "nemg classify --model run/model picture.png"},
    {"Classifies a folder and keeps the numbers:",
     "nemg classify --model run/model --json pictures > results.json"},
    {"Classifies with a checkpoint that TensorFlow wrote:",
     "nemg classify --network inception_v4 --checkpoint model.ckpt-20000 --labels labels.txt "
     "picture.jpg"},
    {NULL, NULL},
};

const struct command classify_command = {
    .name = "classify",
    .summary = "gives the probability of each class for pictures or recordings",
    .description =
        "Gives for every picture the probability of each class in percent, the most probable "
        "first. A folder stands for the pictures in it and in its folders. A picture that "
        "cannot be read is named in a warning, and the others go on.\n\n"
        "A model of signals takes recordings instead, of any format that nemg info reads, and "
        "gives the probabilities of overlapping windows of the first channel.\n\n"
        "A model that nemg calibrate has seen says \"unsure\" where it cannot tell two classes "
        "apart, or where none is probable enough.\n\n"
        "--rules adds what the rules of nemg explain say of each window, and flags where they "
        "disagree.\n\n"
        "A probability is the network's, and is only as good as what it was trained on: see "
        "nemg evaluate.",
    .operands = "FILE...",
    .operands_help = "pictures (JPEG, PNG, BMP) or folders of them; recordings",
    .n_operands_min = 1,
    .n_operands_max = SIZE_MAX,
    .options = classify_option_table,
    .args_bytes = sizeof(struct classify_args),
    .examples = classify_examples,
    .can_stop = true,
    .run = classify_run,
};
