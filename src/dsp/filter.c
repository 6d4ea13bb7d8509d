/*
 * filter.c: see filter.h.
 *
 * Butterworth: the poles of order n lie on a circle; each pair makes the analogue stage
 *
 *     H(s) = 1 / (s^2 + s/Q + 1),   1/Q[k] = 2 sin(pi (2k + 1) / 2n),   k = 0 .. n/2 - 1   [1]
 *
 * and an odd order has one stage 1 / (s + 1) more. The high-pass has s^2 (or s) above the line.
 * The bilinear transform s = (1/K) (z - 1)/(z + 1) with K = tan(pi cut / rate) puts the cut where
 * it belongs [1]. Second-order stages and not one polynomial: at 10 Hz and 48 kHz the poles of
 * order 8 would drown in rounding.
 *
 * Notch, from the same transform of (s^2 + 1) / (s^2 + s/Q + 1) [2], chapter 11:
 *
 *     H(z) = b (1 - 2 cos(w) z^-1 + z^-2) / (1 - 2 b cos(w) z^-1 + (2b - 1) z^-2)
 *     b = 1 / (1 + tan(dw / 2)),   w, dw: line and width in radians per sample
 *
 * Stages run in transposed direct form II: two values of state, well behaved in double.
 *
 * [1] Oppenheim, Schafer 2010, Discrete-time signal processing, 3rd edition, section 7.2 and
 *     appendix B.
 * [2] Orfanidis 1996, Introduction to signal processing.
 */
#include "dsp/filter.h"

#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static double pi(void)
{
    return acos(-1);
}

void filter_init(struct filter *f, double rate_hz)
{
    assert(rate_hz > 0);
    *f = (struct filter){.rate_hz = rate_hz};
}

void filter_release(struct filter *f)
{
    mem_free(f->stages);
    *f = (struct filter){0};
}

// ---- Design ----

static int reserve(struct filter *f, size_t n_more, struct err *e)
{
    if (f->n_stages + n_more <= f->capacity)
        return 0;
    size_t capacity = f->n_stages + n_more;
    struct filter_stage *stages = mem_resize(f->stages, capacity, sizeof *stages);
    if (!stages)
        return err_set(e, ERR_MEMORY, "no memory for a filter of %zu stages", capacity);
    f->stages = stages;
    f->capacity = capacity;
    return 0;
}

static int check_frequency(const struct filter *f, const char *what, double hz, struct err *e)
{
    if (hz > 0 && hz < f->rate_hz / 2)
        return 0;
    return err_set(e, ERR_USAGE,
                   "%s at %g Hz, wanted above 0 and below %g Hz, half the sampling rate", what,
                   hz, f->rate_hz / 2);
}

// The stage of s^2 + damping s + 1, or with a damping of 0 that of s + 1.
static struct filter_stage butterworth_stage(double k, double damping, bool is_highpass)
{
    if (damping == 0) {
        double scale = 1 / (1 + k), b0 = is_highpass ? scale : k * scale;
        return (struct filter_stage){
            .b0 = b0, .b1 = is_highpass ? -b0 : b0, .a1 = (k - 1) * scale};
    }
    double scale = 1 / (1 + damping * k + k * k), b0 = is_highpass ? scale : k * k * scale;
    return (struct filter_stage){.b0 = b0,
                                 .b1 = is_highpass ? -2 * b0 : 2 * b0,
                                 .b2 = b0,
                                 .a1 = 2 * (k * k - 1) * scale,
                                 .a2 = (1 - damping * k + k * k) * scale};
}

static int add_butterworth(struct filter *f, bool is_highpass, int order, double cut_hz,
                           struct err *e)
{
    const char *what = is_highpass ? "high-pass" : "low-pass";
    if (order < 1 || order > FILTER_MAX_ORDER)
        return err_set(e, ERR_USAGE, "%s of order %d, wanted 1 to %d", what, order,
                       FILTER_MAX_ORDER);
    int rc = check_frequency(f, what, cut_hz, e);
    if (rc == 0)
        rc = reserve(f, ((size_t)order + 1) / 2, e);
    if (rc < 0)
        return rc;
    double k = tan(pi() * cut_hz / f->rate_hz);
    for (int i = 0; i < order / 2; i++)
        f->stages[f->n_stages++] =
            butterworth_stage(k, 2 * sin(pi() * (2 * i + 1) / (2 * order)), is_highpass);
    if (order % 2)
        f->stages[f->n_stages++] = butterworth_stage(k, 0, is_highpass);
    return 0;
}

int filter_add_highpass(struct filter *f, int order, double cut_hz, struct err *e)
{
    return add_butterworth(f, true, order, cut_hz, e);
}

int filter_add_lowpass(struct filter *f, int order, double cut_hz, struct err *e)
{
    return add_butterworth(f, false, order, cut_hz, e);
}

int filter_add_bandpass(struct filter *f, int order, double low_hz, double high_hz,
                        struct err *e)
{
    if (!(low_hz < high_hz))
        return err_set(e, ERR_USAGE, "band-pass from %g to %g Hz, wanted the lower cut first",
                       low_hz, high_hz);
    size_t n_before = f->n_stages;
    int rc = filter_add_highpass(f, order, low_hz, e);
    if (rc == 0)
        rc = filter_add_lowpass(f, order, high_hz, e);
    if (rc < 0)
        f->n_stages = n_before;
    return rc;
}

static int check_line(const struct filter *f, const char *what, double line_hz, double q,
                      struct err *e)
{
    if (!(q > 0))
        return err_set(e, ERR_USAGE, "%s with a Q of %g, wanted above 0", what, q);
    int rc = check_frequency(f, what, line_hz, e);
    if (rc == 0 && line_hz / q >= f->rate_hz / 2)
        rc = err_set(e, ERR_USAGE, "%s at %g Hz with a Q of %g is as wide as the spectrum",
                     what, line_hz, q);
    return rc;
}

static void add_notch(struct filter *f, double line_hz, double width_hz)
{
    double b = 1 / (1 + tan(pi() * width_hz / f->rate_hz));
    double c = -2 * b * cos(2 * pi() * line_hz / f->rate_hz);
    f->stages[f->n_stages++] =
        (struct filter_stage){.b0 = b, .b1 = c, .b2 = b, .a1 = c, .a2 = 2 * b - 1};
}

int filter_add_notch(struct filter *f, double line_hz, double q, struct err *e)
{
    int rc = check_line(f, "notch", line_hz, q, e);
    if (rc == 0)
        rc = reserve(f, 1, e);
    if (rc == 0)
        add_notch(f, line_hz, line_hz / q);
    return rc;
}

int filter_add_comb(struct filter *f, double line_hz, size_t n_lines, double q, struct err *e)
{
    int rc = check_line(f, "comb", line_hz, q, e);
    if (rc < 0)
        return rc;
    double n_below = ceil(f->rate_hz / 2 / line_hz) - 1;
    if (n_below > 65536)
        return err_set(e, ERR_USAGE, "comb at %g Hz has %.0f lines, wanted 65536 or fewer",
                       line_hz, n_below);
    size_t n = n_lines && n_lines < (size_t)n_below ? n_lines : (size_t)n_below;
    rc = reserve(f, n, e);
    for (size_t i = 1; rc == 0 && i <= n; i++)
        add_notch(f, (double)i * line_hz, line_hz / q);
    return rc;
}

int filter_add_knobs(struct filter *f, double highpass_hz, double lowpass_hz, double notch_hz,
                     struct err *e)
{
    enum { ORDER = 2 };
    static const double notch_q = 30;
    int rc = 0;
    if (highpass_hz > 0 && lowpass_hz > 0)
        rc = filter_add_bandpass(f, ORDER, highpass_hz, lowpass_hz, e);
    else if (highpass_hz > 0)
        rc = filter_add_highpass(f, ORDER, highpass_hz, e);
    else if (lowpass_hz > 0)
        rc = filter_add_lowpass(f, ORDER, lowpass_hz, e);
    return rc == 0 && notch_hz > 0 ? filter_add_notch(f, notch_hz, notch_q, e) : rc;
}

double filter_gain(const struct filter *f, double hz)
{
    double w = 2 * pi() * hz / f->rate_hz, gain = 1;
    double c1 = cos(w), s1 = sin(w), c2 = cos(2 * w), s2 = sin(2 * w);
    for (size_t i = 0; i < f->n_stages; i++) {
        const struct filter_stage *s = &f->stages[i];
        gain *= hypot(s->b0 + s->b1 * c1 + s->b2 * c2, s->b1 * s1 + s->b2 * s2) /
                hypot(1 + s->a1 * c1 + s->a2 * c2, s->a1 * s1 + s->a2 * s2);
    }
    return gain;
}

// ---- Running ----

void filter_reset(struct filter *f)
{
    for (size_t i = 0; i < f->n_stages; i++)
        f->stages[i].s1 = f->stages[i].s2 = 0;
}

// In the steady state y = g x with g = H(1); the state then follows from its own equations.
void filter_settle(struct filter *f, double value)
{
    for (size_t i = 0; i < f->n_stages; i++) {
        struct filter_stage *s = &f->stages[i];
        double y = value * (s->b0 + s->b1 + s->b2) / (1 + s->a1 + s->a2);
        s->s2 = s->b2 * value - s->a2 * y;
        s->s1 = s->b1 * value - s->a1 * y + s->s2;
        value = y;
    }
}

static inline double stage_step(struct filter_stage *s, double x)
{
    double y = s->b0 * x + s->s1;
    s->s1 = s->b1 * x - s->a1 * y + s->s2;
    s->s2 = s->b2 * x - s->a2 * y;
    return y;
}

static double step(struct filter *f, double x)
{
    for (size_t i = 0; i < f->n_stages; i++)
        x = stage_step(&f->stages[i], x);
    return x;
}

// Block by block and stage by stage: the state of a stage stays in registers. The values are
// those of step(), in the same order, so blocks change nothing.
void filter_run(struct filter *f, float *out, const float *in, size_t n)
{
    enum { BLOCK = 512 };
    double block[BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t n_now = n - at < BLOCK ? n - at : BLOCK;
        for (size_t i = 0; i < n_now; i++)
            block[i] = (double)in[at + i];
        for (size_t k = 0; k < f->n_stages; k++) {
            struct filter_stage s = f->stages[k];
            for (size_t i = 0; i < n_now; i++)
                block[i] = stage_step(&s, block[i]);
            f->stages[k] = s;
        }
        for (size_t i = 0; i < n_now; i++)
            out[at + i] = (float)block[i];
    }
}

// After so many samples the slowest pole has decayed to -80 dB: below the steps of a 12-bit
// converter.
static size_t settling(const struct filter *f, size_t n_max)
{
    double slowest = 0;
    for (size_t i = 0; i < f->n_stages; i++) {
        double a1 = f->stages[i].a1, a2 = f->stages[i].a2, d = a1 * a1 / 4 - a2;
        double radius = d < 0 ? sqrt(a2) : fabs(a1) / 2 + sqrt(d);
        slowest = fmax(slowest, radius);
    }
    if (slowest <= 0)
        return 0;
    double n = slowest < 1 ? ceil(log(1e-4) / log(slowest)) : (double)n_max;
    return n < (double)n_max ? (size_t)n : n_max;
}

int filter_zero_phase(struct filter *f, float *out, const float *in, size_t n, struct err *e)
{
    size_t n_edge = n ? settling(f, n - 1) : 0;
    double *edge = mem_array(n_edge + 1, sizeof *edge);
    if (!edge)
        return err_set(e, ERR_MEMORY, "no memory to filter %zu samples", n);
    if (n) {
        double first = (double)in[0], last = (double)in[n - 1];
        for (size_t i = 0; i < n_edge; i++) // what follows the end, before `out` covers `in`
            edge[i] = 2 * last - (double)in[n - 2 - i];
        filter_settle(f, 2 * first - (double)in[n_edge]);
        for (size_t i = n_edge; i > 0; i--)
            step(f, 2 * first - (double)in[i]);
        filter_run(f, out, in, n);
        for (size_t i = 0; i < n_edge; i++)
            edge[i] = step(f, edge[i]);

        filter_settle(f, n_edge ? edge[n_edge - 1] : (double)out[n - 1]);
        for (size_t i = n_edge; i > 0; i--)
            step(f, edge[i - 1]);
        for (size_t i = n; i > 0; i--)
            out[i - 1] = (float)step(f, (double)out[i - 1]);
    }
    mem_free(edge);
    return 0;
}
