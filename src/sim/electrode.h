/*
 * electrode.h: needle electrodes as a few weighted points on their surface.
 *
 * The z axis runs along the muscle fibres, the needle's shaft along y (towards negative y), its
 * bevel faces positive x; the origin is the middle of the active surface. An electrode shows
 * the mean potential over its active surface minus the mean over its reference, so for a fibre
 * it is one function of z: the potential that a unit current at z gives, up to a constant.
 *
 *   concentric  ellipse 0.15 x 0.58 mm (0.07 mm2) minus the cannula [1]
 *   monopolar   cone of 0.25 mm2, the reference is far away (textbook)
 *   point       for check values
 *
 * [1] Nandedkar, Sanders, Stalberg, Andreassen 1988, Simulation of concentric needle EMG motor
 *     unit action potentials, Muscle & Nerve 11.
 * [2] Andreassen & Rosenfalck 1981, conductivities of muscle: 0.33 S/m along, 0.063 S/m across.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum electrode_kind { ELECTRODE_POINT, ELECTRODE_CONCENTRIC, ELECTRODE_MONOPOLAR };
extern const char *const electrode_kinds[]; // in the order of the enum, ended by NULL

enum { ELECTRODE_MAX_POINTS = 40 };

struct electrode_point {
    double x_mm, y_mm, z_mm, weight;
};

struct electrode {
    enum electrode_kind kind;
    struct electrode_point points[ELECTRODE_MAX_POINTS]; // the active surface first
    size_t n_active;
    size_t n; // with the reference; the weights of all sum to 1 or 0
};

void electrode_init(struct electrode *el, enum electrode_kind kind);

// A fibre there lies behind the bevel or within the shaft: the needle hides or displaces it.
bool electrode_hides(const struct electrode *el, double x_mm, double y_mm);

// 1/mm for a unit current of a fibre through (x, y) at each z = first_mm + i * step_mm, i < n.
void electrode_weights(double *out, size_t n, double first_mm, double step_mm,
                       const struct electrode *el, double x_mm, double y_mm);
