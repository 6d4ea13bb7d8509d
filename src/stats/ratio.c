/* ratio.c: see ratio.h. */
#include "stats/ratio.h"

#include <math.h>

struct ratio ratio_of(uint64_t part, uint64_t whole)
{
    struct ratio r = {.part = part, .whole = whole, .value = (double)NAN};
    r.ci95 = (struct interval){(double)NAN, (double)NAN};
    r.is_computable = interval_wilson95(&r.ci95, part, whole);
    if (r.is_computable)
        r.value = (double)part / (double)whole;
    return r;
}
