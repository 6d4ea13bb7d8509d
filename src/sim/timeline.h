/*
 * timeline.h: one recording in the making: what reaches the electrode, and the truth about it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;
struct potential;

enum { TIMELINE_MAX_EVENTS = 1 << 20 };

// Something that happened, exactly: where its clean potential leaves and rejoins the base line.
struct timeline_event {
    double onset_s, duration_s;
    int kind;            // enum discharge_kind
    uint32_t source;     // fibre, unit or pulse generator, from 1; 0: a stretch
    uint32_t firing;     // of that source, from 1
    double amplitude_uv; // peak to peak of the clean potential; 0: not told
};

struct timeline {
    float *uv; // clean potential at the electrode, before the machine
    size_t n;
    double rate_hz;
    struct timeline_event *events;
    size_t n_events, capacity;
};

int timeline_init(struct timeline *t, double seconds, double rate_hz, struct err *e);
void timeline_release(struct timeline *t); // accepts a zeroed struct
double timeline_seconds(const struct timeline *t);

// A note; what lies outside the recording is cut off or left out. ERR_MEMORY, ERR_LIMIT.
int timeline_mark(struct timeline *t, const struct timeline_event *event, struct err *e);

// A potential with what its annotations say, measured once.
struct timeline_shape {
    const struct potential *p;
    double onset_ms, duration_ms, amplitude_uv;
};
struct timeline_shape timeline_shape_of(const struct potential *p);

// Adds factor times the shape with its time 0 at at_s, and its note: kind, source and firing of
// `event`, which is otherwise filled here. Without event: no note.
int timeline_add(struct timeline *t, const struct timeline_shape *s, double at_s, double factor,
                 const struct timeline_event *event, struct err *e);

void timeline_sort(struct timeline *t); // the notes by onset, then by source
