/* process.h: what the system knows of this process. */
#pragma once

#include <stddef.h>

// Bytes of memory that it has now, and the most that it ever had; 0: the system does not say.
size_t process_resident_bytes(void);
size_t process_peak_bytes(void);
