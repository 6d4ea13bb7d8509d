/* process.h: what the system knows of this process. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Bytes of memory that it has now, and the most that it ever had; 0: the system does not say.
size_t process_resident_bytes(void);
size_t process_peak_bytes(void);

// Seconds of processor time, and the cores that give it.
struct process_times {
    double own_s; // of this process
    double all_s; // of all programs since the system began
    size_t n_cores;
};
bool process_times(struct process_times *out); // false: the system does not say
