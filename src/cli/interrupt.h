/*
 * interrupt.h: Ctrl-C and SIGTERM as a wish, not as an end.
 *
 * The first signal sets a flag that long work looks at between two steps; the work then ends
 * in order and answers ERR_CANCELLED. The second signal of the same kind ends the process, as
 * it always did. SIGINT stays ignored where it was ignored at the start (nohup, "&" in a
 * script).
 *
 * Signals belong to the process, so the flag is one of the program's few mutable globals.
 */
#pragma once

#include <stdatomic.h>

struct err;

int interrupt_install(struct err *e); // the flag starts false; ERR_IO
void interrupt_restore(void);         // the handlers from before interrupt_install()

// For jobs: true once somebody asked to stop. Lives as long as the process.
const atomic_bool *interrupt_flag(void);
