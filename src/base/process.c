/* process.c: see process.h. */
#include "base/process.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

size_t process_resident_bytes(void)
{
    unsigned long long n_pages = 0; // statm: total, resident, ..., in pages (man 5 proc)
    long page = sysconf(_SC_PAGESIZE);
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f)
        return 0;
    if (fscanf(f, "%*s %llu", &n_pages) != 1)
        n_pages = 0;
    fclose(f);
    return page > 0 ? (size_t)n_pages * (size_t)page : 0;
}

size_t process_peak_bytes(void)
{
    struct rusage u;
    return getrusage(RUSAGE_SELF, &u) == 0 ? (size_t)u.ru_maxrss << 10 : 0; // KiB on Linux
}
