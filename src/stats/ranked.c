/* ranked.c: see ranked.h. */
#include "stats/ranked.h"

#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct ranked_example *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

int ranked_init(struct ranked *out, const float *p, const size_t *truth, size_t n,
                size_t n_classes, size_t i_class, struct err *e)
{
    assert(n > 0 && i_class < n_classes);
    *out = (struct ranked){.examples = mem_array(n, sizeof *out->examples)};
    if (!out->examples)
        return err_set(e, ERR_MEMORY, "no memory to rank %zu examples", n);
    for (; out->n < n; out->n++) {
        float score = p[out->n * n_classes + i_class];
        if (!isfinite(score)) {
            size_t i = out->n;
            ranked_release(out);
            return err_set(e, ERR_FORMAT, "example %zu: its score is %g, wanted a number", i,
                           (double)score);
        }
        out->examples[out->n] =
            (struct ranked_example){score, truth[out->n] == i_class, out->n};
        out->n_positive += truth[out->n] == i_class;
    }
    qsort(out->examples, n, sizeof *out->examples, compare);
    return 0;
}

void ranked_release(struct ranked *r)
{
    mem_free(r->examples);
    *r = (struct ranked){0};
}

bool ranked_next(struct ranked_tie *t, const struct ranked *r, const uint32_t *weight)
{
    if (t->end == r->n)
        return false;
    t->above_positive += t->positive;
    t->above_negative += t->negative;
    t->positive = t->negative = 0;
    t->score = r->examples[t->end].score;
    for (; t->end < r->n && r->examples[t->end].score == t->score; t->end++) {
        const struct ranked_example *x = &r->examples[t->end];
        uint32_t w = weight ? weight[x->i] : 1;
        t->positive += x->is_positive ? w : 0;
        t->negative += x->is_positive ? 0 : w;
    }
    return true;
}
