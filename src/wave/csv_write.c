/*
 * csv_write.c: a recording as comma-separated values: a line of names, then a row for each
 * sample, the time in seconds first. Values have nine digits, enough for every float.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "wave/wave_priv.h"

#include <math.h>
#include <stdio.h>

enum { BLOCK = 1024 };

static void put_name(FILE *f, const struct channel *c)
{
    fputc(',', f);
    for (const char *s = c->name; *s; s++) // no quotes are needed then
        fputc(*s == ',' || *s == '"' ? ' ' : *s, f);
    fputs(c->unit == CHANNEL_UNIT_MICROVOLTS ? " (uV)" : " (counts)", f);
}

static int put_rows(FILE *f, struct recording *r, uint64_t n_rows, const char *path,
                    struct err *e)
{
    size_t n = r->n_channels;
    float *block = mem_array(n * BLOCK, sizeof *block);
    int rc = block ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (uint64_t at = 0; rc == 0 && at < n_rows; at += BLOCK) {
        size_t k = n_rows - at < BLOCK ? (size_t)(n_rows - at) : BLOCK;
        for (size_t i = 0; rc == 0 && i < n; i++)
            rc = recording_read(r, i, at, k, block + i * BLOCK, e);
        for (size_t j = 0; rc == 0 && j < k; j++) {
            fprintf(f, "%.9f", (double)(at + j) / r->channels[0].rate_hz);
            for (size_t i = 0; i < n; i++)
                fprintf(f, ",%.9g", (double)block[i * BLOCK + j]);
            fputc('\n', f);
        }
    }
    mem_free(block);
    return rc;
}

int csv_write(const char *path, struct recording *r, struct err *e)
{
    struct file_draft d = {0};
    if (!r->n_channels)
        return err_set(e, ERR_USAGE, "%s: no channels to write", path);
    const struct channel *first = &r->channels[0];
    for (size_t i = 1; i < r->n_channels; i++)
        if (r->channels[i].rate_hz != first->rate_hz ||
            r->channels[i].n_samples != first->n_samples)
            return err_set(
                e, ERR_UNSUPPORTED,
                "%s: channels of different rates or lengths: CSV has one row for all", path);
    int rc = file_draft_open(&d, path, e);
    if (rc == 0) {
        fputs("time (s)", d.f);
        for (size_t i = 0; i < r->n_channels; i++)
            put_name(d.f, &r->channels[i]);
        fputc('\n', d.f);
        rc = put_rows(d.f, r, first->n_samples, path, e);
    }
    if (rc == 0)
        rc = file_draft_commit(&d, e);
    file_draft_abandon(&d);
    return rc;
}
