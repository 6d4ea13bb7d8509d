/*
 * discharge.c: see discharge.h; and what the generators share.
 *
 * Sources of the table's ranges, numbered as in docs/simulator.md.
 */
#include "sim/discharge.h"

#include "base/err.h"
#include "base/rng.h"
#include "sim/electrode.h"
#include "sim/motor_unit.h"
#include "sim/sim_priv.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define ANY                                                                                    \
    {                                                                                          \
        0, 0                                                                                   \
    }

const struct discharge_class discharge_classes[] = {
    {"fibrillation",
     "Fibs",
     "Fibrillation potentials",
     {20, 1000},
     {0.5, 5.5},
     {0.5, 30},
     {0.005, 0.6},
     1,
     "StatPearls [24], ID0611 [25], Kraft 1990 [26]",
     false,
     false,
     0,
     generate_fibrillation},
    {"positive_sharp_wave",
     "PSW",
     "Positive sharp waves",
     {20, 1000},
     {5, 150},
     {0.5, 40},
     {0.005, 0.6},
     1,
     "StatPearls [24], ID0611 [25]",
     false,
     false,
     0,
     generate_sharp_wave},
    {"endplate_noise",
     "endplate_noise",
     "End-plate noise",
     {2, 60},
     {0.3, 4},
     {20, 400},
     {0.5, 1.5},
     -1,
     "teaching slides [28], textbook",
     false,
     true,
     1,
     generate_endplate_noise},
    {"endplate_spike",
     "endplate_spike",
     "End-plate spikes",
     {50, 300},
     {2, 5},
     {1, 60},
     {0.4, 1.3},
     -1,
     "teaching slides [28], Partanen 2013 [27], textbook",
     false,
     false,
     1.6,
     generate_endplate_spike},
    {"insertional",
     "insertional",
     "Insertional activity",
     {30, 600},
     ANY,
     ANY,
     ANY,
     0,
     "StatPearls [24], Dumitru & Martinez 2006 [29], textbook",
     false,
     false,
     0.8,
     generate_insertional},
    {"fasciculation",
     "fasciculation",
     "Fasciculation potentials",
     {100, 5000},
     {5, 25},
     {0.01, 10},
     {0.4, 1.5},
     0,
     "AVID [15b], textbook",
     false,
     false,
     0.8,
     generate_fasciculation},
    {"complex_repetitive",
     "crd",
     "Complex repetitive discharge",
     {100, 1000},
     {6, 100},
     {5, 150},
     {0, 0.01},
     0,
     "WUSTL [23], glossary [30], textbook",
     false,
     false,
     0.8,
     generate_complex_repetitive},
    {"myotonic",
     "myotonic",
     "Myotonic discharge",
     {10, 1000},
     {0.5, 30},
     {20, 150},
     ANY,
     1,
     "AANEM [31], textbook",
     false,
     false,
     0.8,
     generate_myotonic},
    {"neuromyotonic",
     "neuromyotonic",
     "Neuromyotonic discharge",
     {20, 1500},
     {2, 20},
     {140, 310},
     ANY,
     0,
     "textbook",
     false,
     false,
     0.5,
     generate_neuromyotonic},
    {"myokymic",
     "myokymic",
     "Myokymic discharge",
     {100, 3000},
     {2, 25},
     {35, 65},
     ANY,
     0,
     "textbook",
     false,
     false,
     0.7,
     generate_myokymic},
    {"cramp",
     "cramp",
     "Cramp discharge",
     {30, 3000},
     {2, 25},
     {30, 155},
     ANY,
     0,
     "textbook",
     false,
     false,
     0.5,
     generate_cramp},
    {"muap_normal",
     "muap",
     "Voluntary motor unit potentials, normal",
     {50, 3000},
     {2, 18},
     {4.5, 16},
     {0.07, 0.22},
     0,
     "UCY, JNNP [32], Aminoff [33], Clamann 1969 [34]",
     false,
     false,
     1.5,
     generate_normal_units},
    {"muap_neurogenic",
     "muap",
     "Voluntary motor unit potentials, neurogenic",
     {50, 12000},
     {4, 30},
     {4.5, 25},
     {0.07, 0.22},
     0,
     "UCY, textbook",
     false,
     false,
     1.2,
     generate_neurogenic_units},
    {"muap_myopathic",
     "muap",
     "Voluntary motor unit potentials, myopathic",
     {30, 2000},
     {1, 14},
     {4.5, 20},
     {0.07, 0.22},
     0,
     "UCY, textbook",
     false,
     false,
     1.2,
     generate_myopathic_units},
    {"single_unit",
     "single_unit",
     "Continuous single motor unit",
     {50, 3000},
     {2, 20},
     {1.3, 18.1},
     {0.01, 0.08},
     0,
     "Posa 2020 [20]",
     false,
     false,
     1.6,
     generate_single_unit},
    {"mains",
     "artefact_mains",
     "Mains",
     {20, 3000},
     ANY,
     {50, 60},
     ANY,
     0,
     "measured on real recordings (needle-emg.md, fact 4)",
     true,
     true,
     0.4,
     generate_mains},
    {"pacemaker",
     "artefact_pacemaker",
     "Pacemaker",
     {50, 3000},
     {0.2, 10},
     {0.9, 1.7},
     ANY,
     0,
     "textbook",
     true,
     false,
     0.4,
     generate_pacemaker},
    {"stimulator",
     "artefact_stimulator",
     "Stimulator",
     {50, 10000},
     {0.1, 8},
     {0.8, 3.2},
     ANY,
     0,
     "textbook",
     true,
     false,
     0.4,
     generate_stimulator},
    {"radio",
     "artefact_radio",
     "Radio (telephone)",
     {10, 500},
     ANY,
     {216, 218},
     ANY,
     0,
     "GSM 05.02: a slot of 577 us each 4.615 ms",
     true,
     true,
     0.4,
     generate_radio},
    {"movement",
     "artefact_movement",
     "Needle and cable movement",
     {50, 20000},
     ANY,
     ANY,
     ANY,
     0,
     "textbook",
     true,
     false,
     0.5,
     generate_movement},
    {"saturation", "artefact_saturation", "Saturated amplifier", ANY, ANY, ANY, ANY, 0,
     "textbook", true, true, 0.3, generate_saturation},
    {"silence", "silence", "Electrical silence", ANY, ANY, ANY, ANY, 0, "textbook", false, true,
     1.6, generate_silence},
};

enum discharge_kind discharge_find(const char *name)
{
    for (int k = 0; k < DISCHARGE_N; k++)
        if (!strcmp(discharge_classes[k].name, name) ||
            !strcmp(discharge_classes[k].label, name))
            return (enum discharge_kind)k;
    return DISCHARGE_N;
}

double discharge_kraft_uv(double months)
{
    static const double at[] = {1, 3.5, 5.5, 12}, uv[] = {612, 512, 320, 100};
    if (months <= at[0])
        return uv[0];
    for (int i = 1; i < 4; i++)
        if (months <= at[i])
            return uv[i - 1] + (uv[i] - uv[i - 1]) * (months - at[i - 1]) / (at[i] - at[i - 1]);
    return uv[3];
}

double draw_log(struct rng *rng, double least, double most)
{
    return exp(rng_between(rng, log(least), log(most)));
}

int run_add(struct timeline *t, struct run *run, const struct timeline_shape *shapes,
            const enum discharge_kind *kinds, size_t n_shapes, bool morphs, struct rng *rng,
            struct err *e)
{
    const double margin_s = 0.1;
    double to_s = fmin(run->to_s, timeline_seconds(t) + margin_s),
           long_s = run->to_s - run->from_s;
    for (double at_s = run->from_s; at_s < to_s;
         at_s += rhythm_interval_s(&run->rhythm, at_s - run->from_s, rng)) {
        double part = long_s > 0 ? (at_s - run->from_s) / long_s : 0;
        size_t i = morphs ? (size_t)fmin((double)n_shapes * part, (double)n_shapes - 1)
                          : rng_below(rng, (uint32_t)n_shapes);
        double wave = sin(3.141592653589793 * part);
        double factor = (1 - run->swell * (1 - wave)) * (1 - run->decay * part);
        struct timeline_event note = {.kind = (int)(kinds ? kinds[i] : run->kind),
                                      .source = run->source,
                                      .firing = ++run->firing};
        int rc = at_s < -margin_s ? 0 : timeline_add(t, &shapes[i], at_s, factor, &note, e);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static double body_diameter(const struct discharge_body *b, double factor, struct rng *rng)
{
    return fmin(90, fmax(22, factor * (b->diameter_um + b->diameter_sd_um * rng_normal(rng))));
}

// Denervated fibres shrink: to about two thirds of their diameter in half a year (textbook).
static double atrophy(const struct discharge_body *b)
{
    return 0.62 + 0.38 * exp(-b->months / 5);
}

struct fibre_draw draw_passing_fibre(const struct discharge_body *b, struct rng *rng)
{
    double way_mm = rng_between(rng, 8, 25) * (rng_below(rng, 2) ? 1 : -1);
    return (struct fibre_draw){.f = {.diameter_um = body_diameter(b, atrophy(b), rng),
                                     .stretch = b->stretch * rng_between(rng, 0.5, 1.05),
                                     .end_plate_mm = way_mm,
                                     .left_mm = fmin(way_mm, 0) - rng_between(rng, 25, 45),
                                     .right_mm = fmax(way_mm, 0) + rng_between(rng, 25, 45)}};
}

struct fibre_draw draw_crushed_fibre(const struct discharge_body *b, struct rng *rng)
{
    struct fibre_draw d = {.f = {.diameter_um = body_diameter(b, atrophy(b), rng),
                                 .stretch = b->stretch * rng_between(rng, 0.5, 1.05)},
                           .is_blocked = true};
    // around the recipe of needle-emg.md, section 3
    d.block.block_mm = rng_between(rng, 0.1, 0.6);
    d.block.origin_mm = d.block.block_mm - rng_between(rng, 10, 20);
    d.block.ramp_mm = rng_between(rng, 1.2, 2.4);
    d.block.slow_mm = rng_between(rng, 0.7, 1.5);
    d.block.tau_ms = rng_between(rng, 4, 10);
    d.block.mix = rng_between(rng, 0.7, 1);
    return d;
}

struct fibre_draw draw_end_plate_fibre(const struct discharge_body *b, struct rng *rng)
{
    return (struct fibre_draw){.f = {.diameter_um = body_diameter(b, 1, rng),
                                     .stretch = b->stretch,
                                     .end_plate_mm = rng_between(rng, -0.2, 0.2),
                                     .left_mm = -rng_between(rng, 30, 50),
                                     .right_mm = rng_between(rng, 30, 50)}};
}

static int fibre_draw_potential(struct potential *p, const struct fibre_draw *d,
                                const struct electrode *el, struct err *e)
{
    return d->is_blocked ? fibre_blocked_potential(p, &d->f, &d->block, el, e)
                         : fibre_potential(p, &d->f, el, e);
}

int fibre_draw_fit(struct potential *p, struct fibre_draw *d, double amplitude_uv,
                   const struct electrode *el, struct rng *rng, struct err *e)
{
    enum { STEPS = 7 };
    double near = log(0.05), beyond = log(1.8), turn = rng_between(rng, -1.2, 1.2);
    *p = (struct potential){0};
    for (int i = 0; i < STEPS; i++) {
        double r = exp((near + beyond) / 2);
        d->f.x_mm = r * cos(turn); // on the open side of the bevel
        d->f.y_mm = r * sin(turn);
        potential_release(p);
        int rc = fibre_draw_potential(p, d, el, e);
        if (rc < 0)
            return rc;
        struct potential_facts f = potential_measure(p, 1);
        if ((d->is_blocked ? f.positive_uv : f.amplitude_uv) > amplitude_uv)
            near = log(r);
        else
            beyond = log(r);
    }
    potential_trim(p, 0.1);
    return 0;
}
