/* simulate.c: see simulate.h. */
#include "job/simulate.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "base/text.h"
#include "base/workers.h"
#include "sim/site.h"
#include "wave/recording.h"
#include "wave/recording_write.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 512, FOLDER_BYTES = 16, PATH_BYTES = 64 };

struct simulate_options simulate_defaults(void)
{
    struct simulate_options o = {.format = "wfdb", .n_patients = 40, .n_threads = 2};
    o.wishes =
        (struct patient_wishes){.severity = -1, .months = -1, .n_sites = 8, .seconds = 10};
    for (int k = 0; k < DISCHARGE_N; k++)
        o.wishes.wants[k] = true;
    return o;
}

int simulate_choose(struct patient_wishes *w, const char *const *names, size_t n, struct err *e)
{
    for (int k = 0; k < DISCHARGE_N; k++)
        w->wants[k] = n == 0;
    for (size_t i = 0; i < n; i++) {
        bool is_known = false;
        for (int k = 0; k < DISCHARGE_N; k++) // "muap" names three
            if (!strcmp(names[i], discharge_classes[k].name) ||
                !strcmp(names[i], discharge_classes[k].label))
                is_known = w->wants[k] = true;
        if (!is_known)
            return err_set(e, ERR_USAGE, "class \"%s\" is not known; see nemg help simulate",
                           names[i]);
    }
    return 0;
}

struct simulation {
    const struct simulate_options *o;
    const char *extension;
    struct buffer manifest;
    uint64_t n_recordings[DISCHARGE_N], n_events[DISCHARGE_N]; // by kind
};

// What a worker hands over: a recording is written, this is its line.
struct made {
    enum discharge_kind main;
    uint64_t n_events[DISCHARGE_N]; // by the first kind of the label
    char line[LINE_BYTES];
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to simulate");
}

static void patient_folder(char out[FOLDER_BYTES], const struct patient *p)
{
    snprintf(out, FOLDER_BYTES, "%s%04zu", p->laboratory->name, p->number + 1);
}

// "a0001/a0001_s01.hea", as the manifest names it.
static void recording_path(char out[PATH_BYTES], const struct simulation *s,
                           const struct patient *p, const struct site *site)
{
    char folder[FOLDER_BYTES], name[SITE_NAME_BYTES];
    patient_folder(folder, p);
    site_name(name, p, site);
    snprintf(out, PATH_BYTES, "%s/%s.%s", folder, name, s->extension);
}

static void describe_line(struct made *made, const char *path, const struct patient *p,
                          const struct site *site, const struct recording *r)
{
    for (size_t i = 0; i < r->n_annotations; i++) {
        enum discharge_kind kind = discharge_find(r->annotations[i].label);
        assert(kind < DISCHARGE_N);
        made->n_events[kind]++;
    }
    snprintf(made->line, sizeof made->line,
             "%s,%s,%s,%s,%s,%s,%d,%s,%d,%.2f,%g,%g,%s,%zu,%llu,%llu\n", path, r->patient,
             r->muscle, r->side, r->site, discharge_classes[site->main].name, site->grade,
             p->laboratory->name, p->severity, p->body.months, p->machine.rate_hz,
             recording_duration_s(r), electrode_kinds[p->machine.electrode], r->n_annotations,
             (unsigned long long)made->n_events[DISCHARGE_FIBRILLATION],
             (unsigned long long)made->n_events[DISCHARGE_POSITIVE_SHARP_WAVE]);
}

static const char manifest_head[] = "recording,patient,muscle,side,site,activity,grade,"
                                    "laboratory,severity,months,rate_hz,seconds,"
                                    "electrode,events,fibs,psw\n";

static int make_recording(void *context, uint64_t i, void **item, struct err *e)
{
    const struct simulation *s = context;
    const struct simulate_options *o = s->o;
    struct patient p;
    struct site site;
    struct recording *r = NULL;
    char relative[PATH_BYTES];
    patient_init(&p, o->seed, (size_t)(i / o->wishes.n_sites), &o->wishes);
    site_plan(&site, &p, (size_t)(i % o->wishes.n_sites), &o->wishes);
    recording_path(relative, s, &p, &site);
    struct made *made = mem_zalloc(sizeof *made);
    char *path = path_join(o->out, relative);
    int rc = made && path ? site_record(&r, &p, &site, o->wishes.seconds, e) : no_memory(e);
    if (rc == 0)
        rc = recording_write(path, o->format, r, e);
    if (rc == 0) {
        made->main = site.main;
        describe_line(made, relative, &p, &site, r);
        *item = made;
        made = NULL;
    }
    recording_close(r);
    mem_free(path);
    mem_free(made);
    return rc;
}

static void free_made(void *context, void *item)
{
    (void)context;
    mem_free(item);
}

static int check_options(const struct simulate_options *o, struct err *e)
{
    const struct patient_wishes *w = &o->wishes;
    bool wants_any = false;
    for (int k = 0; k < DISCHARGE_N; k++)
        wants_any = wants_any || w->wants[k];
    if (!o->n_patients || o->n_patients > SIMULATE_MAX_PATIENTS)
        return err_set(e, ERR_USAGE, "%zu patients, wanted 1 to %d", o->n_patients,
                       SIMULATE_MAX_PATIENTS);
    if (!w->n_sites || w->n_sites >= PATIENT_MAX_SITES)
        return err_set(e, ERR_USAGE, "%zu sites, wanted 1 to %d", w->n_sites,
                       PATIENT_MAX_SITES - 1);
    if (!(w->seconds >= SIMULATE_MIN_SECONDS && w->seconds <= SIMULATE_MAX_SECONDS))
        return err_set(e, ERR_USAGE, "recordings of %g s, wanted %g to %d", w->seconds,
                       SIMULATE_MIN_SECONDS, SIMULATE_MAX_SECONDS);
    if (!wants_any)
        return err_set(e, ERR_USAGE, "no class is wanted");
    if (!recording_write_format("", o->format))
        return err_set(e, ERR_USAGE, "format \"%s\", wanted wfdb or edf", o->format);
    return 0;
}

// Is name a patient's folder of ours: a laboratory's name and four digits?
static bool is_patient_folder(const char *name)
{
    for (const char *const *l = laboratory_names; *l; l++) {
        size_t n = strlen(*l),
               n_digits = strspn(name + (strncmp(name, *l, n) ? 0 : n), "0123456789");
        if (!strncmp(name, *l, n) && n_digits == 4 && !name[n + n_digits])
            return true;
    }
    return false;
}

// "a0001_s01.dat" of patient a0001, as the writers name them.
static bool is_recording_of(const char *name, const char *patient)
{
    static const char *const endings[] = {".hea", ".dat", ".atr", ".edf", NULL};
    size_t n = strlen(patient);
    for (const char *const *x = endings; *x; x++)
        if (!strncmp(name, patient, n) && !strncmp(name + n, "_s", 2) &&
            !strcmp(name + n + 2 + strspn(name + n + 2, "0123456789"), *x))
            return true;
    return false;
}

static int clear_folder(const char *folder, const char *patient, struct err *e)
{
    struct file_list l;
    int rc = file_list_folder(&l, folder, e);
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        char *path =
            is_recording_of(l.names[i], patient) ? path_join(folder, l.names[i]) : NULL;
        if (path)
            rc = file_remove(path, e);
        mem_free(path);
    }
    file_list_release(&l);
    return rc;
}

// The old simulation goes first, its description before its recordings.
static int clear_old(const char *out, struct err *e)
{
    struct file_list l;
    char *json = path_join(out, "simulation.json");
    int rc = json ? file_remove(json, e) : no_memory(e);
    mem_free(json);
    if (rc == 0)
        rc = file_list_folder(&l, out, e);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        char *folder = is_patient_folder(l.names[i]) ? path_join(out, l.names[i]) : NULL;
        if (folder && file_is_folder(folder))
            rc = clear_folder(folder, l.names[i], e);
        mem_free(folder);
    }
    file_list_release(&l);
    return rc;
}

// Folders, room on the disk, nothing of worth replaced.
static int prepare(const struct simulate_options *o, struct err *e)
{
    const struct patient_wishes *w = &o->wishes;
    char *json = path_join(o->out, "simulation.json"),
         *manifest = path_join(o->out, "manifest.csv");
    bool is_there = json && file_exists(json), has_manifest = manifest && file_exists(manifest);
    int rc = json && manifest ? 0 : no_memory(e);
    mem_free(json);
    mem_free(manifest);
    if (rc == 0 && is_there && !o->want_overwrite)
        rc = err_set(e, ERR_USAGE, "%s: a simulation is there already: --force replaces it",
                     o->out);
    else if (rc == 0 && has_manifest && !o->want_overwrite)
        rc = err_set(e, ERR_USAGE,
                     "%s: holds manifest.csv, but no simulation: name another folder, or "
                     "--force",
                     o->out);
    if (rc < 0)
        return rc;
    double n_bytes = (double)o->n_patients * (double)w->n_sites *
                     (w->seconds * laboratories[w->laboratory].rate_hz * 2 + 30e3);
    rc = file_make_folders(o->out, e);
    if (rc == 0)
        rc = file_check_writable(o->out, (uint64_t)n_bytes, e);
    if (rc == 0 && is_there)
        rc = clear_old(o->out, e);
    for (size_t i = 0; rc == 0 && i < o->n_patients; i++) {
        struct patient p;
        char name[FOLDER_BYTES];
        patient_init(&p, o->seed, i, w);
        patient_folder(name, &p);
        char *folder = path_join(o->out, name);
        rc = folder ? file_make_folders(folder, e) : no_memory(e);
        mem_free(folder);
    }
    return rc;
}

static int make_all(struct simulation *s, const struct monitor *monitor, struct err *e)
{
    struct workers *w = NULL;
    uint64_t n = (uint64_t)s->o->n_patients * s->o->wishes.n_sites;
    const struct workers_spec spec = {.n_threads = s->o->n_threads,
                                      .depth = 2 * s->o->n_threads + 1,
                                      .n = n,
                                      .context = s,
                                      .make = make_recording,
                                      .free_item = free_made};
    int rc = workers_open(&w, &spec, e);
    buffer_append(&s->manifest, manifest_head, strlen(manifest_head));
    for (uint64_t i = 0; rc == 0 && i < n; i++) {
        void *item;
        rc = workers_next(w, &item, e);
        if (rc < 0)
            break;
        struct made *made = item;
        rc = 0;
        buffer_append(&s->manifest, made->line, strlen(made->line));
        s->n_recordings[made->main]++;
        for (int k = 0; k < DISCHARGE_N; k++)
            s->n_events[k] += made->n_events[k];
        mem_free(made);
        monitor_progress(monitor, "simulating recordings", i + 1, n, "");
        if (monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped after %llu of %llu recordings",
                         (unsigned long long)i + 1, (unsigned long long)n);
    }
    workers_close(w);
    return rc < 0 || !s->manifest.failed ? rc : no_memory(e);
}

static json_t *range_json(const double range[2])
{
    return json_pack("[f, f]", range[0], range[1]);
}

static json_t *laboratory_json(const struct laboratory *l)
{
    return json_pack("{s:s, s:f, s:i, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:f, s:o, s:o}",
                     "name", l->name, "rate_hz", l->rate_hz, "bits", l->bits, "range_uv",
                     range_json(l->range_uv), "highpass_hz", range_json(l->highpass_hz),
                     "lowpass_hz", range_json(l->lowpass_hz), "mains_hz", l->mains_hz,
                     "mains_uv", range_json(l->mains_uv), "white_uv", range_json(l->white_uv),
                     "pink_uv", range_json(l->pink_uv), "sway_uv", range_json(l->sway_uv),
                     "monopolar_share", l->monopolar_share, "diameter_um",
                     range_json(l->diameter_um), "stretch", range_json(l->stretch));
}

static json_t *patients_json(const struct simulate_options *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i < o->n_patients; i++) {
        struct patient p;
        char name[FOLDER_BYTES];
        patient_init(&p, o->seed, i, &o->wishes);
        patient_folder(name, &p);
        const struct machine *m = &p.machine;
        json_array_append_new(
            list,
            json_pack("{s:s, s:i, s:f, s:[s,s], s:s, s:f, s:f, s:f, s:s, s:f, s:f, s:f, s:f, "
                      "s:f, s:f, s:f}",
                      "patient", name, "severity", p.severity, "months", p.body.months,
                      "muscles", p.muscles[0], p.muscles[1], "side", p.side, "diameter_um",
                      p.body.diameter_um, "diameter_sd_um", p.body.diameter_sd_um, "stretch",
                      p.body.stretch, "electrode", electrode_kinds[m->electrode], "white_uv",
                      m->white_uv, "pink_uv", m->pink_uv, "mains_uv", m->mains_uv, "sway_uv",
                      m->sway_uv, "highpass_hz", m->highpass_hz, "lowpass_hz", m->lowpass_hz,
                      "range_uv", m->range_uv));
    }
    return list;
}

static json_t *classes_json(const struct simulation *s)
{
    json_t *list = json_array();
    for (int k = 0; k < DISCHARGE_N; k++) {
        const struct discharge_class *c = &discharge_classes[k];
        bool is_first = discharge_find(c->label) == (enum discharge_kind)k;
        json_t *x =
            json_pack("{s:s, s:s, s:I, s:s}", "class", c->name, "label", c->label, "recordings",
                      (json_int_t)s->n_recordings[k], "source", c->source);
        if (is_first)
            json_object_set_new(x, "events", json_integer((json_int_t)s->n_events[k]));
        json_array_append_new(list, x);
    }
    return list;
}

static json_t *describe(const struct simulation *s)
{
    const struct simulate_options *o = s->o;
    const struct patient_wishes *w = &o->wishes;
    uint64_t n = (uint64_t)o->n_patients * w->n_sites;
    json_t *root = json_pack(
        "{s:i, s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:f, s:s, s:s}", "schema", SIMULATE_SCHEMA,
        "use", "research use only", "version", o->version ? o->version : "", "seed",
        (json_int_t)o->seed, "format", o->format, "patients", (json_int_t)o->n_patients,
        "sites_per_patient", (json_int_t)w->n_sites, "recordings", (json_int_t)n, "seconds",
        w->seconds, "polarity", "positive numbers are positive at the active electrode",
        "event_times", "of the clean potential, before the machine's filters");
    json_object_set_new(root, "severity",
                        w->severity < 0 ? json_null() : json_integer(w->severity));
    json_object_set_new(root, "months", w->months < 0 ? json_null() : json_real(w->months));
    json_object_set_new(root, "laboratory", laboratory_json(&laboratories[w->laboratory]));
    json_object_set_new(root, "classes", classes_json(s));
    json_object_set_new(root, "patient_list", patients_json(o));
    return root;
}

int simulate(json_t **report, const struct simulate_options *o, const struct monitor *monitor,
             struct err *e)
{
    struct simulation s = {.o = o};
    *report = NULL;
    int rc = check_options(o, e);
    if (rc < 0)
        return rc;
    s.extension = recording_write_format("", o->format)->extension;
    char *manifest = path_join(o->out, "manifest.csv"),
         *json = path_join(o->out, "simulation.json");
    rc = manifest && json ? prepare(o, e) : no_memory(e);
    if (rc == 0)
        rc = make_all(&s, monitor, e);
    if (rc == 0)
        rc = file_write(manifest, s.manifest.data, s.manifest.n, e);
    if (rc == 0 && !(*report = describe(&s)))
        rc = no_memory(e);
    if (rc == 0)
        rc = jsonfile_write(json, *report, e);
    if (rc < 0) {
        json_decref(*report);
        *report = NULL;
    }
    buffer_release(&s.manifest);
    mem_free(manifest);
    mem_free(json);
    return rc;
}
