/* clock.h: what time it is. */
#pragma once

double clock_monotonic_s(void); // for differences
double clock_wall_s(void);      // seconds since 1970-01-01 UTC

enum { CLOCK_ISO_BYTES = 21 }; // "2019-04-30T12:34:56Z" and its zero
void clock_iso_utc(char out[CLOCK_ISO_BYTES], double wall_s);
