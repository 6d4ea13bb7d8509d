/*
 * input_mel.c: windows of one channel as mel-spectrograms, [n_mels][n_frames][1]. See input.h.
 *
 * A data set keeps samples, the same as for kind signal; the spectrogram is made when an example
 * is loaded. So variation moves, filters and disturbs the signal itself, where electrodes and
 * machines do, and one data set serves both kinds. What is lost is the sign: power does not tell
 * a deflection from its mirror image, only how long it lasts.
 *
 * Bands and frames are chosen for networks that halve a map five times (resnet18):
 *
 *   64 bands from 20 Hz to 10 kHz or half the rate. Frames of 12.8 ms: as long as a motor unit's
 *   potential, so that the initial spike of a positive sharp wave and its tail are two things.
 *   At least 64 frames where there are samples enough, and no sample between two of them.
 *
 * The plan of the transform is made anew for each example: 64 bands cost less than the frames do,
 * and nothing has to be kept by each thread.
 */
#include "input/input_priv.h"

#include "base/err.h"
#include "base/jsonfile.h"
#include "base/mem.h"

static const double frame_s = 0.0128;
enum { N_MELS = 64, N_FRAMES_LEAST = 64 };

void input_choose_bands(struct mel_spec *out, const struct input_signal *s)
{
    size_t window = (size_t)(frame_s * s->rate_hz + 0.5);
    window = window < 2 ? 2 : window;
    size_t hop = window < s->n_samples ? (s->n_samples - window) / (N_FRAMES_LEAST - 1) : 1;
    hop = hop > window / 2 ? window / 2 : hop;
    mel_defaults(out, s->rate_hz);
    out->n_mels = N_MELS;
    out->spectrogram.window = window;
    out->spectrogram.hop = hop ? hop : 1;
}

static struct shape shape(const struct input *in)
{
    const struct spectrogram_spec *s = &in->mel.spectrogram;
    size_t n = in->signal.n_samples;
    return (struct shape){in->mel.n_mels, n < s->window ? 0 : 1 + (n - s->window) / s->hop, 1};
}

static int check(const struct input *in, const char *name, struct err *e)
{
    const struct mel_spec *spec = &in->mel;
    struct mel *m = NULL;
    int rc = input_check_signal(in, name, e);
    if (rc < 0)
        return rc;
    if (spec->spectrogram.window > in->signal.n_samples)
        return err_set(e, ERR_USAGE, "%s: windows of %zu samples, wanted at least %zu for mel",
                       name, in->signal.n_samples, spec->spectrogram.window);
    if (spec->high_hz - spec->low_hz < 1) // triangles without an area
        return err_set(e, ERR_USAGE, "%s: mel bands from %g to %g Hz, wanted 1 Hz between them",
                       name, spec->low_hz, spec->high_hz);
    if ((rc = mel_new(&m, spec, e)) < 0)
        err_prefix(e, "%s", name);
    mel_free(m);
    return rc;
}

static int read_example(float *out, const struct input *in, const struct example *x,
                        enum augment_kind kind, struct rng *rng, struct err *e)
{
    struct mel *m = NULL;
    size_t n = in->signal.n_samples;
    float *window = mem_array(2 * n, sizeof *window);
    int rc = window ? input_take_window(window, &in->signal, x, kind, rng, e)
                    : err_set(e, ERR_MEMORY, "no memory for %zu samples", n);
    if (rc == 0)
        rc = mel_new(&m, &in->mel, e);
    if (rc == 0) {
        input_level(window, &in->signal, window, window + n);
        mel_run(m, out, window, n);
    }
    mel_free(m);
    mem_free(window);
    return rc;
}

static json_t *json(const struct input *in)
{
    const struct mel_spec *m = &in->mel;
    json_t *o = input_signal_json(in);
    json_t *bands = json_pack("{s:I, s:I, s:I, s:f, s:f, s:f}", "n_mels", (json_int_t)m->n_mels,
                              "frame_samples", (json_int_t)m->spectrogram.window, "hop_samples",
                              (json_int_t)m->spectrogram.hop, "low_hz", m->low_hz, "high_hz",
                              m->high_hz, "floor_power", m->floor_power);
    if (o && (!bands || json_object_update(o, bands))) {
        json_decref(o);
        o = NULL;
    }
    json_decref(bands);
    return o;
}

static int from_json(struct input *out, const json_t *o, const char *name, struct err *e)
{
    struct mel_spec *m = &out->mel;
    long long n_mels = 0, window = 0, hop = 0;
    int rc = input_signal_from_json(out, o, name, e);
    if (rc < 0 || (rc = jsonfile_get_integer(&n_mels, o, "n_mels", name, e)) < 0 ||
        (rc = jsonfile_get_integer(&window, o, "frame_samples", name, e)) < 0 ||
        (rc = jsonfile_get_integer(&hop, o, "hop_samples", name, e)) < 0 ||
        (rc = jsonfile_get_real(&m->low_hz, o, "low_hz", name, e)) < 0 ||
        (rc = jsonfile_get_real(&m->high_hz, o, "high_hz", name, e)) < 0 ||
        (rc = jsonfile_get_real(&m->floor_power, o, "floor_power", name, e)) < 0)
        return rc;
    // a negative number is refused as what it becomes here
    m->n_mels = n_mels < 0 ? 0 : (size_t)n_mels;
    m->spectrogram = (struct spectrogram_spec){.rate_hz = out->signal.rate_hz,
                                               .window = window < 0 ? 0 : (size_t)window,
                                               .hop = hop < 0 ? 0 : (size_t)hop};
    return 0;
}

const struct input_row input_mel_row = {
    .augments = 1u << AUGMENT_NONE | 1u << AUGMENT_WAVEFORM,
    .shape = shape,
    .check = check,
    .read_example = read_example,
    .json = json,
    .from_json = from_json,
};
