/* redraw.c: see redraw.h. */
#include "stats/redraw.h"

#include "base/err.h"
#include "base/mem.h"
#include "stats/bootstrap.h"

#include <math.h>

struct work {
    uint32_t *times; // [groups of all strata]
    double *drawn;   // [BOOTSTRAP_RESAMPLES][n_values]
    double *column;  // [BOOTSTRAP_RESAMPLES]
};

// Strata are drawn each by a seed of its own.
static void draw(uint32_t *times, struct redraw_strata strata, uint64_t seed, size_t i)
{
    for (size_t s = 0; s < strata.n; s++) {
        bootstrap_draw(times, strata.n_groups[s], seed + (s << 32), i);
        times += strata.n_groups[s];
    }
}

static void conclude(struct redrawn *out, const struct work *w, size_t n_values,
                     bool has_groups)
{
    for (size_t v = 0; v < n_values; v++) {
        for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
            w->column[i] = w->drawn[i * n_values + v];
        out[v].has_interval =
            has_groups && !isnan(out[v].value) &&
            !bootstrap_percentile95(&out[v].ci95, w->column, BOOTSTRAP_RESAMPLES);
        if (!out[v].has_interval)
            out[v].ci95 = (struct interval){(double)NAN, (double)NAN};
    }
}

int redraw_groups(struct redrawn *out, size_t n_values, redraw_numbers *numbers,
                  const void *context, struct redraw_strata strata, uint64_t seed,
                  struct err *e)
{
    size_t n_groups = 0;
    bool has_groups = true;
    for (size_t s = 0; s < strata.n; s++) {
        n_groups += strata.n_groups[s];
        has_groups = has_groups && strata.n_groups[s] > 1;
    }
    struct work w = {mem_array(n_groups, sizeof *w.times),
                     mem_array(mem_product(BOOTSTRAP_RESAMPLES, n_values), sizeof *w.drawn),
                     mem_array(BOOTSTRAP_RESAMPLES, sizeof *w.column)};
    int rc = w.times && w.drawn && w.column
                 ? 0
                 : err_set(e, ERR_MEMORY, "no memory for a bootstrap");
    if (rc == 0) {
        for (size_t k = 0; k < n_groups; k++)
            w.times[k] = 1;
        numbers(w.drawn, context, w.times);
        for (size_t v = 0; v < n_values; v++)
            out[v].value = w.drawn[v];
        for (size_t i = 0; has_groups && i < BOOTSTRAP_RESAMPLES; i++) {
            draw(w.times, strata, seed, i);
            numbers(w.drawn + i * n_values, context, w.times);
        }
        conclude(out, &w, n_values, has_groups);
    }
    mem_free(w.times);
    mem_free(w.drawn);
    mem_free(w.column);
    return rc;
}
