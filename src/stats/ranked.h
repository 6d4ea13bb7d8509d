/*
 * ranked.h: examples by falling score, one class against all others: what the curves, the areas
 * under them and the operating points are read from.
 *
 * Examples of the same score are a tie: no threshold parts them, so they are taken together.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct ranked_example {
    float score;
    bool is_positive; // of the class
    size_t i;         // its number before sorting
};

struct ranked {
    struct ranked_example *examples; // [n], falling by score, then rising by number
    size_t n, n_positive;
};

// Column i_class of p [n][n_classes]; truth [n]. n > 0. ERR_FORMAT: a score that is no finite
// number, with the example's number from 0; ERR_MEMORY.
int ranked_init(struct ranked *out, const float *p, const size_t *truth, size_t n,
                size_t n_classes, size_t i_class, struct err *e);
void ranked_release(struct ranked *r); // accepts a zeroed struct

// One tie after the other, from the highest score on. weight [n] by number (how often an example
// counts), or NULL: once each. Start with a zeroed struct; false behind the last.
struct ranked_tie {
    size_t end; // examples up to and with this tie
    float score;
    uint64_t positive, negative;             // of this tie
    uint64_t above_positive, above_negative; // of all ties before
};
bool ranked_next(struct ranked_tie *t, const struct ranked *r, const uint32_t *weight);
