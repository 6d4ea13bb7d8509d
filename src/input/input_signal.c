/*
 * input_signal.c: windows of one channel as [1][n_samples][1]. See input.h.
 *
 * A data set keeps more of the recording than is judged: the middle is taken, and variation moves
 * it. Variation is what differs between electrodes, machines and rooms for the same discharge:
 * when it comes in the window, how fast it passes, gain, filters, noise and mains hum. Polarity
 * and the direction of time stay: they tell a positive sharp wave from a fibrillation.
 */
#include "input/input_priv.h"

#include "base/err.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "base/rng.h"
#include "dsp/median.h"
#include "tf/example.h"

#include <math.h>
#include <string.h>

static const char *const scalings[] = {"uv", "robust", NULL};
static const double mad_of_normal = 1.4826; // deviation of a normal distribution by its MAD
static const double max_rate_hz = 1e8;

struct input input_of_signals(enum input_kind kind, double rate_hz, size_t n_samples,
                              enum scaling scaling)
{
    // a fibrillation of 20 uV comes to 0.9, a motor unit of 5 mV to 6.2
    struct input in = {.kind = kind, .signal = {rate_hz, n_samples, scaling, 20}};
    if (kind == INPUT_MEL)
        input_choose_bands(&in.mel, &in.signal);
    return in;
}

static struct shape shape(const struct input *in)
{
    return (struct shape){1, in->signal.n_samples, 1};
}

int input_check_signal(const struct input *in, const char *name, struct err *e)
{
    const struct input_signal *s = &in->signal;
    if (!s->n_samples || s->n_samples > INPUT_MAX_SAMPLES)
        return err_set(e, ERR_USAGE, "%s: windows of %zu samples, wanted 1 to %d", name,
                       s->n_samples, INPUT_MAX_SAMPLES);
    if (!(s->rate_hz > 0 && s->rate_hz <= max_rate_hz))
        return err_set(e, ERR_USAGE, "%s: %g samples a second, wanted above 0 to %g", name,
                       s->rate_hz, max_rate_hz);
    if (!(s->scale_uv > 0 && s->scale_uv < 1e9))
        return err_set(e, ERR_USAGE, "%s: a scale of %g uV, wanted above 0", name, s->scale_uv);
    return 0;
}

// ---- Scaling ----

static float median(float *work, const float *x, size_t n)
{
    memcpy(work, x, n * sizeof *x);
    return median_of(work, n);
}

// What noise alone deviates by; work [n].
static float spread(float *work, const float *x, size_t n, float middle)
{
    for (size_t i = 0; i < n; i++)
        work[i] = fabsf(x[i] - middle);
    return (float)mad_of_normal * median_of(work, n);
}

void input_level(float *out, const struct input_signal *s, const float *x, float *work)
{
    size_t n = s->n_samples;
    float middle = median(work, x, n), unit = 1;
    if (s->scaling == SCALING_ROBUST) {
        unit = spread(work, x, n, middle);
        if (!(unit > 0))
            unit = 1; // a window without anything in it
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (x[i] - middle) / unit;
}

// ---- Variation ----

static const double shift_most = 0.5; // of what there is on each side
static const double scale_time = 0.1; // a fibre's velocity, a rate a little off
static const double gain_least = 0.7, gain_most = 1.4;
static const double highpass_hz[] = {1, 40}, lowpass_hz[] = {1500, 6000};
static const double noise_uv[] = {0.3, 6}, hum_uv[] = {0.5, 15};
static const double probability_highpass = 0.5, probability_lowpass = 0.3,
                    probability_noise = 0.5, probability_hum = 0.25;
static const double robust_unit = 0.2; // of the window's own noise, for a uV of the lists above
static const double tau = 6.283185307179586;

static double between_log(struct rng *rng, double least, double most)
{
    return least * exp(rng_uniform(rng) * log(most / least));
}

// First-order filters, from rest at the first value.
static void highpass(float *x, size_t n, double cut_hz, double rate_hz)
{
    float keep = (float)exp(-tau * cut_hz / rate_hz), before = x[0], y = 0;
    for (size_t i = 0; i < n; i++) {
        y = keep * (y + x[i] - before);
        before = x[i];
        x[i] = y;
    }
}

static void lowpass(float *x, size_t n, double cut_hz, double rate_hz)
{
    float keep = (float)exp(-tau * cut_hz / rate_hz), y = x[0];
    for (size_t i = 0; i < n; i++)
        x[i] = y = x[i] + keep * (y - x[i]);
}

static void add_noise(float *x, size_t n, float deviation, struct rng *rng)
{
    for (size_t i = 0; i < n; i++)
        x[i] += deviation * (float)rng_normal(rng);
}

static void add_hum(float *x, size_t n, float amplitude, double rate_hz, struct rng *rng)
{
    double step = tau * (rng_uniform(rng) < 0.5 ? 50 : 60) / rate_hz;
    double phase = tau * rng_uniform(rng), third = 0.5 * rng_uniform(rng);
    for (size_t i = 0; i < n; i++)
        x[i] += amplitude * (float)(sin(phase + step * (double)i) +
                                    third * sin(3 * (phase + step * (double)i)));
}

// n samples around a place near the middle of `from`, a little slower or faster.
static void move(float *out, size_t n, const float *from, size_t n_from, struct rng *rng)
{
    double step = 1 + rng_between(rng, -scale_time, scale_time);
    double room = (double)(n_from - n) * shift_most;
    double first =
        (double)(n_from - 1) / 2 + rng_between(rng, -room, room) - step * (double)(n - 1) / 2;
    for (size_t i = 0; i < n; i++) {
        double at = fmin(fmax(first + step * (double)i, 0), (double)(n_from - 1));
        size_t low = (size_t)at, high = low + 1 < n_from ? low + 1 : low;
        out[i] = from[low] + (from[high] - from[low]) * (float)(at - (double)low);
    }
}

static void vary(float *x, const struct input_signal *s, float *work, struct rng *rng)
{
    size_t n = s->n_samples;
    float unit = 1, gain = (float)between_log(rng, gain_least, gain_most);
    if (s->scaling == SCALING_ROBUST)
        unit = (float)robust_unit * spread(work, x, n, median(work, x, n));
    for (size_t i = 0; i < n; i++)
        x[i] *= gain;
    if (rng_uniform(rng) < probability_highpass)
        highpass(x, n, between_log(rng, highpass_hz[0], highpass_hz[1]), s->rate_hz);
    if (rng_uniform(rng) < probability_lowpass)
        lowpass(x, n, between_log(rng, lowpass_hz[0], lowpass_hz[1]), s->rate_hz);
    if (rng_uniform(rng) < probability_noise)
        add_noise(x, n, unit * (float)between_log(rng, noise_uv[0], noise_uv[1]), rng);
    if (rng_uniform(rng) < probability_hum)
        add_hum(x, n, unit * (float)between_log(rng, hum_uv[0], hum_uv[1]), s->rate_hz, rng);
}

// ---- Examples ----

static int check_example(const struct input_signal *s, const struct example *x, struct err *e)
{
    const char *unit = s->scaling == SCALING_UV ? "uV" : "";
    if (!x->signal.n)
        return err_set(e, ERR_FORMAT, "no signal: no emg/signal");
    if (x->signal.n < s->n_samples || x->signal.n > INPUT_MAX_SAMPLES)
        return err_set(e, ERR_FORMAT, "a signal of %zu samples, wanted %zu to %d", x->signal.n,
                       s->n_samples, INPUT_MAX_SAMPLES);
    if (fabs((double)x->rate_hz - s->rate_hz) > 1e-6 * s->rate_hz)
        return err_set(e, ERR_FORMAT, "%g samples a second, wanted %g", (double)x->rate_hz,
                       s->rate_hz);
    if (*unit && (x->unit.n != strlen(unit) || memcmp(x->unit.data, unit, x->unit.n) != 0))
        return err_set(e, ERR_FORMAT, "in %.*s, wanted microvolts: its gain is not known",
                       x->unit.n < 20 ? (int)x->unit.n : 20,
                       x->unit.n ? (const char *)x->unit.data : "");
    return 0;
}

int input_take_window(float *out, const struct input_signal *s, const struct example *x,
                      enum augment_kind kind, struct rng *rng, struct err *e)
{
    size_t n = s->n_samples, n_stored = x->signal.n;
    int rc = check_example(s, x, e);
    if (rc < 0)
        return rc;
    if (kind == AUGMENT_NONE) {
        example_floats_read(out, x->signal, (n_stored - n) / 2, n);
    } else {
        float *stored = mem_array(n_stored, sizeof *stored);
        if (!stored)
            return err_set(e, ERR_MEMORY, "no memory for %zu samples", n_stored);
        example_floats_read(stored, x->signal, 0, n_stored);
        move(out, n, stored, n_stored, rng);
        vary(out, s, stored, rng);
        mem_free(stored);
    }
    for (size_t i = 0; i < n; i++)
        if (!isfinite(out[i]))
            return err_set(e, ERR_FORMAT, "sample %zu is not a finite number", i);
    return 0;
}

static int read_example(float *out, const struct input *in, const struct example *x,
                        enum augment_kind kind, struct rng *rng, struct err *e)
{
    size_t n = in->signal.n_samples;
    float scale = in->signal.scaling == SCALING_UV ? (float)in->signal.scale_uv : 1;
    float *window = mem_array(2 * n, sizeof *window);
    int rc = window ? input_take_window(window, &in->signal, x, kind, rng, e)
                    : err_set(e, ERR_MEMORY, "no memory for %zu samples", n);
    if (rc == 0) {
        input_level(out, &in->signal, window, window + n);
        for (size_t i = 0; i < n; i++)
            out[i] = asinhf(out[i] / scale);
    }
    mem_free(window);
    return rc;
}

// ---- JSON ----

json_t *input_signal_json(const struct input *in)
{
    const struct input_signal *s = &in->signal;
    return json_pack("{s:f, s:I, s:s, s:f}", "rate_hz", s->rate_hz, "n_samples",
                     (json_int_t)s->n_samples, "scaling", scalings[s->scaling], "scale_uv",
                     s->scale_uv);
}

int input_signal_from_json(struct input *out, const json_t *o, const char *name, struct err *e)
{
    struct input_signal *s = &out->signal;
    long long n = 0;
    const char *scaling = "";
    int rc;
    if ((rc = jsonfile_get_real(&s->rate_hz, o, "rate_hz", name, e)) < 0 ||
        (rc = jsonfile_get_integer(&n, o, "n_samples", name, e)) < 0 ||
        (rc = jsonfile_get_string(&scaling, o, "scaling", name, e)) < 0 ||
        (rc = jsonfile_get_real(&s->scale_uv, o, "scale_uv", name, e)) < 0)
        return rc;
    s->n_samples = n < 0 ? 0 : (size_t)n;
    for (int i = 0; scalings[i]; i++)
        if (!strcmp(scaling, scalings[i])) {
            s->scaling = (enum scaling)i;
            return 0;
        }
    return err_set(e, ERR_FORMAT, "%s: scaling \"%s\", wanted uv or robust", name, scaling);
}

const struct input_row input_signal_row = {
    .augments = 1u << AUGMENT_NONE | 1u << AUGMENT_WAVEFORM,
    .shape = shape,
    .check = input_check_signal,
    .read_example = read_example,
    .json = input_signal_json,
    .from_json = input_signal_from_json,
};
