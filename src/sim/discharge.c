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
#include <stdbool.h>
#include <string.h>

enum { FIT_STEPS = 7, FIT_ROUNDS = 3 };

// A range that is left out: the literature gives none.
const struct discharge_class discharge_classes[] = {
    {
        .name = "fibrillation",
        .label = "Fibs",
        .title = "Fibrillation potentials",
        .amplitude_uv = {20, 1000},
        .duration_ms = {0.5, 5.5},
        .rate_hz = {0.5, 30},
        .cv = {0.005, 0.6},
        .first_sign = 1,
        .source = "StatPearls [24], ID0611 [25], Kraft 1990 [26]",
        .generate = generate_fibrillation,
    },
    {
        .name = "positive_sharp_wave",
        .label = "PSW",
        .title = "Positive sharp waves",
        .amplitude_uv = {20, 1000},
        .duration_ms = {5, 150},
        .rate_hz = {0.5, 40},
        .cv = {0.005, 0.6},
        .first_sign = 1,
        .source = "StatPearls [24], ID0611 [25]",
        .generate = generate_sharp_wave,
    },
    {
        .name = "endplate_noise",
        .label = "endplate_noise",
        .title = "End-plate noise",
        .amplitude_uv = {2, 60},
        .duration_ms = {0.3, 4},
        .rate_hz = {20, 400},
        .cv = {0.5, 1.5},
        .first_sign = -1,
        .source = "teaching slides [28], textbook",
        .is_stretch = true,
        .weight = 1,
        .generate = generate_endplate_noise,
    },
    {
        .name = "endplate_spike",
        .label = "endplate_spike",
        .title = "End-plate spikes",
        .amplitude_uv = {50, 300},
        .duration_ms = {2, 5},
        .rate_hz = {1, 60},
        .cv = {0.4, 1.3},
        .first_sign = -1,
        .source = "teaching slides [28], Partanen 2013 [27], textbook",
        .weight = 1.6,
        .generate = generate_endplate_spike,
    },
    {
        .name = "insertional",
        .label = "insertional",
        .title = "Insertional activity",
        .amplitude_uv = {30, 600},
        .source = "StatPearls [24], Dumitru & Martinez 2006 [29], textbook",
        .weight = 0.8,
        .generate = generate_insertional,
    },
    {
        .name = "fasciculation",
        .label = "fasciculation",
        .title = "Fasciculation potentials",
        .amplitude_uv = {100, 5000},
        .duration_ms = {5, 25},
        .rate_hz = {0.01, 10},
        .cv = {0.4, 1.5},
        .source = "AVID [15b], textbook",
        .weight = 0.8,
        .generate = generate_fasciculation,
    },
    {
        .name = "complex_repetitive",
        .label = "crd",
        .title = "Complex repetitive discharge",
        .amplitude_uv = {100, 1000},
        .duration_ms = {6, 100},
        .rate_hz = {5, 150},
        .cv = {0, 0.01},
        .source = "WUSTL [23], glossary [30], textbook",
        .weight = 0.8,
        .generate = generate_complex_repetitive,
    },
    {
        .name = "myotonic",
        .label = "myotonic",
        .title = "Myotonic discharge",
        .amplitude_uv = {10, 1000},
        .duration_ms = {0.5, 30},
        .rate_hz = {20, 150},
        .first_sign = 1,
        .source = "AANEM [31], textbook",
        .weight = 0.8,
        .generate = generate_myotonic,
    },
    {
        .name = "neuromyotonic",
        .label = "neuromyotonic",
        .title = "Neuromyotonic discharge",
        .amplitude_uv = {20, 1500},
        .duration_ms = {2, 20},
        .rate_hz = {140, 310},
        .source = "textbook",
        .weight = 0.5,
        .generate = generate_neuromyotonic,
    },
    {
        .name = "myokymic",
        .label = "myokymic",
        .title = "Myokymic discharge",
        .amplitude_uv = {100, 3000},
        .duration_ms = {2, 25},
        .rate_hz = {35, 65},
        .source = "textbook",
        .weight = 0.7,
        .generate = generate_myokymic,
    },
    {
        .name = "cramp",
        .label = "cramp",
        .title = "Cramp discharge",
        .amplitude_uv = {30, 3000},
        .duration_ms = {2, 25},
        .rate_hz = {30, 155},
        .source = "textbook",
        .weight = 0.5,
        .generate = generate_cramp,
    },
    {
        .name = "muap_normal",
        .label = "muap",
        .title = "Voluntary motor unit potentials, normal",
        .amplitude_uv = {50, 3000},
        .duration_ms = {2, 18},
        .rate_hz = {4.5, 16},
        .cv = {0.07, 0.22},
        .source = "UCY, JNNP [32], Aminoff [33], Clamann 1969 [34]",
        .weight = 1.5,
        .generate = generate_normal_units,
    },
    {
        .name = "muap_neurogenic",
        .label = "muap",
        .title = "Voluntary motor unit potentials, neurogenic",
        .amplitude_uv = {50, 12000},
        .duration_ms = {4, 30},
        .rate_hz = {4.5, 25},
        .cv = {0.07, 0.22},
        .source = "UCY, textbook",
        .weight = 1.2,
        .generate = generate_neurogenic_units,
    },
    {
        .name = "muap_myopathic",
        .label = "muap",
        .title = "Voluntary motor unit potentials, myopathic",
        .amplitude_uv = {30, 2000},
        .duration_ms = {1, 14},
        .rate_hz = {4.5, 20},
        .cv = {0.07, 0.22},
        .source = "UCY, textbook",
        .weight = 1.2,
        .generate = generate_myopathic_units,
    },
    {
        .name = "single_unit",
        .label = "single_unit",
        .title = "Continuous single motor unit",
        .amplitude_uv = {50, 3000},
        .duration_ms = {2, 20},
        .rate_hz = {1.3, 18.1},
        .cv = {0.01, 0.08},
        .source = "Posa 2020 [20]",
        .weight = 1.6,
        .generate = generate_single_unit,
    },
    {
        .name = "mains",
        .label = "artefact_mains",
        .title = "Mains",
        .amplitude_uv = {20, 3000},
        .rate_hz = {50, 60},
        .source = "measured on real recordings (needle-emg.md, fact 4)",
        .is_artefact = true,
        .is_stretch = true,
        .weight = 0.4,
        .generate = generate_mains,
    },
    {
        .name = "pacemaker",
        .label = "artefact_pacemaker",
        .title = "Pacemaker",
        .amplitude_uv = {50, 3000},
        .duration_ms = {0.2, 10},
        .rate_hz = {0.9, 1.7},
        .source = "textbook",
        .is_artefact = true,
        .weight = 0.4,
        .generate = generate_pacemaker,
    },
    {
        .name = "stimulator",
        .label = "artefact_stimulator",
        .title = "Stimulator",
        .amplitude_uv = {50, 10000},
        .duration_ms = {0.1, 8},
        .rate_hz = {0.8, 3.2},
        .source = "textbook",
        .is_artefact = true,
        .weight = 0.4,
        .generate = generate_stimulator,
    },
    {
        .name = "radio",
        .label = "artefact_radio",
        .title = "Radio (telephone)",
        .amplitude_uv = {10, 500},
        .rate_hz = {216, 218},
        .source = "GSM 05.02: a slot of 577 us each 4.615 ms",
        .is_artefact = true,
        .is_stretch = true,
        .weight = 0.4,
        .generate = generate_radio,
    },
    {
        .name = "movement",
        .label = "artefact_movement",
        .title = "Needle and cable movement",
        .amplitude_uv = {50, 20000},
        .source = "textbook",
        .is_artefact = true,
        .weight = 0.5,
        .generate = generate_movement,
    },
    {
        .name = "saturation",
        .label = "artefact_saturation",
        .title = "Saturated amplifier",
        .source = "textbook",
        .is_artefact = true,
        .is_stretch = true,
        .weight = 0.3,
        .generate = generate_saturation,
    },
    {
        .name = "silence",
        .label = "silence",
        .title = "Electrical silence",
        .source = "textbook",
        .is_stretch = true,
        .weight = 1.6,
        .generate = generate_silence,
    },
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

double draw_signed(struct rng *rng, double least, double most)
{
    double size = rng_between(rng, least, most);
    return rng_below(rng, 2) ? size : -size;
}

double draw_log_signed(struct rng *rng, double least, double most)
{
    double size = draw_log(rng, least, most);
    return rng_below(rng, 2) ? size : -size;
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

// A fibre of the body without its place; stretch: of its membrane, on top of the body's.
static struct fibre body_fibre(const struct discharge_body *b, double thickness, double stretch,
                               struct rng *rng)
{
    double diameter_um = body_diameter(b, thickness, rng);
    return (struct fibre){.diameter_um = diameter_um,
                          .stretch = fibre_stretch(b->stretch * stretch, diameter_um)};
}

struct fibre_draw draw_passing_fibre(const struct discharge_body *b, struct rng *rng)
{
    double stretch = rng_between(rng, 0.45, 0.95);
    struct fibre_draw d = {.f = body_fibre(b, atrophy(b), stretch, rng)};
    double way_mm = draw_signed(rng, 8, 25);
    d.f.end_plate_mm = way_mm;
    d.f.left_mm = fmin(way_mm, 0) - rng_between(rng, 25, 45);
    d.f.right_mm = fmax(way_mm, 0) + rng_between(rng, 25, 45);
    return d;
}

struct fibre_draw draw_crushed_fibre(const struct discharge_body *b, struct rng *rng)
{
    double stretch = rng_between(rng, 0.5, 1.05);
    struct fibre_draw d = {.f = body_fibre(b, atrophy(b), stretch, rng), .is_blocked = true};
    // around the recipe of needle-emg.md, section 3
    d.block.block_mm = rng_between(rng, 0.1, 0.6);
    d.block.origin_mm = d.block.block_mm - rng_between(rng, 10, 20);
    d.block.ramp_mm = rng_between(rng, 1.2, 2.4);
    d.block.slow_mm = rng_between(rng, 0.7, 1.5);
    d.block.tau_ms = rng_between(rng, 5, 10);
    d.block.mix = rng_between(rng, 0.7, 1);
    // needle-emg.md, section 2.1: up to 0.3. Below a tenth the electrode stands where the slow
    // phase changes its sign, and of a sharp wave only the spike is left.
    d.negative_share = rng_between(rng, 0.1, 0.3);
    return d;
}

struct fibre_draw draw_end_plate_fibre(const struct discharge_body *b, struct rng *rng)
{
    struct fibre_draw d = {.f = body_fibre(b, 1, 1, rng)};
    d.f.end_plate_mm = rng_between(rng, -0.2, 0.2);
    d.f.left_mm = -rng_between(rng, 30, 50);
    d.f.right_mm = rng_between(rng, 30, 50);
    return d;
}

static int fibre_draw_potential(struct potential *p, const struct fibre_draw *d,
                                const struct electrode *el, struct err *e)
{
    return d->is_blocked ? fibre_blocked_potential(p, &d->f, &d->block, el, e)
                         : fibre_potential(p, &d->f, el, e);
}

// Places the fibre so that the potential has the size.
static int fit_distance(struct potential *p, struct fibre_draw *d, double amplitude_uv,
                        double direction, const struct electrode *el, struct err *e)
{
    double near = log(0.05), beyond = log(1.8); // mm
    for (int i = 0; i < FIT_STEPS; i++) {
        double r = exp((near + beyond) / 2);
        d->f.x_mm = r * cos(direction);
        d->f.y_mm = r * sin(direction);
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
    return 0;
}

// Places the block so that the negative phase is this share of the positive one: the further
// the wave runs past the electrode, the larger it is.
static int fit_block(struct potential *p, struct fibre_draw *d, double share,
                     const struct electrode *el, struct err *e)
{
    double before = -0.3, behind = 1.2, way_mm = d->block.block_mm - d->block.origin_mm;
    for (int i = 0; i < FIT_STEPS; i++) {
        d->block.block_mm = (before + behind) / 2;
        d->block.origin_mm = d->block.block_mm - way_mm;
        potential_release(p);
        int rc = fibre_draw_potential(p, d, el, e);
        if (rc < 0)
            return rc;
        struct potential_facts f = potential_measure(p, 1);
        if (f.negative_uv > share * f.positive_uv)
            behind = d->block.block_mm;
        else
            before = d->block.block_mm;
    }
    return 0;
}

int fibre_draw_fit(struct potential *p, struct fibre_draw *d, double amplitude_uv,
                   const struct electrode *el, struct rng *rng, struct err *e)
{
    double direction = rng_between(rng, -1.2, 1.2); // on the open side of the bevel
    bool fits_block = d->is_blocked && d->negative_share > 0;
    *p = (struct potential){0};
    int rc = fit_distance(p, d, amplitude_uv, direction, el, e);
    // each of the two moves the other a little; the share, which makes the tail, is fitted last
    for (int i = 0; rc == 0 && fits_block && i < FIT_ROUNDS; i++) {
        rc = i > 0 ? fit_distance(p, d, amplitude_uv, direction, el, e) : 0;
        if (rc == 0)
            rc = fit_block(p, d, d->negative_share, el, e);
    }
    if (rc == 0)
        potential_trim(p, 0.1);
    return rc;
}
