/* phase.h: what a phase of training does, from the recipe and what the person asked for. */
#pragma once

#include "data/loader.h"
#include "job/job_priv.h"

struct phase_plan {
    bool uses_features; // heads on the features of a frozen trunk
    bool *is_trained;   // [variables]
    struct optim_options optim;
    struct schedule schedule;
    enum augment_kind augment;
    enum loader_order order;
};

// ERR_USAGE: an optimizer, schedule or augmentation of no known name; a scope of no variable.
int phase_plan_make(struct phase_plan *out, const struct train *t, struct err *e);
void phase_plan_release(struct phase_plan *p);

// Fills t->phases and, for the moving statistics, *bnorm_decay (0: the network's own).
int phases_choose(struct train *t, double *bnorm_decay, struct err *e);
