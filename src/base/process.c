/* process.c: see process.h. */
#include "base/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

size_t process_resident_bytes(void)
{
    char line[128] = ""; // statm: total, resident, ..., in pages (man 5 proc)
    long page = sysconf(_SC_PAGESIZE);
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f)
        return 0;
    const char *resident = fgets(line, sizeof line, f) ? strchr(line, ' ') : NULL;
    fclose(f);
    return resident && page > 0 ? (size_t)strtoull(resident, NULL, 10) * (size_t)page : 0;
}

size_t process_peak_bytes(void)
{
    struct rusage u;
    return getrusage(RUSAGE_SELF, &u) == 0 ? (size_t)u.ru_maxrss << 10 : 0; // KiB on Linux
}
