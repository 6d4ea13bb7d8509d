/* census.h: measures of all that happens on a timeline, train by train and event by event. */
#pragma once

#include <stddef.h>

struct err;
struct timeline;

// Values of one kind; grows.
struct census_values {
    double *v;
    size_t n, capacity;
};

struct census {
    struct census_values amplitude_uv, duration_ms; // one per whole event
    struct census_values rate_hz; // one per source with enough discharges: 1 / median interval
    struct census_values cv;      // likewise: from differences of neighbouring intervals, so
                                  // that slowing does not count
    struct census_values first_sign; // of events that stand alone: 1 or -1
    struct census_values phases;     // likewise
    struct census_values clean_ms;   // likewise: duration beyond 10 uV
};

void census_release(struct census *c); // accepts a zeroed struct

// Adds the events of one kind. The timeline is clean (before the machine) and sorted. ERR_MEMORY.
int census_add(struct census *c, const struct timeline *t, int kind, struct err *e);

// Adds peak to peak values of the timeline's windows of window_ms in which
// something happens: for classes without single events.
int census_add_windows(struct census *c, const struct timeline *t, double window_ms,
                       struct err *e);

void census_sort(struct census_values *v);
double census_quantile(const struct census_values *v, double q); // sorted, n > 0
double census_mean(const struct census_values *v);               // n > 0
