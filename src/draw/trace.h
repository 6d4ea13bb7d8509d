/*
 * trace.h: sweeps as an electromyographer reads them: divisions of time and of voltage, a
 * calibration bar, and underneath what was filtered.
 *
 *      title                                                subtitle
 *     +-------+-------+-------+-------+-------+-------+-------+
 *   a |       |       |   .   |       |       |       |       |
 *     |~~~~~~~|~~~~~~~|~~/|~~~|~~~~~~~|~~~~~~~|~~~|~~~|~~~~~~~|   a, b: labels of the sweeps,
 *   b |       |       |   v   |       |       |       |       |         one row each
 *     |~~~~~~~|~~~~~~~|~~~~~~~|~~~~~~~|~~~~~~~|~~~~~~~|~~~~~~~|  | 50 uV
 *     +-------+-------+-------+-------+-------+-------+-------+  |__
 *     0 ms    10      20      30      40      50      60     70  10 ms
 *     10 ms/div . 50 uV/div . negative up
 *     high-pass 20 Hz . 2nd order              nemg . research use only
 *
 * Whatever a sweep holds within the panel is drawn: spikes do not fall between pixels
 * (columns.h). What is higher than the panel is cut at its edge, as on a machine.
 *
 * Knows nothing of recordings: samples are plain arrays, in uV or in counts.
 */
#pragma once

#include "draw/canvas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct style;

struct trace_sweep {
    const float *samples; // [n]
    size_t n;
    double rate_hz;
    double first_ms;   // time of the first sample from the left edge; may be negative
    const char *label; // left of the row; NULL: none
    const float *heat; // [n] 0 to 1: each sample's colour and width by heat_line(); NULL: one
                       // colour, the style's
};

// What somebody noted: a tick at the top of its row, a bar as long as it lasts, and its label, which
// is left out where there is no room.
struct trace_mark {
    size_t row;
    double at_ms, span_ms; // from the left edge; span 0: a point in time
    const char *label;
};

enum {
    TRACE_MAX_DIVISIONS = 100,
    TRACE_MAX_SWEEPS = 100,
    TRACE_MIN_DIVISION_PX = 8,
    TRACE_MAX_DIVISION_PX = 400,
};

struct trace_page {
    const struct style *style;
    const char *title, *subtitle;     // NULL: none
    const char *const *captions;      // lines underneath, ended by NULL
    const char *unit;                 // of values: "\xC2\xB5V" or "counts"
    double ms_per_div, per_div;       // > 0
    size_t n_x, n_y;                  // divisions, 1 to TRACE_MAX_DIVISIONS
    double division_px;               // TRACE_MIN_DIVISION_PX to TRACE_MAX_DIVISION_PX
    bool is_turned;                   // positive values are drawn downwards
    const struct trace_sweep *sweeps; // rows from top to bottom, evenly over the panel
    size_t n_sweeps;                  // 1 to TRACE_MAX_SWEEPS
    const struct trace_mark *marks;   // [n_marks], in the order of rows and times
    size_t n_marks;
    const char *heat_most, *heat_least; // beside the scale of heat; NULL: no scale
};

// One page as a file; mem_free(). ERR_LIMIT: larger than CANVAS_MAX_SIDE; ERR_MEMORY.
int trace_draw(unsigned char **out, size_t *n, const struct trace_page *p,
               enum canvas_format format, struct err *e);

// Time and frequency: power in dB as colour, with a scale beside it.
struct spectrum_page {
    const struct style *style;
    const char *title, *subtitle;
    const char *const *captions;
    const char *unit;   // "\xC2\xB5V" or "counts"
    const float *power; // [n_rows][n_frames], unit^2 / Hz, the lowest frequency in row 0
    size_t n_rows, n_frames;
    double row_hz; // the lowest row is 0 Hz
    double ms_per_div;
    size_t n_x, n_y;
    double division_px;
};
int spectrum_draw(unsigned char **out, size_t *n, const struct spectrum_page *p,
                  enum canvas_format format, struct err *e);

// "50 uV" with the right letter, "2 mV" from 1000 uV on, "50 counts".
void trace_amount(char *out, size_t n_bytes, double v, const char *unit);

// The smallest of 1, 2, 5, 10, 20 ... (also below 1) that is at least v > 0.
double trace_nice(double v);
