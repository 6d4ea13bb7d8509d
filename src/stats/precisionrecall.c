/* precisionrecall.c: see precisionrecall.h. */
#include "stats/precisionrecall.h"

#include <math.h>

double average_precision(const struct ranked *r, const uint32_t *weight)
{
    struct ranked_tie t = {0};
    double sum = 0;
    while (ranked_next(&t, r, weight)) {
        double hits = (double)(t.above_positive + t.positive);
        double called = hits + (double)(t.above_negative + t.negative);
        if (t.positive)
            sum += (double)t.positive * hits / called;
    }
    double positive = (double)(t.above_positive + t.positive);
    return positive > 0 ? sum / positive : (double)NAN;
}

size_t precision_recall_curve(struct precision_recall_point *points, const struct ranked *r)
{
    size_t k = 0;
    struct ranked_tie t = {0};
    if (!r->n_positive)
        return 0;
    while (ranked_next(&t, r, NULL)) {
        double hits = (double)(t.above_positive + t.positive);
        points[k++] = (struct precision_recall_point){
            (double)t.score, hits / (double)r->n_positive, hits / (double)t.end};
    }
    return k;
}
