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

struct panel_texts {
    const char *title, *subtitle;
    const char *const *captions;
};

// Makes the canvas and the panel with room for labels of left_px and right_px beside it.
int panel_new(struct panel *out, enum canvas_format format, const struct style *style,
              const struct panel_texts *texts, double left_px, double right_px, size_t n_x,
              size_t n_y, double division_px, struct err *e);
void panel_grid(const struct panel *p);
void panel_frame(const struct panel *p);

extern const double panel_text_px, panel_small_px;
