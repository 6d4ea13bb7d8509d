/*
 * saliency.c: see saliency.h. A method is a row of a table: what it wants compiled, and how it makes
 * a map of it.
 */
#include "job/saliency.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "dsp/median.h"
#include "job/predict.h"
#include "model/modelfolder.h"
#include "nn/graph.h"
#include "nn/net.h"
#include "nn/receptive.h"
#include "nn/variables.h"
#include "stats/temperature.h"

#include <assert.h>
#include <math.h>
#include <string.h>

const char *const saliency_methods[] = {"occlusion", "gradcam", "cam", NULL};
const char *const saliency_titles[] = {"Occlusion", "Grad-CAM", "Class activation map", NULL};

enum { BATCH = 8 };
static const double occluder_picture = 0.15, occluder_window = 0.1;
// From one patch to the next, as a share of its side: windows cost less than pictures.
static const double hop_picture = 0.5, hop_window = 0.25;

struct saliency {
    const struct model *m;
    struct saliency_options o;
    // gradcam, cam
    struct net *net;
    int layer;
    size_t weights; // cam: the variable of the last dense layer, [channels][n_classes]
    // occlusion
    struct predictor *predictor;
    size_t side_y, side_x, hop_y, hop_x; // of the patch, in places of the input or samples
    float *inputs, *logits;              // [batch]
    float *drops;   // [rows][columns] of the map: of the patch in the middle
    float *covered; // a window or an input, and room for a median
    struct saliency_map map;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to explain");
}

static bool is_picture(const struct saliency *s)
{
    return s->m->input.kind == INPUT_PICTURE;
}

static int allocate_map(struct saliency *s, struct err *e)
{
    s->map.values = mem_array(mem_product(s->map.rows, s->map.columns), sizeof(float));
    return s->map.values ? 0 : no_memory(e);
}

// ---- Activations ----

// What the node that makes a tensor is; NULL: it is an input.
static const char *maker_of(const struct graph *g, int tensor, int *in)
{
    for (size_t i = 0; i < graph_n_nodes(g); i++) {
        struct graph_node_info n = graph_node_info(g, i);
        if (n.out == tensor) {
            *in = n.n_in ? n.in[0] : -1;
            return n.op;
        }
    }
    return NULL;
}

// Whether the logits are one dense layer of the global average of the last map.
static bool ends_in_average_and_dense(const struct network *n)
{
    int at = n->logits;
    const char *op = maker_of(n->graph, at, &at);
    if (!op || strcmp(op, "dense") != 0)
        return false;
    do
        op = maker_of(n->graph, at, &at);
    while (op && !strcmp(op, "dropout"));
    return op && !strcmp(op, "global_average") && at == n->last_map;
}

static int find_layer(struct saliency *s, struct err *e)
{
    const struct network *n = &s->m->network;
    s->layer = n->last_map;
    if (!s->o.layer)
        return 0;
    if (s->o.method != SALIENCY_GRADCAM)
        return err_set(e, ERR_USAGE, "a layer is for gradcam, not for %s",
                       saliency_methods[s->o.method]);
    s->layer = graph_find(n->graph, s->o.layer);
    if (s->layer >= 0)
        return 0;
    return err_set(e, ERR_USAGE, "%s: no layer \"%s\" in %s; nemg net show %s lists them",
                   s->m->name, s->o.layer, n->spec.network, n->spec.network);
}

static int place_map(struct saliency *s, struct err *e)
{
    const struct network *n = &s->m->network;
    struct receptive r;
    struct shape shape = graph_tensor_shape(n->graph, s->layer);
    int rc = receptive_of(&r, n->graph, n->input, s->layer, e);
    if (rc < 0)
        return err_prefix(e, "%s", s->m->name);
    s->map = (struct saliency_map){.rows = shape.h,
                                   .columns = shape.w,
                                   .first_y = r.y.first,
                                   .step_y = r.y.step,
                                   .first_x = r.x.first,
                                   .step_x = r.x.step,
                                   .extent_x = r.x.extent};
    if (s->m->input.kind == INPUT_MEL) { // from frames to samples: the middle of each
        const struct spectrogram_spec *p = &s->m->input.mel.spectrogram;
        double hop = (double)p->hop, window = (double)p->window;
        s->map.first_x = s->map.first_x * hop + (window - 1) / 2;
        s->map.step_x *= hop;
        s->map.extent_x = (s->map.extent_x - 1) * hop + window;
    }
    return allocate_map(s, e);
}

static int open_activations(struct saliency *s, struct err *e)
{
    const struct network *n = &s->m->network;
    bool is_cam = s->o.method == SALIENCY_CAM;
    int rc = 0;
    if (s->m->quantization)
        rc = err_set(
            e, ERR_UNSUPPORTED,
            "%s: computes in 8 bits, which %s cannot look inside: explain the model that "
            "it was made from, or by occlusion",
            s->m->name, saliency_methods[s->o.method]);
    if (rc == 0)
        rc = find_layer(s, e);
    if (rc == 0)
        rc = place_map(s, e);
    if (rc < 0)
        return rc;
    s->o.layer = graph_tensor_name(n->graph, s->layer);
    if (is_cam && !ends_in_average_and_dense(n))
        return err_set(
            e, ERR_UNSUPPORTED,
            "%s: %s does not end in a global average and one dense layer, which a class "
            "activation map wants; gradcam and occlusion do not",
            s->m->name, n->spec.network);
    int variable = graph_find_variable(n->graph, n->weights_of_logits);
    assert(variable >= 0);
    s->weights = (size_t)variable;
    int fetches[] = {n->logits, s->layer};
    struct net_options o = net_options_defaults();
    o.mode = is_cam ? NET_INFERENCE : NET_GRADIENTS;
    o.n_threads = s->o.n_threads;
    o.fetches = fetches;
    o.n_fetches = 2;
    if (!is_cam) {
        o.seeds = &n->logits;
        o.watches = &s->layer;
        o.n_seeds = o.n_watches = 1;
    }
    return net_compile(&s->net, n->graph, s->m->variables, &o, e);
}

static int forward(struct saliency *s, const struct saliency_subject *x, struct err *e)
{
    struct tensor feed = net_feed(s->net, s->m->network.input);
    memcpy(feed.data, x->input, tensor_elements(&feed) * sizeof *feed.data);
    return net_forward(s->net, e);
}

static int answer_activations(struct saliency *s, const struct saliency_subject *x,
                              float *logits, struct err *e)
{
    int rc = forward(s, x, e);
    if (rc == 0)
        memcpy(logits, net_fetch(s->net, s->m->network.logits).data,
               s->m->n_classes * sizeof *logits);
    return rc;
}

// The sum over channels of weight times activation; weight c stands at weights[c * stride].
static void add_channels(struct saliency *s, const float *weights, size_t stride)
{
    struct tensor map = net_fetch(s->net, s->layer);
    for (size_t i = 0; i < map.h * map.w; i++) {
        const float *row = tensor_row(&map, i);
        double sum = 0;
        for (size_t c = 0; c < map.c; c++)
            sum += (double)weights[c * stride] * (double)row[c];
        s->map.values[i] = (float)sum;
    }
}

static int run_cam(struct saliency *s, const struct saliency_subject *x, size_t i_class,
                   struct err *e)
{
    int rc = forward(s, x, e);
    if (rc == 0)
        add_channels(s, s->m->variables->value[s->weights] + i_class, s->m->n_classes);
    return rc;
}

static int run_gradcam(struct saliency *s, const struct saliency_subject *x, size_t i_class,
                       struct err *e)
{
    int rc = forward(s, x, e);
    if (rc < 0)
        return rc;
    struct tensor seed = net_tensor_gradient(s->net, s->m->network.logits);
    for (size_t k = 0; k < s->m->n_classes; k++)
        seed.data[k] = k == i_class ? 1 : 0;
    if ((rc = net_backward(s->net, NULL, e)) < 0)
        return rc;
    struct tensor d = net_tensor_gradient(s->net, s->layer);
    float *weights = mem_array(d.c, sizeof *weights);
    if (!d.data || !weights) { // no data: the logits do not depend on it
        mem_free(weights);
        return d.data ? no_memory(e)
                      : err_set(e, ERR_UNSUPPORTED, "%s: the answer does not depend on %s",
                                s->m->name, s->o.layer);
    }
    for (size_t c = 0; c < d.c; c++) {
        double sum = 0;
        for (size_t i = 0; i < d.h * d.w; i++)
            sum += (double)tensor_row(&d, i)[c];
        weights[c] = (float)(sum / (double)(d.h * d.w));
    }
    add_channels(s, weights, 1);
    for (size_t i = 0; i < s->map.rows * s->map.columns; i++)
        s->map.values[i] = fmaxf(s->map.values[i], 0);
    mem_free(weights);
    return 0;
}

// ---- Occlusion ----

static size_t side_of(size_t n, double share)
{
    size_t side = (size_t)lround((double)n * share);
    return side > n ? n : side ? side : 1;
}

static int open_occlusion(struct saliency *s, struct err *e)
{
    const struct input *in = &s->m->input;
    struct shape shape = input_shape(in);
    if (s->o.layer)
        return find_layer(s, e); // says that there is none
    size_t h = is_picture(s) ? shape.h : 1, w = is_picture(s) ? shape.w : in->signal.n_samples;
    double hop = is_picture(s) ? hop_picture : hop_window;
    s->side_y = is_picture(s) ? side_of(h, s->o.occluder) : 1;
    s->side_x = side_of(w, s->o.occluder);
    s->hop_y = side_of(s->side_y, hop);
    s->hop_x = side_of(s->side_x, hop);
    s->map = (struct saliency_map){.rows = (h - 1) / s->hop_y + 1,
                                   .columns = (w - 1) / s->hop_x + 1,
                                   .step_y = (double)s->hop_y,
                                   .step_x = (double)s->hop_x,
                                   .extent_x = (double)s->side_x};
    size_t floats = input_floats(in);
    s->inputs = mem_array(mem_product(s->o.batch, floats), sizeof(float));
    s->logits = mem_array(s->o.batch, s->m->n_classes * sizeof(float));
    s->covered = mem_array(is_picture(s) ? h * w : w, sizeof(float));
    s->drops = mem_array(mem_product(s->map.rows, s->map.columns), sizeof(float));
    if (!s->inputs || !s->logits || !s->covered || !s->drops)
        return no_memory(e);
    int rc = allocate_map(s, e);
    return rc < 0 ? rc
                  : predictor_open_model(&s->predictor, s->m,
                                         &(struct predictor_options){
                                             .batch = s->o.batch,
                                             .n_threads = s->o.n_threads,
                                             .numbers = NUMBERS_FLOAT32}, // small differences
                                         e);
}

static int answer_occlusion(struct saliency *s, const struct saliency_subject *x, float *logits,
                            struct err *e)
{
    return predictor_run(s->predictor, x->input, 1, logits, NULL, e);
}

// log(p / (1 - p)) of a class.
static double log_odds(const float *logits, size_t n, size_t i_class)
{
    double largest = -HUGE_VAL, sum = 0;
    for (size_t k = 0; k < n; k++)
        if (k != i_class)
            largest = fmax(largest, (double)logits[k]);
    for (size_t k = 0; k < n; k++)
        if (k != i_class)
            sum += exp((double)logits[k] - largest);
    return n == 1 ? (double)logits[0] : (double)logits[i_class] - largest - log(sum);
}

// A patch of `side` around a middle, cut at the ends of n.
static void patch_of(size_t *from, size_t *to, size_t middle, size_t side, size_t n)
{
    *from = middle > side / 2 ? middle - side / 2 : 0;
    *to = middle + (side - side / 2);
    *to = *to < n ? *to : n;
}

static void cover_picture(float *out, const struct saliency *s, const float *input,
                          const float color[3], size_t i_y, size_t i_x)
{
    struct shape shape = input_shape(&s->m->input);
    size_t top, bottom, left, right;
    patch_of(&top, &bottom, i_y * s->hop_y, s->side_y, shape.h);
    patch_of(&left, &right, i_x * s->hop_x, s->side_x, shape.w);
    memcpy(out, input, input_floats(&s->m->input) * sizeof *out);
    for (size_t y = top; y < bottom; y++)
        for (size_t x = left; x < right; x++)
            memcpy(out + (y * shape.w + x) * shape.c, color, shape.c * sizeof *out);
}

// What the patch is made of: the median of each channel, of a window in its own unit.
static void choose_color(float color[3], struct saliency *s, const struct saliency_subject *x)
{
    struct shape shape = input_shape(&s->m->input);
    size_t n = is_picture(s) ? shape.h * shape.w : s->m->input.signal.n_samples;
    size_t stride = is_picture(s) ? shape.c : 1;
    for (size_t k = 0; k < stride; k++) {
        for (size_t i = 0; i < n; i++)
            s->covered[i] = is_picture(s) ? x->input[i * stride + k] : x->window[i];
        color[k] = median_of(s->covered, n);
    }
}

// The input with place i of the map covered.
static int cover(float *out, struct saliency *s, const struct saliency_subject *x,
                 const float color[3], size_t i, struct err *e)
{
    size_t n = s->m->input.signal.n_samples, from, to;
    if (is_picture(s)) {
        cover_picture(out, s, x->input, color, i / s->map.columns, i % s->map.columns);
        return 0;
    }
    patch_of(&from, &to, i * s->hop_x, s->side_x, n);
    memcpy(s->covered, x->window, n * sizeof *s->covered);
    for (size_t k = from; k < to; k++)
        s->covered[k] = color[0];
    return input_read_window(out, &s->m->input, s->covered, x->is_uv, e);
}

// Patches whose middles are up to so many hops away cover a place.
static void reach_of(size_t *from, size_t *to, size_t i, size_t side, size_t hop, size_t n)
{
    size_t reach = side / 2 / hop;
    *from = i > reach ? i - reach : 0;
    *to = i + reach < n ? i + reach + 1 : n;
}

// From what is lost under each patch to what each place is worth.
static void average_patches(struct saliency *s)
{
    for (size_t i = 0; i < s->map.rows; i++)
        for (size_t k = 0; k < s->map.columns; k++) {
            size_t top, bottom, left, right;
            double sum = 0;
            reach_of(&top, &bottom, i, s->side_y, s->hop_y, s->map.rows);
            reach_of(&left, &right, k, s->side_x, s->hop_x, s->map.columns);
            for (size_t y = top; y < bottom; y++)
                for (size_t x = left; x < right; x++)
                    sum += (double)s->drops[y * s->map.columns + x];
            s->map.values[i * s->map.columns + k] =
                (float)(sum / (double)((bottom - top) * (right - left)));
        }
}

static int run_occlusion(struct saliency *s, const struct saliency_subject *x, size_t i_class,
                         struct err *e)
{
    size_t n_classes = s->m->n_classes, floats = input_floats(&s->m->input);
    size_t n = s->map.rows * s->map.columns;
    float color[3] = {0};
    int rc = answer_occlusion(s, x, s->logits, e);
    double whole = rc == 0 ? log_odds(s->logits, n_classes, i_class) : 0;
    choose_color(color, s, x);
    for (size_t i = 0; rc == 0 && i < n; i += s->o.batch) {
        size_t n_now = n - i < s->o.batch ? n - i : s->o.batch;
        for (size_t k = 0; rc == 0 && k < n_now; k++)
            rc = cover(s->inputs + k * floats, s, x, color, i + k, e);
        if (rc == 0)
            rc = predictor_run(s->predictor, s->inputs, n_now, s->logits, NULL, e);
        for (size_t k = 0; rc == 0 && k < n_now; k++)
            s->drops[i + k] =
                (float)(whole - log_odds(s->logits + k * n_classes, n_classes, i_class));
        monitor_progress(s->o.monitor, "covering", i + n_now, n, "");
        if (rc == 0 && monitor_is_cancelled(s->o.monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while covering");
    }
    if (rc == 0)
        average_patches(s);
    return rc;
}

// ---- Methods ----

static const struct method {
    int (*open)(struct saliency *s, struct err *e);
    int (*answer)(struct saliency *s, const struct saliency_subject *x, float *logits,
                  struct err *e);
    int (*run)(struct saliency *s, const struct saliency_subject *x, size_t i_class,
               struct err *e); // fills map.values
} methods[] = {
    [SALIENCY_GRADCAM] = {open_activations, answer_activations, run_gradcam},
    [SALIENCY_CAM] = {open_activations, answer_activations, run_cam},
    [SALIENCY_OCCLUSION] = {open_occlusion, answer_occlusion, run_occlusion},
};

int saliency_new(struct saliency **out, const struct model *m, const struct saliency_options *o,
                 struct err *e)
{
    *out = NULL;
    if (!(o->occluder >= 0 && o->occluder <= 1))
        return err_set(e, ERR_USAGE, "an occluder of %g, wanted a share of 0 to 1",
                       o->occluder);
    struct saliency *s = mem_zalloc(sizeof *s);
    if (!s)
        return no_memory(e);
    s->m = m;
    s->o = *o;
    if (!(o->occluder > 0))
        s->o.occluder = is_picture(s) ? occluder_picture : occluder_window;
    if (!o->batch)
        s->o.batch = BATCH;
    int rc = methods[o->method].open(s, e);
    if (rc < 0) {
        saliency_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

void saliency_free(struct saliency *s)
{
    if (!s)
        return;
    net_free(s->net);
    predictor_close(s->predictor);
    mem_free(s->inputs);
    mem_free(s->logits);
    mem_free(s->covered);
    mem_free(s->drops);
    mem_free(s->map.values);
    mem_free(s);
}

const struct model *saliency_model(const struct saliency *s)
{
    return s->m;
}

const struct saliency_options *saliency_settings(const struct saliency *s)
{
    return &s->o;
}

int saliency_answer(struct saliency *s, const struct saliency_subject *x, float *probabilities,
                    struct err *e)
{
    int rc = methods[s->o.method].answer(s, x, probabilities, e);
    if (rc == 0)
        temperature_softmax(probabilities, probabilities, s->m->n_classes,
                            s->m->calibration.temperature);
    return rc;
}

int saliency_run(struct saliency_map *out, struct saliency *s, const struct saliency_subject *x,
                 size_t i_class, struct err *e)
{
    assert(i_class < s->m->n_classes);
    *out = (struct saliency_map){0};
    int rc = methods[s->o.method].run(s, x, i_class, e);
    for (size_t i = 0; rc == 0 && i < s->map.rows * s->map.columns; i++)
        if (!isfinite(s->map.values[i]))
            rc = err_set(e, ERR_FORMAT,
                         "%s: the map is no number at place %zu: are the weights?", s->m->name,
                         i);
    if (rc == 0)
        *out = s->map;
    return rc;
}

static void between(size_t *low, size_t *high, double *part, double at, size_t n)
{
    at = fmin(fmax(at, 0), (double)(n - 1));
    *low = (size_t)at;
    *high = *low + 1 < n ? *low + 1 : *low;
    *part = at - (double)*low;
}

double saliency_at(const struct saliency_map *m, double y, double x)
{
    size_t y0, y1, x0, x1;
    double b, a;
    between(&y0, &y1, &b, m->step_y > 0 ? (y - m->first_y) / m->step_y : 0, m->rows);
    between(&x0, &x1, &a, (x - m->first_x) / m->step_x, m->columns);
    const float *upper = m->values + y0 * m->columns, *lower = m->values + y1 * m->columns;
    double top = (double)upper[x0] * (1 - a) + (double)upper[x1] * a;
    double bottom = (double)lower[x0] * (1 - a) + (double)lower[x1] * a;
    return top * (1 - b) + bottom * b;
}
