/*
 * patient.h: laboratories, patients, and what each of their sites shows.
 *
 * Patients differ in their fibres, in the needle, the noise and the machine that their
 * laboratory used; laboratories differ in the ranges that these come from. All is drawn from
 * the seed and the patient's number: the n-th patient is the same whatever else is simulated.
 */
#pragma once

#include "base/rng.h"
#include "sim/discharge.h"
#include "sim/machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Ranges that a patient's machine and body are drawn from.
struct laboratory {
    const char *name; // "a"
    double rate_hz;
    int bits;
    double range_uv[2];
    double highpass_hz[2]; // one or the other
    double lowpass_hz[2];  // one or the other
    double mains_hz;
    double mains_uv[2], white_uv[2], pink_uv[2], sway_uv[2];
    double monopolar_share;
    double diameter_um[2];
    double stretch[2];
};
extern const struct laboratory laboratories[];     // by enum below
extern const char *const laboratory_names[];       // ended by NULL
enum { LABORATORY_A, LABORATORY_B, LABORATORIES }; // b is kept for testing

enum { PATIENT_MAX_SITES = 999 };

// What a person may fix; negative: drawn.
struct patient_wishes {
    size_t laboratory;
    int severity;            // 0 to 4
    double months;           // since the nerve was hurt
    size_t n_sites;          // per patient, 1 to PATIENT_MAX_SITES
    double seconds;          // per recording
    bool wants[DISCHARGE_N]; // classes
};

struct patient {
    uint64_t seed;
    size_t number; // from 0
    const struct laboratory *laboratory;
    int severity; // of the affected muscle
    struct discharge_body body;
    struct machine machine;
    const char *muscles[2]; // the affected one, another one
    const char *side;
};

void patient_init(struct patient *p, uint64_t seed, size_t number,
                  const struct patient_wishes *w);

// What draws at a site; with the patient and the site it names a stream of random numbers.
enum patient_source {
    SOURCE_PATIENT,
    SOURCE_PLAN,
    SOURCE_MAIN,
    SOURCE_MORE,
    SOURCE_MACHINE,
};
struct rng patient_stream(const struct patient *p, size_t site, enum patient_source source);

// One needle site, and its recording.
struct site {
    size_t number; // of the patient, from 0
    size_t i_muscle;
    int grade;                // of the muscle
    enum discharge_kind main; // what it shows first of all
    bool has_both;            // trains of the other kind may be there, too
};
void site_plan(struct site *s, const struct patient *p, size_t number,
               const struct patient_wishes *w);
