/*
 * bench_explain.c: whether maps cover the discharge, and how often the rules are right, on simulated
 * recordings, whose annotations are the truth. docs/explanation.md has the tables.
 *
 * usage: bench_explain maps MODEL N RECORDING...     MODEL: a folder; N windows in all
 *        bench_explain rules MODEL N RECORDING...    of signals; about N discharges of each class
 *
 * maps: windows with one or more discharges of one class, Fibs and PSW in turn, each discharge at a
 * random place, so that a map that always points to the middle gains nothing. Windows in which
 * discharges fill more than 30 % or that hold another class's are left out. Only windows that the
 * network is right about are explained. A JSON line per method and class:
 *
 *   right       share of the windows that the network is right about
 *   covered     share of these in which the map's maximum lies within a discharge, onset to offset
 *   near        the same with 2 ms more on both sides
 *   mass        share of the map's positive part that lies within discharges
 *   inside      share of the time that does: what chance would give of both
 *   off_ms      mean distance of the maximum from the middle of the nearest discharge, with its sign
 *
 * "largest" is no map: the place of the largest deviation from the median.
 *
 * rules: each annotated discharge, found and judged by itself; and windows of 100 ms around it. A
 * JSON line per true class with the counts of what the rules point to; how often each rule fails; and
 * how often the network is right about the windows where rules and network agree, and where not.
 */
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "data/strip.h"
#include "detect/rules.h"
#include "detect/segment.h"
#include "detect/trains.h"
#include "draw/style.h"
#include "draw/sweepraster.h"
#include "dsp/median.h"
#include "image/preprocess.h"
#include "job/evaluate.h"
#include "job/predict.h"
#include "job/saliency.h"
#include "job/second_opinion.h"
#include "model/modelfolder.h"
#include "nn/graph.h"
#include "wave/recording.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_CLASSES = 2, METHODS = 5, LARGEST = METHODS, MAX_CLASSES = 64, STEPS = 1000 };
// A layer that a network does not have is left out.
static const struct {
    enum saliency_method method;
    const char *layer; // NULL: the last map
} asked[METHODS] = {
    {SALIENCY_OCCLUSION, NULL},
    {SALIENCY_GRADCAM, NULL},
    {SALIENCY_CAM, NULL},
    {SALIENCY_GRADCAM, "layer3.0.relu2"},
    {SALIENCY_GRADCAM, "layer2.0.relu2"},
};
static const char *const names[] = {"Fibs", "PSW", "Others"};
static const double window_s = 0.1, most_filled = 0.3, near_s = 0.002;
enum { WIDTH = 320, HEIGHT = 240 };

struct score {
    size_t n, n_right, n_covered, n_near;
    double mass, inside, off_ms;
};

// ---- Windows ----

struct window {
    double from_s;
    size_t i_class;
    bool is_inside[STEPS], is_near[STEPS]; // of discharges, over the window
    double filled;
};

// False: another class reaches into it, or too much of it is filled.
static bool window_fill(struct window *w, const struct recording *r)
{
    size_t n_inside = 0;
    memset(w->is_inside, 0, sizeof w->is_inside);
    memset(w->is_near, 0, sizeof w->is_near);
    for (size_t i = 0; i < r->n_annotations; i++) {
        const struct annotation *a = &r->annotations[i];
        double from = (a->onset_s - w->from_s) / window_s * STEPS;
        double to = from + a->duration_s / window_s * STEPS, near = near_s / window_s * STEPS;
        if (to + near < 0 || from - near >= STEPS || !strcmp(a->label, "silence"))
            continue;
        if (strcmp(a->label, names[w->i_class]) != 0)
            return false;
        for (int k = 0; k < STEPS; k++) {
            w->is_inside[k] = w->is_inside[k] || (k >= from && k <= to);
            w->is_near[k] = w->is_near[k] || (k >= from - near && k <= to + near);
        }
    }
    for (int k = 0; k < STEPS; k++)
        n_inside += w->is_inside[k];
    w->filled = (double)n_inside / STEPS;
    return n_inside > 0 && w->filled <= most_filled;
}

static void draw(struct image *im, const float *x, size_t n, double rate_hz, size_t i)
{
    static const double gains[] = {50, 200, 1000};
    struct sweep_look look;
    double peak = 0, gain = gains[0];
    size_t n_styles = 0;
    while (styles[n_styles].name)
        n_styles++;
    for (size_t k = 0; k < n; k++)
        peak = fmax(peak, fabs((double)x[k]));
    for (int k = 1; k < 3 && gain * 4 < peak; k++)
        gain = gains[k];
    sweep_look_defaults(&look, &styles[i % n_styles], 10, gain);
    look.is_turned = true;
    sweep_rasterize(im->rgb, im->width, im->height, &look, x, n, rate_hz, 0);
}

struct subject {
    const struct model *m;
    float *input, *window; // [input_floats()], [n]
    size_t n;
    double rate_hz;
    struct image im;
};

static void take_off_median(float *out, const float *x, size_t n)
{
    memcpy(out, x, n * sizeof *x);
    float middle = median_of(out, n);
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] - middle;
}

static int subject_read(struct subject *s, const struct strip *strip, const struct window *w,
                        size_t i, struct err *e)
{
    int rc = strip_read(strip, (uint64_t)llround(w->from_s * s->rate_hz), s->n, s->window, e);
    if (rc < 0 || s->m->input.kind != INPUT_PICTURE)
        return rc < 0 ? rc
                      : input_read_window(s->input, &s->m->input, s->window, strip->is_uv, e);
    float *level = mem_array(s->n, sizeof *level);
    if (!level)
        return err_set(e, ERR_MEMORY, "no memory");
    take_off_median(level, s->window, s->n);
    draw(&s->im, level, s->n, s->rate_hz, i);
    preprocess_eval(s->input, &s->m->input.picture, &s->im);
    mem_free(level);
    return 0;
}

// ---- Maps ----

// Step k of the window, as x of the map; false: the network does not see it.
static bool place_of(double *x, const struct subject *s, int k)
{
    const struct preprocess *p = &s->m->input.picture;
    double at = (k + 0.5) / STEPS;
    *x = at * (double)s->n;
    if (s->m->input.kind != INPUT_PICTURE)
        return true;
    at = (at - (1 - p->central_fraction) / 2) / p->central_fraction;
    *x = at * (double)p->width;
    return at >= 0 && at < 1;
}

// Sum over rows of what speaks for the class, and the largest of them, at each step.
static void profile(double sum[STEPS], double most[STEPS], const struct saliency_map *m,
                    const struct subject *s)
{
    for (int k = 0; k < STEPS; k++) {
        double x;
        sum[k] = most[k] = 0;
        for (size_t i = 0; place_of(&x, s, k) && i < m->rows; i++) {
            double v = fmax(saliency_at(m, m->first_y + (double)i * m->step_y, x), 0);
            sum[k] += v;
            most[k] = fmax(most[k], v);
        }
    }
}

// From the middle of the nearest discharge to a step, in ms.
static double off_by(const struct window *w, int best)
{
    double nearest = STEPS;
    for (int from = 0, to; from < STEPS; from = to) {
        for (to = from + 1; to < STEPS && w->is_inside[to] == w->is_inside[from]; to++)
            ;
        double off = best - (from + to) / 2.0;
        if (w->is_inside[from] && fabs(off) < fabs(nearest))
            nearest = off;
    }
    return nearest * window_s * 1000 / STEPS;
}

static void score_add(struct score *c, const struct window *w, const double sum[STEPS],
                      const double most[STEPS])
{
    int best = 0;
    double inside = 0, all = 0;
    for (int k = 0; k < STEPS; k++) {
        best = most[k] > most[best] ? k : best;
        inside += w->is_inside[k] ? sum[k] : 0;
        all += sum[k];
    }
    c->n_right++;
    c->inside += w->filled;
    if (!(all > 0))
        return;
    c->n_covered += w->is_inside[best];
    c->n_near += w->is_near[best];
    c->off_ms += off_by(w, best);
    c->mass += inside / all;
}

static void largest_profile(double sum[STEPS], const struct subject *s)
{
    float *level = mem_array(s->n, sizeof *level);
    memset(sum, 0, STEPS * sizeof *sum);
    if (!level)
        return;
    take_off_median(level, s->window, s->n);
    for (size_t i = 0; i < s->n; i++) {
        double *at = &sum[i * STEPS / s->n];
        *at = fmax(*at, fabs((double)level[i]));
    }
    mem_free(level);
}

struct trial {
    const struct model *m;
    struct saliency *maps[METHODS];
    struct subject s;
    struct score score[METHODS + 1][N_CLASSES];
    size_t i_label[N_CLASSES];
    size_t n_wanted;
};

static int explain_window(struct trial *t, const struct window *w, struct err *e)
{
    double sum[STEPS], most[STEPS];
    float p[MAX_CLASSES];
    struct saliency_subject x = {t->s.input, t->s.window, true};
    int rc = saliency_answer(t->maps[0], &x, p, e);
    bool is_right = rc == 0 && argmax(p, t->m->n_classes) == t->i_label[w->i_class];
    for (int k = 0; k <= METHODS; k++)
        t->score[k][w->i_class].n++;
    for (int k = 0; rc == 0 && is_right && k < METHODS; k++) {
        struct saliency_map map;
        if (!t->maps[k])
            continue;
        rc = saliency_run(&map, t->maps[k], &x, t->i_label[w->i_class], e);
        if (rc == 0) {
            profile(sum, most, &map, &t->s);
            score_add(&t->score[k][w->i_class], w, sum, most);
        }
    }
    if (rc == 0 && is_right) {
        largest_profile(sum, &t->s);
        score_add(&t->score[LARGEST][w->i_class], w, sum, sum);
    }
    return rc;
}

// Windows of one recording, no more than n of each class.
static int explain_recording(struct trial *t, const char *path, size_t n, struct rng *rng,
                             struct err *e)
{
    struct recording *r;
    struct strip strip;
    struct window w;
    size_t n_done[N_CLASSES] = {0};
    int rc = recording_open(&r, path, NULL, e);
    if (rc == 0)
        rc = strip_of(&strip, r, 0, t->s.rate_hz, e);
    for (size_t i = 0; rc == 0 && i < r->n_annotations; i++) {
        const struct annotation *a = &r->annotations[i];
        for (w.i_class = 0; w.i_class < N_CLASSES; w.i_class++)
            if (!strcmp(a->label, names[w.i_class]))
                break;
        double u = rng_between(rng, 0.1, 0.9);
        w.from_s = a->onset_s - u * (window_s - a->duration_s);
        if (w.i_class == N_CLASSES || rng_uniform(rng) > 0.3 || n_done[w.i_class] == n ||
            t->score[0][w.i_class].n == t->n_wanted / N_CLASSES || w.from_s < 0 ||
            w.from_s + 1.01 * window_s > recording_duration_s(r) || !window_fill(&w, r))
            continue;
        rc = subject_read(&t->s, &strip, &w, i, e);
        if (rc == 0)
            rc = explain_window(t, &w, e);
        n_done[w.i_class]++;
    }
    recording_close(r);
    return rc;
}

static void tell_scores(const struct trial *t)
{
    for (int k = 0; k <= METHODS; k++)
        for (int c = 0; c < N_CLASSES && (k == LARGEST || t->maps[k]); c++) {
            const struct score *s = &t->score[k][c];
            double n = s->n_right ? (double)s->n_right : 1;
            printf("{\"input\": \"%s\", \"method\": \"%s%s%s\", \"class\": \"%s\", \"n\": %zu, "
                   "\"right\": %.3f, \"covered\": %.3f, \"near\": %.3f, \"mass\": %.3f, "
                   "\"inside\": %.3f, \"off_ms\": %.2f}\n",
                   input_kinds[t->m->input.kind],
                   k == LARGEST ? "largest" : saliency_methods[asked[k].method],
                   k < METHODS && asked[k].layer ? " of " : "",
                   k < METHODS && asked[k].layer ? asked[k].layer : "", names[c], s->n,
                   (double)s->n_right / (double)(s->n ? s->n : 1), (double)s->n_covered / n,
                   (double)s->n_near / n, s->mass / n, s->inside / n, s->off_ms / n);
        }
}

static int find_labels(struct trial *t, struct err *e)
{
    for (size_t c = 0; c < N_CLASSES; c++) {
        size_t k = 0;
        while (k < t->m->n_classes && strcmp(t->m->labels[k], names[c]) != 0)
            k++;
        if (k == t->m->n_classes || t->m->n_classes > MAX_CLASSES)
            return err_set(e, ERR_USAGE, "%s has no class %s", t->m->name, names[c]);
        t->i_label[c] = k;
    }
    return 0;
}

static int prepare_trial(struct trial *t, struct err *e)
{
    const struct input *in = &t->m->input;
    bool is_picture = in->kind == INPUT_PICTURE;
    t->s.rate_hz = is_picture ? 10000 : in->signal.rate_hz;
    t->s.n = is_picture ? (size_t)lround(window_s * t->s.rate_hz) : in->signal.n_samples;
    t->s.m = t->m;
    t->s.input = mem_array(input_floats(in), sizeof(float));
    t->s.window = mem_array(t->s.n, sizeof(float));
    t->s.im = (struct image){WIDTH, HEIGHT, mem_array((size_t)WIDTH * HEIGHT, 3)};
    if (!t->s.input || !t->s.window || !t->s.im.rgb)
        return err_set(e, ERR_MEMORY, "no memory");
    if (fabs((double)t->s.n / t->s.rate_hz - window_s) > 1e-6)
        return err_set(e, ERR_USAGE, "%s: wanted windows of 100 ms", t->m->name);
    int rc = find_labels(t, e);
    for (int k = 0; rc == 0 && k < METHODS; k++) {
        struct saliency_options o = {
            .method = asked[k].method, .layer = asked[k].layer, .batch = 64, .n_threads = 1};
        if (asked[k].layer && graph_find(t->m->network.graph, asked[k].layer) < 0)
            continue;
        rc = saliency_new(&t->maps[k], t->m, &o, e);
    }
    return rc;
}

static int maps(const char *folder, size_t n_wanted, char **paths, size_t n, struct err *e)
{
    struct model m = {0};
    struct trial t = {.m = &m, .n_wanted = n_wanted};
    struct rng rng = rng_of(1, 0);
    int rc = model_open(&m, folder, e);
    if (rc == 0)
        rc = prepare_trial(&t, e);
    size_t each = n_wanted / n + 24;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = explain_recording(&t, paths[i], each, &rng, e);
    if (rc == 0)
        tell_scores(&t);
    for (int k = 0; k < METHODS; k++)
        saliency_free(t.maps[k]);
    mem_free(t.s.input);
    mem_free(t.s.window);
    image_release(&t.s.im);
    model_close(&m);
    return rc;
}

// ---- Rules ----

enum { NOT_FOUND = RULES_OTHERS + 1, N_ANSWERS };

struct counts {
    size_t discharges[3][N_ANSWERS], windows[3][N_ANSWERS], n[3];
    size_t failed[3][RULES_N][2]; // of the rules for Fibs and for PSW
    size_t network[3][2];         // [enum opinion_agreement][network is right]
};

struct judging {
    struct counts c;
    const struct model *m;
    struct predictor *p;
    float *window, *input;
};

static size_t class_of(const char *label)
{
    size_t c = 0;
    while (c < 2 && strcmp(label, names[c]) != 0)
        c++;
    return c;
}

// The segment that a discharge lies in: the one that overlaps it the most.
static const struct segment *find(const struct segments *s, double from_s, double to_s)
{
    const struct segment *best = NULL;
    double most = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct segment *g = &s->list[i];
        double from = fmax(from_s, (double)g->first / s->rate_hz);
        double overlap = fmin(to_s, (double)g->end / s->rate_hz) - from;
        if (overlap > most) {
            most = overlap;
            best = g;
        }
    }
    return best;
}

// The network's answer to a window, against the truth and what the rules say.
static int ask_network(struct judging *j, const struct strip *at_rate, double from_s,
                       size_t truth, enum rules_class points_to, struct err *e)
{
    const struct model *m = j->m;
    float p[MAX_CLASSES];
    double first = fmax(0, round(from_s * at_rate->rate_hz));
    if (first + (double)m->input.signal.n_samples > (double)at_rate->n_samples)
        return 0;
    int rc = strip_read(at_rate, (uint64_t)first, m->input.signal.n_samples, j->window, e);
    if (rc == 0)
        rc = input_read_window(j->input, &m->input, j->window, at_rate->is_uv, e);
    if (rc == 0)
        rc = predictor_run(j->p, j->input, 1, NULL, p, e);
    if (rc < 0)
        return rc;
    const char *label = m->labels[argmax(p, m->n_classes)];
    j->c.network[opinion_compare(points_to, label, m->labels, m->n_classes)]
                [!strcmp(label, names[truth])]++;
    return 0;
}

static int judge(struct judging *j, const struct annotation *a, const struct segments *s,
                 const struct trains *trains, const struct rules_facts *f,
                 const struct strip *at_rate, struct err *e)
{
    struct counts *c = &j->c;
    struct rules_finding x;
    size_t truth = class_of(a->label);
    const struct segment *g = find(s, a->onset_s, a->onset_s + a->duration_s);
    double middle = a->onset_s + a->duration_s / 2;
    double from = fmax(0, (middle - window_s / 2) * s->rate_hz);
    c->n[truth]++;
    if (g) {
        rules_judge(&x, g, &trains->list[g->train], f);
        for (int k = 0; k < RULES_N; k++) {
            c->failed[truth][k][0] += x.rule[k].fibs == RULE_FAIL;
            c->failed[truth][k][1] += x.rule[k].psw == RULE_FAIL;
        }
    }
    c->discharges[truth][g ? x.points_to : NOT_FOUND]++;
    rules_judge_window(&x, s, trains, (size_t)from, (size_t)(from + window_s * s->rate_hz), f);
    c->windows[truth][x.points_to]++;
    return ask_network(j, at_rate, middle - window_s / 2, truth, x.points_to, e);
}

static int judge_recording(struct judging *j, const char *path, size_t most, struct rng *rng,
                           struct err *e)
{
    struct recording *r;
    struct strip strip, at_rate;
    struct segments s = {0};
    struct trains trains;
    float *x = NULL;
    int rc = recording_open(&r, path, NULL, e);
    if (rc < 0)
        return rc;
    size_t n = (size_t)r->channels[0].n_samples, n_done[3] = {0};
    struct rules_facts f = {r->polarity != POLARITY_UNKNOWN, true};
    if ((rc = strip_of(&strip, r, 0, r->channels[0].rate_hz, e)) == 0)
        rc = (x = mem_array(n, sizeof *x)) ? 0 : err_set(e, ERR_MEMORY, "no memory");
    if (rc == 0)
        rc = strip_read(&strip, 0, n, x, e);
    if (rc == 0)
        rc = strip_of(&at_rate, r, 0, j->m->input.signal.rate_hz, e);
    if (rc == 0)
        rc = segments_find(&s, x, n, r->channels[0].rate_hz, e);
    if (rc == 0)
        rc = trains_of(&trains, &s, e);
    for (size_t i = 0; rc == 0 && i < r->n_annotations; i++) {
        const struct annotation *a = &r->annotations[i];
        if (!strcmp(a->label, "silence") || a->duration_s > window_s ||
            rng_uniform(rng) > 0.3 || n_done[class_of(a->label)] == most)
            continue;
        n_done[class_of(a->label)]++;
        rc = judge(j, a, &s, &trains, &f, &at_rate, e);
    }
    segments_release(&s);
    mem_free(x);
    recording_close(r);
    return rc;
}

static void tell_counts(const char *of, const size_t n[3][N_ANSWERS])
{
    for (int c = 0; c < 3; c++) {
        printf("{\"of\": \"%s\", \"truth\": \"%s\"", of, names[c]);
        for (int k = 0; k < N_ANSWERS; k++)
            printf(", \"%s\": %zu", k == NOT_FOUND ? "not found" : rules_class_names[k],
                   n[c][k]);
        printf("}\n");
    }
}

static void tell_judging(const struct counts *c)
{
    static const char *const agreements[] = {"agree", "disagree", "not comparable"};
    tell_counts("discharges", c->discharges);
    tell_counts("windows", c->windows);
    for (int k = 0; k < RULES_N; k++) {
        printf("{\"rule\": \"%s\"", rules[k].name);
        for (int t = 0; t < 3; t++)
            printf(", \"%s fail fibs\": %.3f, \"%s fail psw\": %.3f", names[t],
                   (double)c->failed[t][k][0] / (double)c->n[t], names[t],
                   (double)c->failed[t][k][1] / (double)c->n[t]);
        printf("}\n");
    }
    for (int k = 0; k < 3; k++)
        printf("{\"network and rules\": \"%s\", \"right\": %zu, \"wrong\": %zu}\n",
               agreements[k], c->network[k][1], c->network[k][0]);
}

static int judge_all(const char *folder, size_t n_wanted, char **paths, size_t n, struct err *e)
{
    static struct judging j;
    struct model m = {0};
    struct rng rng = rng_of(2, 0);
    j.m = &m;
    int rc = model_open(&m, folder, e);
    if (rc == 0 && (m.input.kind == INPUT_PICTURE || m.n_classes > MAX_CLASSES))
        rc = err_set(e, ERR_USAGE, "%s: wanted a model of signals", folder);
    if (rc == 0)
        rc = predictor_open(&j.p, &m.network, m.variables, 1, 1, e);
    if (rc == 0) {
        j.window = mem_array(m.input.signal.n_samples, sizeof(float));
        j.input = mem_array(input_floats(&m.input), sizeof(float));
        rc = j.window && j.input ? 0 : err_set(e, ERR_MEMORY, "no memory");
    }
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = judge_recording(&j, paths[i], 1 + 4 * n_wanted / n, &rng, e);
    if (rc == 0)
        tell_judging(&j.c);
    predictor_close(j.p);
    mem_free(j.window);
    mem_free(j.input);
    model_close(&m);
    return rc;
}

int main(int argc, char **argv)
{
    struct err e;
    size_t n;
    int rc = ERR_USAGE;
    err_set(&e, ERR_USAGE, "usage: bench_explain maps|rules MODEL N RECORDING...");
    bool is_whole = argc > 4 && text_to_size(&n, argv[3]);
    if (is_whole && !strcmp(argv[1], "maps"))
        rc = maps(argv[2], n, argv + 4, (size_t)argc - 4, &e);
    else if (is_whole && !strcmp(argv[1], "rules"))
        rc = judge_all(argv[2], n, argv + 4, (size_t)argc - 4, &e);
    if (rc < 0)
        fprintf(stderr, "bench_explain: %s\n", e.text);
    return rc < 0;
}
