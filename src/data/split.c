/*
 * split.c: see split.h.
 *
 * Items that must stay together form groups (union-find over patients and identical bytes).
 * Groups go, largest first, to the side whose counts per class they bring nearest to the wish:
 * the growth of sum over classes of (have - wanted)^2 / wanted decides. Equal groups are taken
 * in an order shuffled by the seed.
 */
#include "data/split.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "data/items.h"
#include "data/mersenne.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const split_methods[] = {"patient", "file", "slim", NULL};
const char *const split_sides[] = {"train", "validation", "test", NULL};

static size_t find_root(size_t *parent, size_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

// An item and what it is grouped by.
struct keyed {
    const char *key;
    size_t i;
};

static int compare_keys(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : x->i < y->i ? -1 : x->i > y->i;
}

// Joins items of equal key.
static void join(size_t *parent, struct keyed *keys, size_t n)
{
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t k = 1; k < n; k++)
        if (!strcmp(keys[k - 1].key, keys[k].key))
            parent[find_root(parent, keys[k].i)] = find_root(parent, keys[k - 1].i);
}

struct group {
    size_t first; // in the list of members
    size_t n;
    uint32_t lot; // breaks ties
};

static int compare_groups(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    if (x->lot != y->lot)
        return x->lot < y->lot ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

static double wanted_of(const struct split_options *o, int side, size_t n_class, size_t n)
{
    double validation = o->validation < 1 ? o->validation : o->validation / (double)n;
    double test = o->test < 1 ? o->test : o->test / (double)n;
    double share = side == SPLIT_VALIDATION ? validation
                   : side == SPLIT_TEST     ? test
                                            : 1 - validation - test;
    return share * (double)n_class;
}

// How much worse (or, negative, better) the sides' counts fit with the group on this side.
static double growth(const double *have, const double *wanted, const double *more,
                     size_t n_classes)
{
    double sum = 0;
    for (size_t k = 0; k < n_classes; k++) {
        double before = have[k] - wanted[k], after = before + more[k];
        sum += (after * after - before * before) / (wanted[k] > 1 ? wanted[k] : 1);
    }
    return sum;
}

struct sides {
    double *have, *wanted; // [SPLIT_N_SIDES][n_classes]
    double *more;          // [n_classes]
};

static void assign(enum split_side *side, const struct items *p, const size_t *members,
                   const struct group *g, struct sides *s)
{
    size_t n_classes = p->n_classes;
    memset(s->more, 0, n_classes * sizeof *s->more);
    for (size_t k = 0; k < g->n; k++)
        s->more[p->items[members[g->first + k]].label]++;
    int best = -1;
    double least = 0;
    for (int i = 0; i < SPLIT_N_SIDES; i++) {
        double total = 0;
        for (size_t k = 0; k < n_classes; k++)
            total += s->wanted[(size_t)i * n_classes + k];
        if (total <= 0)
            continue;
        double grown = growth(s->have + (size_t)i * n_classes,
                              s->wanted + (size_t)i * n_classes, s->more, n_classes);
        if (best < 0 || grown < least) {
            best = i;
            least = grown;
        }
    }
    assert(best >= 0);
    for (size_t k = 0; k < n_classes; k++)
        s->have[(size_t)best * n_classes + k] += s->more[k];
    for (size_t k = 0; k < g->n; k++)
        side[members[g->first + k]] = (enum split_side)best;
}

// Fills groups (and members, group by group) from the roots.
static size_t collect(struct group *groups, size_t *members, size_t *parent, struct keyed *keys,
                      size_t n, struct rng *rng)
{
    size_t n_groups = 0;
    for (size_t i = 0; i < n; i++)
        keys[i] = (struct keyed){"", find_root(parent, i) * n + i};
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 0; i < n; i++) {
        members[i] = keys[i].i % n;
        if (i == 0 || keys[i].i / n != keys[i - 1].i / n)
            groups[n_groups++] = (struct group){i, 0, rng_u32(rng)};
        groups[n_groups - 1].n++;
    }
    qsort(groups, n_groups, sizeof *groups, compare_groups);
    return n_groups;
}

static int split_groups(enum split_side *side, const struct items *p,
                        const struct split_options *o, struct rng *rng, struct err *e)
{
    size_t n = p->n, cells = SPLIT_N_SIDES * p->n_classes;
    size_t *parent = mem_array(n, sizeof *parent), *members = mem_array(n, sizeof *members);
    struct keyed *keys = mem_array(n, sizeof *keys);
    struct group *groups = mem_array(n, sizeof *groups);
    struct sides s = {mem_array(cells, sizeof(double)), mem_array(cells, sizeof(double)),
                      mem_array(p->n_classes, sizeof(double))};
    int rc = parent && members && keys && groups && s.have && s.wanted && s.more
                 ? 0
                 : err_set(e, ERR_MEMORY, "no memory to split %zu %ss", n, p->noun);
    if (rc == 0) {
        for (size_t i = 0; i < n; i++) {
            parent[i] = i;
            keys[i] = (struct keyed){p->items[i].sha256, i};
            for (int k = 0; k < SPLIT_N_SIDES; k++)
                s.wanted[(size_t)k * p->n_classes + p->items[i].label] += wanted_of(o, k, 1, n);
        }
        join(parent, keys, n);
        for (size_t i = 0; o->method == SPLIT_PATIENT && i < n; i++)
            keys[i] = (struct keyed){p->items[i].patient, i};
        if (o->method == SPLIT_PATIENT)
            join(parent, keys, n);
        size_t n_groups = collect(groups, members, parent, keys, n, rng);
        for (size_t g = 0; g < n_groups; g++)
            assign(side, p, members, &groups[g], &s);
    }
    mem_free(parent);
    mem_free(members);
    mem_free(keys);
    mem_free(groups);
    mem_free(s.have);
    mem_free(s.wanted);
    mem_free(s.more);
    return rc;
}

// A picture's place in a listing without regard to case, class by class: what NTFS, where the
// paper was made, gives.
static int compare_listing(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    return text_compare_nocase(x->key, y->key);
}

static int split_slim(enum split_side *side, size_t *order, const struct items *p,
                      const struct split_options *o, struct err *e)
{
    struct mersenne m;
    size_t n_validation =
        o->validation < 1 ? (size_t)(o->validation * (double)p->n) : (size_t)o->validation;
    if (n_validation >= p->n)
        return err_set(e, ERR_USAGE, "%zu %ss to validate with, of %zu in all", n_validation,
                       p->noun, p->n);
    struct keyed *listing = mem_array(p->n, sizeof *listing);
    if (!listing)
        return err_set(e, ERR_MEMORY, "no memory to split %zu %ss", p->n, p->noun);
    for (size_t i = 0; i < p->n; i++)
        listing[i] = (struct keyed){p->items[i].file, i};
    for (size_t first = 0, last; first < p->n; first = last) {
        for (last = first; last < p->n && p->items[last].label == p->items[first].label;)
            last++;
        qsort(listing + first, last - first, sizeof *listing, compare_listing);
    }
    mersenne_seed(&m, o->seed);
    mersenne_shuffle(&m, order, p->n);
    for (size_t i = 0; i < p->n; i++) {
        order[i] = listing[order[i]].i;
        side[order[i]] = i < n_validation ? SPLIT_VALIDATION : SPLIT_TRAIN;
    }
    mem_free(listing);
    return 0;
}

static int check_sides(const enum split_side *side, const struct items *p,
                       const struct split_options *o, struct err *e)
{
    for (int s = 0; s < SPLIT_N_SIDES; s++) {
        bool is_wanted =
            s == SPLIT_TRAIN || (s == SPLIT_VALIDATION ? o->validation : o->test) > 0;
        for (size_t k = 0; is_wanted && k < p->n_classes; k++) {
            size_t n = 0;
            for (size_t i = 0; i < p->n; i++)
                n += (int)side[i] == s && p->items[i].label == k;
            if (!n)
                return err_set(
                    e, ERR_USAGE,
                    "no %s of class %s would be in %s: too few %ss; try another share", p->noun,
                    p->classes[k], split_sides[s],
                    o->method == SPLIT_PATIENT ? "patient" : p->noun);
        }
    }
    return 0;
}

int split_items(enum split_side *side, size_t *order, const struct items *p,
                const struct split_options *o, struct err *e)
{
    struct rng rng = rng_of(o->seed, 0x73706c6974); // "split"
    if (o->validation < 0 || o->test < 0 || wanted_of(o, SPLIT_TRAIN, p->n, p->n) <= 0)
        return err_set(e, ERR_USAGE, "validation %g and test %g leave nothing to train with",
                       o->validation, o->test);
    if (o->method == SPLIT_PATIENT && !p->has_patients)
        return err_set(
            e, ERR_USAGE,
            "a split by patient needs patients: give --manifest or --patient-pattern");
    if (o->method == SPLIT_SLIM && o->test > 0)
        return err_set(e, ERR_USAGE, "TF-Slim's split has no test side");
    int rc = o->method == SPLIT_SLIM ? split_slim(side, order, p, o, e)
                                     : split_groups(side, p, o, &rng, e);
    if (rc == 0 && o->method != SPLIT_SLIM)
        for (size_t i = 0; i < p->n; i++) { // Fisher-Yates, inside out
            size_t j = rng_below(&rng, (uint32_t)i + 1);
            order[i] = order[j];
            order[j] = i;
        }
    return rc == 0 ? check_sides(side, p, o, e) : rc;
}
