/*
 * excerpts.h: stretches of recordings that become examples, around what was annotated in them.
 *
 * An event shorter than one and a half windows gives one excerpt with the event in its middle; a
 * longer one (silence, an interference pattern) as many as lie in it side by side. Between events
 * excerpts of "silence" are taken, as many as `negatives` says. A recording that its manifest gives
 * a class is one long event. Annotations of all channels count for the first one.
 *
 * An excerpt whose window another class's event reaches into is mixed: it is left out, unless the
 * other class is only the one that every other label has ("* = Others"): a motor unit far away
 * does not make a fibrillation something else, but a fibrillation makes a motor unit's window one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct classmap;
struct err;
struct items;
struct monitor;

struct excerpt {
    size_t i_recording, channel;
    double centre_s;   // of the window in the recording
    const char *event; // the annotation's label, or "silence"
    float *values;     // [n]; positive is a positive potential
    size_t n;
    double rate_hz;
    bool is_uv; // else counts
};

enum excerpts_centre { CENTRE_ONSET, CENTRE_MIDDLE, CENTRE_PEAK };
extern const char *const excerpts_centres[]; // "onset", "middle", "peak", NULL

enum excerpts_balance { BALANCE_NONE, BALANCE_CLASS };
extern const char *const excerpts_balances[]; // "none", "class", NULL

struct excerpts_options {
    double window_ms, margin_ms; // what is judged; what is kept beside it, on both sides
    double rate_hz;              // of the excerpts, whatever the recordings have
    enum excerpts_centre centre; // what of an event lies in the middle
    double negatives;            // excerpts of silence for one of an event, in each recording
    size_t most; // of one label in one recording, drawn at random; 0: any number
    bool keeps_mixed;
    // class: of every class as many as of the rarest, its labels as even as they can be.
    enum excerpts_balance balance;
    uint64_t seed;
    size_t n_threads;
};
struct excerpts_options excerpts_defaults(void);

// What became of the events.
struct excerpts_counts {
    size_t n_recordings, n_without_events, n_events;
    size_t n_unmapped; // labels that the map leaves out
    size_t n_mixed, n_at_edge;
    size_t n_over_most, n_balanced; // left out by `most`, by `balance`
};

size_t excerpts_window(const struct excerpts_options *o); // samples of the window
size_t excerpts_length(const struct excerpts_options *o); // with both margins

/*
 * Makes items of excerpts (item.excerpt is set) from a list of recordings in `folder`. Labels are
 * classes by name. ERR_USAGE: options out of range, fewer than two classes, or not a single
 * excerpt; ERR_LIMIT: more than 16 GiB; ERR_CANCELLED. A recording that cannot be read any more is
 * left out. excerpts_release() in any case.
 */
int excerpts_cut(struct items *out, struct excerpts_counts *counts,
                 const struct items *recordings, const char *folder, const struct classmap *map,
                 const struct excerpts_options *o, const struct monitor *monitor,
                 struct err *e);
void excerpts_release(struct items *x); // accepts a zeroed struct
