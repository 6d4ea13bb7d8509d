/*
 * discharge.h: the classes of needle-EMG activity, as one table: what they are called, what the
 * literature says of them, and the function that makes them.
 *
 * The numbers are ranges that a measured potential or train should lie in, and what
 * `nemg simulate --check` holds the simulator against. `source` says where they come from;
 * "textbook" marks general knowledge of the field without a single source.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct electrode;
struct err;
struct rng;
struct timeline;

// In the order of the table.
enum discharge_kind {
    DISCHARGE_FIBRILLATION,
    DISCHARGE_POSITIVE_SHARP_WAVE,
    DISCHARGE_ENDPLATE_NOISE,
    DISCHARGE_ENDPLATE_SPIKE,
    DISCHARGE_INSERTIONAL,
    DISCHARGE_FASCICULATION,
    DISCHARGE_COMPLEX_REPETITIVE,
    DISCHARGE_MYOTONIC,
    DISCHARGE_NEUROMYOTONIC,
    DISCHARGE_MYOKYMIC,
    DISCHARGE_CRAMP,
    DISCHARGE_MUAP_NORMAL,
    DISCHARGE_MUAP_NEUROGENIC,
    DISCHARGE_MUAP_MYOPATHIC,
    DISCHARGE_SINGLE_UNIT,
    DISCHARGE_MAINS,
    DISCHARGE_PACEMAKER,
    DISCHARGE_STIMULATOR,
    DISCHARGE_RADIO,
    DISCHARGE_MOVEMENT,
    DISCHARGE_SATURATION,
    DISCHARGE_SILENCE,
    DISCHARGE_N,
};

struct discharge_range {
    double least, most; // most 0: the literature gives none
};

// What the fibres and the needle of a patient are like.
struct discharge_body {
    double diameter_um;    // of healthy fibres, mean
    double diameter_sd_um; // and deviation
    double stretch;        // of action potentials along a fibre of 55 um (fibre_stretch())
    double months;         // since the nerve was hurt
    int grade;             // 0 to 4, of the muscle
};

// What a generator adds to.
struct discharge_scene {
    struct timeline *t;
    const struct electrode *el;
    const struct discharge_body *body;
    uint32_t n_sources; // so far
};

struct discharge_class {
    const char *name;  // for --classes and the manifest: "fibrillation"
    const char *label; // of its events: "Fibs"
    const char *title; // of its figure
    struct discharge_range
        amplitude_uv; // peak to peak; of positive sharp waves the positive peak
    struct discharge_range duration_ms;
    struct discharge_range rate_hz; // of one source, while it fires
    struct discharge_range cv;      // of the intervals between its discharges
    int first_sign;                 // of the first deflection: 1, -1; 0: any
    const char *source;
    bool is_artefact;
    bool is_stretch; // annotated as one stretch, not discharge by discharge
    double weight;   // how often among sites without trains of fibrillations or sharp waves
    // Fills a recording with it. ERR_MEMORY, ERR_LIMIT.
    int (*generate)(struct discharge_scene *s, struct rng *rng, struct err *e);
};
extern const struct discharge_class discharge_classes[]; // [DISCHARGE_N]

// The class of that name or label, or DISCHARGE_N.
enum discharge_kind discharge_find(const char *name);

// Largest fibrillation amplitude, peak to peak, in the months since the nerve was hurt [1].
// [1] Kraft 1990, Fibrillation potential amplitude and muscle atrophy, Muscle & Nerve 13:
//     mean maxima 612 uV (months 0 to 2), 512 (3 to 4), 320 (5 to 6), below 100 after a year.
double discharge_kraft_uv(double months);
