/* stretch.c: see stretch.h. */
#include "web/stretch.h"

#include "base/err.h"
#include "base/mem.h"
#include "dsp/filter.h"
#include "wave/recording.h"

#include <string.h>

static const double settle_s =
    1; // a 2 Hz high-pass of order 2 has forgotten all but 1e-5 by then

static int run_filter(float *x, size_t n, double rate_hz, const struct stretch *s,
                      struct err *e)
{
    struct filter f;
    filter_init(&f, rate_hz);
    int rc = filter_add_knobs(&f, s->highpass_hz, s->lowpass_hz, s->notch_hz, e);
    if (rc == 0 && f.n_stages && n) {
        filter_settle(&f, (double)x[0]);
        filter_run(&f, x, x, n);
    }
    filter_release(&f);
    return rc;
}

int stretch_read(float **out, size_t *n, struct recording *r, const struct stretch *s,
                 struct err *e)
{
    const struct channel *c = &r->channels[s->channel];
    uint64_t first = s->first < c->n_samples ? s->first : c->n_samples;
    *out = NULL;
    *n = s->n < c->n_samples - first ? s->n : (size_t)(c->n_samples - first);
    if (*n > STRETCH_MAX_SAMPLES)
        return err_set(e, ERR_LIMIT, "%zu samples at once, wanted at most %d", *n,
                       STRETCH_MAX_SAMPLES);
    uint64_t lead = (uint64_t)(settle_s * c->rate_hz);
    lead = lead < first ? lead : first;
    size_t n_read = *n + (size_t)lead;
    float *x = mem_array(n_read, sizeof *x);
    if (!x)
        return err_set(e, ERR_MEMORY, "no memory for %zu samples", n_read);
    int rc = recording_read(r, s->channel, first - lead, n_read, x, e);
    if (rc == 0)
        rc = run_filter(x, n_read, c->rate_hz, s, e);
    if (rc < 0) {
        mem_free(x);
        return rc;
    }
    memmove(x, x + lead, *n * sizeof *x);
    for (size_t i = 0; s->highpass_hz <= 0 && i < *n; i++)
        x[i] -= (float)s->offset;
    *out = x;
    return 0;
}

void stretch_minmax(float *out, size_t n_columns, const float *x, size_t n, double per_column)
{
    float low = n ? x[0] : 0, high = low;
    for (size_t k = 0; k < n_columns; k++) {
        size_t from = (size_t)((double)k * per_column),
               to = (size_t)((double)(k + 1) * per_column);
        to = to < n ? to : n;
        if (from < to)
            low = high = x[from];
        for (size_t i = from; i < to; i++) {
            low = x[i] < low ? x[i] : low;
            high = x[i] > high ? x[i] : high;
        }
        out[2 * k] = low;
        out[2 * k + 1] = high;
    }
}
