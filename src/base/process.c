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

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

bool process_times(struct process_times *out)
{
    // stat begins: cpu user nice system idle iowait irq softirq ..., in ticks (man 5 proc)
    enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, N_TIMES };
    double ticks[N_TIMES] = {0};
    char line[512] = "", *at = line + 3;
    struct rusage u;
    long hz = sysconf(_SC_CLK_TCK), n_cores = sysconf(_SC_NPROCESSORS_ONLN);
    FILE *f = fopen("/proc/stat", "r");
    if (!f)
        return false;
    bool is_there = fgets(line, sizeof line, f) && !strncmp(line, "cpu ", 4);
    fclose(f);
    for (int i = 0; is_there && i < N_TIMES; i++)
        ticks[i] = (double)strtoull(at, &at, 10);
    if (!is_there || hz <= 0 || n_cores <= 0 || getrusage(RUSAGE_SELF, &u) != 0)
        return false;
    double all = ticks[USER] + ticks[NICE] + ticks[SYSTEM] + ticks[IRQ] + ticks[SOFTIRQ];
    *out = (struct process_times){seconds_of(u.ru_utime) + seconds_of(u.ru_stime),
                                  all / (double)hz, (size_t)n_cores};
    return true;
}
