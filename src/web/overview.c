/* overview.c: see overview.h. */
#include "web/overview.h"

#include "base/err.h"
#include "base/mem.h"
#include "wave/recording.h"
#include "web/stretch.h"

enum { MOST_BINS = 1 << 20, BLOCK_BINS = 1 << 10 };

int overview_make(struct overview *out, struct recording *r, size_t channel, struct err *e)
{
    uint64_t n = r->channels[channel].n_samples;
    size_t bin = OVERVIEW_LEAST_BIN;
    while (n / bin > MOST_BINS)
        bin *= 2;
    *out = (struct overview){.bin = bin, .n = (size_t)((n + bin - 1) / bin)};
    float *block = mem_array(mem_product(bin, BLOCK_BINS), sizeof *block);
    out->minmax = mem_array(out->n, 2 * sizeof *out->minmax);
    int rc = block && out->minmax ? 0 : err_set(e, ERR_MEMORY, "no memory for an overview");
    uint64_t most = (uint64_t)bin * BLOCK_BINS;
    for (uint64_t at = 0; rc == 0 && at < n; at += most) {
        size_t k = (size_t)(n - at < most ? n - at : most);
        rc = recording_read(r, channel, at, k, block, e);
        if (rc == 0)
            stretch_minmax(out->minmax + 2 * (at / bin), (k + bin - 1) / bin, block, k,
                           (double)bin);
    }
    mem_free(block);
    if (rc < 0)
        overview_release(out);
    return rc;
}

void overview_release(struct overview *o)
{
    mem_free(o->minmax);
    *o = (struct overview){0};
}

void overview_range(float minmax[2], const struct overview *o, uint64_t first, uint64_t n)
{
    size_t from = (size_t)(first / o->bin), to = (size_t)((first + n + o->bin - 1) / o->bin);
    from = from < o->n ? from : o->n - 1;
    to = to < o->n ? to : o->n;
    minmax[0] = o->minmax[2 * from];
    minmax[1] = o->minmax[2 * from + 1];
    for (size_t i = from + 1; i < to; i++) {
        minmax[0] = o->minmax[2 * i] < minmax[0] ? o->minmax[2 * i] : minmax[0];
        minmax[1] = o->minmax[2 * i + 1] > minmax[1] ? o->minmax[2 * i + 1] : minmax[1];
    }
}
