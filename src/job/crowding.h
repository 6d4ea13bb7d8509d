/*
 * crowding.h: whether another program takes processor cores that a training counts on.
 *
 * Threads of an engine wait for each other a hundred times a step. Beside a program that keeps one of
 * two cores busy, two threads are slower than one (docs/performance.md); whoever waits should know.
 * Nothing is changed by itself, for the number of threads decides about the last bits of a gradient.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct monitor;

// At one moment: sums since some beginning, the same one for all.
struct crowding_moment {
    double wall_s;       // of a clock
    double own_s, all_s; // of processor time: this process's, and all programs'
    double steps_s;      // that steps took
    uint64_t n_steps;
};

// Zeroed but for the first two: nothing seen yet.
struct crowding {
    size_t n_cores, n_threads; // the machine's, the engine's
    struct crowding_moment last, now;
    double quiet_step_s; // of a step, while nobody was there; 0: never seen
    double others;       // of the last look: cores that they took
    double times;        // and a step's time by the quiet one's; 0: not known
    int n_crowded;       // looks in a row
    bool is_told;
};

// Counts a step, and now and then looks; a note to the monitor, once, when it gets crowded.
void crowding_step(struct crowding *c, double seconds, const struct monitor *m);

// What a look makes of a moment. True, once: it has been crowded for a while.
bool crowding_look(struct crowding *c, const struct crowding_moment *now);
