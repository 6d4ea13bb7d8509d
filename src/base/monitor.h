/*
 * monitor.h: what long work tells the person who waits for it, and how that person stops it.
 *
 * Work calls these; cli/ and web/ fill the struct. Every function accepts NULL. Progress is
 * told by the thread that was asked to do the work, as often as it likes: whoever shows it
 * chooses.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct monitor {
    void *context;
    // done of total units of `what` ("reading pictures"); detail: numbers worth seeing, or "".
    void (*progress)(void *context, const char *what, uint64_t done, uint64_t total,
                     const char *detail);
    void (*note)(void *context, const char *text); // one line that a person should read
    const atomic_bool *cancel;                     // set: stop at the next good place
};

void monitor_progress(const struct monitor *m, const char *what, uint64_t done, uint64_t total,
                      const char *detail);
void monitor_note(const struct monitor *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool monitor_is_cancelled(const struct monitor *m);
