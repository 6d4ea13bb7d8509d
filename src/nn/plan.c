/* plan.c: see plan.h. */
#include "nn/plan.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>

static size_t rounded(size_t bytes)
{
    return (bytes + MEM_ALIGNMENT - 1) / MEM_ALIGNMENT * MEM_ALIGNMENT;
}

// Largest first; of equals the earlier one, so that the plan does not depend on qsort.
static int compare_sizes(const void *a, const void *b)
{
    const struct plan_buffer *x = *(struct plan_buffer *const *)a;
    const struct plan_buffer *y = *(struct plan_buffer *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x < y ? -1 : x > y;
}

static bool overlap(size_t first, size_t last, const struct plan_buffer *b)
{
    return (first <= b->last && b->first <= last) ||
           (b->again_last && first <= b->again_last && b->again_first <= last);
}

static bool live_together(const struct plan_buffer *a, const struct plan_buffer *b)
{
    return overlap(a->first, a->last, b) ||
           (a->again_last && overlap(a->again_first, a->again_last, b));
}

// Puts b into the lowest gap between the placed buffers (ascending by offset) that live with
// it.
static void place(struct plan_buffer *b, struct plan_buffer *const *placed, size_t n_placed)
{
    size_t at = 0;
    for (size_t i = 0; i < n_placed; i++) {
        if (!live_together(b, placed[i]))
            continue;
        if (placed[i]->offset >= at + rounded(b->bytes))
            break;
        size_t end = placed[i]->offset + rounded(placed[i]->bytes);
        if (end > at)
            at = end;
    }
    b->offset = at;
}

int plan_buffers(struct plan_buffer *buffers, size_t n, size_t *total, struct err *e)
{
    *total = 0;
    struct plan_buffer **order = mem_array(n, sizeof *order);
    struct plan_buffer **placed = mem_array(n, sizeof *placed);
    if (!order || !placed) {
        mem_free(order);
        mem_free(placed);
        return err_set(e, ERR_MEMORY, "no memory to plan %zu buffers", n);
    }
    for (size_t i = 0; i < n; i++)
        order[i] = &buffers[i];
    qsort(order, n, sizeof *order, compare_sizes);
    for (size_t i = 0; i < n; i++) {
        struct plan_buffer *b = order[i];
        place(b, placed, i);
        size_t k = i;
        for (; k && placed[k - 1]->offset > b->offset; k--)
            placed[k] = placed[k - 1];
        placed[k] = b;
        if (b->offset + rounded(b->bytes) > *total)
            *total = b->offset + rounded(b->bytes);
    }
    mem_free(order);
    mem_free(placed);
    return 0;
}

size_t plan_lower_bound(const struct plan_buffer *buffers, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < 2 * n; i++) { // some maximum begins where a buffer does
        size_t sum = 0, time = i < n ? buffers[i].first : buffers[i - n].again_first;
        for (size_t k = 0; k < n; k++)
            if (overlap(time, time, &buffers[k]))
                sum += rounded(buffers[k].bytes);
        most = sum > most ? sum : most;
    }
    return most;
}
