/*
 * patient.c: see patient.h.
 *
 * Streams of random numbers are named by (patient, site, source), so that nothing depends on
 * what else was simulated, or on which thread.
 */
#include "sim/patient.h"

#include "sim/sim_priv.h"

#include <assert.h>
#include <math.h>

const char *const laboratory_names[] = {"a", "b", NULL};

// Settings: a guideline's (2 Hz to 10 kHz, at least 20 kHz wanted, amplifier noise up to 4 uV;
// needle-emg.md [22]) and what is common practice (10 or 20 Hz, 5 kHz; textbook).
const struct laboratory laboratories[] = {
    {
        .name = "a",
        .rate_hz = 24000,
        .bits = 16,
        .range_uv = {5000, 10000},
        .highpass_hz = {2, 10},
        .lowpass_hz = {10000, 8000},
        .mains_hz = 50,
        .mains_uv = {0.1, 3},
        .white_uv = {1.5, 5},
        .pink_uv = {0.5, 2},
        .sway_uv = {1, 30},
        .monopolar_share = 0.15,
        .diameter_um = {48, 62},
        .stretch = {0.85, 1.1},
    },
    {
        .name = "b",
        .rate_hz = 20000,
        .bits = 12,
        .range_uv = {2000, 4000},
        .highpass_hz = {20, 20},
        .lowpass_hz = {5000, 8000},
        .mains_hz = 60,
        .mains_uv = {0.5, 6},
        .white_uv = {2.5, 8},
        .pink_uv = {1, 4},
        .sway_uv = {2, 60},
        .monopolar_share = 0.5,
        .diameter_um = {44, 66},
        .stretch = {0.8, 1.2},
    },
};

// Muscles that are examined for root, nerve and motor neuron lesions, two for each patient.
static const char *const muscle_pairs[][2] = {
    {"tibialis anterior", "vastus lateralis"},
    {"first dorsal interosseous", "biceps brachii"},
    {"gastrocnemius medialis", "tibialis anterior"},
    {"extensor digitorum communis", "deltoid"},
    {"abductor pollicis brevis", "first dorsal interosseous"},
    {"biceps brachii", "triceps brachii"},
};

enum { ALL_SITES = 0xFFFF };

static struct rng stream(uint64_t seed, size_t patient, size_t site, enum patient_source source)
{
    assert(site <= ALL_SITES);
    return rng_of(seed, ((uint64_t)patient + 1) << 32 | (uint64_t)site << 16 | source);
}

struct rng patient_stream(const struct patient *p, size_t site, enum patient_source source)
{
    return stream(p->seed, p->number, site, source);
}

static double from_range(const double range[2], struct rng *rng)
{
    return rng_between(rng, range[0], range[1]);
}

static double from_log_range(const double range[2], struct rng *rng)
{
    return draw_log(rng, range[0], range[1]);
}

static void draw_machine(struct machine *m, const struct laboratory *l, struct rng *rng)
{
    *m = (struct machine){
        .rate_hz = l->rate_hz,
        .bits = l->bits,
        .mains_hz = l->mains_hz,
    };
    m->range_uv = l->range_uv[rng_below(rng, 2)];
    m->highpass_hz = l->highpass_hz[rng_below(rng, 2)];
    m->lowpass_hz = l->lowpass_hz[rng_below(rng, 2)];
    m->mains_uv = from_log_range(l->mains_uv, rng);
    m->white_uv = from_log_range(l->white_uv, rng);
    m->pink_uv = from_log_range(l->pink_uv, rng);
    m->sway_uv = from_log_range(l->sway_uv, rng);
    bool is_monopolar = rng_uniform(rng) < l->monopolar_share;
    m->electrode = is_monopolar ? ELECTRODE_MONOPOLAR : ELECTRODE_CONCENTRIC;
    if (is_monopolar) // its reference is a surface electrode: more noise (textbook)
        m->white_uv *= 1.4;
}

static int draw_severity(struct rng *rng)
{
    static const double up_to[] = {0.15, 0.35, 0.60, 0.85};
    double u = rng_uniform(rng);
    int severity = 0;
    while (severity < 4 && u >= up_to[severity])
        severity++;
    return severity;
}

void patient_init(struct patient *p, uint64_t seed, size_t number,
                  const struct patient_wishes *w)
{
    assert(w->laboratory < LABORATORIES);
    const struct laboratory *l = &laboratories[w->laboratory];
    struct rng rng = stream(seed, number, ALL_SITES, SOURCE_PATIENT);
    *p = (struct patient){.seed = seed, .number = number, .laboratory = l};
    draw_machine(&p->machine, l, &rng);
    int severity = draw_severity(&rng);
    double months = draw_log(&rng, 0.7, 14); // none before two weeks (textbook)
    p->severity = w->severity >= 0 ? w->severity : severity;
    p->body.months = w->months >= 0 ? w->months : months;
    p->body.diameter_um = from_range(l->diameter_um, &rng);
    p->body.diameter_sd_um = rng_between(&rng, 6, 11);
    p->body.stretch = from_range(l->stretch, &rng);
    size_t pair = rng_below(&rng, sizeof muscle_pairs / sizeof muscle_pairs[0]);
    p->muscles[0] = muscle_pairs[pair][0];
    p->muscles[1] = muscle_pairs[pair][1];
    p->side = rng_below(&rng, 2) ? "left" : "right";
}

// Of the k-th of n sites of a muscle of that grade: are there trains? Textbook grading: 1, in
// two sites at least; 2, in three; 3 and 4, everywhere.
static bool has_trains(int grade, size_t k)
{
    static const size_t n_sites[] = {0, 2, 3, SIZE_MAX, SIZE_MAX};
    return k < n_sites[grade];
}

static enum discharge_kind draw_other(const struct patient_wishes *w, struct rng *rng)
{
    double total = 0, u = rng_uniform(rng);
    for (int k = 0; k < DISCHARGE_N; k++)
        total += w->wants[k] ? discharge_classes[k].weight : 0;
    enum discharge_kind last = DISCHARGE_N;
    double sum = 0;
    for (int k = 0; k < DISCHARGE_N; k++) {
        double weight = w->wants[k] ? discharge_classes[k].weight : 0;
        if (weight > 0 && sum <= u * total)
            last = (enum discharge_kind)k;
        sum += weight;
    }
    return last; // DISCHARGE_N: there are none but trains
}

void site_plan(struct site *s, const struct patient *p, size_t number,
               const struct patient_wishes *w)
{
    assert(number < PATIENT_MAX_SITES);
    struct rng rng = stream(p->seed, p->number, number, SOURCE_PLAN);
    bool wants_fibs = w->wants[DISCHARGE_FIBRILLATION];
    bool wants_waves = w->wants[DISCHARGE_POSITIVE_SHARP_WAVE];
    size_t i_muscle = number % 2, k = number / 2;
    *s = (struct site){.number = number, .i_muscle = i_muscle};
    s->grade = i_muscle == 0 ? p->severity : 0;
    enum discharge_kind other = draw_other(w, &rng);
    bool is_train = has_trains(s->grade, k) || other == DISCHARGE_N;
    if (!is_train || (!wants_fibs && !wants_waves)) {
        s->main = other;
        return;
    }
    if (s->grade == 0)
        s->grade = 1;
    // Both kinds come from the same muscles; the k-th site of every second patient begins with
    // the other one.
    bool is_wave = wants_waves && (!wants_fibs || (k + p->number) % 2 == 0);
    s->has_both = wants_fibs && wants_waves;
    s->main = is_wave ? DISCHARGE_POSITIVE_SHARP_WAVE : DISCHARGE_FIBRILLATION;
}
