/*
 * repeat.c: see repeat.h.
 *
 * 1. The signal is averaged in groups to at most 4 kHz and at most 2^20 values, but not below
 *    1 kHz: what is beyond is not searched. That bounds everything below.
 * 2. Lines of the spectrum are pressed to their surroundings (each bin to at most twice the mean
 *    magnitude of its block of 128), under a taper that is undone afterwards: mains hum resembles
 *    itself at every lag. Below 20 Hz (movement) nothing is kept; above, a raised cosine, since
 *    a copy need not lie a whole number of groups later.
 * 3. Each 250 ms are divided by their RMS, so that a loud second does not speak for all, and the
 *    autocorrelation of the whole, by Fourier transform, has a peak at the lag of each stretch
 *    that occurs twice. Its highest peaks are candidates; noise alone makes some, too.
 * 4. For each candidate, windows of 1 s are compared with those one lag later by normalised
 *    cross-correlation. Three or more windows in a row, half overlapping, above 0.6 and 0.3 above
 *    what a mains period more or less gives, are a stretch.
 *
 * 0.6: in emgdb copies have 0.8 to 1 and the healthy record reaches 0.3 by chance (measured).
 */
#include "dsp/repeat.h"

#include "base/err.h"
#include "base/mem.h"
#include "dsp/fft.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_VALUES = 1 << 20, LINE_BLOCK = 128, N_CANDIDATES = 32, MIN_WINDOWS = 3 };
static const double top_rate_hz = 4000, low_rate_hz = 1000, level_s = 0.25;
static const double similar = 0.6, near_s = 0.01, low_cut_hz = 20, distinct = 0.3;

struct search {
    double rate_hz; // of the grouped signal
    size_t n;
    size_t n_padded; // at least 2 n, so that the ends do not meet
    float *x;        // [n_padded]
    float *levelled; // [n_padded], then its autocorrelation
    float *spectrum; // [n_padded + 2]
    struct fft *fft;
};

static void search_release(struct search *s)
{
    mem_free(s->x);
    mem_free(s->levelled);
    mem_free(s->spectrum);
    fft_free(s->fft);
}

static int search_init(struct search *s, const float *x, size_t n, double rate_hz,
                       struct err *e)
{
    *s = (struct search){0};
    double group = fmax(round(rate_hz / top_rate_hz), ceil((double)n / MAX_VALUES));
    group = fmax(1, fmin(group, floor(rate_hz / low_rate_hz)));
    size_t step = (size_t)group;
    s->rate_hz = rate_hz / group;
    s->n = n / step < MAX_VALUES ? n / step : MAX_VALUES;
    s->n_padded = fft_good_length(2 * s->n);
    s->x = mem_array(s->n_padded, sizeof *s->x);
    s->levelled = mem_array(s->n_padded, sizeof *s->levelled);
    s->spectrum = mem_array(s->n_padded + 2, sizeof *s->spectrum);
    if (!s->x || !s->levelled || !s->spectrum)
        return err_set(e, ERR_MEMORY, "no memory to look for repeated stretches");
    double mean = 0;
    for (size_t i = 0; i < s->n * step; i++)
        mean += isfinite(x[i]) ? (double)x[i] / (double)(s->n * step) : 0;
    for (size_t i = 0; i < s->n; i++) {
        double sum = 0;
        for (size_t k = 0; k < step; k++)
            sum += isfinite(x[i * step + k]) ? (double)x[i * step + k] - mean : 0;
        s->x[i] = (float)(sum / group);
    }
    return fft_new(&s->fft, s->n_padded, e);
}

// Hann's window on a pedestal, so that it can be undone.
static float taper(const struct search *s, size_t i)
{
    return (float)(0.1 + 0.45 * (1 - cos(2 * acos(-1) * (double)i / (double)s->n)));
}

// Step 2, in place.
static void press_lines(struct search *s)
{
    size_t n_bins = s->n_padded / 2 + 1;
    for (size_t i = 0; i < s->n; i++)
        s->x[i] *= taper(s, i);
    fft_forward(s->fft, s->spectrum, s->x);
    for (size_t at = 0; at < n_bins; at += LINE_BLOCK) {
        size_t n = n_bins - at < LINE_BLOCK ? n_bins - at : LINE_BLOCK;
        float *block = s->spectrum + 2 * at, mean = 0;
        for (int round = 0; round < 3;
             round++) { // each round, the lines weigh less in the mean
            mean = 0;
            for (size_t k = 0; k < n; k++)
                mean += hypotf(block[2 * k], block[2 * k + 1]) / (float)n;
            for (size_t k = 0; k < n; k++) {
                float magnitude = hypotf(block[2 * k], block[2 * k + 1]);
                float scale = magnitude > 2 * mean ? 2 * mean / magnitude : 1;
                block[2 * k] *= scale;
                block[2 * k + 1] *= scale;
            }
        }
    }
    double bin_hz = s->rate_hz / (double)s->n_padded;
    for (size_t k = 0; k < n_bins; k++) {
        double c = cos(acos(-1) / 2 * (double)k / (double)(n_bins - 1));
        float scale = (double)k * bin_hz < low_cut_hz ? 0 : (float)(c * c);
        s->spectrum[2 * k] *= scale;
        s->spectrum[2 * k + 1] *= scale;
    }
    fft_inverse(s->fft, s->x, s->spectrum);
    for (size_t i = 0; i < s->n; i++)
        s->x[i] /= taper(s, i);
    memset(s->x + s->n, 0, (s->n_padded - s->n) * sizeof *s->x);
}

// Step 3. Afterwards s->levelled[lag] is the autocorrelation.
static void correlate(struct search *s)
{
    size_t n_level = (size_t)(level_s * s->rate_hz), n_bins = s->n_padded / 2 + 1;
    memset(s->levelled, 0, s->n_padded * sizeof *s->levelled);
    for (size_t at = 0; at < s->n; at += n_level) {
        size_t n = s->n - at < n_level ? s->n - at : n_level;
        double power = 0;
        for (size_t i = 0; i < n; i++)
            power += (double)s->x[at + i] * (double)s->x[at + i];
        float scale = power > 0 ? (float)sqrt((double)n / power) : 0;
        for (size_t i = 0; i < n; i++)
            s->levelled[at + i] = s->x[at + i] * scale;
    }
    fft_forward(s->fft, s->spectrum, s->levelled);
    for (size_t k = 0; k < n_bins; k++) {
        float re = s->spectrum[2 * k], im = s->spectrum[2 * k + 1];
        s->spectrum[2 * k] = re * re + im * im;
        s->spectrum[2 * k + 1] = 0;
    }
    fft_inverse(s->fft, s->levelled, s->spectrum);
}

// The highest peaks at lags of 1 s and more, no two nearer than near_s.
static size_t find_candidates(size_t *lags, const struct search *s)
{
    float height[N_CANDIDATES];
    size_t n = 0, near = (size_t)(near_s * s->rate_hz), first = (size_t)s->rate_hz;
    for (size_t lag = first; lag + first < s->n; lag++) {
        float h = s->levelled[lag];
        if (h < s->levelled[lag - 1] || h < s->levelled[lag + 1] || h <= 0 ||
            (n == N_CANDIDATES && h <= height[n - 1]))
            continue;
        size_t i = n;
        for (size_t k = 0; k < n; k++) // peaks come in the order of lag: only the last is near
            if (lag - lags[k] < near)
                i = k;
        if (i < n && height[i] >= h)
            continue;
        if (i == n)
            i = n < N_CANDIDATES ? n++ : n - 1;
        for (; i > 0 && height[i - 1] < h; i--) {
            height[i] = height[i - 1];
            lags[i] = lags[i - 1];
        }
        height[i] = h;
        lags[i] = lag;
    }
    return n;
}

// Of the window of 1 s at `at` and the one a lag later; 0 where either is silent.
static double similarity(const struct search *s, size_t at, size_t lag)
{
    size_t n = (size_t)s->rate_hz;
    const float *a = s->x + at, *b = s->x + at + lag;
    double aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < n; i++) {
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
        ab += (double)a[i] * (double)b[i];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

// The most similar of the windows one mains period to either side: what is left of hum is as
// similar there.
static double beside(const struct search *s, size_t at, size_t lag)
{
    double most = 0;
    for (int i = 0; i < 4; i++) {
        size_t step = (size_t)lround(s->rate_hz / (i < 2 ? 50 : 60));
        size_t other = i % 2 ? lag + step : lag - step;
        if (at + other + (size_t)s->rate_hz <= s->n)
            most = fmax(most, similarity(s, at, other));
    }
    return most;
}

static bool overlaps(const struct repeat *a, const struct repeat *b)
{
    double from = fmax(a->first_s, b->first_s);
    double to = fmin(a->first_s + a->duration_s, b->first_s + b->duration_s);
    return fabs(a->lag_s - b->lag_s) < near_s && to > from;
}

// Keeps the longest; of two that tell the same, the longer.
static void keep(struct repeat *out, size_t *n_found, const struct repeat *r)
{
    size_t i = *n_found;
    for (size_t k = 0; k < *n_found; k++)
        if (overlaps(&out[k], r))
            i = k;
    if (i == REPEAT_MAX)
        i--; // takes the place of the shortest
    else if (i == *n_found)
        out[(*n_found)++].duration_s = 0;
    if (out[i].duration_s >= r->duration_s)
        return;
    for (; i > 0 && out[i - 1].duration_s < r->duration_s; i--)
        out[i] = out[i - 1];
    out[i] = *r;
}

// Step 4, for one lag.
static void compare(struct repeat *out, size_t *n_found, const struct search *s, size_t lag)
{
    size_t window = (size_t)s->rate_hz, hop = window / 2, n_run = 0, at = 0;
    double sum = 0;
    for (;; at += hop) {
        bool is_inside = at + window + lag <= s->n;
        double value = is_inside ? similarity(s, at, lag) : 0;
        if (value >= similar && value - beside(s, at, lag) >= distinct) {
            n_run++;
            sum += value;
            continue;
        }
        struct repeat r = {(double)(at - n_run * hop) / s->rate_hz,
                           (double)(window + (n_run ? n_run - 1 : 0) * hop) / s->rate_hz,
                           (double)lag / s->rate_hz, n_run ? sum / (double)n_run : 0};
        if (n_run >= MIN_WINDOWS)
            keep(out, n_found, &r);
        n_run = 0;
        sum = 0;
        if (!is_inside)
            return;
    }
}

int repeat_find(struct repeat *out, size_t *n_found, double *searched_s, const float *x,
                size_t n, double rate_hz, struct err *e)
{
    struct search s;
    size_t lags[N_CANDIDATES];
    *n_found = 0;
    if (searched_s)
        *searched_s = 0;
    assert(rate_hz > 0);
    if (rate_hz < low_rate_hz || (double)n < 4 * rate_hz)
        return 0;
    int rc = search_init(&s, x, n, rate_hz, e);
    if (rc == 0) {
        press_lines(&s);
        correlate(&s);
        size_t n_lags = find_candidates(lags, &s);
        for (size_t i = 0; i < n_lags; i++)
            compare(out, n_found, &s, lags[i]);
        if (searched_s)
            *searched_s = (double)s.n / s.rate_hz;
    }
    search_release(&s);
    return rc;
}
