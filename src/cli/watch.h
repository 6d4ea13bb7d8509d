/*
 * watch.h: a job's monitor (base/monitor.h) that speaks through the console: progress with the
 * time to go, notes, and the wish to stop.
 */
#pragma once

#include "base/monitor.h"

#include <stdint.h>

struct command_call;
struct console;

struct watch {
    struct monitor monitor; // hand this to the job
    struct console *console;
    const char *what; // the work that is under way, and since when
    uint64_t first_done;
    double first_s;
};

// Borrows the call; lives as long as the job runs.
void watch_init(struct watch *w, const struct command_call *call);
