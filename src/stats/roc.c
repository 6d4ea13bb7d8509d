/* roc.c: see roc.h. */
#include "stats/roc.h"

#include <math.h>

static const double z95 = 1.959963984540054; // the 97.5 % point of the normal distribution

double roc_auc_weighted(const struct ranked *r, const uint32_t *weight)
{
    struct ranked_tie t = {0};
    double above = 0; // pairs, twice: those of a tie count one half
    while (ranked_next(&t, r, weight))
        above += (double)t.negative * (2 * (double)t.above_positive + (double)t.positive);
    double positive = (double)(t.above_positive + t.positive);
    double negative = (double)(t.above_negative + t.negative);
    return positive > 0 && negative > 0 ? above / (2 * positive * negative) : (double)NAN;
}

// Sum of squared differences from the mean, by the values' sum and sum of squares around `auc`,
// which is the mean of both V10 and V01.
double roc_delong_variance(const struct ranked *r)
{
    double m = (double)r->n_positive, n = (double)(r->n - r->n_positive);
    if (m < 2 || n < 2)
        return (double)NAN;
    double auc = roc_auc_weighted(r, NULL), s10 = 0, s01 = 0;
    struct ranked_tie t = {0};
    while (ranked_next(&t, r, NULL)) {
        double below = n - (double)t.above_negative - (double)t.negative;
        double v10 = (below + (double)t.negative / 2) / n;
        double v01 = ((double)t.above_positive + (double)t.positive / 2) / m;
        s10 += (double)t.positive * (v10 - auc) * (v10 - auc);
        s01 += (double)t.negative * (v01 - auc) * (v01 - auc);
    }
    return s10 / (m - 1) / m + s01 / (n - 1) / n;
}

struct estimate roc_auc(const struct ranked *r)
{
    if (r->n_positive == 0)
        return estimate_none("no example is of this class");
    if (r->n_positive == r->n)
        return estimate_none("every example is of this class");
    double auc = roc_auc_weighted(r, NULL), variance = roc_delong_variance(r);
    if (isnan(variance))
        return estimate_point(auc, "fewer than two examples on one side");
    if (auc <= 0 || auc >= 1 || variance <= 0)
        return estimate_point(auc, variance > 0 ? "the area is 0 or 1"
                                                : "the scores give no variance to judge by");
    double centre = log(auc / (1 - auc)), half = z95 * sqrt(variance) / (auc * (1 - auc));
    return estimate_of(auc, 1 / (1 + exp(half - centre)), 1 / (1 + exp(-half - centre)));
}

// Whether b lies on the line from a to c. The rates are counts over the same two numbers, so the
// products differ by rounding only: 1e-12 of an area of 1.
static bool is_between(const struct roc_point *a, const struct roc_point *b,
                       const struct roc_point *c)
{
    double x1 = b->false_positive_rate - a->false_positive_rate;
    double y1 = b->true_positive_rate - a->true_positive_rate;
    double x2 = c->false_positive_rate - b->false_positive_rate;
    double y2 = c->true_positive_rate - b->true_positive_rate;
    return fabs(x1 * y2 - x2 * y1) < 1e-12;
}

size_t roc_curve(struct roc_point *points, const struct ranked *r)
{
    double m = (double)r->n_positive, n = (double)(r->n - r->n_positive);
    size_t k = 0;
    if (m < 1 || n < 1)
        return 0;
    points[k++] = (struct roc_point){(double)INFINITY, 0, 0};
    struct ranked_tie t = {0};
    while (ranked_next(&t, r, NULL)) {
        struct roc_point next = {(double)t.score, (double)(t.above_negative + t.negative) / n,
                                 (double)(t.above_positive + t.positive) / m};
        if (k > 1 && is_between(&points[k - 2], &points[k - 1], &next))
            k--;
        points[k++] = next;
    }
    return k;
}
