/*
 * motor_unit.h: a motor unit's potential: its fibres, spread over a territory, each with its own
 * end-plate, and each late or early by a little in every discharge.
 *
 * Loss of fibres, splitting and fibres of very different thickness make it myopathic; fibres
 * taken over from lost units (more of them, in groups, with scattered end-plates and unstable
 * transmission) make it neurogenic.
 */
#pragma once

#include "sim/potential.h"

#include <stddef.h>

struct electrode;
struct err;
struct rng;

enum { MOTOR_UNIT_VARIANTS = 6, MOTOR_UNIT_MAX_FIBRES = 1500 };

struct motor_unit_spec {
    size_t n_fibres;        // 1 to MOTOR_UNIT_MAX_FIBRES
    double x_mm, y_mm;      // centre of its territory, from the electrode
    double territory_mm;    // diameter
    double grouping;        // 0: fibres are even over the territory; to 1: in groups
    double diameter_um;     // of a fibre: mean
    double diameter_sd_um;  // and deviation
    double stretch;         // fibre_stretch()
    double end_plate_mm;    // where the end-plate zone lies along the fibres
    double end_plate_sd_mm; // scatter of the end-plates
    double half_length_mm;  // of the muscle's fibres
    double jitter_ms;       // deviation of a fibre's transmission from discharge to discharge
    double blocking;        // share of discharges in which a fibre fails, 0 to 1
};

// Discharges differ by jitter and blocking: each is one of the variants, at random.
struct motor_unit {
    struct potential variants[MOTOR_UNIT_VARIANTS];
};

// Time 0 of the potentials is the nerve's impulse at the end-plate zone. ERR_MEMORY.
int motor_unit_init(struct motor_unit *u, const struct motor_unit_spec *s,
                    const struct electrode *el, struct rng *rng, struct err *e);
void motor_unit_release(struct motor_unit *u); // accepts a zeroed struct
