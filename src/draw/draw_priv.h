/* draw_priv.h: the panel that sweeps and spectrograms share. Private to draw/. */
#pragma once

#include "draw/canvas.h"

#include <stddef.h>

struct style;

struct panel {
    struct canvas *canvas;
    const struct style *style;
    double left, top, width, height; // of the panel itself
    double division_px;
    size_t n_x, n_y;
};

struct panel_spec {
    const struct style *style;
    const char *title, *subtitle; // NULL: none
    const char *const *captions;  // ended by NULL; NULL: none
    double left_px, right_px;     // room for labels beside the panel
    size_t n_x, n_y;
    double division_px;
};

// Makes the canvas, the panel and what is written around it; canvas_free(out->canvas).
int panel_new(struct panel *out, enum canvas_format format, const struct panel_spec *spec,
              struct err *e);
void panel_grid(const struct panel *p);
void panel_frame(const struct panel *p);
void panel_times(const struct panel *p, double ms_per_div); // under its divisions

extern const double panel_text_px, panel_small_px;
