/* confusion.c: see confusion.h. */
#include "stats/confusion.h"

#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <string.h>

int confusion_init(struct confusion *c, size_t n_classes, struct err *e)
{
    assert(n_classes > 0);
    *c = (struct confusion){0};
    if (n_classes > CONFUSION_MAX_CLASSES)
        return err_set(e, ERR_LIMIT, "confusion matrix: %zu classes, wanted at most %d",
                       n_classes, CONFUSION_MAX_CLASSES);
    c->count = mem_array(n_classes * n_classes, sizeof *c->count);
    if (!c->count)
        return err_set(e, ERR_MEMORY, "confusion matrix: no memory for %zu classes", n_classes);
    c->n_classes = n_classes;
    return 0;
}

void confusion_release(struct confusion *c)
{
    mem_free(c->count);
    *c = (struct confusion){0};
}

void confusion_add(struct confusion *c, size_t truth, size_t predicted)
{
    confusion_add_times(c, truth, predicted, 1);
}

void confusion_add_times(struct confusion *c, size_t truth, size_t predicted, uint64_t times)
{
    assert(truth < c->n_classes && predicted < c->n_classes);
    c->count[truth * c->n_classes + predicted] += times;
    c->n += times;
}

void confusion_clear(struct confusion *c)
{
    memset(c->count, 0, c->n_classes * c->n_classes * sizeof *c->count);
    c->n = 0;
}

uint64_t confusion_count(const struct confusion *c, size_t truth, size_t predicted)
{
    assert(truth < c->n_classes && predicted < c->n_classes);
    return c->count[truth * c->n_classes + predicted];
}

// F1 = 2 J / (1 + J): its interval is that of J, mapped.
static struct ratio f1_of(uint64_t tp, uint64_t fp, uint64_t fn)
{
    struct ratio j = ratio_of(tp, tp + fp + fn);
    struct ratio f1 = ratio_of(2 * tp, 2 * tp + fp + fn);
    f1.ci95.low = 2 * j.ci95.low / (1 + j.ci95.low);
    f1.ci95.high = 2 * j.ci95.high / (1 + j.ci95.high);
    return f1;
}

void confusion_class(struct class_scores *out, const struct confusion *c, size_t i_class)
{
    uint64_t tp = confusion_count(c, i_class, i_class), fp = 0, fn = 0;
    for (size_t i = 0; i < c->n_classes; i++) {
        if (i == i_class)
            continue;
        fn += confusion_count(c, i_class, i);
        fp += confusion_count(c, i, i_class);
    }
    uint64_t tn = c->n - tp - fp - fn;
    out->support = tp + fn;
    out->n_predicted = tp + fp;
    out->share = ratio_of(tp + fn, c->n);
    out->precision = ratio_of(tp, tp + fp);
    out->recall = ratio_of(tp, tp + fn);
    out->specificity = ratio_of(tn, tn + fp);
    out->f1 = f1_of(tp, fp, fn);
}

struct ratio confusion_accuracy(const struct confusion *c)
{
    uint64_t n_right = 0;
    for (size_t i = 0; i < c->n_classes; i++)
        n_right += confusion_count(c, i, i);
    return ratio_of(n_right, c->n);
}

static void mean_take(struct class_mean *m, const struct ratio *r)
{
    if (!r->is_computable)
        return;
    m->value += r->value;
    m->n_classes++;
}

static void mean_end(struct class_mean *m)
{
    m->is_computable = m->n_classes > 0;
    m->value = m->is_computable ? m->value / (double)m->n_classes : (double)NAN;
}

struct class_mean confusion_balanced_accuracy(const struct confusion *c)
{
    struct class_mean m = {0};
    struct class_scores scores;
    for (size_t i = 0; i < c->n_classes; i++) {
        confusion_class(&scores, c, i);
        mean_take(&m, &scores.recall);
    }
    mean_end(&m);
    return m;
}

struct class_mean confusion_macro_f1(const struct confusion *c)
{
    struct class_mean m = {0};
    struct class_scores scores;
    for (size_t i = 0; i < c->n_classes; i++) {
        confusion_class(&scores, c, i);
        mean_take(&m, &scores.f1);
    }
    mean_end(&m);
    return m;
}

// Class 0 is "negative", so its own FN and FP are the pair's FP and FN.
void confusion_bool_cast(struct bool_cast *out, const struct confusion *c)
{
    struct class_scores zero;
    confusion_class(&zero, c, 0);
    uint64_t tn = confusion_count(c, 0, 0);
    uint64_t fp = zero.support - tn, fn = zero.n_predicted - tn;
    uint64_t tp = c->n - tn - fp - fn;
    out->precision = ratio_of(tp, tp + fp);
    out->recall = ratio_of(tp, tp + fn);
}
