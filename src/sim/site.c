/* site.c: see site.h. */
#include "sim/site.h"

#include "base/err.h"
#include "base/mem.h"
#include "sim/patient.h"
#include "sim/sim_priv.h"
#include "wave/recording.h"

#include <math.h>
#include <stdio.h>

enum { TEXT_BYTES = 64, NOTES = 10, NOTE_BYTES = 80 };

static const double shortest_silence_s = 0.1, silence_margin_s = 0.01;

void site_name(char out[SITE_NAME_BYTES], const struct patient *p, const struct site *s)
{
    snprintf(out, SITE_NAME_BYTES, "%s%04zu_s%02zu", p->laboratory->name, p->number + 1,
             s->number + 1);
}

// What comes with the main thing: the other kind of train, the burst of the insertion,
// end-plate noise under spikes, distant units.
static int add_more(struct discharge_scene *scene, const struct site *s, struct rng *rng,
                    struct err *e)
{
    struct discharge_body one_train = *scene->body, *const body = &one_train;
    struct discharge_scene more = *scene;
    bool is_fibs = s->main == DISCHARGE_FIBRILLATION;
    bool is_waves = s->main == DISCHARGE_POSITIVE_SHARP_WAVE;
    double u = rng_uniform(rng), distant = rng_uniform(rng);
    int rc = 0;
    body->grade = 1;
    more.body = body;
    if ((is_fibs || is_waves) && s->has_both && u < 0.15)
        rc =
            is_fibs ? generate_sharp_wave(&more, rng, e) : generate_fibrillation(&more, rng, e);
    if (s->main == DISCHARGE_ENDPLATE_SPIKE && u < 0.6)
        rc = generate_endplate_noise(&more, rng, e);
    if (rc == 0 && distant < 0.25)
        rc = add_distant_unit(&more, rng, e);
    scene->n_sources = more.n_sources;
    return rc;
}

int site_happen(struct timeline *t, const struct patient *p, const struct site *s,
                double seconds, struct err *e)
{
    struct electrode el;
    struct discharge_body body = p->body;
    struct rng main = patient_stream(p, s->number, SOURCE_MAIN);
    struct rng more = patient_stream(p, s->number, SOURCE_MORE);
    body.grade = s->grade;
    electrode_init(&el, p->machine.electrode);
    struct discharge_scene scene = {.t = t, .el = &el, .body = &body};
    int rc = timeline_init(t, seconds, p->machine.rate_hz, e);
    if (rc == 0)
        rc = discharge_classes[s->main].generate(&scene, &main, e);
    if (rc == 0)
        rc = add_more(&scene, s, &more, e);
    if (rc < 0)
        timeline_release(t);
    return rc;
}

// Marks the stretches in which nothing happens. Events are in the order of their onset.
static int mark_silence(struct timeline *t, struct err *e)
{
    size_t n = t->n_events;
    double quiet_s = 0;
    for (size_t i = 0; i <= n; i++) {
        double to_s = i < n ? t->events[i].onset_s : timeline_seconds(t);
        struct timeline_event note = {.kind = DISCHARGE_SILENCE,
                                      .onset_s = quiet_s + silence_margin_s,
                                      .duration_s = to_s - quiet_s - 2 * silence_margin_s};
        double end_s = i < n ? to_s + t->events[i].duration_s : to_s;
        int rc = note.duration_s >= shortest_silence_s ? timeline_mark(t, &note, e) : 0;
        if (rc < 0)
            return rc;
        quiet_s = fmax(quiet_s, end_s);
    }
    timeline_sort(t);
    return 0;
}

static void write_text(char *out, const struct timeline_event *event)
{
    const struct discharge_class *c = &discharge_classes[event->kind];
    bool is_unit =
        event->kind == DISCHARGE_FASCICULATION ||
        (event->kind >= DISCHARGE_NEUROMYOTONIC && event->kind <= DISCHARGE_SINGLE_UNIT);
    const char *what = c->is_artefact ? "pulse" : is_unit ? "unit" : "fibre";
    if (event->source && event->amplitude_uv > 0)
        snprintf(out, TEXT_BYTES, "%s=%u firing=%u amplitude_uv=%.0f", what, event->source,
                 event->firing, event->amplitude_uv);
    else
        snprintf(out, TEXT_BYTES, "stretch");
}

// The timeline as a recording. Texts of the notes are made here and copied by the recording.
static int to_recording(struct recording **out, const struct timeline *t,
                        const struct patient *p, const struct site *s, struct err *e)
{
    const struct machine *m = &p->machine;
    char patient[TEXT_BYTES], site[TEXT_BYTES], prefilter[TEXT_BYTES];
    char notes[NOTES][NOTE_BYTES];
    const char *note_list[NOTES];
    size_t n_notes = 0;
    snprintf(patient, sizeof patient, "%s%04zu", p->laboratory->name, p->number + 1);
    snprintf(site, sizeof site, "%zu", s->number / 2 + 1);
    snprintf(prefilter, sizeof prefilter, "HP:%gHz LP:%gHz", m->highpass_hz, m->lowpass_hz);
    snprintf(notes[n_notes++], NOTE_BYTES, "simulated: yes");
    snprintf(notes[n_notes++], NOTE_BYTES, "class: %s", discharge_classes[s->main].name);
    snprintf(notes[n_notes++], NOTE_BYTES, "grade: %d", s->grade);
    snprintf(notes[n_notes++], NOTE_BYTES, "laboratory: %s", p->laboratory->name);
    snprintf(notes[n_notes++], NOTE_BYTES, "electrode: %s", electrode_kinds[m->electrode]);
    snprintf(notes[n_notes++], NOTE_BYTES, "months: %.1f", p->body.months);
    for (size_t i = 0; i < n_notes; i++)
        note_list[i] = notes[i];
    struct channel channel = {.name = "EMG",
                              .unit = CHANNEL_UNIT_MICROVOLTS,
                              .rate_hz = t->rate_hz,
                              .n_samples = t->n,
                              .counts_per_uv = machine_counts_per_uv(m),
                              .bits = m->bits,
                              .prefilter = prefilter};
    struct annotation *annotations = mem_array(t->n_events, sizeof *annotations);
    char(*texts)[TEXT_BYTES] = mem_array(t->n_events, sizeof *texts);
    int rc = annotations && texts ? 0 : err_set(e, ERR_MEMORY, "no memory for annotations");
    for (size_t i = 0; rc == 0 && i < t->n_events; i++) {
        const struct timeline_event *event = &t->events[i];
        write_text(texts[i], event);
        annotations[i] = (struct annotation){event->onset_s, event->duration_s, 0,
                                             discharge_classes[event->kind].label, texts[i]};
    }
    struct recording_facts facts = {.channels = &channel,
                                    .n_channels = 1,
                                    .annotations = annotations,
                                    .n_annotations = t->n_events,
                                    .patient = patient,
                                    .muscle = p->muscles[s->i_muscle],
                                    .side = p->side,
                                    .site = site,
                                    .polarity = POLARITY_POSITIVE_UP,
                                    .notes = note_list,
                                    .n_notes = n_notes};
    if (rc == 0)
        rc = recording_new(out, &facts, (const float *const[]){t->uv}, e);
    mem_free(annotations);
    mem_free(texts);
    return rc;
}

int site_record(struct recording **out, const struct patient *p, const struct site *s,
                double seconds, struct err *e)
{
    struct timeline t;
    struct rng rng = patient_stream(p, s->number, SOURCE_MACHINE);
    *out = NULL;
    int rc = site_happen(&t, p, s, seconds, e);
    if (rc < 0)
        return rc;
    rc = machine_run(&p->machine, &t, &rng, e);
    if (rc == 0) {
        timeline_sort(&t);
        rc = mark_silence(&t, e);
    }
    if (rc == 0)
        rc = to_recording(out, &t, p, s, e);
    timeline_release(&t);
    return rc;
}
