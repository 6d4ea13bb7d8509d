/*
 * style.h: how a screen or a print-out of an EMG machine looks.
 *
 * The styles imitate kinds of machines and not makers: paper of a chart recorder, green and amber
 * tubes, flat screens with and without a grid, screen copies without soft edges. A network that
 * has seen all of them looks at the waveform and not at the screen.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum style_grid {
    STYLE_GRID_NONE,
    STYLE_GRID_LINES,  // at each division
    STYLE_GRID_DOTS,   // five on each side of a division
    STYLE_GRID_CROSS,  // where divisions meet
    STYLE_GRID_MIDDLE, // one axis each, with ticks
};

struct style {
    const char *name; // NULL ends the table
    const char *help;
    uint32_t page, panel; // colours 0xRRGGBB: around the trace, behind it
    uint32_t grid, frame, trace, text;
    double trace_px;
    enum style_grid grid_kind;
    bool is_soft; // antialiased
};

extern const struct style styles[];               // the first is the default
const struct style *style_find(const char *name); // NULL: there is none of that name
