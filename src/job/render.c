/* render.c: see render.h. */
#include "job/render.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "draw/canvas.h"
#include "draw/style.h"
#include "draw/trace.h"
#include "dsp/filter.h"
#include "dsp/spectrogram.h"
#include "wave/recording.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const render_view_names[] = {"sweep", "raster", "free-run", "spectrogram", NULL};

// What a view is when nothing else is said. 10 ms/div and 8 divisions up are what machines show
// at rest; 100 ms/div is the long time base for rhythm.
struct view {
    double ms_per_div;
    size_t n_x, n_y, n_sweeps;
    double division_px;
};
static const struct view views[] = {
    [RENDER_VIEW_SWEEP] = {10, 10, 8, 1, 64},
    [RENDER_VIEW_RASTER] = {10, 10, 10, 10, 64},
    [RENDER_VIEW_FREE_RUN] = {100, 20, 6, 1, 52},
    [RENDER_VIEW_SPECTROGRAM] = {100, 10, 6, 1, 64},
};

enum {
    MAX_SAMPLES = 1 << 26, // of one picture: 23 minutes at 48 kHz
    SPECTROGRAM_COLUMNS_MAX = 1200,
};
static const double settle_s = 1;

struct job {
    const struct render_options *o;
    struct recording *recording;
    const struct channel *channel;
    const struct style *style;
    enum canvas_format format;
    struct view view;
    double per_div, max_hz;
    float *samples; // those of the stretch that the recording has, filtered
    size_t n;
    uint64_t first;
    double offset; // taken off
    struct arena texts;
    const char *title, *subtitle, *captions[4], *labels[TRACE_MAX_SWEEPS];
    struct trace_mark *marks;
    size_t n_marks;
};

static double choose(double given, double otherwise)
{
    return given > 0 ? given : otherwise;
}

static const char *unit_of(const struct job *j)
{
    return j->channel->unit == CHANNEL_UNIT_MICROVOLTS ? "\xC2\xB5V" : "counts";
}

static double sweep_s(const struct job *j)
{
    return j->view.ms_per_div * (double)j->view.n_x / 1000;
}

static double stretch_s(const struct job *j)
{
    return sweep_s(j) * (double)j->view.n_sweeps;
}

// ---- What is asked for ----

static int no_style(const char *name, struct err *e)
{
    char names[160] = "";
    for (const struct style *s = styles; s->name; s++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", s->name);
    }
    return err_set(e, ERR_USAGE, "no style \"%.40s\", wanted one of %s", name, names);
}

static int check_view(struct job *j, struct err *e)
{
    const struct render_options *o = j->o;
    struct view *v = &j->view;
    *v = views[o->view];
    v->ms_per_div = choose(o->ms_per_div, v->ms_per_div);
    v->division_px = choose(o->division_px, v->division_px);
    v->n_x = o->n_x ? o->n_x : v->n_x;
    if (o->view == RENDER_VIEW_RASTER && o->n_sweeps)
        v->n_sweeps = v->n_y = o->n_sweeps; // one division from sweep to sweep
    v->n_y = o->n_y ? o->n_y : v->n_y;
    if (v->n_x > TRACE_MAX_DIVISIONS || v->n_y > TRACE_MAX_DIVISIONS ||
        v->n_sweeps > TRACE_MAX_SWEEPS)
        return err_set(e, ERR_USAGE, "%zu x %zu divisions, %zu sweeps, wanted %d or fewer",
                       v->n_x, v->n_y, v->n_sweeps, TRACE_MAX_DIVISIONS);
    if (v->division_px < TRACE_MIN_DIVISION_PX || v->division_px > TRACE_MAX_DIVISION_PX)
        return err_set(e, ERR_USAGE, "divisions of %g pixels, wanted %d to %d", v->division_px,
                       TRACE_MIN_DIVISION_PX, TRACE_MAX_DIVISION_PX);
    if (o->want_annotations && o->view == RENDER_VIEW_SPECTROGRAM)
        return err_set(e, ERR_USAGE,
                       "annotations are marked over sweeps, not over a spectrogram");
    j->style = o->style ? style_find(o->style) : styles;
    return j->style ? 0 : no_style(o->style, e);
}

static int check_place(struct job *j, struct err *e)
{
    const struct render_options *o = j->o;
    const struct recording *r = j->recording;
    if (o->channel >= r->n_channels)
        return err_set(e, ERR_USAGE, "%s: no channel %zu, it has %zu", o->path, o->channel + 1,
                       r->n_channels);
    j->channel = &r->channels[o->channel];
    double end_s = (double)j->channel->n_samples / j->channel->rate_hz;
    if (!(o->at_s >= 0 && o->at_s < end_s))
        return err_set(e, ERR_USAGE, "%s: %g s is outside the recording, which has 0 to %.3f s",
                       o->path, o->at_s, end_s);
    if (stretch_s(j) * j->channel->rate_hz > MAX_SAMPLES)
        return err_set(e, ERR_LIMIT, "%s: %g s are too many for one picture, wanted up to %g s",
                       o->path, stretch_s(j), MAX_SAMPLES / j->channel->rate_hz);
    double half_hz = j->channel->rate_hz / 2;
    j->max_hz = choose(o->max_hz, fmin(5000, half_hz));
    if (j->max_hz > half_hz)
        return err_set(e, ERR_USAGE, "%s: a spectrogram up to %g Hz, wanted up to %g Hz",
                       o->path, j->max_hz, half_hz);
    return 0;
}

// ---- Samples ----

static int run_filter(struct filter *f, const struct job *j, float *x, size_t n, struct err *e)
{
    if (f->n_stages == 0)
        return 0;
    if (j->o->is_zero_phase)
        return filter_zero_phase(f, x, x, n, e);
    filter_settle(f, (double)x[0]);
    filter_run(f, x, x, n);
    return 0;
}

static void take_off_mean(struct job *j)
{
    double sum = 0;
    if (j->o->highpass_hz > 0)
        return;
    for (size_t i = 0; i < j->n; i++)
        sum += (double)j->samples[i];
    j->offset = sum / (double)j->n;
    for (size_t i = 0; i < j->n; i++)
        j->samples[i] -= (float)j->offset;
}

// Reads [from, to), which may reach beyond the recording, and a second more on both sides for
// the filters; keeps what is there of [from, to).
static int read_stretch(struct job *j, double from, double to, struct err *e)
{
    struct filter f;
    double n_all = (double)j->channel->n_samples, rate_hz = j->channel->rate_hz;
    double edge = ceil(settle_s * rate_hz);
    j->first = (uint64_t)fmax(0, floor(from));
    j->n = (size_t)(fmin(n_all, ceil(to) + 1) - (double)j->first);
    uint64_t read_from = (uint64_t)fmax(0, floor(from) - edge);
    size_t n_read = (size_t)(fmin(n_all, ceil(to) + 1 + edge) - (double)read_from);
    size_t before = (size_t)(j->first - read_from);
    filter_init(&f, rate_hz);
    j->samples = mem_array(n_read, sizeof *j->samples);
    int rc = j->samples ? 0 : err_set(e, ERR_MEMORY, "no memory for %zu samples", n_read);
    if (rc == 0)
        rc = filter_add_knobs(&f, j->o->highpass_hz, j->o->lowpass_hz, j->o->notch_hz, e);
    if (rc == 0)
        rc = recording_read(j->recording, j->o->channel, read_from, n_read, j->samples, e);
    float last = 0;
    for (size_t i = 0; rc == 0 && i < n_read; i++) // a gap in the recording is drawn flat
        last = j->samples[i] = isfinite(j->samples[i]) ? j->samples[i] : last;
    if (rc == 0)
        rc = run_filter(&f, j, j->samples, n_read, e);
    filter_release(&f);
    if (rc < 0)
        return rc;
    memmove(j->samples, j->samples + before, j->n * sizeof *j->samples);
    take_off_mean(j);
    return 0;
}

// The gain at which all is seen: the peak within 90 % of the half panel; in a raster the rows
// may reach into each other by half.
static void choose_gain(struct job *j)
{
    double peak = 0, rows = (double)j->view.n_sweeps;
    for (size_t i = 0; i < j->n; i++)
        peak = fmax(peak, fabs((double)j->samples[i]));
    double room = (double)j->view.n_y / 2 * (rows > 1 ? 1.5 / rows : 0.9);
    j->per_div = j->o->per_div;
    if (!(j->per_div > 0))
        j->per_div = peak > 0 ? trace_nice(peak / room) : 50;
}

// ---- Texts ----

static const char *joined(struct arena *a, const char *before, const char *text)
{
    return before && *before ? arena_printf(a, "%s \xC2\xB7 %s", before, text) : text;
}

static const char *filter_text(struct job *j)
{
    const struct render_options *o = j->o;
    struct arena *a = &j->texts;
    const char *s = "";
    if (o->highpass_hz > 0)
        s = joined(a, s, arena_printf(a, "high-pass %g Hz", o->highpass_hz));
    if (o->lowpass_hz > 0)
        s = joined(a, s, arena_printf(a, "low-pass %g Hz", o->lowpass_hz));
    if (o->notch_hz > 0)
        s = joined(a, s, arena_printf(a, "notch %g Hz", o->notch_hz));
    if (s && *s)
        s = joined(a, s, o->is_zero_phase ? "zero phase" : "2nd order");
    else
        s = "no filter";
    if (s && j->channel->prefilter)
        s = arena_printf(a, "%s \xC2\xB7 recorded with %s", s, j->channel->prefilter);
    if (s && j->offset != 0)
        s = arena_printf(a, "%s \xC2\xB7 offset %.4g %s taken off", s, j->offset, unit_of(j));
    return s;
}

static const char *setting_text(struct job *j)
{
    struct arena *a = &j->texts;
    char amount[48];
    const char *polarity = j->o->is_positive_up ? "positive up" : "negative up";
    const char *doubt = j->recording->polarity == POLARITY_UNKNOWN
                            ? " (polarity not told: positive numbers taken as positive)"
                            : "";
    if (j->o->view == RENDER_VIEW_SPECTROGRAM)
        return arena_printf(a, "%g ms/div \xC2\xB7 dB of %s\xC2\xB2/Hz \xC2\xB7 %g Hz sampled",
                            j->view.ms_per_div, unit_of(j), j->channel->rate_hz);
    trace_amount(amount, sizeof amount, j->per_div, unit_of(j));
    return arena_printf(a, "%g ms/div \xC2\xB7 %s/div \xC2\xB7 %s%s \xC2\xB7 %g Hz sampled",
                        j->view.ms_per_div, amount, polarity, doubt, j->channel->rate_hz);
}

static int make_texts(struct job *j, struct err *e)
{
    struct arena *a = &j->texts;
    const struct recording *r = j->recording;
    size_t n = 0;
    j->title = path_base(j->o->path);
    if (r->n_channels > 1 || *j->channel->name)
        j->title = joined(a, j->title, j->channel->name);
    if (r->muscle)
        j->title = joined(a, j->title,
                          r->side ? arena_printf(a, "%s %s", r->side, r->muscle) : r->muscle);
    j->subtitle = arena_printf(a, "at %.3f s", j->o->at_s);
    j->captions[n++] = setting_text(j);
    j->captions[n++] = filter_text(j);
    if (j->channel->unit == CHANNEL_UNIT_COUNTS)
        j->captions[n++] = "gain not known: heights are counts of the converter";
    bool is_whole = j->title && j->subtitle;
    for (size_t i = 0; i < n; i++)
        is_whole = is_whole && j->captions[i];
    for (size_t i = 0; j->view.n_sweeps > 1 && i < j->view.n_sweeps; i++) {
        j->labels[i] = arena_printf(a, "%.3f s", j->o->at_s + (double)i * sweep_s(j));
        is_whole = is_whole && j->labels[i];
    }
    return is_whole ? 0 : err_set(e, ERR_MEMORY, "no memory for captions");
}

// ---- Pictures ----

// The annotations of the channel that touch the stretch, each in the row in which it begins.
static int make_marks(struct job *j, struct err *e)
{
    const struct recording *r = j->recording;
    if (!j->o->want_annotations || !r->n_annotations)
        return 0;
    j->marks = arena_array(&j->texts, r->n_annotations, sizeof *j->marks);
    if (!j->marks)
        return err_set(e, ERR_MEMORY, "no memory for %zu annotations", r->n_annotations);
    for (size_t i = 0; i < r->n_annotations; i++) {
        const struct annotation *a = &r->annotations[i];
        double end_s = a->onset_s + a->duration_s - j->o->at_s;
        double since_s = end_s > 0 ? fmax(a->onset_s - j->o->at_s, 0) : a->onset_s - j->o->at_s;
        double row = floor(since_s / sweep_s(j));
        bool is_of_channel = a->channel < 0 || (size_t)a->channel == j->o->channel;
        if (is_of_channel && row >= 0 && row < (double)j->view.n_sweeps)
            j->marks[j->n_marks++] = (struct trace_mark){
                .row = (size_t)row,
                .at_ms = (since_s - row * sweep_s(j)) * 1000,
                .span_ms = fmax(end_s - since_s, 0) * 1000,
                .label = a->label,
            };
    }
    return 0;
}

static int draw_sweeps(unsigned char **out, size_t *n, struct job *j, struct err *e)
{
    struct trace_sweep sweeps[TRACE_MAX_SWEEPS];
    double rate_hz = j->channel->rate_hz, at = j->o->at_s * rate_hz;
    int rc = read_stretch(j, at, at + stretch_s(j) * rate_hz, e);
    if (rc < 0)
        return rc;
    choose_gain(j);
    if ((rc = make_texts(j, e)) < 0 || (rc = make_marks(j, e)) < 0)
        return rc;
    for (size_t i = 0; i < j->view.n_sweeps; i++) {
        double from = at + (double)i * sweep_s(j) * rate_hz; // in samples
        double first = fmax(floor(from) - (double)j->first, 0);
        double end =
            fmin(ceil(from + sweep_s(j) * rate_hz) + 1 - (double)j->first, (double)j->n);
        size_t k = first < (double)j->n ? (size_t)first : j->n;
        sweeps[i] = (struct trace_sweep){
            .samples = j->samples + k,
            .n = end > (double)k ? (size_t)end - k : 0,
            .rate_hz = rate_hz,
            .first_ms = ((double)j->first + (double)k - from) * 1000 / rate_hz,
            .label = j->labels[i],
        };
    }
    // positive numbers are positive potentials unless the recording says otherwise
    bool is_negative = j->recording->polarity == POLARITY_NEGATIVE_UP;
    struct trace_page page = {
        .style = j->style,
        .title = j->title,
        .subtitle = j->subtitle,
        .captions = j->captions,
        .unit = unit_of(j),
        .ms_per_div = j->view.ms_per_div,
        .per_div = j->per_div,
        .n_x = j->view.n_x,
        .n_y = j->view.n_y,
        .division_px = j->view.division_px,
        .is_turned = j->o->is_positive_up == is_negative,
        .sweeps = sweeps,
        .n_sweeps = j->view.n_sweeps,
        .marks = j->marks,
        .n_marks = j->n_marks,
    };
    return trace_draw(out, n, &page, j->format, e);
}

// The stretch with half a window more on both sides, zeros where the recording has nothing.
static int padded_stretch(float **out, size_t *n, struct job *j, size_t window, struct err *e)
{
    double rate_hz = j->channel->rate_hz, half = floor((double)window / 2);
    double from = round(j->o->at_s * rate_hz) - half;
    *n = (size_t)ceil(stretch_s(j) * rate_hz) + window;
    int rc = read_stretch(j, from, from + (double)*n - 1, e);
    if (rc < 0)
        return rc;
    *out = mem_array(*n, sizeof **out);
    if (!*out)
        return err_set(e, ERR_MEMORY, "no memory for a spectrogram");
    size_t before = from < 0 ? (size_t)-from : 0;
    for (size_t i = before; i < *n && i - before < j->n; i++)
        (*out)[i] = j->samples[i - before];
    return 0;
}

// Windows of a fiftieth of the picture, not shorter than 4 ms nor longer than 0.25 s; so many
// frames that each is about a pixel.
static void choose_windows(struct spectrogram_spec *spec, const struct job *j)
{
    double rate_hz = j->channel->rate_hz, span_s = stretch_s(j);
    double window = round(fmin(fmax(span_s / 50, 0.004), 0.25) * rate_hz);
    double columns = fmin((double)j->view.n_x * j->view.division_px, SPECTROGRAM_COLUMNS_MAX);
    spec->rate_hz = rate_hz;
    spec->window = (size_t)fmin(fmax(window, 16), 1 << 18);
    spec->hop = (size_t)fmax(1, floor(span_s * rate_hz / columns));
    spec->n_fft = 2 * spec->window;
}

static int draw_spectrogram(unsigned char **out, size_t *n, struct job *j, struct err *e)
{
    struct spectrogram_spec spec;
    struct spectrogram *s = NULL;
    float *x = NULL, *power = NULL;
    size_t n_x = 0;
    choose_windows(&spec, j);
    int rc = spectrogram_new(&s, &spec, e);
    if (rc == 0)
        rc = padded_stretch(&x, &n_x, j, spec.window, e);
    if (rc == 0)
        rc = make_texts(j, e);
    if (rc < 0)
        goto out;
    size_t n_frames = spectrogram_frames(s, n_x);
    power = mem_array(mem_product(spectrogram_bins(s), n_frames), sizeof *power);
    if (!power) {
        rc = err_set(e, ERR_MEMORY, "no memory for a spectrogram");
        goto out;
    }
    spectrogram_run(s, power, x, n_x);
    double row_hz = spectrogram_bin_hz(s), n_rows = floor(j->max_hz / row_hz) + 1;
    struct spectrum_page page = {
        .style = j->style,
        .title = j->title,
        .subtitle = j->subtitle,
        .captions = j->captions,
        .unit = unit_of(j),
        .power = power,
        .n_rows = (size_t)fmax(2, n_rows),
        .n_frames = n_frames,
        .row_hz = row_hz,
        .ms_per_div = j->view.ms_per_div,
        .n_x = j->view.n_x,
        .n_y = j->view.n_y,
        .division_px = j->view.division_px,
    };
    rc = spectrum_draw(out, n, &page, j->format, e);
out:
    spectrogram_free(s);
    mem_free(x);
    mem_free(power);
    return rc;
}

static int make_report(json_t **report, const struct job *j, struct err *e)
{
    const struct render_options *o = j->o;
    json_t *r = json_object();
    bool is_whole = r != NULL;
    const char *unit = j->channel->unit == CHANNEL_UNIT_MICROVOLTS ? "uV" : "counts";
    double end_s = (double)(j->first + j->n) / j->channel->rate_hz;
    const struct {
        const char *key;
        json_t *value;
    } members[] = {
        {"recording", jsontext_string(o->path)},
        {"out", jsontext_string(o->out)},
        {"format", json_string(canvas_extensions[j->format])},
        {"view", json_string(render_view_names[o->view])},
        {"style", json_string(j->style->name)},
        {"channel", json_integer((json_int_t)o->channel + 1)},
        {"channel_name", jsontext_string(j->channel->name)},
        {"rate_hz", json_real(j->channel->rate_hz)},
        {"unit", json_string(unit)},
        {"at_s", json_real(o->at_s)},
        {"duration_s", json_real(stretch_s(j))},
        {"drawn_s", json_real(fmin(end_s - o->at_s, stretch_s(j)))},
        {"ms_per_div", json_real(j->view.ms_per_div)},
        {"per_div", j->per_div > 0 ? json_real(j->per_div) : json_null()},
        {"sweeps", json_integer((json_int_t)j->view.n_sweeps)},
        {"polarity", json_string(o->is_positive_up ? "positive-up" : "negative-up")},
        {"highpass_hz", o->highpass_hz > 0 ? json_real(o->highpass_hz) : json_null()},
        {"lowpass_hz", o->lowpass_hz > 0 ? json_real(o->lowpass_hz) : json_null()},
        {"notch_hz", o->notch_hz > 0 ? json_real(o->notch_hz) : json_null()},
        {"zero_phase", json_boolean(o->is_zero_phase)},
        {"offset_taken_off", json_real(j->offset)},
        {"annotations",
         o->want_annotations ? json_integer((json_int_t)j->n_marks) : json_null()},
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) // takes each value
        if (json_object_set_new(r, members[i].key, members[i].value))
            is_whole = false;
    if (!is_whole) {
        json_decref(r);
        return err_set(e, ERR_MEMORY, "no memory for a report");
    }
    *report = r;
    return 0;
}

int render(json_t **report, const struct render_options *o, struct err *e)
{
    struct job j = {.o = o};
    unsigned char *file = NULL;
    size_t n = 0;
    *report = NULL;
    arena_init(&j.texts);
    int rc = canvas_format_find(&j.format, o->out, e);
    if (rc == 0)
        rc = check_view(&j, e);
    if (rc == 0)
        rc = recording_open(&j.recording, o->path, o->hints, e);
    if (rc == 0)
        rc = check_place(&j, e);
    if (rc == 0)
        rc = (o->view == RENDER_VIEW_SPECTROGRAM ? draw_spectrogram : draw_sweeps)(&file, &n,
                                                                                   &j, e);
    if (rc == 0)
        rc = make_report(report, &j, e);
    if (rc == 0)
        rc = file_write(o->out, file, n, e);
    if (rc < 0) {
        json_decref(*report);
        *report = NULL;
    }
    mem_free(file);
    mem_free(j.samples);
    arena_release(&j.texts);
    recording_close(j.recording);
    return rc;
}
