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

// The point that is chosen on other examples, at these.
static struct operating_point find_point(struct assessment *a, const struct ranked *chosen_on,
                                         size_t k, enum operating_aim aim, double at_least)
{
    struct operating_point p =
        operating_point(chosen_on ? &chosen_on[k] : &a->ranked[k], aim, at_least);
    return p.why || !chosen_on ? p : operating_point_at(&a->ranked[k], p.threshold);
}

static json_t *point_json(struct assessment *a, const struct ranked *chosen_on, size_t k,
                          enum operating_aim aim, double at_least, size_t i)
{
    struct operating_point p = find_point(a, chosen_on, k, aim, at_least);
    json_t *why = a->not_computable;
    json_t *o =
        json_pack("{s:s, s:s, s:f, s:s?, s:o}", "class", a->q->classes[k], "aim",
                  aim == OPERATING_SENSITIVITY ? "sensitivity" : "specificity", "at_least",
                  at_least, "chosen_on", chosen_on ? "validation" : a->o->split, "threshold",
                  p.why ? json_null() : json_real(p.threshold));
    const struct {
        const char *name, *why;
        const struct ratio *ratio;
    } ratios[] = {{"sensitivity", "no example is of this class", &p.sensitivity},
                  {"specificity", "every example is of this class", &p.specificity},
                  {"precision", "no example was called so", &p.precision}};
    for (size_t m = 0; m < sizeof ratios / sizeof *ratios; m++) {
        char *at = mem_printf("/operating_points/%zu/%s", i, ratios[m].name);
        json_object_set_new(o, ratios[m].name,
                            p.why ? json_null()
                                  : assess_ratio(why, *ratios[m].ratio, at, ratios[m].why));
        mem_free(at);
    }
    char *at = mem_printf("/operating_points/%zu", i);
    if (p.why)
        assess_why(why, at, "", p.why);
    mem_free(at);
    return o;
}

static void put_points(json_t *list, struct assessment *a, const struct ranked *chosen_on)
{
    const double wanted[] = {[OPERATING_SENSITIVITY] = a->o->sensitivity,
                             [OPERATING_SPECIFICITY] = a->o->specificity};
    for (size_t aim = 0; aim < sizeof wanted / sizeof *wanted; aim++)
        for (size_t k = 0; wanted[aim] > 0 && k < a->q->n_classes; k++)
            json_array_append_new(list, point_json(a, chosen_on, k, (enum operating_aim)aim,
                                                   wanted[aim], json_array_size(list)));
}

int assess_operating_points(json_t **out, struct assessment *a, struct err *e)
{
    const struct predictions *other = a->o->chosen_on;
    struct ranked *ranked = other ? mem_array(other->n_classes, sizeof *ranked) : NULL;
    *out = json_array();
    int rc =
        *out && (ranked || !other) ? 0 : err_set(e, ERR_MEMORY, "no memory for thresholds");
    for (size_t k = 0; rc == 0 && other && k < other->n_classes; k++)
        rc = ranked_init(&ranked[k], other->p, other->truth, other->n, other->n_classes, k, e);
    if (rc == 0)
        put_points(*out, a, ranked);
    for (size_t k = 0; ranked && k < other->n_classes; k++)
        ranked_release(&ranked[k]);
    mem_free(ranked);
    return rc;
}
