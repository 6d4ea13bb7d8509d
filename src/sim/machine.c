/*
 * machine.c: see machine.h.
 *
 * 1/f noise is a sum of white noises behind one-pole low-passes, an octave-wide step apart [1].
 *
 * [1] Kellet's filter, in Smith, Spectral Audio Signal Processing, "Example: synthesis of 1/f
 *     noise": poles at these distances are within 0.5 dB of 1/f over four decades.
 */
#include "sim/machine.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "dsp/filter.h"
#include "sim/discharge.h"
#include "sim/timeline.h"

#include <assert.h>
#include <math.h>

enum { BLOCK = 1024, HARMONICS = 6, PINK_POLES = 5, LONGEST_REST = 4, ORDER = 2 };

static const double turn = 6.283185307179586;

double machine_counts_per_uv(const struct machine *m)
{
    return ldexp(1, m->bits - 1) / m->range_uv;
}

// Box-Muller on the four numbers of one place of the stream.
void machine_white(float *out, size_t n, struct rng *rng)
{
    uint64_t place = (rng->position + 3) / 4;
    for (size_t i = 0; i < n; i += 4, place++) {
        uint32_t four[4];
        float v[4];
        rng_at(four, rng->seed, rng->stream, place);
        for (int k = 0; k < 4; k += 2) {
            float u = ((float)(four[k] >> 8) + 0.5F) * 0x1p-24F;
            float r = sqrtf(-2 * logf(u)), a = (float)(four[k + 1] >> 8) * 0x1p-24F;
            v[k] = r * cosf((float)turn * a);
            v[k + 1] = r * sinf((float)turn * a);
        }
        for (size_t k = 0; k < 4 && i + k < n; k++)
            out[i + k] = v[k];
    }
    rng->position = 4 * place;
}

struct pink {
    double keep[PINK_POLES], gain[PINK_POLES], state[PINK_POLES];
};

static void pink_init(struct pink *p, double rate_hz)
{
    double hz = 3; // poles at 3, 12, 48, 192, 768 Hz
    double power = 0;
    for (int i = 0; i < PINK_POLES; i++, hz *= 4) {
        double k = exp(-turn * hz / rate_hz);
        p->keep[i] = k;
        p->gain[i] = sqrt(1 - k * k); // each pole's part has the same power: 1/f in sum
        p->state[i] = 0;
        power += 1;
    }
    for (int i = 0; i < PINK_POLES; i++)
        p->gain[i] /= sqrt(power);
}

static double pink_next(struct pink *p, double white)
{
    double v = 0;
    for (int i = 0; i < PINK_POLES; i++) {
        p->state[i] = p->keep[i] * p->state[i] + p->gain[i] * white;
        v += p->state[i];
    }
    return v;
}

static void add_noise(const struct machine *m, struct timeline *t, struct rng *rng)
{
    float white[BLOCK], other[BLOCK];
    struct pink pink;
    pink_init(&pink, t->rate_hz);
    for (size_t first = 0; first < t->n; first += BLOCK) {
        size_t n = t->n - first < BLOCK ? t->n - first : BLOCK;
        machine_white(white, n, rng);
        machine_white(other, n, rng);
        for (size_t i = 0; i < n; i++)
            t->uv[first + i] += (float)(m->white_uv * (double)white[i] +
                                        m->pink_uv * pink_next(&pink, (double)other[i]));
    }
}

// Adds size * sin(turn * hz * t + phase) by turning a vector.
static void add_sine(struct timeline *t, double hz, double size, double phase)
{
    double c = cos(turn * hz / t->rate_hz), s = sin(turn * hz / t->rate_hz);
    double x = size * cos(phase), y = size * sin(phase);
    for (size_t i = 0; i < t->n; i++) {
        t->uv[i] += (float)y;
        double x2 = c * x - s * y;
        y = s * x + c * y;
        x = x2;
    }
}

static void add_hum_and_sway(const struct machine *m, struct timeline *t, struct rng *rng)
{
    for (int h = 1; h <= HARMONICS; h++) { // odd ones stand out
        double size = m->mains_uv / pow(h, 1.3) * (h % 2 ? 1 : 0.15);
        double part = rng_between(rng, 0.4, 1), phase = rng_between(rng, 0, turn);
        if (size > 0)
            add_sine(t, m->mains_hz * h, h == 1 ? size : size * part, phase);
    }
    for (int i = 0; i < 3; i++) {
        double hz = rng_between(rng, 0.3, 8), phase = rng_between(rng, 0, turn);
        if (m->sway_uv > 0)
            add_sine(t, hz, m->sway_uv / 3, phase);
    }
}

static int run_filters(const struct machine *m, struct timeline *t, struct err *e)
{
    struct filter f;
    filter_init(&f, t->rate_hz);
    int rc = filter_add_highpass(&f, ORDER, m->highpass_hz, e);
    if (rc == 0 && m->lowpass_hz > 0 && m->lowpass_hz < 0.499 * t->rate_hz)
        rc = filter_add_lowpass(&f, ORDER, m->lowpass_hz, e);
    if (rc == 0) {
        if (t->n)
            filter_settle(&f, (double)t->uv[0]);
        filter_run(&f, t->uv, t->uv, t->n);
    }
    filter_release(&f);
    return rc;
}

static int mark_rail(struct timeline *t, size_t from, size_t to, double range_uv, struct err *e)
{
    struct timeline_event note = {.kind = DISCHARGE_SATURATION,
                                  .onset_s = (double)from / t->rate_hz,
                                  .duration_s = (double)(to - from) / t->rate_hz,
                                  .amplitude_uv = range_uv};
    return timeline_mark(t, &note, e);
}

// Converts, clips, and marks stretches of more than LONGEST_REST samples at the rail.
static int convert(const struct machine *m, struct timeline *t, struct err *e)
{
    double per_uv = machine_counts_per_uv(m), most = ldexp(1, m->bits - 1) - 1;
    size_t from = 0, at_rail = 0;
    int rc = 0;
    for (size_t i = 0; i < t->n && rc == 0; i++) {
        double count = rint((double)t->uv[i] * per_uv);
        bool is_clipped = fabs(count) >= most;
        count = fmin(most, fmax(-most, count));
        t->uv[i] = (float)(count / per_uv);
        if (is_clipped && !at_rail++)
            from = i;
        bool is_end = at_rail && (!is_clipped || i + 1 == t->n);
        if (is_end && at_rail > LONGEST_REST)
            rc = mark_rail(t, from, i + is_clipped, m->range_uv, e);
        if (is_end)
            at_rail = 0;
    }
    return rc;
}

int machine_run(const struct machine *m, struct timeline *t, struct rng *rng, struct err *e)
{
    assert(m->bits >= 8 && m->bits <= 24 && m->range_uv > 0);
    add_hum_and_sway(m, t, rng);
    add_noise(m, t, rng);
    int rc = run_filters(m, t, e);
    return rc < 0 ? rc : convert(m, t, e);
}
