/*
 * operatingpoint.h: the threshold at which a score is as sensitive, or as specific, as somebody
 * wants it, and what it costs.
 *
 * An example is called positive when its score is at least the threshold. For a sensitivity the
 * highest threshold that reaches it is taken, for a specificity the lowest: of all that reach it,
 * the ones that give most of the other. A threshold chosen on the examples that it is judged by
 * flatters itself.
 */
#pragma once

#include "stats/ranked.h"
#include "stats/ratio.h"

enum operating_aim { OPERATING_SENSITIVITY, OPERATING_SPECIFICITY };

struct operating_point {
    const char *why; // a static phrase: there is none, and the rest means nothing; else NULL
    double threshold;
    struct ratio sensitivity, specificity, precision;
};

struct operating_point operating_point(const struct ranked *r, enum operating_aim aim,
                                       double at_least);

// What a threshold that was chosen elsewhere gives.
struct operating_point operating_point_at(const struct ranked *r, double threshold);
