/*
 * explain.h: why a network says what it says of one picture or one window of a recording: the map of
 * saliency.h over what a person sees.
 */
#pragma once

#include "draw/canvas.h"
#include "image/image.h"
#include "input/input.h"
#include "job/saliency.h"
#include "job/second_opinion.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct recording_hints;

struct explain_options {
    const char *path;                    // a picture or a recording, as the model reads
    const char *class_name;              // NULL: the most probable
    const struct recording_hints *hints; // of a recording; may be NULL
    size_t channel;                      // of a recording; 0 is the first
    double at_s;                         // of a recording: where the window begins
};

struct explanation {
    char *path;
    const struct saliency *saliency; // borrowed: how it was made, and the model
    float *probabilities;            // [n_classes]
    size_t i_predicted, i_class;     // the most probable; the one that is explained
    struct saliency_map map;         // values owned
    double peak; // the map's largest value; 0 or less: nothing speaks for the class
    // Of a picture.
    struct image picture;
    // Of a recording.
    float *window; // [n] at the model's rate, positive is a positive potential
    size_t n, channel;
    char *channel_name; // may be empty
    bool is_uv, knows_polarity;
    double at_s, rate_hz;
    struct opinion opinion;           // of the rules
    enum opinion_agreement agreement; // with the most probable class
    // What the map says of each pixel [height][width] or sample [n], as a share of the peak, 0 to 1:
    // what speaks against the class is 0.
    float *share;
};

/*
 * Explains one file; explanation_release() in any case. ERR_USAGE: no such class or channel, a window
 * that is not wholly within the recording; ERR_FORMAT, ERR_UNSUPPORTED, ERR_IO: not what the model
 * reads; and those of saliency_run().
 */
int explain(struct explanation *out, struct saliency *s, const struct explain_options *o,
            struct err *e);
void explanation_release(struct explanation *x); // accepts a zeroed struct

// As an object, the map among it; the caller's. NULL: no memory.
json_t *explanation_json(const struct explanation *x);

// The picture under a veil of colour (PNG), or the window as a coloured trace (PNG, SVG, PDF), with
// a scale, the classes and how it was made; mem_free(). ERR_UNSUPPORTED: a picture as SVG or PDF.
int explanation_draw(unsigned char **out, size_t *n, const struct explanation *x,
                     enum canvas_format format, struct err *e);
