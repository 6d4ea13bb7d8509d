/* strip.c: see strip.h. */
#include "data/strip.h"

#include "base/err.h"
#include "base/mem.h"
#include "dsp/resample.h"
#include "wave/recording.h"

#include <assert.h>
#include <math.h>
#include <string.h>

// What the filter of a change of rate reaches over, in samples of the lower rate.
static const double guard_samples = 64;

int strip_of(struct strip *out, struct recording *r, size_t channel, double rate_hz,
             struct err *e)
{
    if (channel >= r->n_channels)
        return err_set(e, ERR_USAGE, "no channel %zu: there are %zu, from 0 on", channel,
                       r->n_channels);
    const struct channel *c = &r->channels[channel];
    *out = (struct strip){.recording = r, .channel = channel, .rate_hz = rate_hz};
    out->is_uv = c->unit == CHANNEL_UNIT_MICROVOLTS;
    out->sign = r->polarity == POLARITY_NEGATIVE_UP ? -1 : 1;
    out->n_samples = (uint64_t)floor((double)c->n_samples / c->rate_hz * rate_hz);
    double ratio = c->rate_hz / rate_hz;
    if (ratio > 256 || ratio < 1.0 / 256)
        return err_set(e, ERR_LIMIT, "%g Hz cannot become %g Hz: over 256 times apart",
                       c->rate_hz, rate_hz);
    return 0;
}

const char *strip_unit(const struct strip *s)
{
    return s->is_uv ? "uV" : "counts";
}

int strip_read(const struct strip *s, uint64_t first, size_t n, float *out, struct err *e)
{
    assert(first + n <= s->n_samples);
    const struct channel *c = &s->recording->channels[s->channel];
    double guard_s = guard_samples / fmin(c->rate_hz, s->rate_hz);
    double from_s = (double)first / s->rate_hz, to_s = (double)(first + n) / s->rate_hz;
    int rc = 0;
    if (c->rate_hz == s->rate_hz) {
        rc = recording_read(s->recording, s->channel, first, n, out, e);
    } else {
        uint64_t low = (uint64_t)fmax(0, floor((from_s - guard_s) * c->rate_hz));
        uint64_t high = (uint64_t)ceil((to_s + guard_s) * c->rate_hz);
        size_t n_in = (size_t)((high < c->n_samples ? high : c->n_samples) - low);
        size_t n_out = resample_length(n_in, c->rate_hz, s->rate_hz);
        size_t skip = (size_t)lround((from_s - (double)low / c->rate_hz) * s->rate_hz);
        float *in = mem_array(n_in + n_out, sizeof *in);
        if (!in)
            return err_set(e, ERR_MEMORY, "no memory for %zu samples", n_in);
        rc = recording_read(s->recording, s->channel, low, n_in, in, e);
        if (rc == 0)
            rc = resample(in + n_in, in, n_in, c->rate_hz, s->rate_hz, e);
        for (size_t i = 0; rc == 0 && i < n; i++) // the last one may be rounded away
            out[i] = in[n_in + (skip + i < n_out ? skip + i : n_out - 1)];
        mem_free(in);
    }
    for (size_t i = 0; rc == 0 && i < n; i++)
        out[i] *= s->sign;
    return rc;
}
