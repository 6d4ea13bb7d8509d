/*
 * potential.h: one action potential as the electrode sees it: microvolts over time, to be added
 * to a recording wherever it occurs.
 *
 * Positive numbers are a positive potential at the active electrode.
 */
#pragma once

#include <stddef.h>

struct err;

#define POTENTIAL_RATE_HZ 50e3 // of all potentials; 0.02 ms, the step of the check values

struct potential {
    float *uv;
    size_t n;
    double zero; // place of its time 0, in samples from uv[0]; may be negative
};

int potential_init(struct potential *p, size_t n, struct err *e); // zeros
void potential_release(struct potential *p);                      // accepts a zeroed struct

// What an electromyographer measures. Places are in ms from the potential's time 0.
struct potential_facts {
    double positive_uv, negative_uv; // largest of each sign, both as positive numbers
    double amplitude_uv;             // peak to peak
    double onset_ms, end_ms;         // first and last place beyond the threshold
    double rise_ms; // from the onset to the first extreme beyond half the larger
    int first_sign; // of the first deflection beyond the threshold: 1, -1, 0
    int n_phases;   // stretches of one sign beyond the threshold
};
// 0 < threshold_uv.
struct potential_facts potential_measure(const struct potential *p, double threshold_uv);

// Threshold for onsets and ends in annotations: 5 uV, or a twentieth of the larger peak for
// small ones.
double potential_threshold_uv(const struct potential *p);

void potential_scale(struct potential *p, double factor);

// Drops samples below level_uv at both ends; its time 0 stays where it is.
void potential_trim(struct potential *p, double level_uv);

// Adds factor times p to n samples of a recording so that its time 0 falls on at_s (between two
// samples too: cubic interpolation); what lies outside is left out.
void potential_add(float *uv, size_t n, double rate_hz, const struct potential *p, double at_s,
                   double factor);
