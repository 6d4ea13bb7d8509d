/*
 * recording_deidentify.h: a copy of a recording without what says who the person is.
 *
 * Removed: patient, start time, all notes (names, dates, technician, clinical notes, comments) and
 * the text of annotations. Kept: samples, rates, gains, names of channels, muscle, side, site,
 * polarity, filters, and the labels and exact times of annotations. Labels and names are free
 * text, too: the report lists them for a person to look at.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct err;
struct recording_hints;

struct recording_deidentify_options {
    const char *in, *out;
    const char *format;                  // NULL: by the extension of out
    const struct recording_hints *hints; // may be NULL
    const char *patient;                 // a code to write instead; NULL: none
    bool drop_labels;                    // each label becomes "event"
};

// {"in", "out", "format", "removed": ["patient", "note \"sex\"", ...], "kept": {"labels",
// "channels", "muscle", "side", "site"}, "left_out"}; the caller's. removed names fields, not
// what was in them. Errors: those of recording_open() and recording_write().
int recording_deidentify(json_t **report, const struct recording_deidentify_options *o,
                         struct err *e);
