/*
 * simulate_check.c: see simulate_check.h.
 *
 * Means of measured motor unit potentials: UCY, 34 subjects, 20 potentials each (Pattichis et
 * al. 1995); numbers in docs/simulator.md. The simulator's mean over all units shall lie within
 * two deviations of the subjects' means.
 */
#include "job/simulate_check.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "draw/style.h"
#include "draw/trace.h"
#include "sim/census.h"
#include "sim/patient.h"
#include "sim/potential.h"
#include "sim/timeline.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SCHEMA = 1, ROWS = 5, DIVISIONS = 10, CAPTION_BYTES = 160, MEASURES = 5 };

static const double seconds = 20, part_needed = 0.9, window_ms = 5;

struct unit_means {
    enum discharge_kind kind;
    double amplitude_uv, amplitude_sd, duration_ms, duration_sd, phases, phases_sd;
};

static const struct unit_means ucy[] = {
    {DISCHARGE_MUAP_NORMAL, 370, 60, 9.59, 1.01, 2.60, 0.27},
    {DISCHARGE_MUAP_NEUROGENIC, 830, 230, 13.42, 1.63, 3.97, 0.86},
    {DISCHARGE_MUAP_MYOPATHIC, 240, 110, 7.15, 1.40, 2.73, 0.30},
};
enum { UCY_KINDS = sizeof ucy / sizeof ucy[0] };

struct check {
    const struct simulate_check_options *o;
    json_t *classes, *units;
    bool has_passed;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to check the simulator");
}

// A row of the table. A range whose most is 0 is not judged.
static bool add_measure(json_t *rows, const char *name, const char *unit,
                        struct census_values *v, struct discharge_range range)
{
    size_t n_within = 0;
    if (!v->n || range.most <= 0)
        return true;
    census_sort(v);
    for (size_t i = 0; i < v->n; i++)
        n_within += v->v[i] >= range.least && v->v[i] <= range.most;
    double share = (double)n_within / (double)v->n;
    bool passed = share >= part_needed;
    json_array_append_new(rows,
                          json_pack("{s:s, s:s, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:b}",
                                    "measure", name, "unit", unit, "n", (json_int_t)v->n, "p5",
                                    census_quantile(v, 0.05), "median", census_quantile(v, 0.5),
                                    "p95", census_quantile(v, 0.95), "least", range.least,
                                    "most", range.most, "share", share, "passed", passed));
    return passed;
}

static bool add_sign(json_t *rows, const struct census_values *v, int wanted)
{
    size_t n = 0;
    if (!v->n || !wanted)
        return true;
    for (size_t i = 0; i < v->n; i++)
        n += v->v[i] * wanted > 0;
    double share = (double)n / (double)v->n;
    bool passed = share >= part_needed;
    json_array_append_new(rows, json_pack("{s:s, s:s, s:I, s:f, s:b}", "measure",
                                          wanted > 0 ? "positive first" : "negative first",
                                          "unit", "", "n", (json_int_t)v->n, "share", share,
                                          "passed", passed));
    return passed;
}

static int happen(struct timeline *t, enum discharge_kind kind, const struct patient *p,
                  struct err *e)
{
    struct electrode el;
    struct discharge_body body = p->body;
    struct rng rng = patient_stream(p, 0, SOURCE_MAIN);
    body.grade = 2;
    electrode_init(&el, p->machine.electrode);
    struct discharge_scene scene = {.t = t, .el = &el, .body = &body};
    int rc = timeline_init(t, seconds, POTENTIAL_RATE_HZ, e);
    if (rc == 0)
        rc = discharge_classes[kind].generate(&scene, &rng, e);
    timeline_sort(t);
    return rc;
}

static struct patient patient_of(const struct check *c, enum discharge_kind kind, uint32_t i)
{
    struct patient p;
    struct patient_wishes w = {.severity = 2, .months = -1, .n_sites = 1};
    patient_init(&p, c->o->seed, (size_t)kind * SIMULATE_CHECK_PATIENTS + i, &w);
    return p;
}

// A page of ROWS sweeps from the machine's recording, row_ms long each, one after another.
static int draw_rows(const char *path, const struct timeline *t, const struct patient *p,
                     const struct discharge_class *class, double from_s, double row_ms,
                     double per_div, struct err *e)
{
    struct trace_sweep sweeps[ROWS];
    char caption[CAPTION_BYTES];
    size_t n_row = (size_t)(row_ms * t->rate_hz / 1e3);
    size_t first = (size_t)(from_s * t->rate_hz);
    if (first + ROWS * n_row > t->n)
        first = t->n - ROWS * n_row;
    for (size_t i = 0; i < ROWS; i++)
        sweeps[i] = (struct trace_sweep){
            .samples = t->uv + first + i * n_row, .n = n_row, .rate_hz = t->rate_hz};
    snprintf(caption, sizeof caption, "simulated; %s needle; high-pass %g Hz, low-pass %g Hz",
             electrode_kinds[p->machine.electrode], p->machine.highpass_hz,
             p->machine.lowpass_hz);
    struct trace_page page = {.style = &styles[0],
                              .title = class->title,
                              .captions = (const char *const[]){caption, NULL},
                              .unit = "\xC2\xB5V",
                              .ms_per_div = row_ms / DIVISIONS,
                              .per_div = per_div,
                              .n_x = DIVISIONS,
                              .n_y = (size_t)2 * ROWS,
                              .division_px = 60,
                              .is_turned = true,
                              .sweeps = sweeps,
                              .n_sweeps = ROWS};
    unsigned char *png = NULL;
    size_t n = 0;
    int rc = trace_draw(&png, &n, &page, CANVAS_FORMAT_PNG, e);
    if (rc == 0)
        rc = file_write(path, png, n, e);
    mem_free(png);
    return rc;
}

// Where the figure begins, and how large a division is: from the largest event of the middle.
static void choose_view(double *from_s, double *per_div, const struct timeline *t)
{
    double largest = 0;
    *from_s = 0.3 * timeline_seconds(t);
    bool is_found = false;
    for (size_t i = 0; i < t->n_events; i++) {
        const struct timeline_event *event = &t->events[i];
        largest = fmax(largest, event->amplitude_uv);
        if (!is_found && event->onset_s > *from_s && event->source) {
            *from_s = event->onset_s - 0.02;
            is_found = true;
        }
    }
    if (largest <= 0)
        for (size_t i = 0; i < t->n; i++)
            largest = fmax(largest, 2 * fabs((double)t->uv[i]));
    *per_div = trace_nice(fmax(10, largest / 2.2));
}

static int draw_figures(const struct check *c, enum discharge_kind kind, struct err *e)
{
    const struct discharge_class *class = &discharge_classes[kind];
    struct patient p = patient_of(c, kind, 0);
    struct timeline t;
    struct rng rng = patient_stream(&p, 0, SOURCE_MACHINE);
    double from_s, per_div;
    int rc = happen(&t, kind, &p, e);
    p.machine.rate_hz = POTENTIAL_RATE_HZ;
    if (rc == 0)
        rc = machine_run(&p.machine, &t, &rng, e);
    for (int slow = 0; rc == 0 && slow < 2; slow++) {
        char *path = mem_printf("%s/%s%s.png", c->o->out, class->name, slow ? "_slow" : "");
        choose_view(&from_s, &per_div, &t);
        rc = path ? draw_rows(path, &t, &p, class, from_s, slow ? 1000 : 100, per_div, e)
                  : no_memory(e);
        mem_free(path);
    }
    timeline_release(&t);
    return rc;
}

static bool within(double value, double mean, double sd)
{
    return fabs(value - mean) <= 2 * sd;
}

static bool add_units(struct check *c, const struct unit_means *u, const struct census *x)
{
    double uv = census_mean(&x->amplitude_uv), ms = census_mean(&x->clean_ms);
    double phases = census_mean(&x->phases);
    bool passed = within(uv, u->amplitude_uv, u->amplitude_sd) &&
                  within(ms, u->duration_ms, u->duration_sd) &&
                  within(phases, u->phases, u->phases_sd);
    json_array_append_new(c->units,
                          json_pack("{s:s, s:[f,f,f], s:[f,f,f], s:[f,f,f], s:b}", "class",
                                    discharge_classes[u->kind].name, "amplitude_uv", uv,
                                    u->amplitude_uv, u->amplitude_sd, "duration_ms", ms,
                                    u->duration_ms, u->duration_sd, "phases", phases, u->phases,
                                    u->phases_sd, "passed", passed));
    return passed;
}

static void judge(struct check *c, enum discharge_kind kind, struct census *x)
{
    const struct discharge_class *class = &discharge_classes[kind];
    json_t *rows = json_array();
    bool passed = true;
    for (int i = 0; i < UCY_KINDS; i++)
        if (ucy[i].kind == kind && x->phases.n && x->amplitude_uv.n)
            passed = add_units(c, &ucy[i], x) && passed;
    passed =
        add_measure(rows, "amplitude", "uV", &x->amplitude_uv, class->amplitude_uv) && passed;
    passed = add_measure(rows, "duration", "ms", &x->duration_ms, class->duration_ms) && passed;
    passed = add_measure(rows, "rate", "Hz", &x->rate_hz, class->rate_hz) && passed;
    passed = add_measure(rows, "variation", "", &x->cv, class->cv) && passed;
    passed = add_sign(rows, &x->first_sign, class->first_sign) && passed;
    json_array_append_new(c->classes,
                          json_pack("{s:s, s:s, s:s, s:b, s:o}", "class", class->name, "label",
                                    class->label, "source", class->source, "passed", passed,
                                    "measures", rows));
    c->has_passed = c->has_passed && passed;
}

static int check_class(struct check *c, enum discharge_kind kind, struct err *e)
{
    struct census x = {0};
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < c->o->n_patients; i++) {
        struct patient p = patient_of(c, kind, i);
        struct timeline t;
        rc = happen(&t, kind, &p, e);
        if (rc == 0)
            rc = discharge_classes[kind].is_stretch ? census_add_windows(&x, &t, window_ms, e)
                                                    : census_add(&x, &t, (int)kind, e);
        timeline_release(&t);
    }
    if (rc == 0)
        judge(c, kind, &x);
    census_release(&x);
    return rc < 0 ? rc : draw_figures(c, kind, e);
}

int simulate_check(json_t **report, const struct simulate_check_options *o,
                   const struct monitor *monitor, struct err *e)
{
    assert(o->n_patients >= 1);
    struct check c = {.o = o, .has_passed = true};
    *report = NULL;
    int rc = file_make_folders(o->out, e);
    if (rc == 0)
        rc = file_check_writable(o->out, 8 << 20, e);
    if (rc < 0)
        return rc;
    c.classes = json_array();
    c.units = json_array();
    for (int k = 0; rc == 0 && k < DISCHARGE_N; k++) {
        rc = check_class(&c, (enum discharge_kind)k, e);
        monitor_progress(monitor, "checking classes", (uint64_t)k + 1, DISCHARGE_N, "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc =
                err_set(e, ERR_CANCELLED, "stopped after %d of %d classes", k + 1, DISCHARGE_N);
    }
    if (rc == 0 &&
        !(*report = json_pack("{s:i, s:s, s:s, s:I, s:b, s:O, s:O}", "schema", SCHEMA, "use",
                              "research use only", "version", o->version ? o->version : "",
                              "seed", (json_int_t)o->seed, "passed", c.has_passed, "classes",
                              c.classes, "units", c.units)))
        rc = no_memory(e);
    json_decref(c.classes);
    json_decref(c.units);
    return rc;
}
