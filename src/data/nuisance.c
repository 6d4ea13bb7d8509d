/*
 * nuisance.c: see nuisance.h.
 *
 * Line width. The ground of a picture is its median brightness; ink is what differs from it by
 * more than a quarter of the largest difference. A line of width w and length L >> w has area w L
 * and an edge of 2 L, so twice the area over the edge is its width, at any angle within a third
 * (edges are counted along rows and columns).
 */
#include "data/nuisance.h"

#include "base/err.h"
#include "base/mem.h"
#include "dsp/hum.h"
#include "dsp/measure.h"
#include "image/image.h"
#include "tf/example.h"

#include <math.h>
#include <string.h>

const struct nuisance nuisances_of_signals[] = {
    {"mains_50", "mains 50 Hz, share of power", "", false, false},
    {"mains_60", "mains 60 Hz, share of power", "", false, false},
    {"noise", "noise floor", "uV", true, true},
    {"peak_to_peak", "peak to peak (gain)", "uV", true, true},
    {"offset", "offset (mean)", "uV", false, false},
    {"clipped", "clipped, share of samples", "", false, false},
    {"rate", "sampling rate", "Hz", false, false},
    {NULL, NULL, NULL, false, false},
};

const struct nuisance nuisances_of_pictures[] = {
    {"brightness", "brightness of the ground", "", false, false},
    {"contrast", "contrast (deviation of brightness)", "", false, true},
    {"colour", "colour (mean saturation)", "", false, false},
    {"line_width", "line width", "px", false, true},
    {"ink", "ink, share of pixels", "", false, true},
    {"width", "width", "px", false, false},
    {"height", "height", "px", false, false},
    {"file_bytes", "file size", "bytes", true, true},
    {NULL, NULL, NULL, false, false},
};

const struct nuisance *nuisances_of(const struct example *x)
{
    return x->signal.n ? nuisances_of_signals : nuisances_of_pictures;
}

// Amounts below a nanovolt or a byte are as good as none.
static double log_of(double v)
{
    return log10(fmax(v, 1e-3));
}

static int measure_samples(double *out, const struct example *x, struct err *e)
{
    struct measures m;
    size_t n = x->signal.n;
    double rate_hz = (double)x->rate_hz;
    float *samples = mem_array(n, sizeof *samples);
    if (!samples)
        return err_set(e, ERR_MEMORY, "no memory to measure an example");
    if (!(rate_hz > 0)) {
        mem_free(samples);
        return err_set(e, ERR_FORMAT, "%.*s: emg/rate_hz is missing", (int)x->filename.n,
                       (const char *)x->filename.data);
    }
    example_floats_read(samples, x->signal, 0, n);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(samples[i]))
            samples[i] = 0;
    int rc = measure_signal(&m, samples, n, rate_hz, 0, e);
    if (rc == 0) {
        *out++ = hum_share(samples, n, rate_hz, 50);
        *out++ = hum_share(samples, n, rate_hz, 60);
        *out++ = log_of(m.noise_quiet > 0 ? m.noise_quiet : m.noise);
        *out++ = log_of(m.max - m.min);
        *out++ = m.mean;
        *out++ = (double)m.n_clipped / (double)n;
        *out++ = rate_hz;
    }
    mem_free(samples);
    return rc;
}

// Brightness of a pixel, 0 to 255, by the weights of ITU-R BT.601.
static unsigned brightness_of(const uint8_t *rgb)
{
    return (299U * rgb[0] + 587U * rgb[1] + 114U * rgb[2] + 500) / 1000;
}

static unsigned median_brightness(const size_t counts[256], size_t n)
{
    unsigned v = 0;
    for (size_t below = counts[0]; below <= n / 2; below += counts[++v])
        ;
    return v;
}

struct look {
    size_t counts[256]; // pixels by brightness
    double saturation;  // the mean
    unsigned ground, ink_from;
    size_t n_ink, n_edges;
};

static bool is_ink(const struct look *l, const struct image *im, size_t x, size_t y)
{
    unsigned v = brightness_of(im->rgb + 3 * (y * im->width + x));
    return (v > l->ground ? v - l->ground : l->ground - v) >= l->ink_from;
}

static void look_at(struct look *l, const struct image *im)
{
    size_t n = im->width * im->height;
    unsigned low = 0, high = 255;
    *l = (struct look){0};
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = im->rgb + 3 * i;
        unsigned most = p[0] > p[1] ? p[0] : p[1], least = p[0] < p[1] ? p[0] : p[1];
        most = most > p[2] ? most : p[2];
        least = least < p[2] ? least : p[2];
        l->saturation += most ? (double)(most - least) / (double)most / (double)n : 0;
        l->counts[brightness_of(p)]++;
    }
    l->ground = median_brightness(l->counts, n);
    while (!l->counts[low])
        low++;
    while (!l->counts[high])
        high--;
    unsigned farthest = l->ground - low > high - l->ground ? l->ground - low : high - l->ground;
    l->ink_from = farthest / 4 + 1;
    for (size_t y = 0; y < im->height; y++)
        for (size_t x = 0; x < im->width; x++) {
            bool here = is_ink(l, im, x, y);
            l->n_ink += here;
            l->n_edges += x && here != is_ink(l, im, x - 1, y);
            l->n_edges += y && here != is_ink(l, im, x, y - 1);
        }
}

static double deviation(const size_t counts[256], double n)
{
    double sum = 0, squares = 0;
    for (size_t v = 0; v < 256; v++) {
        sum += (double)counts[v] * (double)v;
        squares += (double)counts[v] * (double)(v * v);
    }
    return sqrt(fmax(0, squares / n - sum / n * (sum / n)));
}

static int measure_pixels(double *out, const struct example *x, struct err *e)
{
    struct image im = {0};
    struct look l;
    int rc = image_decode(&im, x->encoded.data, x->encoded.n, e);
    if (rc < 0)
        return err_prefix(e, "%.*s", (int)x->filename.n, (const char *)x->filename.data);
    double n = (double)im.width * (double)im.height;
    look_at(&l, &im);
    *out++ = l.ground / 255.0;
    *out++ = deviation(l.counts, n) / 255;
    *out++ = l.saturation;
    *out++ = l.n_edges ? 2 * (double)l.n_ink / (double)l.n_edges : 0;
    *out++ = (double)l.n_ink / n;
    *out++ = (double)im.width;
    *out++ = (double)im.height;
    *out++ = log_of((double)x->encoded.n);
    image_release(&im);
    return 0;
}

int nuisance_measure(double out[NUISANCE_MAX], const struct example *x, struct err *e)
{
    memset(out, 0, NUISANCE_MAX * sizeof *out);
    return x->signal.n ? measure_samples(out, x, e) : measure_pixels(out, x, e);
}
