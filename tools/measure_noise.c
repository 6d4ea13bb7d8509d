/*
 * measure_noise.c: what recordings are like between and during discharges, for docs/simulator.md.
 *
 * usage: measure_noise NAME RECORDING...
 *
 * Prints one line of a table: medians over the recordings' first channels of
 *   floor      RMS of the quiet windows: the tenth of all windows of 20 ms with the least RMS,
 *              above 20 Hz, in uV ("counts" where the gain is not known)
 *   kurtosis   excess of the samples of quiet windows, each window divided by its RMS; 0: normal
 *   slopes     of the power spectrum in dB a decade, 100 Hz to 1 kHz and 1 to 4 kHz (or to 0.4 of
 *              the rate), of the quiet windows and of all
 *   activity   RMS of all / floor
 * Slopes are least squares over the logarithms of the bins (50 Hz wide, Hann), those at multiples
 * of 50 and 60 Hz below 400 Hz left out, where mains hum is.
 */
#include "base/err.h"
#include "base/mem.h"
#include "dsp/filter.h"
#include "dsp/median.h"
#include "dsp/spectrogram.h"
#include "wave/recording.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEASURES = 7, MAX_SAMPLES = 4000000 };
static const double window_s = 0.02, quiet_part = 0.1, highpass_hz = 20, mains_below_hz = 400;

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static bool is_mains(double hz)
{
    return hz < mains_below_hz && fmod(hz + 0.5, 50) < 1;
}

static double slope_of(const double *power, size_t n, double bin_hz, double from_hz,
                       double to_hz)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0, count = 0;
    for (size_t k = 1; k < n; k++) {
        double hz = (double)k * bin_hz;
        if (hz < from_hz || hz > to_hz || is_mains(hz) || power[k] <= 0)
            continue;
        double x = log10(hz), y = 10 * log10(power[k]);
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
        count++;
    }
    return (count * sxy - sx * sy) / (count * sxx - sx * sx);
}

// Powers of quiet windows and of all, [bins] each.
static int add_spectra(double *quiet, double *all, size_t *n_bins, double *bin_hz,
                       const float *x, size_t n_windows, size_t length, const float *rms,
                       float limit, double rate_hz, struct err *e)
{
    struct spectrogram_spec spec = {.rate_hz = rate_hz, .window = length, .hop = length};
    struct spectrogram *s;
    int rc = spectrogram_new(&s, &spec, e);
    if (rc < 0)
        return rc;
    *n_bins = spectrogram_bins(s);
    *bin_hz = spectrogram_bin_hz(s);
    float *power = mem_array(*n_bins, sizeof *power);
    for (size_t w = 0; power && w < n_windows; w++) {
        spectrogram_run(s, power, x + w * length, length);
        for (size_t k = 0; k < *n_bins; k++) {
            all[k] += (double)power[k];
            quiet[k] += rms[w] <= limit ? (double)power[k] : 0;
        }
    }
    rc = power ? 0 : err_set(e, ERR_MEMORY, "no memory for a spectrum");
    mem_free(power);
    spectrogram_free(s);
    return rc;
}

static int measure(double out[MEASURES], const float *x, size_t n, double rate_hz,
                   struct err *e)
{
    size_t length = (size_t)lround(window_s * rate_hz), n_windows = n / length, n_bins = 0;
    if (n_windows < 20)
        return err_set(e, ERR_USAGE, "%zu windows of 20 ms, wanted 20 or more", n_windows);
    float *rms = mem_array(2 * n_windows, sizeof *rms), *sorted = rms ? rms + n_windows : NULL;
    double *quiet = mem_array(4 * length, sizeof *quiet),
           *all = quiet ? quiet + 2 * length : NULL;
    double bin_hz = 0, fourth = 0, whole = 0, n_quiet = 0;
    int rc = rms && quiet ? 0 : err_set(e, ERR_MEMORY, "no memory to measure");
    for (size_t w = 0; rc == 0 && w < n_windows; w++) {
        double sum = 0;
        for (size_t i = 0; i < length; i++)
            sum += (double)x[w * length + i] * (double)x[w * length + i];
        whole += sum;
        rms[w] = sorted[w] = (float)sqrt(sum / (double)length);
    }
    if (rc == 0)
        qsort(sorted, n_windows, sizeof *sorted, compare);
    float limit = rc == 0 ? sorted[(size_t)(quiet_part * (double)n_windows)] : 0;
    for (size_t w = 0; rc == 0 && w < n_windows; w++)
        for (size_t i = 0; rms[w] <= limit && rms[w] > 0 && i < length; i++) {
            double z = (double)x[w * length + i] / (double)rms[w];
            fourth += z * z * z * z;
            n_quiet++;
        }
    if (rc == 0)
        rc = add_spectra(quiet, all, &n_bins, &bin_hz, x, n_windows, length, rms, limit,
                         rate_hz, e);
    if (rc == 0) {
        double high_hz = fmin(4000, 0.4 * rate_hz);
        double floor = (double)sorted[(size_t)(quiet_part * (double)n_windows) / 2];
        out[0] = floor;
        out[1] = fourth / n_quiet - 3;
        out[2] = slope_of(quiet, n_bins, bin_hz, 100, 1000);
        out[3] = slope_of(quiet, n_bins, bin_hz, 1000, high_hz);
        out[4] = slope_of(all, n_bins, bin_hz, 100, 1000);
        out[5] = slope_of(all, n_bins, bin_hz, 1000, high_hz);
        out[6] = sqrt(whole / (double)(n_windows * length)) / floor;
    }
    mem_free(rms);
    mem_free(quiet);
    return rc;
}

static int measure_file(double out[MEASURES], bool *is_uv, const char *path, struct err *e)
{
    struct recording *r;
    struct filter f = {0};
    int rc = recording_open(&r, path, NULL, e);
    if (rc < 0)
        return rc;
    double rate_hz = r->channels[0].rate_hz;
    uint64_t n_all = r->channels[0].n_samples;
    size_t n = (size_t)(n_all < MAX_SAMPLES ? n_all : MAX_SAMPLES);
    float *x = mem_array(n, sizeof *x);
    *is_uv = r->channels[0].unit == CHANNEL_UNIT_MICROVOLTS;
    rc = x ? recording_read(r, 0, 0, n, x, e)
           : err_set(e, ERR_MEMORY, "%s: no memory for %zu samples", path, n);
    if (rc == 0) {
        filter_init(&f, rate_hz);
        rc = filter_add_highpass(&f, 2, highpass_hz, e);
    }
    if (rc == 0) {
        filter_settle(&f, (double)x[0]);
        filter_run(&f, x, x, n);
        rc = measure(out, x, n, rate_hz, e);
    }
    filter_release(&f);
    mem_free(x);
    recording_close(r);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: measure_noise NAME RECORDING...\n");
        return 2;
    }
    size_t n = (size_t)argc - 2;
    float *values = mem_array(MEASURES * n, sizeof *values);
    bool is_uv = true;
    for (size_t i = 0; i < n; i++) {
        struct err e;
        double one[MEASURES];
        if (!values || measure_file(one, &is_uv, argv[i + 2], &e) < 0) {
            fprintf(stderr, "measure_noise: %s\n", values ? e.text : "no memory");
            mem_free(values);
            return 1;
        }
        for (size_t k = 0; k < MEASURES; k++)
            values[k * n + i] = (float)one[k];
    }
    printf("| %s | %zu |", argv[1], n);
    for (size_t k = 0; k < MEASURES; k++)
        printf(k == 0   ? " %.1f%s |"
               : k == 1 ? " %.2f%s |"
                        : " %.0f%s |",
               (double)median_of(values + k * n, n), k == 0 && !is_uv ? " counts" : "");
    printf("\n");
    mem_free(values);
    return 0;
}
