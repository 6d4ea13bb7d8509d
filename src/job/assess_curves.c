/* assess_curves.c: ROC and precision-recall curves, operating points. See assess_priv.h. */
#include "job/assess_priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "stats/operatingpoint.h"
#include "stats/precisionrecall.h"
#include "stats/roc.h"

enum { CURVE_MAX_POINTS = 401 }; // finer than any figure shows

// The number of the i-th of at most CURVE_MAX_POINTS points that are kept of n, evenly, with both ends.
static size_t kept(size_t i, size_t n)
{
    return n <= CURVE_MAX_POINTS ? i : i * (n - 1) / (CURVE_MAX_POINTS - 1);
}

static size_t n_kept(size_t n)
{
    return n <= CURVE_MAX_POINTS ? n : CURVE_MAX_POINTS;
}

static json_t *roc_json(struct assessment *a, const struct ranked *r, struct roc_point *points,
                        const char *at)
{
    size_t n = roc_curve(points, r);
    if (!n) {
        assess_why(a->not_computable, at, "/roc", roc_auc(r).why);
        return json_null();
    }
    json_t *threshold = json_array(), *fpr = json_array(), *tpr = json_array();
    for (size_t i = 0; i < n_kept(n); i++) {
        const struct roc_point *p = &points[kept(i, n)];
        json_array_append_new(threshold, assess_number(p->threshold));
        json_array_append_new(fpr, json_real(p->false_positive_rate));
        json_array_append_new(tpr, json_real(p->true_positive_rate));
    }
    return json_pack("{s:o, s:o, s:o}", "threshold", threshold, "false_positive_rate", fpr,
                     "true_positive_rate", tpr);
}

static json_t *precision_recall_json(struct assessment *a, const struct ranked *r,
                                     struct precision_recall_point *points, const char *at)
{
    size_t n = precision_recall_curve(points, r);
    if (!n) {
        assess_why(a->not_computable, at, "/precision_recall", roc_auc(r).why);
        return json_null();
    }
    json_t *threshold = json_array(), *recall = json_array(), *precision = json_array();
    for (size_t i = 0; i < n_kept(n); i++) {
        const struct precision_recall_point *p = &points[kept(i, n)];
        json_array_append_new(threshold, json_real(p->threshold));
        json_array_append_new(recall, json_real(p->recall));
        json_array_append_new(precision, json_real(p->precision));
    }
    return json_pack("{s:o, s:o, s:o}", "threshold", threshold, "recall", recall, "precision",
                     precision);
}

json_t *assess_curves(struct assessment *a, struct err *e)
{
    size_t n = a->q->n;
    struct roc_point *roc = mem_array(n + 1, sizeof *roc);
    struct precision_recall_point *pr = mem_array(n, sizeof *pr);
    json_t *o = roc && pr ? json_object() : NULL;
    for (size_t k = 0; o && k < a->q->n_classes; k++) {
        char *at = assess_pointer("/curves", a->q->classes[k], "");
        json_object_set_new(o, a->q->classes[k],
                            json_pack("{s:o, s:o}", "roc", roc_json(a, &a->ranked[k], roc, at),
                                      "precision_recall",
                                      precision_recall_json(a, &a->ranked[k], pr, at)));
        mem_free(at);
    }
    mem_free(roc);
    mem_free(pr);
    if (!o)
        err_set(e, ERR_MEMORY, "no memory for curves");
    return o;
}

static json_t *point_json(struct assessment *a, size_t k, enum operating_aim aim,
                          double at_least, size_t i)
{
    struct operating_point p = operating_point(&a->ranked[k], aim, at_least);
    json_t *o = json_pack("{s:s, s:s, s:f, s:s?}", "class", a->q->classes[k], "aim",
                          aim == OPERATING_SENSITIVITY ? "sensitivity" : "specificity",
                          "at_least", at_least, "chosen_on", a->o->split);
    char *at = mem_printf("/operating_points/%zu", i);
    if (p.why) {
        static const char *const members[] = {"threshold", "sensitivity", "specificity",
                                              "precision", NULL};
        for (const char *const *m = members; *m; m++)
            json_object_set_new(o, *m, json_null());
        assess_why(a->not_computable, at, "", p.why);
    } else {
        json_t *why = a->not_computable;
        json_object_set_new(o, "threshold", json_real(p.threshold));
        json_object_set_new(o, "sensitivity", assess_ratio(why, p.sensitivity, NULL, NULL));
        json_object_set_new(o, "specificity", assess_ratio(why, p.specificity, NULL, NULL));
        json_object_set_new(o, "precision", assess_ratio(why, p.precision, NULL, NULL));
    }
    mem_free(at);
    return o;
}

json_t *assess_operating_points(struct assessment *a)
{
    const double wanted[] = {[OPERATING_SENSITIVITY] = a->o->sensitivity,
                             [OPERATING_SPECIFICITY] = a->o->specificity};
    json_t *list = json_array();
    for (size_t aim = 0; aim < sizeof wanted / sizeof *wanted; aim++)
        for (size_t k = 0; wanted[aim] > 0 && k < a->q->n_classes; k++)
            json_array_append_new(list, point_json(a, k, (enum operating_aim)aim, wanted[aim],
                                                   json_array_size(list)));
    return list;
}
