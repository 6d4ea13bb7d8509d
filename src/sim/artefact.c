/*
 * artefact.c: what is not muscle: mains, pacemaker, stimulator, radio, movement, saturation;
 * and nothing at all.
 *
 * Shapes and sizes are textbook knowledge unless said otherwise; what the machine's filters make
 * of them is left to the machine.
 */
#include "sim/sim_priv.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <stdbool.h>

static const double turn = 6.283185307179586;

static int mark_all(struct discharge_scene *s, enum discharge_kind kind, struct err *e)
{
    struct timeline_event all = {.kind = (int)kind, .duration_s = timeline_seconds(s->t)};
    return timeline_mark(s->t, &all, e);
}

// Sine, odd harmonics (measured on real recordings: 50, 150, 250 Hz stand out), and the spikes
// of a dimmer in each half-wave.
int generate_mains(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    enum { HARMONICS = 9 };
    double size[HARMONICS], phase[HARMONICS];
    double hz = rng_uniform(rng) < 0.75 ? 50 : 60, uv = draw_log(rng, 30, 800);
    double dimmer = rng_uniform(rng) < 0.3 ? rng_between(rng, 0.3, 1) : 0;
    for (int h = 0; h < HARMONICS; h++) {
        size[h] = uv / pow(h + 1, 1.2) * (h % 2 ? 0.1 : 1) * rng_between(rng, 0.3, 1);
        phase[h] = rng_between(rng, 0, turn);
    }
    for (size_t i = 0; i < s->t->n; i++) {
        double cycles = hz * (double)i / s->t->rate_hz, v = 0;
        for (int h = 0; h < HARMONICS; h++)
            v += size[h] * sin(turn * (h + 1) * cycles + phase[h]);
        double half = 2 * cycles - floor(2 * cycles), since_ms = (half - 0.3) / (2 * hz) * 1e3;
        if (since_ms > 0)
            v += dimmer * uv * exp(-since_ms / 0.15) * cos(turn * since_ms * 2.5);
        s->t->uv[i] += (float)v;
    }
    return mark_all(s, DISCHARGE_MAINS, e);
}

// A pulse of width_ms and a tail of the other sign, as coupling capacitors leave it.
static int build_pulse(struct potential *p, double width_ms, double tail, double tail_ms,
                       struct err *e)
{
    size_t n = (size_t)((width_ms + 6 * tail_ms) * POTENTIAL_RATE_HZ / 1e3) + 4;
    int rc = potential_init(p, n, e);
    for (size_t i = 1; rc == 0 && i < n; i++) {
        double t = (double)(i - 1) * 1e3 / POTENTIAL_RATE_HZ;
        p->uv[i] = (float)(t < width_ms ? 1 : -tail * exp(-(t - width_ms) / tail_ms));
    }
    return rc;
}

static int add_pulses(struct discharge_scene *s, struct run *run, double uv, double width_ms,
                      double tail, double tail_ms, struct rng *rng, struct err *e)
{
    struct potential p;
    int rc = build_pulse(&p, width_ms, tail, tail_ms, e);
    run->source = ++s->n_sources;
    run->from_s = rng_uniform(rng);
    run->to_s = timeline_seconds(s->t);
    if (rc == 0) {
        potential_scale(&p, uv);
        struct timeline_shape shape = timeline_shape_of(&p);
        rc = run_add(s->t, run, &shape, NULL, 1, false, rng, e);
    }
    potential_release(&p);
    return rc;
}

int generate_pacemaker(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    struct run run = {.kind = DISCHARGE_PACEMAKER,
                      .rhythm = {.kind = RHYTHM_NORMAL,
                                 .interval_s = 60 / rng_between(rng, 60, 95),
                                 .cv = 0.001}};
    double uv = draw_log_signed(rng, 60, 2000), width_ms = rng_between(rng, 0.3, 0.6);
    double tail_ms = rng_between(rng, 0.3, 1.2);
    return add_pulses(s, &run, uv, width_ms, 0.3, tail_ms, rng, e);
}

int generate_stimulator(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    struct run run = {
        .kind = DISCHARGE_STIMULATOR,
        .rhythm = {.kind = RHYTHM_NORMAL, .interval_s = 1 / rng_between(rng, 1, 3), .cv = 0}};
    double uv = draw_log_signed(rng, 100, 6000), width_ms = rng_between(rng, 0.1, 0.2);
    double tail_ms = rng_between(rng, 0.4, 1.2);
    return add_pulses(s, &run, uv, width_ms, 0.15, tail_ms, rng, e);
}

// A telephone: the amplifier rectifies its bursts, 217 a second, in stretches.
int generate_radio(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    const double frame_s = 0.12 / 26, slot_s = frame_s / 8; // GSM 05.02
    double uv = draw_log(rng, 20, 400), phase_s = frame_s * rng_uniform(rng);
    double at_s = rng_between(rng, 0, 1);
    int rc = 0;
    while (rc == 0 && at_s < timeline_seconds(s->t)) {
        double long_s = draw_log(rng, 0.3, 4), size = uv * rng_between(rng, 0.5, 1);
        size_t from = (size_t)(at_s * s->t->rate_hz);
        for (size_t i = from; i < s->t->n; i++) {
            double t = (double)i / s->t->rate_hz;
            if (t > at_s + long_s)
                break;
            if (fmod(t + phase_s, frame_s) < slot_s)
                s->t->uv[i] += (float)size;
        }
        struct timeline_event note = {.kind = DISCHARGE_RADIO,
                                      .onset_s = at_s,
                                      .duration_s = long_s,
                                      .amplitude_uv = size};
        rc = timeline_mark(s->t, &note, e);
        at_s += long_s + draw_log(rng, 0.3, 3);
    }
    return rc;
}

// What moves the electrode's potential for a while, and how far.
struct shove {
    enum discharge_kind kind;
    double first_s;            // latest begin of the first one
    double uv[2], settle_s[2]; // ranges
    double least_s, most_s;    // from one to the next
};

// A step that settles, with the cable's swing on it.
static void add_shove(struct timeline *t, double at_s, double uv, double settle_s,
                      struct rng *rng)
{
    double swing_hz = rng_between(rng, 3, 12), rise_s = rng_between(rng, 0.002, 0.02);
    for (size_t i = (size_t)(at_s * t->rate_hz); i < t->n; i++) {
        double since_s = (double)i / t->rate_hz - at_s;
        if (since_s > 6 * settle_s)
            break;
        double v = (1 - exp(-since_s / rise_s)) * exp(-since_s / settle_s);
        t->uv[i] += (float)(uv * v * (0.7 + 0.3 * cos(turn * swing_hz * since_s)));
    }
}

static int add_shoves(struct discharge_scene *s, const struct shove *w, struct rng *rng,
                      struct err *e)
{
    int rc = 0;
    for (double at_s = rng_between(rng, 0, w->first_s);
         rc == 0 && at_s < timeline_seconds(s->t);
         at_s += draw_log(rng, w->least_s, w->most_s)) {
        double uv = draw_log_signed(rng, w->uv[0], w->uv[1]);
        double settle_s = draw_log(rng, w->settle_s[0], w->settle_s[1]);
        add_shove(s->t, at_s, uv, settle_s, rng);
        struct timeline_event note = {.kind = (int)w->kind,
                                      .onset_s = at_s,
                                      .duration_s = 3 * settle_s,
                                      .source = ++s->n_sources,
                                      .firing = 1,
                                      .amplitude_uv = fabs(uv)};
        // where an amplifier is at its rail the machine finds out, and marks it
        if (w->kind != DISCHARGE_SATURATION)
            rc = timeline_mark(s->t, &note, e);
    }
    return rc;
}

int generate_movement(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    static const struct shove movement = {DISCHARGE_MOVEMENT, 1,   {200, 6000},
                                          {0.03, 0.3},        0.4, 3};
    return add_shoves(s, &movement, rng, e);
}

// Far beyond any amplifier's range.
int generate_saturation(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    static const struct shove overload = {DISCHARGE_SATURATION, 1,   {1e5, 1e6},
                                          {0.05, 0.4},          0.5, 3};
    return add_shoves(s, &overload, rng, e);
}

int generate_silence(struct discharge_scene *s, struct rng *rng, struct err *e)
{
    (void)s;
    (void)rng;
    (void)e;
    return 0;
}
