/*
 * segment.c: see segment.h.
 *
 * Thresholds in deviations of noise: 6 to be a discharge at all, since in 10 s there are some 50,000
 * independent values and Gaussian noise goes beyond 6 once in 5e8; 3 for where it begins and ends,
 * which noise reaches once in 370.
 *
 * A deflection, phase or turn counts from 4 deviations on and from a twelfth of the peak to peak
 * amplitude: what is smaller belongs to noise or to distant fibres (the share is the one that
 * sim/census.c counts phases by).
 */
#include "detect/segment.h"

#include "base/err.h"
#include "base/mem.h"
#include "dsp/measure.h"
#include "dsp/median.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double base_s = 0.1, base_hop_s = 0.025, smooth_s = 0.0002, pause_s = 0.0015;
static const double noise_high = 6, noise_low = 3, noise_extreme = 4, share_extreme = 0.08;

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to find discharges");
}

void segments_release(struct segments *s)
{
    mem_free(s->list);
    mem_free(s->level);
    *s = (struct segments){0};
}

// ---- Base line ----

static size_t samples_of(double seconds, double rate_hz)
{
    double n = round(seconds * rate_hz);
    return n < 1 ? 1 : (size_t)n;
}

// The median of a window around a middle. At the ends of the signal it is shorter, down to 30 % of it,
// so that a slope there is not taken for a deviation. work [window].
static float median_around(float *work, const float *x, size_t n, size_t middle, size_t window)
{
    size_t beside = middle < n - 1 - middle ? middle : n - 1 - middle, half = window / 2;
    size_t least = (size_t)(0.15 * (double)window);
    half = half < beside ? half : beside > least ? beside : least;
    size_t from = middle > half ? middle - half : 0;
    size_t to = middle + half < n ? middle + half : n;
    size_t n_finite = 0;
    for (size_t i = from; i < to; i++)
        if (isfinite(x[i]))
            work[n_finite++] = x[i];
    return n_finite ? median_of(work, n_finite) : 0;
}

// out = x without its base line: medians every hop, linear between them.
static int take_off_base(float *out, const float *x, size_t n, double rate_hz, struct err *e)
{
    size_t window = samples_of(base_s, rate_hz), hop = samples_of(base_hop_s, rate_hz);
    float *work = mem_array(window, sizeof *work);
    if (!work)
        return no_memory(e);
    float before = median_around(work, x, n, 0, window);
    for (size_t at = 0; at < n; at += hop) {
        float after = median_around(work, x, n, at + hop < n ? at + hop : n - 1, window);
        for (size_t i = at; i < at + hop && i < n; i++) {
            float base = before + (after - before) * (float)(i - at) / (float)hop;
            out[i] = isfinite(x[i]) ? x[i] - base : 0;
        }
        before = after;
    }
    mem_free(work);
    return 0;
}

// A moving mean over an odd number of samples, in place.
static int smooth(float *x, size_t n, double rate_hz, struct err *e)
{
    size_t half = samples_of(smooth_s, rate_hz) / 2;
    float *from = mem_array(n, sizeof *from);
    if (!from)
        return no_memory(e);
    memcpy(from, x, n * sizeof *x);
    for (size_t i = 0; i < n; i++) {
        size_t low = i > half ? i - half : 0, high = i + half < n ? i + half : n - 1;
        double sum = 0;
        for (size_t k = low; k <= high; k++)
            sum += (double)from[k];
        x[i] = (float)(sum / (double)(high - low + 1));
    }
    mem_free(from);
    return 0;
}

static int find_noise(struct segments *s, struct err *e)
{
    struct measures m;
    int rc = measure_signal(&m, s->level, s->n_samples, s->rate_hz, 0, e);
    if (rc < 0)
        return rc;
    // of a busy signal the quiet windows tell better, of a quiet one both are the same
    s->noise = m.noise_quiet > 0 ? fmin(m.noise, m.noise_quiet) : m.noise;
    s->noise = fmax(s->noise, m.step / 2); // a converter that shows no noise at all
    return 0;
}

// ---- One segment ----

// The last extreme of the sign opposite to the peak's before it, or SIZE_MAX.
static size_t extreme_before(const struct segments *s, const struct segment *g, double least)
{
    double sign = s->level[g->peak] > 0 ? 1 : -1, most = least;
    size_t found = SIZE_MAX;
    for (size_t i = g->peak; i-- > g->first;) {
        double v = -sign * (double)s->level[i];
        if (v > most) {
            most = v;
            found = i;
        }
        if (found != SIZE_MAX && v < 0)
            break; // the deflection before that one
    }
    return found;
}

// From 10 to 90 % of the way between a level and the peak, back from the peak.
static double rise_samples(const struct segments *s, const struct segment *g, double from)
{
    double way = (double)s->level[g->peak] - from;
    size_t high = g->peak, low;
    while (high > g->first && ((double)s->level[high] - from) / way > 0.9)
        high--;
    for (low = high; low > g->first && ((double)s->level[low] - from) / way > 0.1;)
        low--;
    return (double)(high - low);
}

static void count_phases(struct segment *g, const struct segments *s, double least)
{
    int sign = 0;
    for (size_t i = g->first; i < g->end; i++) {
        double v = (double)s->level[i];
        if (fabs(v) < least)
            continue;
        int now = v > 0 ? 1 : -1;
        g->first_sign = g->first_sign ? g->first_sign : now;
        g->n_phases += now != sign;
        sign = now;
    }
}

// A turn is an extreme that the signal leaves by `least` before it goes beyond it.
static void count_turns(struct segment *g, const struct segments *s, double least)
{
    double high = 0, low = 0;
    int direction = 0;
    for (size_t i = g->first; i < g->end; i++) {
        double v = (double)s->level[i];
        high = fmax(high, v);
        low = fmin(low, v);
        bool turns_down = direction >= 0 && high - v > least;
        bool turns_up = direction <= 0 && v - low > least;
        if (!turns_down && !turns_up)
            continue;
        // from rest the first way is no turn
        g->n_turns += turns_down ? high > least : low < -least;
        direction = turns_down ? -1 : 1;
        high = low = v;
    }
}

static void measure(struct segment *g, const struct segments *s)
{
    double most = 0;
    for (size_t i = g->first; i < g->end; i++) {
        double v = (double)s->level[i];
        g->positive = fmax(g->positive, v);
        g->negative = fmax(g->negative, -v);
        if (fabs(v) > most) {
            most = fabs(v);
            g->peak = i;
        }
    }
    double ms = 1000 / s->rate_hz;
    g->amplitude = g->positive + g->negative;
    g->is_cut = g->first == 0 || g->end == s->n_samples;
    g->duration_ms = (double)(g->end - g->first) * ms;
    double least = fmax(noise_extreme * s->noise, share_extreme * g->amplitude);
    least = fmin(least, most); // the peak is an extreme in any case
    count_phases(g, s, least);
    count_turns(g, s, least);
    size_t before = extreme_before(s, g, least);
    g->rise_ms = rise_samples(s, g, before == SIZE_MAX ? 0 : (double)s->level[before]) * ms;
}

// ---- All ----

static int add(struct segments *s, size_t *capacity, size_t first, size_t end, struct err *e)
{
    if (s->n == SEGMENTS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d discharges", SEGMENTS_MAX);
    if (s->n == *capacity) {
        size_t more = *capacity ? 2 * *capacity : 64;
        struct segment *list = mem_resize(s->list, more, sizeof *list);
        if (!list)
            return no_memory(e);
        s->list = list;
        *capacity = more;
    }
    struct segment *g = &s->list[s->n++];
    *g = (struct segment){.first = first, .end = end};
    measure(g, s);
    return 0;
}

static int cut(struct segments *s, struct err *e)
{
    size_t pause = samples_of(pause_s, s->rate_hz), capacity = 0, first = 0, last = 0;
    bool is_in = false, is_high = false;
    for (size_t i = 0; i <= s->n_samples; i++) {
        double v = i < s->n_samples ? fabs((double)s->level[i]) : 0;
        if (is_in && (i == s->n_samples || i - last > pause)) {
            int rc = is_high ? add(s, &capacity, first, last + 1, e) : 0;
            if (rc < 0)
                return rc;
            is_in = is_high = false;
        }
        if (v > noise_low * s->noise) {
            first = is_in ? first : i;
            is_in = true;
            last = i;
            is_high = is_high || v > noise_high * s->noise;
        }
    }
    return 0;
}

int segments_find(struct segments *out, const float *x, size_t n, double rate_hz, struct err *e)
{
    assert(rate_hz > 0);
    *out = (struct segments){.n_samples = n, .rate_hz = rate_hz};
    if (!n)
        return 0;
    out->level = mem_array(n, sizeof *out->level);
    int rc = out->level ? take_off_base(out->level, x, n, rate_hz, e) : no_memory(e);
    if (rc == 0)
        rc = smooth(out->level, n, rate_hz, e);
    if (rc == 0)
        rc = find_noise(out, e);
    return rc < 0 ? rc : cut(out, e);
}
