/* operatingpoint.c: see operatingpoint.h. */
#include "stats/operatingpoint.h"

static struct operating_point point_of(const struct ranked *r, double threshold, uint64_t tp,
                                       uint64_t fp)
{
    uint64_t negative = r->n - r->n_positive;
    return (struct operating_point){.threshold = threshold,
                                    .sensitivity = ratio_of(tp, r->n_positive),
                                    .specificity = ratio_of(negative - fp, negative),
                                    .precision = ratio_of(tp, tp + fp)};
}

// 0.95 of 20 is 19, although 0.95 * 20 need not be: shares that differ by less than one example
// in 10^9 are the same.
static bool reaches(const struct ratio *share, double at_least)
{
    return share->value >= at_least - 1e-9;
}

struct operating_point operating_point(const struct ranked *r, enum operating_aim aim,
                                       double at_least)
{
    struct ranked_tie t = {0};
    struct operating_point best = {.why = "even the highest score has too many of the others"};
    if (!r->n_positive)
        return (struct operating_point){.why = "no example is of this class"};
    if (r->n_positive == r->n)
        return (struct operating_point){.why = "every example is of this class"};
    while (ranked_next(&t, r, NULL)) {
        struct operating_point p = point_of(r, (double)t.score, t.above_positive + t.positive,
                                            t.above_negative + t.negative);
        if (aim == OPERATING_SENSITIVITY && reaches(&p.sensitivity, at_least))
            return p;
        if (aim == OPERATING_SPECIFICITY && !reaches(&p.specificity, at_least))
            return best;
        best = p;
    }
    return best;
}

struct operating_point operating_point_at(const struct ranked *r, double threshold)
{
    struct ranked_tie t = {0}, next = {0};
    while (ranked_next(&next, r, NULL) && (double)next.score >= threshold)
        t = next;
    return point_of(r, threshold, t.above_positive + t.positive, t.above_negative + t.negative);
}
