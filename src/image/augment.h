/*
 * augment.h: random variation of training pictures. A draw depends on the rng alone, so an
 * example is varied the same way whichever thread prepares it.
 */
#pragma once

#include "image/preprocess.h"

enum augment_kind {
    AUGMENT_NONE,     // as evaluation
    AUGMENT_SLIM,     // TF-Slim's fast mode, to the letter: crop, flip, brightness, saturation
    AUGMENT_WAVEFORM, // what a needle-EMG screen varies in; keeps time's direction and polarity
};

// "none", "slim", "waveform"; NULL-terminated, in the order of the enum.
extern const char *const augment_names[];

// out [p->height][p->width][3] in [-1, 1].
void augment(float *out, enum augment_kind kind, const struct preprocess *p,
             const struct image *im, struct rng *rng);
