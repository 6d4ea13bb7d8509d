/*
 * measure.c: see measure.h.
 *
 * Sums are taken about the first sample, so that a large offset costs no digits.
 *
 * Medians come from histograms over the upper 15 bits of a float's absolute value: 128 bins per
 * doubling, so any length is measured in constant memory and to better than 1 %. Noise is
 * 1.4826 times the median of absolute values, which for Gaussian noise is its deviation [1].
 *
 * Mains: the signal is averaged in groups down to about 4 kHz, and power densities of Hann
 * windows of 1 s with half overlap are averaged [2]. A line is the power within 2 bins (2 Hz) of
 * a multiple of the mains frequency, less the median of 3 to 12 bins beside it. What the grouping
 * takes off a line, sin(pi f D / rate) / (D sin(pi f / rate)), is put back.
 *
 * A clip is a run at the extreme of the whole signal. Three equal samples at a peak are common
 * where a signal is slow or small, four are not; and below 64 steps of the converter from peak
 * to peak nothing is called a clip (both measured: PhysioNet emgdb, needle-emg 543xpjycj9).
 *
 * [1] Rousseeuw, Croux 1993, Alternatives to the median absolute deviation, JASA 88: 1273-1283.
 * [2] Welch 1967, The use of fast Fourier transform for the estimation of power spectra,
 *     IEEE Trans. Audio Electroacoust. 15: 70-73.
 */
#include "dsp/measure.h"

#include "base/err.h"
#include "base/mem.h"
#include "dsp/fft.h"
#include "dsp/filter.h"
#include "dsp/window.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_BINS = 1 << 15, CLIP_RUN = 4, CLIP_STEPS = 64, LINE_BINS = 2, BESIDE_BINS = 12 };
static const double mains_rate_hz = 4000, mains_max_hz = 1000, quiet_s = 0.02;

// Counts of absolute values.
struct spread {
    uint64_t n;
    uint64_t count[N_BINS];
};

// Runs at an extreme so far.
struct clip {
    float extreme;
    size_t run; // samples at the extreme just now
    uint64_t n_samples, n_runs;
};

struct measure {
    double rate_hz, full_scale;
    uint64_t n, n_not_finite, n_wrapped;
    float first, last;
    double sum, sum_squares; // of x - first
    double step;
    struct clip high, low; // low: of -x

    struct filter highpass;
    struct spread *spread, *quiet;
    size_t quiet_n, quiet_filled;
    double quiet_sum;

    size_t group, group_filled; // samples averaged into one
    double group_sum;
    size_t segment_n, segment_filled; // even
    size_t n_segments;
    float *segment, *weights, *weighted, *spectrum;
    double *power; // [segment_n / 2 + 1], summed
    struct fft *fft;
};

static void spread_add(struct spread *s, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    s->count[bits >> 16 & (N_BINS - 1)]++;
    s->n++;
}

static double bin_edge(uint32_t i)
{
    uint32_t bits = i << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

// The value below which the share of all lies.
static double spread_quantile(const struct spread *s, double share)
{
    double before = 0, wanted = share * (double)s->n;
    for (uint32_t i = 0; i + 1 < N_BINS && s->n; i++) {
        double here = (double)s->count[i];
        if (here > 0 && before + here >= wanted)
            return i == 0 ? 0
                          : bin_edge(i) +
                                (bin_edge(i + 1) - bin_edge(i)) * (wanted - before) / here;
        before += here;
    }
    return 0;
}

// ---- Life ----

static int prepare_mains(struct measure *m, struct err *e)
{
    double group = round(m->rate_hz / mains_rate_hz);
    m->group = group < 1 ? 1 : (size_t)group;
    double seconds = m->rate_hz / (double)m->group; // values in 1 s
    m->segment_n = fft_good_length((size_t)fmin(fmax(seconds, 64), 1 << 20));
    size_t n_bins = m->segment_n / 2 + 1;
    m->segment = mem_array(m->segment_n, sizeof *m->segment);
    m->weights = mem_array(m->segment_n, sizeof *m->weights);
    m->weighted = mem_array(m->segment_n, sizeof *m->weighted);
    m->spectrum = mem_array(2 * n_bins, sizeof *m->spectrum);
    m->power = mem_array(n_bins, sizeof *m->power);
    if (!m->segment || !m->weights || !m->weighted || !m->spectrum || !m->power)
        return err_set(e, ERR_MEMORY, "no memory to measure a signal");
    window_fill(m->weights, m->segment_n, WINDOW_KIND_HANN);
    return fft_new(&m->fft, m->segment_n, e);
}

int measure_new(struct measure **out, double rate_hz, double full_scale, struct err *e)
{
    assert(rate_hz > 0 && full_scale >= 0);
    *out = NULL;
    struct measure *m = mem_zalloc(sizeof *m);
    if (!m)
        return err_set(e, ERR_MEMORY, "no memory to measure a signal");
    m->rate_hz = rate_hz;
    m->full_scale = full_scale;
    m->spread = mem_zalloc(sizeof *m->spread);
    m->quiet = mem_zalloc(sizeof *m->quiet);
    m->quiet_n = (size_t)fmax(1, round(quiet_s * rate_hz));
    filter_init(&m->highpass, rate_hz);
    int rc =
        m->spread && m->quiet ? 0 : err_set(e, ERR_MEMORY, "no memory to measure a signal");
    if (rc == 0)
        rc = filter_add_highpass(&m->highpass, 2, fmin(MEASURE_NOISE_HZ, rate_hz / 8), e);
    if (rc == 0)
        rc = prepare_mains(m, e);
    if (rc < 0) {
        measure_free(m);
        return rc;
    }
    *out = m;
    return 0;
}

void measure_free(struct measure *m)
{
    if (!m)
        return;
    filter_release(&m->highpass);
    mem_free(m->spread);
    mem_free(m->quiet);
    mem_free(m->segment);
    mem_free(m->weights);
    mem_free(m->weighted);
    mem_free(m->spectrum);
    mem_free(m->power);
    fft_free(m->fft);
    mem_free(m);
}

// ---- Adding ----

static inline void clip_add(struct clip *c, float x)
{
    if (x > c->extreme)
        *c = (struct clip){.extreme = x};
    if (x < c->extreme) {
        c->run = 0;
        return;
    }
    c->run++;
    if (c->run >= CLIP_RUN) {
        c->n_runs += c->run == CLIP_RUN;
        c->n_samples += c->run == CLIP_RUN ? CLIP_RUN : 1;
    }
}

static void add_levels(struct measure *m, const float *x, size_t n)
{
    float last = m->last;
    float first = m->first;
    double sum = 0, sum_squares = 0;
    for (size_t i = 0; i < n; i++) {
        float jump = fabsf(x[i] - last);
        double d = (double)x[i] - (double)first;
        sum += d;
        sum_squares += d * d;
        if (jump > 0 && (double)jump < m->step)
            m->step = (double)jump;
        if (m->full_scale > 0 && (double)jump > m->full_scale / 2)
            m->n_wrapped++;
        clip_add(&m->high, x[i]);
        clip_add(&m->low, -x[i]);
        last = x[i];
    }
    m->sum += sum;
    m->sum_squares += sum_squares;
    m->last = last;
}

static void add_noise(struct measure *m, const float *filtered, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        spread_add(m->spread, filtered[i]);
        m->quiet_sum += (double)filtered[i] * (double)filtered[i];
        if (++m->quiet_filled == m->quiet_n) {
            spread_add(m->quiet, (float)sqrt(m->quiet_sum / (double)m->quiet_n));
            m->quiet_filled = 0;
            m->quiet_sum = 0;
        }
    }
}

// Adds the power of the full segment and keeps its second half as the beginning of the next.
static void end_segment(struct measure *m)
{
    size_t half = m->segment_n / 2;
    double mean = 0;
    for (size_t i = 0; i < m->segment_n; i++)
        mean += (double)m->segment[i] / (double)m->segment_n;
    for (size_t i = 0; i < m->segment_n; i++)
        m->weighted[i] = (m->segment[i] - (float)mean) * m->weights[i];
    fft_forward(m->fft, m->spectrum, m->weighted);
    for (size_t k = 0; k <= half; k++) {
        double re = (double)m->spectrum[2 * k], im = (double)m->spectrum[2 * k + 1];
        m->power[k] += re * re + im * im;
    }
    m->n_segments++;
    memmove(m->segment, m->segment + half, half * sizeof *m->segment);
    m->segment_filled = half;
}

static void add_mains(struct measure *m, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        m->group_sum += (double)x[i] - (double)m->first;
        if (++m->group_filled < m->group)
            continue;
        m->segment[m->segment_filled++] = (float)(m->group_sum / (double)m->group);
        m->group_filled = 0;
        m->group_sum = 0;
        if (m->segment_filled == m->segment_n)
            end_segment(m);
    }
}

static void begin(struct measure *m, float first)
{
    m->first = m->last = first;
    m->high.extreme = first;
    m->low.extreme = -first;
    m->step = HUGE_VAL;
    filter_settle(&m->highpass, (double)first);
}

void measure_add(struct measure *m, const float *x, size_t n)
{
    enum { BLOCK = 1024 };
    float block[BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t n_now = n - at < BLOCK ? n - at : BLOCK;
        float last = m->last;
        for (size_t i = 0; i < n_now; i++) {
            bool is_finite = isfinite(x[at + i]);
            m->n_not_finite += !is_finite;
            block[i] = last = is_finite ? x[at + i] : last;
        }
        if (m->n == 0)
            begin(m, block[0]);
        m->n += n_now;
        add_levels(m, block, n_now);
        add_mains(m, block, n_now);
        filter_run(&m->highpass, block, block, n_now);
        add_noise(m, block, n_now);
    }
}

// ---- The end ----

static double median(double *values, size_t n)
{
    assert(n > 0);
    for (size_t i = 1; i < n; i++) { // few values: sorted by insertion
        double v = values[i];
        size_t k = i;
        for (; k > 0 && values[k - 1] > v; k--)
            values[k] = values[k - 1];
        values[k] = v;
    }
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

// Mean power of the line at hz, over that of its surroundings.
static double line_power(const struct measure *m, double hz)
{
    double bin_hz = m->rate_hz / (double)m->group / (double)m->segment_n;
    double beside[2 * BESIDE_BINS], line = 0, window_power = 0;
    size_t n_bins = m->segment_n / 2 + 1, n_beside = 0;
    long middle = lround(hz / bin_hz);
    for (long k = middle - BESIDE_BINS; k <= middle + BESIDE_BINS; k++) {
        if (k < 1 || (size_t)k >= n_bins)
            continue;
        if (labs(k - middle) <= LINE_BINS)
            line += m->power[k];
        else
            beside[n_beside++] = m->power[k];
    }
    line -= (2 * LINE_BINS + 1) * median(beside, n_beside);
    for (size_t i = 0; i < m->segment_n; i++)
        window_power += (double)m->weights[i] * (double)m->weights[i];
    // both sides of the spectrum; Parseval
    double scale = 2 / (window_power * (double)m->segment_n * (double)m->n_segments);
    double w = acos(-1) * hz / m->rate_hz;
    double loss = sin(w * (double)m->group) / ((double)m->group * sin(w));
    return fmax(line, 0) * scale / (loss * loss);
}

static double mains_share(const struct measure *m, double mains_hz, double ac_power)
{
    double end_hz = fmin(mains_max_hz + 1, 0.45 * m->rate_hz / (double)m->group), sum = 0;
    for (int i = 1; i * mains_hz < end_hz; i++)
        sum += line_power(m, i * mains_hz);
    return ac_power > 0 ? fmin(sum / ac_power, 1) : 0;
}

void measure_end(const struct measure *m, struct measures *out)
{
    *out = (struct measures){.n = m->n, .n_not_finite = m->n_not_finite};
    if (m->n == 0)
        return;
    double shift = m->sum / (double)m->n;
    double power = fmax(m->sum_squares / (double)m->n - shift * shift, 0);
    out->max = (double)m->high.extreme;
    out->min = -(double)m->low.extreme;
    out->mean = (double)m->first + shift;
    out->rms = sqrt(power);
    out->step = isfinite(m->step) ? m->step : 0;
    out->noise = 1.4826 * spread_quantile(m->spread, 0.5);
    out->noise_quiet = spread_quantile(m->quiet, 0.1);
    out->n_wrapped = m->n_wrapped;
    if (out->step > 0 && out->max - out->min >= CLIP_STEPS * out->step) {
        out->n_clipped = m->high.n_samples + m->low.n_samples;
        out->n_clip_runs = m->high.n_runs + m->low.n_runs;
    }
    out->has_mains = m->n_segments > 0 && m->rate_hz > 250; // 0.45 of it is above both lines
    if (out->has_mains) {
        out->mains_50 = mains_share(m, 50, power);
        out->mains_60 = mains_share(m, 60, power);
    }
}

int measure_signal(struct measures *out, const float *x, size_t n, double rate_hz,
                   double full_scale, struct err *e)
{
    struct measure *m;
    int rc = measure_new(&m, rate_hz, full_scale, e);
    if (rc < 0)
        return rc;
    measure_add(m, x, n);
    measure_end(m, out);
    measure_free(m);
    return 0;
}
