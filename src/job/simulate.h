/*
 * simulate.h: patients > muscles > sites > recordings in files, with the truth about them.
 *
 *   OUT/simulation.json         what was simulated and from which numbers; written last
 *   OUT/manifest.csv            a line per recording
 *   OUT/a0001/a0001_s01.hea ..  the recordings, with their annotations
 *
 * The same options give the same bytes, whatever the number of threads.
 */
#pragma once

#include "sim/patient.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct json_t; // jansson's
struct monitor;

enum { SIMULATE_MAX_PATIENTS = 9999, SIMULATE_SCHEMA = 1 };
#define SIMULATE_MIN_SECONDS 0.5
#define SIMULATE_MAX_SECONDS 3600

struct simulate_options {
    const char *out;     // folder, made if it is not there
    const char *format;  // "wfdb" or "edf"
    const char *version; // of the program, for simulation.json
    size_t n_patients;   // 1 to SIMULATE_MAX_PATIENTS
    uint64_t seed;
    struct patient_wishes wishes;
    size_t n_threads; // at least 1
    bool want_overwrite;
};
struct simulate_options simulate_defaults(void);

// Marks the classes named in names[n] (by name or label) as wanted, and no others; with n 0 all.
// ERR_USAGE names the unknown one.
int simulate_choose(struct patient_wishes *w, const char *const *names, size_t n,
                    struct err *e);

// *report: what simulation.json says; the caller's: json_decref(). ERR_USAGE: impossible
// options, or a simulation is there already; ERR_IO, ERR_MEMORY, ERR_CANCELLED.
int simulate(struct json_t **report, const struct simulate_options *o,
             const struct monitor *monitor, struct err *e);
