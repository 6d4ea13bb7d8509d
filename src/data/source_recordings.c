/*
 * source_recordings.c: examples from recordings: excerpts around annotated events, kept as values
 * or drawn as sweeps.
 */
#include "data/data_priv.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "base/rng.h"
#include "data/classmap.h"
#include "data/leaks.h"
#include "data/recordings.h"
#include "draw/style.h"
#include "draw/sweepraster.h"
#include "draw/trace.h"
#include "dsp/median.h"
#include "image/image.h"
#include "tf/example.h"

#include <math.h>
#include <string.h>

static int check(const struct dataset_build_options *o, struct err *e)
{
    struct classmap map = {0};
    if (!file_is_folder(o->recordings))
        return err_set(e, ERR_IO, "%s: not a folder; wanted one with recordings",
                       o->recordings);
    int rc = o->class_map ? classmap_read(&map, o->class_map, e) : 0;
    if (rc == 0 && o->kind != INPUT_PICTURE) {
        struct input in = input_of_signals(o->kind, o->excerpts.rate_hz,
                                           excerpts_window(&o->excerpts), SCALING_UV);
        rc = input_check(&in, "--window-ms", e);
    }
    classmap_release(&map);
    return rc;
}

static int find_patients(struct build *b, struct err *e)
{
    struct items *x = &b->recordings;
    if (b->o->manifest) // what it says is believed more than what the files say
        for (size_t i = 0; i < x->n; i++)
            x->items[i].patient = x->items[i].recording = NULL;
    return build_find_patients(b, x, e);
}

static int open_map(struct classmap *map, const struct build *b, struct err *e)
{
    bool has_classes = false;
    for (size_t i = 0; i < b->recordings.n; i++)
        has_classes = has_classes || b->recordings.items[i].class_name;
    if (b->o->class_map)
        return classmap_read(map, b->o->class_map, e);
    return has_classes ? classmap_of_labels(map, e) : classmap_of_paper(map, e);
}

// What the scan of the folder left out is part of the report, too.
static int carry_left_out(struct items *to, const struct items *from, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < from->n_left_out; i++) {
        const struct left_out *x = &from->left_out[i];
        rc = items_leave_out(to, x->file, x->why, x->is_rejected, e);
    }
    return rc;
}

// A network reads microvolts or counts, not both: counts stay where nothing else is there.
static int check_units(struct build *b, struct err *e)
{
    struct items *p = &b->p;
    size_t n_uv = 0;
    for (size_t i = 0; i < p->n; i++)
        n_uv += p->items[i].excerpt->is_uv;
    if (n_uv == 0 || n_uv == p->n)
        return 0;
    for (size_t i = 0; i < p->n; i++)
        if (!p->items[i].excerpt->is_uv)
            return err_set(
                e, ERR_USAGE,
                "%s: in counts, its gain is not known, and others are in microvolts: "
                "wanted one unit in a data set",
                p->items[i].recording);
    return 0;
}

static int scan(struct build *b, struct err *e)
{
    struct classmap map = {0};
    struct excerpts_options how = b->o->excerpts;
    how.seed = b->o->split.seed;
    how.n_threads = b->o->n_threads;
    int rc = recordings_scan(&b->recordings, b->o->recordings, b->monitor, e);
    if (rc == 0)
        rc = find_patients(b, e);
    if (rc == 0)
        rc = open_map(&map, b, e);
    if (rc == 0)
        rc = excerpts_cut(&b->p, &b->counts, &b->recordings, b->o->recordings, &map, &how,
                          b->monitor, e);
    if (rc == 0)
        rc = carry_left_out(&b->p, &b->recordings, e);
    if (rc == 0)
        rc = check_units(b, e);
    classmap_release(&map);
    return rc;
}

static int after_split(struct build *b, struct err *e)
{
    return leaks_find(&b->leaks, &b->p, b->side, &b->recordings, b->o->recordings,
                      b->o->n_threads, b->monitor, e);
}

static struct example_bytes bytes_of(const char *s)
{
    return (struct example_bytes){(const unsigned char *)s, s ? strlen(s) : 0};
}

// ---- Drawn ----

enum { DRAWN_WIDTH = 320, DRAWN_HEIGHT = 240, DIVISIONS_X = 10, DIVISIONS_Y = 8 };
static const uint64_t stream_looks = 0x6c6f6f6b73; // "looks"
// The gains that people use at rest, for motor units and for large ones (needle-EMG practice; the
// Norwegian guideline gives 20 to 200 and 100 to 1000 uV a division). So a picture keeps some of
// its amplitude.
static const double uv_per_div[] = {50, 200, 1000};
static const double fills_divisions = 4; // on each side of the middle
// Networks read these pictures at about 107 pixels, and TensorFlow's resize, which they use, looks
// at two of every 2.6 columns: a thinner line is not there, or is there in pieces.
static const double least_line_px = 2.4;

// A recording is shown by one machine; its gain is set by what the sweep holds, as people do.
// What is larger than the screen is cut at its edge.
static void choose_look(struct sweep_look *out, const struct build *b, const struct excerpt *v,
                        double peak)
{
    struct rng rng = rng_of(b->o->split.seed ^ stream_looks, v->i_recording);
    size_t n_styles = 0;
    while (styles[n_styles].name)
        n_styles++;
    const struct style *style = &styles[rng_below(&rng, (uint32_t)n_styles)];
    double per_div = trace_nice(fmax(peak / fills_divisions, 1e-9)); // of counts
    for (size_t i = sizeof uv_per_div / sizeof *uv_per_div; v->is_uv && i-- > 0;)
        if (i == sizeof uv_per_div / sizeof *uv_per_div - 1 ||
            peak <= fills_divisions * uv_per_div[i])
            per_div = uv_per_div[i];
    sweep_look_defaults(out, style, b->o->excerpts.window_ms / DIVISIONS_X, per_div);
    out->line_px = fmax(style->trace_px, least_line_px);
    out->n_x = DIVISIONS_X;
    out->n_y = DIVISIONS_Y;
    out->is_turned =
        true; // positive potentials go down, as on the screen of an electromyograph
}

// The window's values without their median; the caller's. *peak: the largest of them.
static float *centred_window(double *peak, const struct excerpts_options *o,
                             const struct excerpt *v)
{
    size_t n = excerpts_window(o), first = (v->n - n) / 2;
    float *x = mem_array(2 * n, sizeof *x), *work = x ? x + n : NULL;
    *peak = 0;
    if (!x)
        return NULL;
    memcpy(x, v->values + first, n * sizeof *x);
    memcpy(work, x, n * sizeof *x);
    float middle = median_of(work, n);
    for (size_t i = 0; i < n; i++) {
        x[i] -= middle;
        *peak = fmax(*peak, fabs((double)x[i]));
    }
    return x;
}

static int draw(struct buffer *scratch, const struct build *b, const struct excerpt *v,
                struct err *e)
{
    static const size_t rgb_bytes = (size_t)DRAWN_WIDTH * DRAWN_HEIGHT * 3;
    struct sweep_look look;
    double peak;
    unsigned char *png = NULL;
    size_t n_png = 0;
    struct image im = {DRAWN_WIDTH, DRAWN_HEIGHT, mem_alloc(rgb_bytes)};
    float *x = centred_window(&peak, &b->o->excerpts, v);
    int rc = im.rgb && x ? 0 : err_set(e, ERR_MEMORY, "no memory to draw a sweep");
    if (rc == 0) {
        choose_look(&look, b, v, peak);
        sweep_rasterize(im.rgb, im.width, im.height, &look, x, excerpts_window(&b->o->excerpts),
                        v->rate_hz, 0);
        rc = image_encode_png(&png, &n_png, &im, e);
    }
    if (rc == 0)
        buffer_append(scratch, png, n_png);
    mem_free(png);
    mem_free(x);
    image_release(&im);
    return rc;
}

static void keep_values(struct buffer *scratch, const struct excerpt *v)
{
    for (size_t i = 0; i < v->n; i++) {
        uint32_t bits;
        memcpy(&bits, &v->values[i], sizeof bits);
        buffer_u32le(scratch, bits);
    }
}

static int example(struct example *out, const struct build *b, const struct item *x,
                   struct buffer *scratch, struct err *e)
{
    const struct excerpt *v = x->excerpt;
    double window_s = b->o->excerpts.window_ms / 1000;
    *out = (struct example){
        .filename = bytes_of(x->file),
        .patient = bytes_of(x->patient),
        .recording = bytes_of(x->recording),
        .muscle = bytes_of(x->muscle),
        .unit = bytes_of(v->is_uv ? "uV" : "counts"),
        .rate_hz = (float)v->rate_hz,
        .onset_us = (int64_t)llround((v->centre_s - window_s / 2) * 1e6),
        .label = (int64_t)x->label,
    };
    int rc = 0;
    if (b->o->kind == INPUT_PICTURE)
        rc = draw(scratch, b, v, e);
    else
        keep_values(scratch, v);
    if (rc == 0 && scratch->failed)
        rc = err_set(e, ERR_MEMORY, "%s: no memory", x->file);
    if (b->o->kind == INPUT_PICTURE) {
        out->encoded = (struct example_bytes){scratch->data, scratch->n};
        out->format = bytes_of("png");
        out->width = DRAWN_WIDTH;
        out->height = DRAWN_HEIGHT;
    } else {
        out->signal = (struct example_floats){scratch->data, v->n};
    }
    return rc;
}

static struct input input_of(const struct build *b)
{
    const struct excerpts_options *x = &b->o->excerpts;
    return input_of_signals(b->o->kind, x->rate_hz, excerpts_window(x),
                            b->p.items[0].excerpt->is_uv ? SCALING_UV : SCALING_ROBUST);
}

static json_t *excerpts_json(const struct build *b)
{
    const struct excerpts_options *x = &b->o->excerpts;
    const struct excerpts_counts *n = &b->counts;
    json_t *o = json_pack("{s:f, s:f, s:f, s:s, s:f, s:I, s:b, s:s}", "window_ms", x->window_ms,
                          "margin_ms", x->margin_ms, "rate_hz", x->rate_hz, "centre",
                          excerpts_centres[x->centre], "negatives", x->negatives, "most",
                          (json_int_t)x->most, "keeps_mixed", x->keeps_mixed, "balance",
                          excerpts_balances[x->balance]);
    json_t *counts = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "recordings", (json_int_t)n->n_recordings,
        "recordings_without_events", (json_int_t)n->n_without_events, "events",
        (json_int_t)n->n_events, "unmapped", (json_int_t)n->n_unmapped, "mixed",
        (json_int_t)n->n_mixed, "at_edge", (json_int_t)n->n_at_edge, "over_most",
        (json_int_t)n->n_over_most, "left_out_by_balance", (json_int_t)n->n_balanced);
    if (o)
        json_object_set_new(o, "counts", counts);
    return o;
}

// How many excerpts of each event's label became which class.
static json_t *labels_json(const struct build *b)
{
    json_t *o = json_object();
    for (size_t i = 0; i < b->p.n; i++) {
        const char *event = b->p.items[i].excerpt->event,
                   *class_name = b->p.classes[b->p.items[i].label];
        json_t *row = json_object_get(o, event);
        if (!row)
            json_object_set_new(o, event, row = json_object());
        json_int_t n = json_integer_value(json_object_get(row, class_name));
        json_object_set_new(row, class_name, json_integer(n + 1));
    }
    return o;
}

static int describe(json_t *root, const struct build *b, struct err *e)
{
    struct input in = input_of(b);
    // what pictures are read at is the network's choice
    bool says_input = b->o->kind != INPUT_PICTURE;
    if ((says_input && json_object_set_new(root, "input", input_json(&in))) ||
        json_object_set_new(root, "excerpts", excerpts_json(b)) ||
        json_object_set_new(root, "labels", labels_json(b)) ||
        json_object_set(root, "leaks", b->leaks))
        return err_set(e, ERR_MEMORY, "no memory for the report");
    return 0;
}

static void release(struct build *b)
{
    excerpts_release(&b->p);
    items_release(&b->recordings);
    json_decref(b->leaks);
}

const struct source source_recordings = {
    .check = check,
    .scan = scan,
    .after_split = after_split,
    .example = example,
    .describe = describe,
    .release = release,
};
