/* leaks.c: see leaks.h. Correlation by Fourier transform, block by block (overlap-save). */
#include "data/leaks.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "base/workers.h"
#include "data/excerpts.h"
#include "data/items.h"
#include "data/strip.h"
#include "dsp/fft.h"
#include "dsp/filter.h"
#include "dsp/median.h"
#include "wave/recording.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE_HZ = 1000,
    FRAGMENT = 1000, // samples
    BLOCK = 16384,
    STEP = BLOCK - FRAGMENT + 1, // lags that one block gives
    SPECTRUM = BLOCK + 2,        // floats: [BLOCK / 2 + 1][2]
    READ_AT_ONCE = 10 * RATE_HZ,
    BOUND_SAMPLES = 1 << 16, // that the noise is estimated from
    SEARCH_DEPTH = 16,
};
static const double comb_q = 30; // notches 1.7 Hz wide at 50 Hz
static const double highpass_hz = 10;
static const float bound_by = 6; // times the median of |x|: 4 deviations of normal noise

// A recording at 1 kHz.
struct sketch {
    float *x;       // [n]; NULL: not searched
    double *sum;    // [n + 1] of x before each sample
    double *square; // [n + 1] of x^2
    float *spectra; // [n_blocks][SPECTRUM]
    size_t n, n_blocks;
    double *trained; // [n_trained] centres of its excerpts in train, in seconds, ascending
    size_t n_trained;
};

struct fragment {
    size_t i_recording, first;
    enum split_side side;
};

struct match {
    double correlation;
    size_t i_recording, first;
};

struct search {
    const struct items *excerpts, *recordings;
    const enum split_side *side;
    struct sketch *sketches; // [recordings]
    struct fragment *fragments;
    size_t n_fragments, n_searched, n_blocks;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to look for leaks");
}

static void release(struct search *s)
{
    for (size_t i = 0; s->sketches && i < s->recordings->n; i++) {
        struct sketch *k = &s->sketches[i];
        mem_free(k->x);
        mem_free(k->sum);
        mem_free(k->square);
        mem_free(k->spectra);
        mem_free(k->trained);
    }
    mem_free(s->sketches);
    mem_free(s->fragments);
}

// ---- Sketches ----

// Differences of neighbours: slow waves of a cable or a saturated amplifier are all alike, and a
// second of them has few numbers in it. What differs from second to second lies higher up.
static void differences(float *x, size_t n)
{
    for (size_t i = n - 1; i > 0; i--)
        x[i] -= x[i - 1];
    x[0] = 0;
}

static int without_mains(float *x, size_t n, struct err *e)
{
    struct filter f;
    filter_init(&f, RATE_HZ);
    int rc = filter_add_comb(&f, 50, 0, comb_q, e);
    if (rc == 0)
        rc = filter_add_comb(&f, 60, 0, comb_q, e);
    if (rc == 0)
        rc = filter_add_highpass(&f, 2, highpass_hz, e);
    if (rc == 0)
        rc = filter_zero_phase(&f, x, x, n, e);
    filter_release(&f);
    return rc;
}

// Cuts x at a few times its own noise: one movement of the cable, or one large unit, would
// otherwise be all that a second is compared by. What is left is intervals and noise.
static int bound(float *x, size_t n, struct err *e)
{
    size_t stride = n / BOUND_SAMPLES + 1, n_some = (n + stride - 1) / stride;
    float *some = mem_array(n_some, sizeof *some);
    if (!some)
        return no_memory(e);
    for (size_t i = 0; i < n_some; i++)
        some[i] = fabsf(x[i * stride]);
    float most = bound_by * median_of(some, n_some);
    for (size_t i = 0; i < n; i++)
        x[i] = fminf(fmaxf(x[i], -most), most);
    mem_free(some);
    return 0;
}

static int transform(struct sketch *k, struct err *e)
{
    struct fft *f = NULL;
    k->n_blocks = (k->n - FRAGMENT) / STEP + 1;
    k->spectra = mem_array(k->n_blocks, SPECTRUM * sizeof *k->spectra);
    k->sum = mem_array(k->n + 1, sizeof *k->sum);
    k->square = mem_array(k->n + 1, sizeof *k->square);
    float *block = mem_array(BLOCK, sizeof *block);
    int rc = k->spectra && k->sum && k->square && block ? fft_new(&f, BLOCK, e) : no_memory(e);
    for (size_t i = 0; rc == 0 && i < k->n; i++) {
        k->sum[i + 1] = k->sum[i] + (double)k->x[i];
        k->square[i + 1] = k->square[i] + (double)k->x[i] * (double)k->x[i];
    }
    for (size_t b = 0; rc == 0 && b < k->n_blocks; b++) {
        size_t first = b * STEP, n = k->n - first < BLOCK ? k->n - first : BLOCK;
        memset(block, 0, BLOCK * sizeof *block);
        memcpy(block, k->x + first, n * sizeof *block);
        fft_forward(f, k->spectra + b * SPECTRUM, block);
    }
    fft_free(f);
    mem_free(block);
    return rc;
}

static int sketch_read(struct sketch *k, const char *path, struct err *e)
{
    struct recording *r;
    struct strip s;
    int rc = recording_open(&r, path, NULL, e);
    if (rc < 0)
        return rc;
    rc = strip_of(&s, r, 0, RATE_HZ, e);
    if (rc == 0 && s.n_samples >= FRAGMENT && s.n_samples <= LEAKS_MAX_SAMPLES) {
        k->n = (size_t)s.n_samples;
        k->x = mem_array(k->n, sizeof *k->x);
        rc = k->x ? 0 : no_memory(e);
        for (size_t i = 0; rc == 0 && i < k->n; i += READ_AT_ONCE)
            rc = strip_read(&s, i, k->n - i < READ_AT_ONCE ? k->n - i : READ_AT_ONCE, k->x + i,
                            e);
        for (size_t i = 0; rc == 0 && i < k->n; i++)
            if (!isfinite(k->x[i]))
                k->x[i] = 0;
        if (rc == 0)
            rc = without_mains(k->x, k->n, e);
        if (rc == 0)
            differences(k->x, k->n);
        if (rc == 0)
            rc = bound(k->x, k->n, e);
        if (rc == 0)
            rc = transform(k, e);
    }
    recording_close(r);
    return rc;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int list_trained(struct search *s, size_t i, struct err *e)
{
    struct sketch *k = &s->sketches[i];
    size_t n = 0;
    for (int turn = 0; turn < 2; turn++) {
        n = 0;
        for (size_t j = 0; j < s->excerpts->n; j++) {
            const struct excerpt *x = s->excerpts->items[j].excerpt;
            if (x->i_recording != i || s->side[j] != SPLIT_TRAIN)
                continue;
            if (k->trained)
                k->trained[n] = x->centre_s;
            n++;
        }
        if (turn == 0 && !(k->trained = mem_array(n, sizeof *k->trained)))
            return no_memory(e);
    }
    k->n_trained = n;
    if (n)
        qsort(k->trained, n, sizeof *k->trained, compare_doubles);
    return 0;
}

static int sketch_all(struct search *s, const char *folder, const struct monitor *monitor,
                      struct err *e)
{
    size_t n_samples = 0;
    s->sketches = mem_array(s->recordings->n, sizeof *s->sketches);
    int rc = s->sketches ? 0 : no_memory(e);
    for (size_t i = 0; rc == 0 && i < s->recordings->n && n_samples < LEAKS_MAX_SAMPLES; i++) {
        struct err ignored; // a recording that cannot be read any more was left out before
        char *path = path_join(folder, s->recordings->items[i].file);
        rc = path ? list_trained(s, i, e) : no_memory(e);
        if (rc == 0 && sketch_read(&s->sketches[i], path, &ignored) == ERR_MEMORY)
            rc = no_memory(e);
        if (!s->sketches[i].spectra)
            s->sketches[i].n = 0;
        if (s->sketches[i].n_trained)
            s->n_blocks += s->sketches[i].n_blocks;
        n_samples += s->sketches[i].n;
        mem_free(path);
        monitor_progress(monitor, "reading for leaks", i + 1, s->recordings->n, "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while reading for leaks");
    }
    return rc;
}

// ---- Fragments ----

static int compare_fragments(const void *a, const void *b)
{
    const struct fragment *x = a, *y = b;
    if (x->i_recording != y->i_recording)
        return x->i_recording < y->i_recording ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

// Seconds around excerpts that are not trained on, no two of which overlap.
static int list_fragments(struct search *s, struct err *e)
{
    size_t n = 0, n_kept = 0;
    s->fragments = mem_array(s->excerpts->n, sizeof *s->fragments);
    if (!s->fragments)
        return no_memory(e);
    for (size_t j = 0; j < s->excerpts->n; j++) {
        const struct excerpt *x = s->excerpts->items[j].excerpt;
        const struct sketch *k = &s->sketches[x->i_recording];
        if (s->side[j] == SPLIT_TRAIN || !k->n)
            continue;
        double first = fmax(0, round(x->centre_s * RATE_HZ - FRAGMENT / 2.0));
        size_t last = k->n - FRAGMENT;
        s->fragments[n++] = (struct fragment){
            x->i_recording, first < (double)last ? (size_t)first : last, s->side[j]};
    }
    if (n)
        qsort(s->fragments, n, sizeof *s->fragments, compare_fragments);
    for (size_t i = 0; i < n; i++) {
        const struct fragment *f = &s->fragments[i], *before = &s->fragments[n_kept];
        if (n_kept && before[-1].i_recording == f->i_recording &&
            f->first < before[-1].first + FRAGMENT)
            continue;
        s->fragments[n_kept++] = *f;
    }
    s->n_fragments = s->n_searched = n_kept;
    size_t most = s->n_blocks ? LEAKS_MAX_PRODUCTS / s->n_blocks : 0;
    most = most ? most : 1;
    if (n_kept > most) { // evenly chosen
        for (size_t i = 0; i < most; i++)
            s->fragments[i] = s->fragments[i * n_kept / most];
        s->n_searched = most;
    }
    return 0;
}

// ---- Searching ----

static bool holds_trained(const struct sketch *k, size_t first)
{
    double from_s = (double)first / RATE_HZ, to_s = (double)(first + FRAGMENT) / RATE_HZ;
    size_t low = 0, high = k->n_trained;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (k->trained[middle] < from_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low < k->n_trained && k->trained[low] <= to_s;
}

// What the fragment's energy would be had it been cut at first, without its mean.
static double energy(const struct sketch *k, size_t first)
{
    double sum = k->sum[first + FRAGMENT] - k->sum[first];
    double square = k->square[first + FRAGMENT] - k->square[first];
    return square - sum * sum / FRAGMENT;
}

static void look_at_lags(struct match *best, const struct sketch *k, size_t i_recording,
                         size_t block, const float *products, const struct fragment *f)
{
    for (size_t l = 0; l < STEP; l++) {
        size_t first = block * STEP + l;
        if (first + FRAGMENT > k->n)
            break;
        size_t apart = first > f->first ? first - f->first : f->first - first;
        if (i_recording == f->i_recording && apart < FRAGMENT)
            continue;
        double e = energy(k, first);
        double correlation = e > 0 ? (double)products[l] / sqrt(e) : 0;
        if (correlation > best->correlation && holds_trained(k, first))
            *best = (struct match){correlation, i_recording, first};
    }
}

// a * conj(b), both [BLOCK / 2 + 1][2]
static void multiply(float *restrict out, const float *restrict a, const float *restrict b)
{
    for (size_t k = 0; k < SPECTRUM; k += 2) {
        out[k] = a[k] * b[k] + a[k + 1] * b[k + 1];
        out[k + 1] = a[k + 1] * b[k] - a[k] * b[k + 1];
    }
}

// The best match of one fragment in all that was trained on. work [BLOCK + 2 * SPECTRUM].
static void find_best(struct match *best, const struct search *s, const struct fragment *f,
                      struct fft *fft, float *work)
{
    const struct sketch *own = &s->sketches[f->i_recording];
    float *spectrum = work + BLOCK, *product = spectrum + SPECTRUM;
    double norm = sqrt(fmax(energy(own, f->first), 0));
    double mean = (own->sum[f->first + FRAGMENT] - own->sum[f->first]) / FRAGMENT;
    *best = (struct match){.correlation = LEAKS_THRESHOLD};
    if (!(norm > 0))
        return;
    memset(work, 0, BLOCK * sizeof *work);
    for (size_t k = 0; k < FRAGMENT; k++)
        work[k] = (float)(((double)own->x[f->first + k] - mean) / norm);
    fft_forward(fft, spectrum, work);
    for (size_t r = 0; r < s->recordings->n; r++) {
        const struct sketch *k = &s->sketches[r];
        for (size_t b = 0; k->n_trained && b < k->n_blocks; b++) {
            multiply(product, k->spectra + b * SPECTRUM, spectrum);
            fft_inverse(fft, work, product);
            look_at_lags(best, k, r, b, work, f);
        }
    }
}

static int search_one(void *context, uint64_t i, void **item, struct err *e)
{
    const struct search *s = context;
    struct fft *fft = NULL;
    struct match *best = mem_zalloc(sizeof *best);
    float *work = mem_array(BLOCK + 2 * SPECTRUM, sizeof *work);
    if (!best || !work) {
        mem_free(best);
        mem_free(work);
        return no_memory(e);
    }
    int rc = fft_new(&fft, BLOCK, e);
    if (rc == 0)
        find_best(best, s, &s->fragments[i], fft, work);
    fft_free(fft);
    mem_free(work);
    if (rc < 0)
        mem_free(best);
    else
        *item = best;
    return rc;
}

static void free_match(void *context, void *item)
{
    (void)context;
    mem_free(item);
}

static json_t *pair_json(const struct search *s, const struct fragment *f,
                         const struct match *m)
{
    return json_pack("{s:s, s:s, s:f, s:s, s:f, s:f}", "split", split_sides[f->side],
                     "recording", s->recordings->items[f->i_recording].file, "at_s",
                     (double)f->first / RATE_HZ, "train_recording",
                     s->recordings->items[m->i_recording].file, "train_at_s",
                     (double)m->first / RATE_HZ, "correlation", m->correlation);
}

static int search_all(struct search *s, json_t *pairs, size_t n_threads,
                      const struct monitor *monitor, struct err *e)
{
    struct workers *w;
    struct workers_spec spec = {n_threads, SEARCH_DEPTH, 0,         s->n_searched,
                                s,         search_one,   free_match};
    int rc = workers_open(&w, &spec, e);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < s->n_searched; i++) {
        void *item = NULL;
        rc = workers_next(w, &item, e);
        if (rc < 0)
            break;
        const struct match *m = item;
        if (m->correlation > LEAKS_THRESHOLD)
            json_array_append_new(pairs, pair_json(s, &s->fragments[i], m));
        mem_free(item);
        monitor_progress(monitor, "looking for leaks", i + 1, s->n_searched, "");
        rc = monitor_is_cancelled(monitor)
                 ? err_set(e, ERR_CANCELLED, "stopped while looking for leaks")
                 : 0;
    }
    workers_close(w);
    return rc;
}

int leaks_find(json_t **report, const struct items *excerpts, const enum split_side *side,
               const struct items *recordings, const char *folder, size_t n_threads,
               const struct monitor *monitor, struct err *e)
{
    struct search s = {.excerpts = excerpts, .recordings = recordings, .side = side};
    json_t *pairs = json_array();
    *report = NULL;
    int rc = pairs ? sketch_all(&s, folder, monitor, e) : no_memory(e);
    if (rc == 0)
        rc = list_fragments(&s, e);
    if (rc == 0)
        rc = search_all(&s, pairs, n_threads, monitor, e);
    if (rc == 0 && !(*report = json_pack("{s:f, s:I, s:I, s:O}", "threshold", LEAKS_THRESHOLD,
                                         "n_fragments", (json_int_t)s.n_fragments, "n_searched",
                                         (json_int_t)s.n_searched, "pairs", pairs)))
        rc = no_memory(e);
    json_decref(pairs);
    release(&s);
    return rc;
}
