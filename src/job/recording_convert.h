/* recording_convert.h: a recording, or a part of it, as a file of another format. */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct err;
struct recording_hints;

struct recording_convert_options {
    const char *in, *out;
    const char *format;                  // NULL: by the extension of out
    const struct recording_hints *hints; // may be NULL
    double from_s;
    double to_s;    // <= 0: to the end
    size_t channel; // from 1; 0: all
};

/*
 * {"in", "out", "format", "n_channels", "duration_s", "n_annotations", "left_out", "repairs"};
 * the caller's. left_out says what out's format has no place for, null when nothing was lost.
 * Errors: those of recording_open(), recording_slice() and recording_write().
 */
int recording_convert(json_t **report, const struct recording_convert_options *o,
                      struct err *e);
