/* clock.c: see clock.h. */
#include "base/clock.h"

#include <time.h>

static double seconds_of(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double clock_monotonic_s(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double clock_wall_s(void)
{
    return seconds_of(CLOCK_REALTIME);
}

void clock_iso_utc(char out[CLOCK_ISO_BYTES], double wall_s)
{
    time_t t = (time_t)wall_s;
    struct tm utc;
    gmtime_r(&t, &utc);
    strftime(out, CLOCK_ISO_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
