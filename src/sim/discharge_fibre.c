/*
 * discharge_fibre.c: discharges of single muscle fibres: fibrillations, positive sharp waves,
 * end-plate activity, insertional activity, complex repetitive and myotonic discharges.
 *
 * Numbers in brackets: the sources of the table in discharge.c.
 */
#include "sim/sim_priv.h"

#include "base/err.h"
#include "base/rng.h"
#include "sim/electrode.h"

#include <math.h>

enum { MORPH_STEPS = 6, COMPLEX_MAX_FIBRES = 12 };

// How many trains a recording of that grade has (textbook grading: 1 single trains, 2 a few, 3
// many, 4 the base line is filled).
static uint32_t trains_of_grade(int grade, struct rng *rng)
{
    static const uint32_t least[] = {1, 1, 2, 3, 7}, more[] = {1, 1, 2, 3, 6};
    int g = grade < 0 ? 0 : grade > 4 ? 4 : grade;
    return least[g] + rng_below(rng, more[g]);
}

// Sizes of a muscle's fibrillations: their maximum is Kraft's [26], half of them are below a
// third of it.
static double denervated_uv(const struct discharge_body *b, double least_uv, struct rng *rng)
{
    double most = discharge_kraft_uv(b->months);
    return fmin(most, fmax(least_uv, 0.33 * most * exp(0.6 * rng_normal(rng))));
}

// Most trains were there before the recording began; some end in it, then they slow down [24].
static void draw_train(struct run *run, struct discharge_scene *s, struct rng *rng)
{
    double seconds = timeline_seconds(s->t);
    run->source = ++s->n_sources;
    run->rhythm = (struct rhythm){.kind = RHYTHM_NORMAL, .min_interval_s = 0.03};
    run->rhythm.interval_s = 1 / draw_log(rng, 1, 15);
    run->rhythm.cv = rng_between(rng, 0.01, 0.05);
    run->rhythm.slowing_per_s = rng_between(rng, 0, 0.03);
    if (rng_uniform(rng) < 0.1) { // irregular ones exist [27]
        run->rhythm.cv = rng_between(rng, 0.2, 0.5);
        run->rhythm.interval_s = fmax(run->rhythm.interval_s, 0.1);
    }
    run->from_s = -run->rhythm.interval_s * rng_uniform(rng);
    run->to_s = seconds + 1;
    if (rng_uniform(rng) < 0.25)
        run->from_s = rng_between(rng, 0, 0.5 * seconds);
    if (rng_uniform(rng) < 0.3) {
        run->to_s = fmax(run->from_s, 0) + rng_between(rng, 0.4, 0.9) * seconds;
        run->rhythm.slowing_per_s = rng_between(rng, 0.2, 1) / seconds;
    }
}

static int add_fibrillation(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    struct run run = {.kind = DISCHARGE_FIBRILLATION};
    struct fibre_draw d = draw_passing_fibre(s->body, rng);
    struct potential p;
    draw_train(&run, s, rng);
    int rc = fibre_draw_fit(&p, &d, denervated_uv(s->body, 20, rng), s->el, rng, e);
    if (rc == 0) {
        struct timeline_shape shape = timeline_shape_of(&p);
        rc = run_add(s->t, &run, &shape, NULL, 1, false, rng, e);
    }
    potential_release(&p);
    return rc;
}

int generate_fibrillation(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    int rc = 0;
    for (uint32_t n = trains_of_grade(s->body->grade, rng); rc == 0 && n; n--)
        rc = add_fibrillation(s, rng, e);
    return rc;
}

// A crushed fibre seen from places further and further from the block: the sharp wave turns
// into a fibrillation, or the other way round.
static int add_morphing(struct discharge_scene *s, struct run *run, struct fibre_draw *d,
                        struct rng *rng, struct err *e)
{
    struct potential p[MORPH_STEPS] = {{0}};
    struct timeline_shape shapes[MORPH_STEPS];
    enum discharge_kind kinds[MORPH_STEPS];
    bool is_backwards = rng_below(rng, 2);
    double first_mm = d->block.block_mm, way_mm = d->block.block_mm - d->block.origin_mm;
    int rc = 0;
    for (int i = 0; rc == 0 && i < MORPH_STEPS; i++) {
        int k = is_backwards ? MORPH_STEPS - 1 - i : i;
        d->block.block_mm = first_mm + 0.6 * i;
        d->block.origin_mm = d->block.block_mm - way_mm;
        rc = fibre_blocked_potential(&p[k], &d->f, &d->block, s->el, e);
        if (rc < 0)
            break;
        potential_trim(&p[k], 0.1);
        struct potential_facts f = potential_measure(&p[k], 1);
        shapes[k] = timeline_shape_of(&p[k]);
        kinds[k] = f.negative_uv < 0.4 * f.positive_uv ? DISCHARGE_POSITIVE_SHARP_WAVE
                                                       : DISCHARGE_FIBRILLATION;
    }
    if (rc == 0)
        rc = run_add(s->t, run, shapes, kinds, MORPH_STEPS, true, rng, e);
    for (int i = 0; i < MORPH_STEPS; i++)
        potential_release(&p[i]);
    return rc;
}

static int add_sharp_wave(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    struct run run = {.kind = DISCHARGE_POSITIVE_SHARP_WAVE};
    struct fibre_draw d = draw_crushed_fibre(s->body, rng);
    struct potential p;
    draw_train(&run, s, rng);
    int rc = fibre_draw_fit(&p, &d, denervated_uv(s->body, 25, rng), s->el, rng, e);
    if (rc == 0 && rng_uniform(rng) < 0.1) {
        rc = add_morphing(s, &run, &d, rng, e);
    } else if (rc == 0) {
        struct timeline_shape shape = timeline_shape_of(&p);
        rc = run_add(s->t, &run, &shape, NULL, 1, false, rng, e);
    }
    potential_release(&p);
    return rc;
}

int generate_sharp_wave(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    int rc = 0;
    for (uint32_t n = trains_of_grade(s->body->grade, rng); rc == 0 && n; n--)
        rc = add_sharp_wave(s, rng, e);
    return rc;
}

// Miniature potentials of a few end-plates near the needle, at random [28].
int generate_endplate_noise(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    enum { PLATES = 3 };
    int rc = 0;
    for (int i = 0; rc == 0 && i < PLATES; i++) {
        struct potential p;
        struct fibre_draw d = draw_end_plate_fibre(s->body, rng);
        d.f.x_mm = rng_between(rng, 0.08, 0.3);
        rc = fibre_miniature_potential(&p, &d.f, 1, rng_between(rng, 0.15, 0.4), s->el, e);
        if (rc < 0)
            return rc;
        double size = potential_measure(&p, 0.01).amplitude_uv;
        potential_scale(&p, rng_between(rng, 8, 25) / fmax(size, 0.1)); // 5 to 50 uV, textbook
        struct timeline_shape shape = timeline_shape_of(&p);
        struct rhythm at_random = {.kind = RHYTHM_POISSON,
                                   .interval_s = PLATES / rng_between(rng, 60, 150)};
        for (double at_s = 0; rc == 0 && at_s < timeline_seconds(s->t);
             at_s += rhythm_interval_s(&at_random, 0, rng))
            rc = timeline_add(s->t, &shape, at_s, exp(0.35 * rng_normal(rng)), NULL, e);
        potential_release(&p);
    }
    struct timeline_event all = {.kind = DISCHARGE_ENDPLATE_NOISE,
                                 .duration_s = timeline_seconds(s->t)};
    return rc < 0 ? rc : timeline_mark(s->t, &all, e);
}

// Fibres that begin to fire at the electrode, in irregular bursts, often with end-plate noise.
int generate_endplate_spike(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    int rc = 0;
    for (uint32_t n = 1 + rng_below(rng, 2); rc == 0 && n; n--) {
        struct potential p;
        struct fibre_draw d = draw_end_plate_fibre(s->body, rng);
        struct run run = {.kind = DISCHARGE_ENDPLATE_SPIKE,
                          .source = ++s->n_sources,
                          .rhythm = {.kind = RHYTHM_GAMMA},
                          .to_s = timeline_seconds(s->t) + 1};
        run.rhythm.interval_s = 1 / draw_log(rng, 4, 30);
        run.rhythm.cv = rng_between(rng, 0.5, 1.2);
        run.rhythm.min_interval_s = rng_between(rng, 0.004, 0.008);
        run.from_s = -rng_uniform(rng);
        rc = fibre_draw_fit(&p, &d, draw_log(rng, 60, 290), s->el, rng, e);
        if (rc == 0) {
            struct timeline_shape shape = timeline_shape_of(&p);
            rc = run_add(s->t, &run, &shape, NULL, 1, false, rng, e);
        }
        potential_release(&p);
    }
    return rc;
}

// One movement of the needle: fibres that it touches fire a few times in a row, negative first
// or as positive waves [29].
static int add_insertion(struct discharge_scene *s, double at_s, double long_s, struct rng *rng,
                         struct err *e)
{
    int rc = 0;
    for (uint32_t n = 3 + rng_below(rng, 5); rc == 0 && n; n--) {
        struct potential p;
        bool is_positive = rng_below(rng, 2);
        struct fibre_draw d =
            is_positive ? draw_crushed_fibre(s->body, rng) : draw_end_plate_fibre(s->body, rng);
        if (is_positive) { // ends before it reaches the needle: no slow tail, only positive
            d.block.block_mm = rng_between(rng, -0.2, 0);
            d.block.tau_ms = rng_between(rng, 2, 5);
            d.negative_share = 0;
        }
        double from_s = at_s + long_s * rng_between(rng, 0, 0.7);
        struct run run = {.kind = DISCHARGE_INSERTIONAL,
                          .source = ++s->n_sources,
                          .rhythm = {.kind = RHYTHM_GAMMA, .cv = 0.5, .min_interval_s = 0.003},
                          .from_s = from_s,
                          .decay = 0.3};
        run.rhythm.interval_s = rng_between(rng, 0.006, 0.04);
        run.to_s = fmin(at_s + long_s, from_s + rng_between(rng, 0.01, 0.15));
        rc = fibre_draw_fit(&p, &d, draw_log(rng, 50, 500), s->el, rng, e);
        if (rc == 0) {
            struct timeline_shape shape = timeline_shape_of(&p);
            rc = run_add(s->t, &run, &shape, NULL, 1, false, rng, e);
        }
        potential_release(&p);
    }
    return rc;
}

int generate_insertional(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    int rc = 0;
    for (double at_s = rng_between(rng, 0.05, 0.8); rc == 0 && at_s < timeline_seconds(s->t);
         at_s += rng_between(rng, 0.8, 2.5))
        rc = add_insertion(s, at_s, rng_between(rng, 0.05, 0.3), rng, e);
    return rc;
}

// Fibres that excite each other in a ring: all of them in each discharge, one behind the other,
// hardly any jitter.
static int build_complex(struct potential *sum, size_t n_fibres, struct discharge_scene *s,
                         struct rng *rng, struct err *e)
{
    double delay_s = 0;
    int rc = potential_init(sum, (size_t)(0.12 * POTENTIAL_RATE_HZ), e);
    for (size_t i = 0; rc == 0 && i < n_fibres; i++) {
        struct potential p;
        struct fibre_draw d = draw_passing_fibre(s->body, rng);
        rc = fibre_draw_fit(&p, &d, draw_log(rng, 40, 350), s->el, rng, e);
        if (rc == 0) {
            p.zero = 0; // its way from the end-plate is part of the ring's delay
            potential_add(sum->uv, sum->n, POTENTIAL_RATE_HZ, &p, delay_s, 1);
        }
        potential_release(&p);
        delay_s += rng_between(rng, 1.2e-3, 4e-3);
    }
    double size = potential_measure(sum, 1).amplitude_uv;
    if (size > 0) // 100 uV to 1 mV [30]
        potential_scale(sum, fmin(950, fmax(110, size)) / size);
    potential_trim(sum, 0.1);
    return rc;
}

int generate_complex_repetitive(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    int rc = 0;
    double seconds = timeline_seconds(s->t), at_s = rng_between(rng, 0, 0.3 * seconds);
    double end_s = rng_below(rng, 2) ? seconds + 1 : rng_between(rng, 0.6, 1) * seconds;
    double interval_s = 1 / draw_log(rng, 8, 60); // mostly 30 to 40 [23]
    struct run run = {.kind = DISCHARGE_COMPLEX_REPETITIVE};
    while (rc == 0 && at_s < end_s) { // now and then fibres join or leave: another complex
        struct potential p;
        size_t n = 4 + rng_below(rng, COMPLEX_MAX_FIBRES - 3);
        n = (size_t)fmax(4, fmin((double)n, interval_s / 4e-3));
        rc = build_complex(&p, n, s, rng, e);
        run.rhythm =
            (struct rhythm){.kind = RHYTHM_NORMAL, .interval_s = interval_s, .cv = 0.002};
        run.source = ++s->n_sources;
        run.firing = 0;
        run.from_s = at_s;
        run.to_s = fmin(end_s, at_s + draw_log(rng, 0.3, 3) * seconds);
        if (rc == 0) {
            struct timeline_shape shape = timeline_shape_of(&p);
            rc = run_add(s->t, &run, &shape, NULL, 1, false, rng, e);
        }
        potential_release(&p);
        at_s = run.to_s + interval_s;
        interval_s *= rng_between(rng, 0.8, 1.25);
    }
    return rc;
}

// One run: the rate rises and falls (or only falls), and so does the size.
static int add_myotonic_run(struct discharge_scene *s, double from_s, double long_s,
                            struct rng *rng, struct err *e)
{
    struct potential p;
    bool is_positive = rng_below(rng, 2);
    struct fibre_draw d =
        is_positive ? draw_crushed_fibre(s->body, rng) : draw_passing_fibre(s->body, rng);
    d.block.tau_ms = rng_between(rng, 2, 5); // 5 to 20 ms
    double fast_hz = rng_between(rng, 50, 140), slow_hz = rng_between(rng, 22, 45);
    bool only_falls = rng_below(rng, 2);
    uint32_t source = ++s->n_sources, firing = 0;
    int rc = fibre_draw_fit(&p, &d, draw_log(rng, 60, 900), s->el, rng, e);
    struct timeline_shape shape = timeline_shape_of(&p);
    for (double at_s = from_s; rc == 0 && at_s < from_s + long_s;) {
        double part = (at_s - from_s) / long_s;
        double high = only_falls ? 1 - part : sin(3.141592653589793 * part);
        struct timeline_event note = {
            .kind = DISCHARGE_MYOTONIC, .source = source, .firing = ++firing};
        rc = timeline_add(s->t, &shape, at_s, 0.25 + 0.75 * high, &note, e);
        struct rhythm r = {.kind = RHYTHM_NORMAL,
                           .interval_s = 1 / (slow_hz + (fast_hz - slow_hz) * high),
                           .cv = 0.03};
        at_s += rhythm_interval_s(&r, 0, rng);
    }
    potential_release(&p);
    return rc;
}

int generate_myotonic(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    int rc = 0;
    double at_s = rng_between(rng, -1, 1);
    while (rc == 0 && at_s < timeline_seconds(s->t)) { // 2 to 20 s
        double long_s = draw_log(rng, 2, 12);
        rc = add_myotonic_run(s, at_s, long_s, rng, e);
        at_s += long_s * rng_between(rng, 0.6, 1.4);
    }
    return rc;
}
