/*
 * schedule.h: the learning rate at a step.
 *
 *   fixed        lr
 *   exponential  lr * factor^floor(step / decay_steps)                     (staircase)
 *   polynomial   (lr - end)(1 - min(step, decay_steps) / decay_steps) + end  (power 1)
 *   cosine       end + (lr - end)(1 + cos(pi min(step, decay_steps) / decay_steps)) / 2
 *   warm-up      min(that, lr * step / warmup_steps) while step < warmup_steps
 */
#pragma once

#include <stdint.h>

enum schedule_kind {
    SCHEDULE_FIXED,
    SCHEDULE_EXPONENTIAL,
    SCHEDULE_POLYNOMIAL,
    SCHEDULE_COSINE
};
extern const char *const schedule_names[]; // by kind, NULL-terminated

struct schedule {
    enum schedule_kind kind;
    double learning_rate;     // > 0
    double end_learning_rate; // polynomial, cosine
    double decay_factor;      // exponential
    uint64_t decay_steps;     // > 0 but for fixed
    uint64_t warmup_steps;    // 0: none
};

double schedule_at(const struct schedule *s, uint64_t step);
