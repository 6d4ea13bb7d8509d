/*
 * nuisance.h: what an example shows beside its waveform: the machine, the room, the file.
 *
 * If one of these alone tells the classes apart, a network can take it for the disease: a
 * shortcut. Signals and pictures have a table each; values are finite, and amounts whose ratios
 * matter are logarithms to base 10.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct example;

struct nuisance {
    const char *key, *name;
    const char *unit; // "" for shares and plain numbers
    bool is_log;      // the value is log10 of the amount in `unit`
    // The waveform itself moves it, too: that it differs between classes may be the muscle's doing.
    bool has_waveform;
};

enum { NUISANCE_MAX = 12 };

extern const struct nuisance nuisances_of_signals[], nuisances_of_pictures[]; // key NULL ends
const struct nuisance *nuisances_of(const struct example *x);

// out: a value for each row of nuisances_of(x). Signals are measured with the margins that the
// example keeps. ERR_FORMAT for a damaged picture, with its name; ERR_MEMORY.
int nuisance_measure(double out[NUISANCE_MAX], const struct example *x, struct err *e);
