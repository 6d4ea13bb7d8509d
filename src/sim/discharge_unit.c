/*
 * discharge_unit.c: discharges of motor units: fasciculation, neuromyotonic, myokymic, cramp,
 * voluntary, and the single unit that fires on and on.
 *
 * The three kinds of unit are fitted to the potentials of 34 subjects (UCY: means of 20
 * potentials each; docs/simulator.md has the comparison): number of fibres, territory, thickness
 * and scatter of end-plates were varied until amplitude, duration and phases met.
 * Numbers in brackets: the sources of the table in discharge.c.
 */
#include "sim/motor_unit.h"
#include "sim/sim_priv.h"

#include "base/err.h"
#include "base/rng.h"
#include "sim/electrode.h"

#include <math.h>

struct unit_model {
    double n_fibres, n_spread; // log-normal
    double territory_mm;
    double thickness, thickness_sd; // of the body's fibre diameter
    double stretch, scatter_mm, grouping;
    double jitter_ms, blocking;
};

static const struct unit_model unit_models[] = {
    // by enum unit_kind; jitter: JNNP table [32]
    {75, 0.20, 8.5, 0.80, 0.08, 1.05, 0.6, 0.00, 0.025, 0.00},
    {210, 0.35, 9.0, 0.86, 0.14, 0.97, 2.4, 0.50, 0.060, 0.02},
    {40, 0.30, 6.5, 0.68, 0.28, 1.0, 1.6, 0.10, 0.035, 0.01},
};

struct motor_unit_spec draw_unit(enum unit_kind kind, const struct discharge_body *b,
                                 struct rng *rng)
{
    const struct unit_model *m = &unit_models[kind];
    double radius = 0.35 * m->territory_mm * sqrt(rng_uniform(rng));
    double turn = rng_between(rng, 0, 6.283185307179586);
    double n = m->n_fibres * exp(m->n_spread * rng_normal(rng));
    struct motor_unit_spec spec = {
        .n_fibres = (size_t)fmin(MOTOR_UNIT_MAX_FIBRES, fmax(5, n)),
        .x_mm = radius * cos(turn),
        .y_mm = radius * sin(turn),
        .grouping = m->grouping,
        .diameter_um = m->thickness * b->diameter_um,
        .diameter_sd_um = m->thickness_sd * b->diameter_um,
        .stretch = m->stretch * b->stretch,
        .end_plate_sd_mm = m->scatter_mm,
        .jitter_ms = m->jitter_ms,
        .blocking = m->blocking,
    };
    spec.territory_mm = m->territory_mm * rng_between(rng, 0.85, 1.15);
    spec.end_plate_mm = draw_signed(rng, 12, 28);
    spec.half_length_mm = rng_between(rng, 45, 65);
    return spec;
}

// A unit whose potential is of at least least_uv, as after moving the needle a little, and its
// shapes, ready to be added.
static int focus_unit(struct motor_unit *u, struct timeline_shape shapes[MOTOR_UNIT_VARIANTS],
                      enum unit_kind kind, double least_uv, struct discharge_scene *s,
                      struct rng *rng, struct err *e)
{
    enum { TRIES = 4 };
    for (int i = 0; i < TRIES; i++) {
        struct motor_unit_spec spec = draw_unit(kind, s->body, rng);
        int rc = motor_unit_init(u, &spec, s->el, rng, e);
        if (rc < 0)
            return rc;
        double size = potential_measure(&u->variants[0], 1).amplitude_uv;
        if (size >= least_uv || i == TRIES - 1) {
            for (int v = 0; size < least_uv && size > 0 && v < MOTOR_UNIT_VARIANTS; v++)
                potential_scale(&u->variants[v], least_uv / size);
            break;
        }
        motor_unit_release(u);
    }
    for (int v = 0; v < MOTOR_UNIT_VARIANTS; v++)
        shapes[v] = timeline_shape_of(&u->variants[v]);
    return 0;
}

// One unit of the kind along one run.
static int add_unit(struct discharge_scene *s, struct run *run, enum unit_kind kind,
                    double least_uv, struct rng *rng, struct err *e)
{
    struct motor_unit u;
    struct timeline_shape shapes[MOTOR_UNIT_VARIANTS];
    int rc = focus_unit(&u, shapes, kind, least_uv, s, rng, e);
    run->source = ++s->n_sources;
    if (rc == 0)
        rc = run_add(s->t, run, shapes, NULL, MOTOR_UNIT_VARIANTS, false, rng, e);
    motor_unit_release(&u);
    return rc;
}

int generate_fasciculation(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    int rc = 0;
    for (uint32_t n = 1 + rng_below(rng, 3); rc == 0 && n; n--) {
        enum unit_kind kind = rng_uniform(rng) < 0.4 ? UNIT_NORMAL : UNIT_NEUROGENIC;
        struct run run = {.kind = DISCHARGE_FASCICULATION,
                          .rhythm = {.kind = RHYTHM_POISSON, .min_interval_s = 0.03},
                          .to_s = timeline_seconds(s->t)};
        run.rhythm.interval_s = 1 / draw_log(rng, 0.2, 1.5);
        run.from_s = rng_between(rng, 0, 0.3 * timeline_seconds(s->t));
        rc = add_unit(s, &run, kind, 120, rng, e);
    }
    return rc;
}

int generate_neuromyotonic(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    struct motor_unit u;
    struct timeline_shape shapes[MOTOR_UNIT_VARIANTS];
    int rc = focus_unit(&u, shapes, UNIT_NORMAL, 80, s, rng, e);
    struct run run = {.kind = DISCHARGE_NEUROMYOTONIC, .source = ++s->n_sources};
    double at_s = rng_between(rng, 0, 0.7);
    while (rc == 0 && at_s < timeline_seconds(s->t)) { // 0.3 to 3 s at 150 to 300 Hz
        run.rhythm = (struct rhythm){.kind = RHYTHM_NORMAL, .cv = 0.02};
        run.rhythm.interval_s = 1 / rng_between(rng, 180, 300);
        run.rhythm.slowing_per_s = rng_between(rng, 0.01, 0.06);
        run.from_s = at_s;
        run.to_s = at_s + draw_log(rng, 0.3, 3);
        run.decay = rng_between(rng, 0.3, 0.8);
        rc = run_add(s->t, &run, shapes, NULL, MOTOR_UNIT_VARIANTS, false, rng, e);
        at_s = run.to_s + draw_log(rng, 0.3, 3);
    }
    motor_unit_release(&u);
    return rc;
}

// Bursts of 2 to 10 discharges of one unit at 40 to 60 Hz, 0.1 to 10 times a second.
static int add_myokymic_unit(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    struct motor_unit u;
    struct timeline_shape shapes[MOTOR_UNIT_VARIANTS];
    int rc = focus_unit(&u, shapes, UNIT_NORMAL, 150, s, rng, e);
    struct run run = {.kind = DISCHARGE_MYOKYMIC, .source = ++s->n_sources};
    uint32_t n = 2 + rng_below(rng, 9);
    struct rhythm bursts = {.kind = RHYTHM_NORMAL, .interval_s = 1 / draw_log(rng, 0.4, 3)};
    bursts.cv = rng_between(rng, 0.08, 0.25);
    bursts.min_interval_s = n / 35.0 + 0.1;
    double rate_hz = rng_between(rng, 42, 58);
    for (double at_s = rng_between(rng, -0.5, 0.5); rc == 0 && at_s < timeline_seconds(s->t);
         at_s += rhythm_interval_s(&bursts, 0, rng)) {
        run.rhythm =
            (struct rhythm){.kind = RHYTHM_NORMAL, .interval_s = 1 / rate_hz, .cv = 0.06};
        run.from_s = at_s;
        run.to_s = at_s + ((double)n + rng_between(rng, -1, 0.5)) / rate_hz;
        rc = run_add(s->t, &run, shapes, NULL, MOTOR_UNIT_VARIANTS, false, rng, e);
    }
    motor_unit_release(&u);
    return rc;
}

int generate_myokymic(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    int rc = 0;
    for (uint32_t n = 1 + rng_below(rng, 2); rc == 0 && n; n--)
        rc = add_myokymic_unit(s, rng, e);
    return rc;
}

// Many units join one after the other, fire fast and irregularly, and leave again.
int generate_cramp(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    int rc = 0;
    double seconds = timeline_seconds(s->t), from_s = rng_between(rng, 0, 0.25 * seconds);
    double to_s = rng_between(rng, 0.7, 1.2) * seconds, long_s = to_s - from_s;
    for (uint32_t n = 5 + rng_below(rng, 6); rc == 0 && n; n--) {
        struct run run = {
            .kind = DISCHARGE_CRAMP,
            .rhythm = {.kind = RHYTHM_NORMAL, .min_interval_s = 0.004}, // refractory (textbook)
            .swell = 0.3};
        run.rhythm.interval_s = 1 / draw_log(rng, 40, 110);
        run.rhythm.cv = rng_between(rng, 0.1, 0.2);
        run.from_s = from_s + long_s * rng_between(rng, 0, 0.3);
        run.to_s = to_s - long_s * rng_between(rng, 0, 0.4);
        rc = add_unit(s, &run, UNIT_NORMAL, 80, rng, e);
    }
    return rc;
}

// n units under the will: 5 to 15 Hz, normal intervals in 90 % of units [34].
static int add_voluntary(struct discharge_scene *s, uint32_t n, enum unit_kind kind,
                         enum discharge_kind label, double most_hz, struct rng *rng,
                         struct err *e)
{
    static const double least_uv[] = {60, 100, 40}; // by enum unit_kind: seen above the noise
    int rc = 0;
    for (; rc == 0 && n; n--) {
        struct run run = {.kind = label,
                          .rhythm = {.kind = RHYTHM_NORMAL, .min_interval_s = 0.025},
                          .to_s = timeline_seconds(s->t) + 1};
        run.rhythm.interval_s = 1 / rng_between(rng, 5, most_hz);
        run.rhythm.cv = rng_between(rng, 0.1, 0.2);
        run.rhythm.slowing_per_s = rng_between(rng, -0.01, 0.01);
        run.from_s = -rng_uniform(rng);
        if (rng_uniform(rng) < 0.3)
            run.from_s = rng_between(rng, 0, 0.6 * timeline_seconds(s->t));
        rc = add_unit(s, &run, kind, least_uv[kind], rng, e);
    }
    return rc;
}

int generate_normal_units(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    return add_voluntary(s, 1 + rng_below(rng, 5), UNIT_NORMAL, DISCHARGE_MUAP_NORMAL, 15, rng,
                         e);
}

// Few units that fire fast: the others are lost.
int generate_neurogenic_units(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    return add_voluntary(s, 1 + rng_below(rng, 3), UNIT_NEUROGENIC, DISCHARGE_MUAP_NEUROGENIC,
                         20, rng, e);
}

// Many units at once, for little force.
int generate_myopathic_units(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    return add_voluntary(s, 2 + rng_below(rng, 6), UNIT_MYOPATHIC, DISCHARGE_MUAP_MYOPATHIC, 15,
                         rng, e);
}

// As regular as a fibrillation: rate 6.3 +- 4.0 Hz (1.3 to 18.1), variation 3.5 +- 1.7 % [20].
int generate_single_unit(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    struct run run = {.kind = DISCHARGE_SINGLE_UNIT,
                      .rhythm = {.kind = RHYTHM_NORMAL},
                      .to_s = timeline_seconds(s->t) + 1};
    run.rhythm.interval_s = 1 / fmin(18, fmax(1.4, 6.3 + 4 * rng_normal(rng)));
    run.rhythm.cv = fmin(0.07, fmax(0.015, 0.035 + 0.017 * rng_normal(rng)));
    run.from_s = -rng_uniform(rng);
    enum unit_kind kind = rng_uniform(rng) < 0.7 ? UNIT_NORMAL : UNIT_MYOPATHIC;
    return add_unit(s, &run, kind, 60, rng, e);
}

// A unit so far away that it belongs to the noise.
int add_distant_unit(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    struct motor_unit u;
    struct motor_unit_spec spec = draw_unit(UNIT_NORMAL, s->body, rng);
    double scale = (spec.territory_mm / 2 + rng_between(rng, 1.5, 6)) /
                   fmax(0.3, hypot(spec.x_mm, spec.y_mm));
    spec.n_fibres = 25; // from there a few stand for all
    spec.x_mm *= scale;
    spec.y_mm *= scale;
    int rc = motor_unit_init(&u, &spec, s->el, rng, e);
    struct rhythm r = {
        .kind = RHYTHM_NORMAL, .interval_s = 1 / rng_between(rng, 5, 12), .cv = 0.15};
    struct timeline_shape shape = {.p = &u.variants[0]};
    for (double at_s = -rng_uniform(rng); rc == 0 && at_s < timeline_seconds(s->t);
         at_s += rhythm_interval_s(&r, 0, rng))
        rc = timeline_add(s->t, &shape, at_s, 3, NULL, e);
    motor_unit_release(&u);
    return rc;
}
