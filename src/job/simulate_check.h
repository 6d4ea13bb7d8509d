/*
 * simulate_check.h: is what the simulator makes what the literature says?
 *
 * For each class some patients are simulated; amplitude, duration, rate, variation of the
 * intervals and first deflection are measured on the clean potentials and the truth, and held
 * against the class's ranges; motor unit potentials also against measured means (UCY). A class
 * passes when nine tenths of its values lie in each range.
 */
#pragma once

#include <stdint.h>

struct err;
struct json_t; // jansson's
struct monitor;

struct simulate_check_options {
    const char *out; // folder for CLASS.png (100 ms) and CLASS_slow.png (1 s); made if needed
    const char *version; // of the program
    uint64_t seed;
    uint32_t n_patients; // per class, at least 1
};

enum { SIMULATE_CHECK_PATIENTS = 10 };

// *report: {"schema": 1, "passed": bool, "classes": [{"class", "passed", "measures": [{"measure",
// "unit", "n", "p5", "median", "p95", "least", "most", "share", "passed"}]}], "units": [...]};
// the caller's: json_decref(). ERR_IO, ERR_MEMORY, ERR_CANCELLED.
int simulate_check(struct json_t **report, const struct simulate_check_options *o,
                   const struct monitor *monitor, struct err *e);
