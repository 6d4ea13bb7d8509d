/* spectrogram.c: see spectrogram.h. */
#include "dsp/spectrogram.h"

#include "base/err.h"
#include "base/mem.h"
#include "dsp/fft.h"
#include "dsp/window.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

struct spectrogram {
    struct spectrogram_spec spec;
    struct fft *fft;
    float *weights;  // [window]
    float *frame;    // [n_fft]
    float *spectrum; // [n_fft / 2 + 1][2]
    double scale;    // of |X|^2 to one-sided power density
};

static int check_spec(const struct spectrogram_spec *s, struct err *e)
{
    if (!(s->rate_hz > 0))
        return err_set(e, ERR_USAGE, "spectrogram at %g Hz, wanted above 0", s->rate_hz);
    if (s->window < 2 || s->window > SPECTROGRAM_MAX_WINDOW)
        return err_set(e, ERR_USAGE, "spectrogram window of %zu samples, wanted 2 to %d",
                       s->window, SPECTROGRAM_MAX_WINDOW);
    if (s->hop == 0)
        return err_set(e, ERR_USAGE, "spectrogram hop of 0 samples, wanted 1 or more");
    if (s->n_fft && (s->n_fft < s->window || s->n_fft > 8 * (size_t)SPECTROGRAM_MAX_WINDOW))
        return err_set(e, ERR_USAGE, "Fourier transform of %zu values, wanted %zu to %d",
                       s->n_fft, s->window, 8 * SPECTROGRAM_MAX_WINDOW);
    return 0;
}

int spectrogram_new(struct spectrogram **out, const struct spectrogram_spec *spec,
                    struct err *e)
{
    *out = NULL;
    int rc = check_spec(spec, e);
    if (rc < 0)
        return rc;
    struct spectrogram *s = mem_zalloc(sizeof *s);
    if (!s)
        return err_set(e, ERR_MEMORY, "no memory for a spectrogram");
    s->spec = *spec;
    s->spec.n_fft = fft_good_length(spec->n_fft ? spec->n_fft : spec->window);
    s->weights = mem_array(spec->window, sizeof *s->weights);
    s->frame = mem_array(s->spec.n_fft, sizeof *s->frame);
    s->spectrum = mem_array(s->spec.n_fft + 2, sizeof *s->spectrum);
    rc = s->weights && s->frame && s->spectrum
             ? fft_new(&s->fft, s->spec.n_fft, e)
             : err_set(e, ERR_MEMORY, "no memory for a spectrogram");
    if (rc < 0) {
        spectrogram_free(s);
        return rc;
    }
    window_fill(s->weights, spec->window, WINDOW_KIND_HANN);
    double power = 0;
    for (size_t i = 0; i < spec->window; i++)
        power += (double)s->weights[i] * (double)s->weights[i];
    s->scale = 2 / (spec->rate_hz * power);
    *out = s;
    return 0;
}

void spectrogram_free(struct spectrogram *s)
{
    if (!s)
        return;
    fft_free(s->fft);
    mem_free(s->weights);
    mem_free(s->frame);
    mem_free(s->spectrum);
    mem_free(s);
}

size_t spectrogram_bins(const struct spectrogram *s)
{
    return s->spec.n_fft / 2 + 1;
}

double spectrogram_bin_hz(const struct spectrogram *s)
{
    return s->spec.rate_hz / (double)s->spec.n_fft;
}

size_t spectrogram_frames(const struct spectrogram *s, size_t n)
{
    return n < s->spec.window ? 0 : 1 + (n - s->spec.window) / s->spec.hop;
}

// Power densities of the frame at x, in place of the first half of s->spectrum.
static const float *frame_power(struct spectrogram *s, const float *x)
{
    size_t n_bins = spectrogram_bins(s);
    for (size_t i = 0; i < s->spec.window; i++)
        s->frame[i] = x[i] * s->weights[i];
    fft_forward(s->fft, s->spectrum, s->frame); // what is behind the window stays zero
    for (size_t k = 0; k < n_bins; k++) {
        double re = (double)s->spectrum[2 * k], im = (double)s->spectrum[2 * k + 1];
        double sides = k == 0 || k == n_bins - 1 ? 0.5 : 1; // these two have no mirror image
        s->spectrum[k] = (float)((re * re + im * im) * s->scale * sides);
    }
    return s->spectrum;
}

void spectrogram_run(struct spectrogram *s, float *out, const float *x, size_t n)
{
    size_t n_frames = spectrogram_frames(s, n), n_bins = spectrogram_bins(s);
    for (size_t t = 0; t < n_frames; t++) {
        const float *power = frame_power(s, x + t * s->spec.hop);
        for (size_t k = 0; k < n_bins; k++)
            out[k * n_frames + t] = power[k];
    }
}

// ---- Mel bands ----

struct mel_band {
    size_t first, n; // bins
    size_t at;       // of its weights
};

struct mel {
    struct mel_spec spec;
    struct spectrogram *spectrogram;
    struct mel_band *bands; // [n_mels]
    float *weights;         // of all bands, one behind the other; Hz
};

double mel_of_hz(double hz)
{
    return 2595 * log10(1 + hz / 700);
}

double mel_to_hz(double mel)
{
    return 700 * (pow(10, mel / 2595) - 1);
}

void mel_defaults(struct mel_spec *out, double rate_hz)
{
    double window = round(rate_hz * 0.032), hop = round(rate_hz * 0.008);
    *out = (struct mel_spec){
        .spectrogram = {.rate_hz = rate_hz,
                        .window = window < 2 ? 2 : (size_t)window,
                        .hop = hop < 1 ? 1 : (size_t)hop},
        .n_mels = 128,
        .low_hz = fmin(20, rate_hz / 8),
        .high_hz = fmin(10000, rate_hz / 2),
        .floor_power = 1e-3,
    };
}

// Area under the triangle low-mid-high of height 1, from its beginning to hz.
static double triangle_area(double low, double mid, double high, double hz)
{
    if (hz <= low)
        return 0;
    if (hz <= mid)
        return (hz - low) * (hz - low) / (2 * (mid - low));
    double rest = high - fmin(hz, high);
    return (high - low) / 2 - rest * rest / (2 * (high - mid));
}

static double edge_hz(const struct mel_spec *spec, size_t i)
{
    double low = mel_of_hz(spec->low_hz), high = mel_of_hz(spec->high_hz);
    return mel_to_hz(low + (high - low) * (double)i / (double)(spec->n_mels + 1));
}

// Bins that the triangle touches; a bin reaches half a bin to both sides.
static struct mel_band band_of(const struct mel *m, size_t i)
{
    double bin_hz = spectrogram_bin_hz(m->spectrogram);
    size_t n_bins = spectrogram_bins(m->spectrogram);
    size_t first = (size_t)floor(edge_hz(&m->spec, i) / bin_hz + 0.5);
    size_t last = (size_t)floor(edge_hz(&m->spec, i + 2) / bin_hz + 0.5);
    first = first < n_bins ? first : n_bins - 1;
    last = last < n_bins ? last : n_bins - 1;
    return (struct mel_band){.first = first, .n = last - first + 1};
}

static int make_bands(struct mel *m, struct err *e)
{
    size_t n_weights = 0;
    double bin_hz = spectrogram_bin_hz(m->spectrogram);
    m->bands = mem_array(m->spec.n_mels, sizeof *m->bands);
    if (!m->bands)
        return err_set(e, ERR_MEMORY, "no memory for mel bands");
    for (size_t i = 0; i < m->spec.n_mels; i++) {
        m->bands[i] = band_of(m, i);
        m->bands[i].at = n_weights;
        n_weights += m->bands[i].n;
    }
    m->weights = mem_array(n_weights, sizeof *m->weights);
    if (!m->weights)
        return err_set(e, ERR_MEMORY, "no memory for mel bands");
    for (size_t i = 0; i < m->spec.n_mels; i++) {
        double low = edge_hz(&m->spec, i), mid = edge_hz(&m->spec, i + 1);
        double high = edge_hz(&m->spec, i + 2);
        for (size_t k = 0; k < m->bands[i].n; k++) {
            size_t bin = m->bands[i].first + k;
            double hz = (double)bin * bin_hz;
            double area = triangle_area(low, mid, high, hz + bin_hz / 2) -
                          triangle_area(low, mid, high, hz - bin_hz / 2);
            // the outermost bins are half as wide, and their density was told for a whole one
            bool is_half = bin == 0 || bin == spectrogram_bins(m->spectrogram) - 1;
            m->weights[m->bands[i].at + k] = (float)(is_half ? 2 * area : area);
        }
    }
    return 0;
}

int mel_new(struct mel **out, const struct mel_spec *spec, struct err *e)
{
    *out = NULL;
    if (spec->n_mels < 1 || spec->n_mels > 1024)
        return err_set(e, ERR_USAGE, "%zu mel bands, wanted 1 to 1024", spec->n_mels);
    if (!(spec->low_hz >= 0 && spec->high_hz > spec->low_hz &&
          spec->high_hz <= spec->spectrogram.rate_hz / 2))
        return err_set(e, ERR_USAGE,
                       "mel bands from %g to %g Hz, wanted within 0 to %g Hz, half the "
                       "sampling rate",
                       spec->low_hz, spec->high_hz, spec->spectrogram.rate_hz / 2);
    if (!(spec->floor_power > 0))
        return err_set(e, ERR_USAGE, "a mel floor of %g, wanted above 0", spec->floor_power);
    struct mel *m = mem_zalloc(sizeof *m);
    if (!m)
        return err_set(e, ERR_MEMORY, "no memory for mel bands");
    m->spec = *spec;
    int rc = spectrogram_new(&m->spectrogram, &spec->spectrogram, e);
    if (rc == 0)
        rc = make_bands(m, e);
    if (rc < 0) {
        mel_free(m);
        return rc;
    }
    *out = m;
    return 0;
}

void mel_free(struct mel *m)
{
    if (!m)
        return;
    spectrogram_free(m->spectrogram);
    mem_free(m->bands);
    mem_free(m->weights);
    mem_free(m);
}

size_t mel_frames(const struct mel *m, size_t n)
{
    return spectrogram_frames(m->spectrogram, n);
}

void mel_run(struct mel *m, float *out, const float *x, size_t n)
{
    size_t n_frames = mel_frames(m, n);
    for (size_t t = 0; t < n_frames; t++) {
        const float *power = frame_power(m->spectrogram, x + t * m->spec.spectrogram.hop);
        for (size_t i = 0; i < m->spec.n_mels; i++) {
            const struct mel_band *b = &m->bands[i];
            double sum = 0;
            for (size_t k = 0; k < b->n; k++)
                sum += (double)m->weights[b->at + k] * (double)power[b->first + k];
            out[i * n_frames + t] = (float)log10(fmax(sum, m->spec.floor_power));
        }
    }
}
