/* rhythm.h: when a source fires: regular, slowing, irregular, at random, or in bursts. */
#pragma once

struct rng;

enum rhythm_kind {
    RHYTHM_NORMAL,  // intervals normal about their mean: pacemakers of fibres, voluntary units
    RHYTHM_GAMMA,   // intervals gamma distributed about theirs: end-plate spikes
    RHYTHM_POISSON, // at random: fasciculations, miniature end-plate potentials
};

struct rhythm {
    enum rhythm_kind kind;
    double interval_s;     // mean, at the beginning; > 0
    double cv;             // deviation of the intervals / mean (not of POISSON)
    double slowing_per_s;  // the mean grows by this share each second; negative: gets faster
    double min_interval_s; // no interval is shorter
};

// The interval that follows an event elapsed_s after the source's first.
double rhythm_interval_s(const struct rhythm *r, double elapsed_s, struct rng *rng);
