/*
 * chart.h: numbers as pictures: curves, bars, values with their intervals, a matrix.
 *
 * Each is drawn into a box of a canvas, of any format. Colours are those of Okabe and Ito [1], which
 * people who do not tell red from green tell apart; curves differ in their dashes, too, so that a
 * print without colours can be read. What is written is text.
 *
 * A chart borrows everything and keeps nothing. Values that are not finite are not drawn.
 *
 * [1] Okabe, Ito 2008, Color universal design; also Wong 2011, Nature Methods 8: 441.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct canvas;

struct chart_box {
    double x, y, width, height; // pixels
};

// What charts are drawn with, for what stands beside them, and for style sheets.
enum chart_ink {
    CHART_GROUND = 0xFFFFFF,
    CHART_INK = 0x1D2730,
    CHART_SOFT = 0x56636E, // less important text
    CHART_GRID = 0xDDE2E6,
    CHART_BAND = 0xF4F6F8, // behind a trace, or every other row
};
uint32_t chart_color(size_t i); // of the i-th series; from 7 on again

struct chart_axis {
    const char *label;
    double from, to; // from < to; of a logarithmic axis > 0
    bool is_log;
};

// ---- Curves ----

struct chart_series {
    const char *name;    // for the legend; NULL: not in it
    const double *x, *y; // [n]
    size_t n;
    bool has_dots; // a dot on each point
    bool is_guide; // thin and grey
};

enum chart_corner { CHART_UPPER_RIGHT, CHART_LOWER_RIGHT, CHART_LOWER_LEFT };

struct chart_curves {
    struct chart_axis x, y;
    const struct chart_series *series;
    size_t n_series;
    enum chart_corner legend; // where the curves are not
};
void chart_curves(struct canvas *c, struct chart_box box, const struct chart_curves *chart);

// ---- Values with intervals, a row each ----

struct chart_value {
    const char *label; // left; NULL: belongs to the row above
    const char *text;  // right of the panel: the value in words; NULL: none
    double value, low, high;
    size_t i_color;
};

struct chart_values {
    struct chart_axis x;
    double reference; // a dashed line there, such as chance; NAN: none
    const struct chart_value *values;
    size_t n;
    double label_px, text_px; // room for labels and texts
    bool has_bars;            // from the left edge, in place of dots
};
double chart_values_height(const struct chart_values *chart); // that suits it
void chart_values(struct canvas *c, struct chart_box box, const struct chart_values *chart);

// ---- Counts of what was what ----

struct chart_matrix {
    const char *const *rows, *const *columns; // names
    size_t n_rows, n_columns;
    const double *counts; // [n_rows][n_columns]; shaded by their share of the row
    const char *row_title, *column_title;
};
void chart_matrix(struct canvas *c, struct chart_box box, const struct chart_matrix *chart);
