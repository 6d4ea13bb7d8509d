/* hints.c: see hints.h. */
#include "cli/hints.h"

#include "base/err.h"
#include "base/text.h"
#include "wave/recording.h"

#include <string.h>

// Microvolts in a unit; 0: counts; negative: there is no such unit.
static double microvolts_per(const char *unit)
{
    static const struct {
        const char *name;
        double uv;
    } units[] = {{"uV", 1}, {"mV", 1e3}, {"V", 1e6}, {"nV", 1e-3}, {"counts", 0}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (!text_compare_nocase(unit, units[i].name))
            return units[i].uv;
    return -1;
}

static int check_dtype(const char *dtype, struct err *e)
{
    for (const char *const *d = recording_dtypes; *d; d++)
        if (!strcmp(*d, dtype))
            return 0;
    return err_set(e, ERR_USAGE,
                   "--dtype %.40s: wanted int16, int16be, float32 or another type", dtype);
}

int hints_of(struct recording_hints *out, const struct hint_args *a, struct err *e)
{
    double uv = a->unit ? microvolts_per(a->unit) : 1;
    *out = (struct recording_hints){.rate_hz = a->rate,
                                    .unit = a->unit,
                                    .dtype = a->dtype,
                                    .n_channels = a->interleaved,
                                    .skip_bytes = a->skip_bytes,
                                    .decimal_comma = a->decimal_comma};
    if (uv < 0)
        return err_set(e, ERR_USAGE, "--unit %.40s: wanted uV, mV, V, nV or counts", a->unit);
    if (a->gain != 0 && uv == 0)
        return err_set(e, ERR_USAGE, "--gain says counts per unit, and --unit counts has none");
    if (a->gain != 0)
        out->counts_per_uv = a->gain / uv;
    if (a->delimiter && !strcmp(a->delimiter, "tab"))
        out->delimiter = '\t';
    else if (a->delimiter && !strcmp(a->delimiter, "blank"))
        out->delimiter = ' ';
    else if (a->delimiter && strlen(a->delimiter) == 1)
        out->delimiter = a->delimiter[0];
    else if (a->delimiter)
        return err_set(e, ERR_USAGE, "--delimiter %.40s: wanted one character, tab or blank",
                       a->delimiter);
    return a->dtype ? check_dtype(a->dtype, e) : 0;
}
