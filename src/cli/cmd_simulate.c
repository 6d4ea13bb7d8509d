/* cmd_simulate.c: "nemg simulate": recordings with physics and exact truth. */
#include "base/monitor.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/watch.h"
#include "job/simulate.h"
#include "job/simulate_check.h"

#include <jansson.h>

extern const struct command simulate_command;

struct simulate_args {
    const char *out;
    size_t patients, sites, seed, threads;
    double seconds, months;
    int laboratory, format, severity; // severity: -1: drawn
    struct option_list classes;
    bool check, force;
};

static const char *const formats[] = {"wfdb", "edf", NULL};
static const char *const severities[] = {"0", "1", "2", "3", "4", NULL};

#define AT(field) offsetof(struct simulate_args, field)
static const struct option simulate_options[] = {
    {.name = "out",
     .kind = OPTION_KIND_PATH,
     .offset = AT(out),
     .flags = OPTION_REQUIRED,
     .metavar = "DIR",
     .help = "folder of the recordings, made if it is not there"},
    {.name = "patients",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(patients),
     .fallback = "40",
     .min = 1,
     .max = SIMULATE_MAX_PATIENTS,
     .help = "how many"},
    {.name = "sites",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(sites),
     .fallback = "8",
     .min = 1,
     .max = PATIENT_MAX_SITES - 1,
     .help = "needle sites per patient, one recording each, over two muscles"},
    {.name = "seconds",
     .kind = OPTION_KIND_REAL,
     .offset = AT(seconds),
     .fallback = "10",
     .min = SIMULATE_MIN_SECONDS,
     .max = SIMULATE_MAX_SECONDS,
     .help = "length of a recording"},
    {.name = "seed",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(seed),
     .fallback = "0",
     .help = "the same seed gives the same files"},
    {.name = "laboratory",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(laboratory),
     .choices = laboratory_names,
     .fallback = "a",
     .help = "whose machines and patients; b differs in rate, filters, noise, needles and "
             "fibres, and is meant for testing"},
    {.name = "format",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(format),
     .choices = formats,
     .fallback = "wfdb",
     .help = "of the recordings"},
    {.name = "classes",
     .kind = OPTION_KIND_LIST,
     .offset = AT(classes),
     .metavar = "LIST",
     .help = "only these, by name or label; without it: all, in a realistic mix"},
    {.name = "severity",
     .kind = OPTION_KIND_CHOICE,
     .offset = AT(severity),
     .choices = severities,
     .help =
         "grade of the affected muscle of all patients; without it: from patient to patient"},
    {.name = "months",
     .kind = OPTION_KIND_REAL,
     .offset = AT(months),
     .min = 0,
     .max = 600,
     .metavar = "M",
     .help =
         "since the nerve was hurt, sets the size of fibrillations; without it: from patient "
         "to patient"},
    {.name = "threads",
     .short_name = 'j',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(threads),
     .fallback = "2",
     .min = 1,
     .max = 256,
     .help = "that simulate"},
    {.name = "check",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(check),
     .help =
         "write no recordings: simulate some of each class, hold them against the literature "
         "and draw figures into the folder"},
    {.name = "force",
     .kind = OPTION_KIND_FLAG,
     .offset = AT(force),
     .help = "replace a simulation that is there"},
    {0},
};

static void print(FILE *f, const json_t *report, const char *out)
{
    size_t i;
    const json_t *line;
    fprintf(f, "%-20s %10s %10s\n", "class", "recordings", "events");
    json_array_foreach(json_object_get(report, "classes"), i, line)
    {
        const json_t *events = json_object_get(line, "events");
        fprintf(f, "%-20s %10lld", json_string_value(json_object_get(line, "class")),
                (long long)json_integer_value(json_object_get(line, "recordings")));
        if (events)
            fprintf(f, " %10lld\n", (long long)json_integer_value(events));
        else
            fprintf(f, " %10s\n", "as above");
    }
    fprintf(f, "%lld recordings of %g s in %s\n",
            (long long)json_integer_value(json_object_get(report, "recordings")),
            json_real_value(json_object_get(report, "seconds")), out);
}

static void print_measure(FILE *f, const char *class, const json_t *m)
{
    const json_t *median = json_object_get(m, "median");
    fprintf(f, "%-20s %-15s %-3s %6lld", class,
            json_string_value(json_object_get(m, "measure")),
            json_string_value(json_object_get(m, "unit")),
            (long long)json_integer_value(json_object_get(m, "n")));
    if (median)
        fprintf(f, " %8.3g %8.3g %8.3g   %6g to %-6g",
                json_number_value(json_object_get(m, "p5")), json_number_value(median),
                json_number_value(json_object_get(m, "p95")),
                json_number_value(json_object_get(m, "least")),
                json_number_value(json_object_get(m, "most")));
    else
        fprintf(f, "%45s", "");
    fprintf(f, " %5.1f %% %s\n", 100 * json_number_value(json_object_get(m, "share")),
            json_is_true(json_object_get(m, "passed")) ? "ok" : "OUTSIDE");
}

static void print_unit_measure(FILE *f, const json_t *unit, const char *key)
{
    const json_t *m = json_object_get(unit, key);
    fprintf(f, "%-20s %-15s simulated mean %6.3g, subjects %6.3g +- %.3g\n",
            json_string_value(json_object_get(unit, "class")), key,
            json_number_value(json_array_get(m, 0)), json_number_value(json_array_get(m, 1)),
            json_number_value(json_array_get(m, 2)));
}

static void print_check(FILE *f, const json_t *report, const char *out)
{
    size_t i, k;
    const json_t *class, *m;
    fprintf(f, "%-20s %-19s %6s %8s %8s %8s   %-16s %7s\n", "class", "measure", "n", "5 %",
            "median", "95 %", "literature", "within");
    json_array_foreach(json_object_get(report, "classes"), i, class)
        json_array_foreach(json_object_get(class, "measures"), k, m)
            print_measure(f, json_string_value(json_object_get(class, "class")), m);
    json_array_foreach(json_object_get(report, "units"), i, class)
    {
        print_unit_measure(f, class, "amplitude_uv");
        print_unit_measure(f, class, "duration_ms");
        print_unit_measure(f, class, "phases");
    }
    fprintf(f, "figures in %s; %s\n", out,
            json_is_true(json_object_get(report, "passed"))
                ? "all within the literature's ranges"
                : "some are outside");
}

static int run_check(struct command_call *call, struct err *e)
{
    const struct simulate_args *a = call->args;
    struct simulate_check_options o = {.out = a->out,
                                       .version = NEMG_VERSION,
                                       .seed = a->seed,
                                       .n_patients = SIMULATE_CHECK_PATIENTS};
    struct watch w;
    json_t *report = NULL;
    watch_init(&w, call);
    int rc = simulate_check(&report, &o, &w.monitor, e);
    if (rc == 0 && !call->want_json)
        print_check(call->console->out, report, a->out);
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    json_decref(report);
    return rc;
}

static int fill(struct simulate_options *o, const struct command_call *call, struct err *e)
{
    const struct simulate_args *a = call->args;
    *o = simulate_defaults();
    o->out = a->out;
    o->format = formats[a->format];
    o->version = NEMG_VERSION;
    o->n_patients = a->patients;
    o->seed = a->seed;
    o->n_threads = a->threads;
    o->want_overwrite = a->force;
    o->wishes.laboratory = (size_t)a->laboratory;
    o->wishes.severity = a->severity;
    o->wishes.months = options_given(call->options, "months") ? a->months : -1;
    o->wishes.n_sites = a->sites;
    o->wishes.seconds = a->seconds;
    return simulate_choose(&o->wishes, a->classes.items, a->classes.n, e);
}

static int simulate_run(struct command_call *call, struct err *e)
{
    struct simulate_options o;
    struct watch w;
    json_t *report = NULL;
    const struct simulate_args *a = call->args;
    if (a->check)
        return run_check(call, e);
    int rc = fill(&o, call, e);
    watch_init(&w, call);
    if (rc == 0)
        rc = simulate(&report, &o, &w.monitor, e);
    if (rc == 0 && !call->want_json)
        print(call->console->out, report, o.out);
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    json_decref(report);
    return rc;
}

static const struct command_example simulate_examples[] = {
    {"Simulates forty patients of one laboratory, and ten of another one for testing:",
     "nemg simulate --out lab-a --seed 1 && nemg simulate --out lab-b --laboratory b "
     "--patients "
     "10"},
    {"Only positive sharp waves and what may be taken for them, in EDF+:",
     "nemg simulate --out psw --format edf --classes PSW,insertional,endplate_spike --severity "
     "2"},
    {"Holds the simulator against the literature, with a figure of each class:",
     "nemg simulate --check --out figures"},
    {NULL, NULL},
};

const struct command simulate_command = {
    .name = "simulate",
    .summary = "makes recordings of simulated patients, with the truth",
    .description =
        "Simulates muscle fibres, motor units, needle electrodes and EMG machines, and writes "
        "recordings with every discharge annotated: onset, duration, class, fibre or unit and "
        "number of the firing. manifest.csv has a line per recording, simulation.json the "
        "numbers everything was drawn from.\n\n"
        "Classes (label in brackets where it differs): fibrillation (Fibs), "
        "positive_sharp_wave "
        "(PSW), endplate_noise, endplate_spike, insertional, fasciculation, complex_repetitive "
        "(crd), myotonic, neuromyotonic, myokymic, cramp, muap_normal, muap_neurogenic, "
        "muap_myopathic (muap), single_unit, mains, pacemaker, stimulator, radio, movement, "
        "saturation (artefact_...), silence.\n\n"
        "Fibrillations and positive sharp waves are in the affected muscle of each patient: in "
        "two sites at grade 1, three at grade 2, all at 3 and 4; the other muscle has none.",
    .options = simulate_options,
    .args_bytes = sizeof(struct simulate_args),
    .examples = simulate_examples,
    .can_stop = true,
    .run = simulate_run,
};
