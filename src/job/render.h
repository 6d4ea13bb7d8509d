/*
 * render.h: a stretch of a recording as a picture: sweep, raster, free run or spectrogram.
 *
 * Filters run as on a machine, causally, and have settled when the stretch begins, since they are
 * given a second of signal before it; or, if wanted, forward and backward, which keeps the shape.
 * Without a high-pass the mean of the stretch is taken off and told in the caption. Nothing else
 * is changed, and whatever was done is written under the picture.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct json_t; // jansson's
struct recording_hints;

enum render_view { // indices of render_view_names
    RENDER_VIEW_SWEEP,
    RENDER_VIEW_RASTER,
    RENDER_VIEW_FREE_RUN,
    RENDER_VIEW_SPECTROGRAM,
};
extern const char *const render_view_names[]; // ended by NULL

struct render_options {
    const char *path, *out;              // out ends in .png, .svg or .pdf
    const struct recording_hints *hints; // may be NULL
    enum render_view view;
    const char *style; // NULL: the first
    size_t channel;    // 0 is the first
    double at_s;
    double ms_per_div; // 0: 10, free run and spectrogram 100
    double per_div;    // uV, or counts; 0: what fits
    size_t n_x,
        n_y; // divisions; 0: 10 x 8, raster 10 x 10, free run 20 x 6, spectrogram 10 x 6
    size_t n_sweeps;    // of a raster, one behind the other in time; 0: 10
    double division_px; // 0: 64
    double highpass_hz, lowpass_hz, notch_hz; // 0: none
    double max_hz;                            // of a spectrogram; 0: 5000 or half the rate
    bool is_zero_phase;
    bool is_positive_up;
    bool want_annotations; // marks of them; not in a spectrogram
};

// Writes o->out. *report tells what was drawn; the caller's: json_decref(). Errors: those of
// recording_open(), and ERR_USAGE: no such channel, style or ending, a place outside the
// recording, an impossible filter; ERR_LIMIT: a picture or stretch too large.
int render(struct json_t **report, const struct render_options *o, struct err *e);
