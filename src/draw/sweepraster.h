/*
 * sweepraster.h: one sweep as a small picture, fast: pictures to train with.
 *
 * The look is a style and a few numbers; everything else (which style, how much of each) is the
 * caller's choice. There are no labels: nothing to read but the trace. The same sweep and look
 * give the same bytes everywhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct style;

struct sweep_look {
    const struct style *style;
    double ms_per_div, per_div; // > 0
    double n_x, n_y;            // divisions over the width and the height, > 0
    bool is_turned;             // positive values are drawn downwards
    bool has_grid;
    double line_px;              // 0.5 to 8
    double middle_px;            // moves the zero line down; 0: the middle of the picture
    double grid_x_px, grid_y_px; // move the grid
    double
        contrast; // 0 to 1: how far the trace stands out of the panel; 1: as the style has it
    int tint[3];  // added to red, green and blue of everything, -255 to 255
};

// The style as it is, 10 x 8 divisions.
void sweep_look_defaults(struct sweep_look *out, const struct style *style, double ms_per_div,
                         double per_div);

enum { SWEEP_MAX_SIDE = 1000 };

/*
 * Draws samples into rgb [height][width][3]; sample 0 is at first_ms from the left edge. Samples
 * that end before the right edge leave the rest empty. Sides 1 to SWEEP_MAX_SIDE. No memory is
 * taken; 320 x 240 pixels take about 0.1 ms.
 */
void sweep_rasterize(uint8_t *rgb, size_t width, size_t height, const struct sweep_look *look,
                     const float *samples, size_t n, double rate_hz, double first_ms);
