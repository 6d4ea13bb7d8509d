/* schedule.c: see schedule.h. */
#include "nn/schedule.h"

#include <math.h>
#include <stddef.h>

const char *const schedule_names[] = {"fixed", "exponential", "polynomial", "cosine", NULL};

double schedule_at(const struct schedule *s, uint64_t step)
{
    double lr = s->learning_rate, end = s->end_learning_rate;
    double done = 1; // part of the decay that lies behind
    if (s->decay_steps && step < s->decay_steps)
        done = (double)step / (double)s->decay_steps;
    switch (s->kind) {
    case SCHEDULE_FIXED:
        break;
    case SCHEDULE_EXPONENTIAL:
        lr *= pow(s->decay_factor, (double)(s->decay_steps ? step / s->decay_steps : 0));
        break;
    case SCHEDULE_POLYNOMIAL:
        lr = (lr - end) * (1 - done) + end;
        break;
    case SCHEDULE_COSINE:
        lr = end + (lr - end) * (1 + cos(3.141592653589793 * done)) / 2;
        break;
    }
    if (step < s->warmup_steps)
        lr = fmin(lr, s->learning_rate * (double)step / (double)s->warmup_steps);
    return lr;
}
