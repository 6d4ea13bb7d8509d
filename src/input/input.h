/*
 * input.h: what a network reads, and how an example becomes a tensor of it.
 *
 *   picture  decoded, cropped, resized, in [-1, 1]                        [height][width][3]
 *   signal   the middle of a window, without its median, compressed:      [1][n_samples][1]
 *            asinh(v / scale)
 *   mel      the same samples as power over bands and time,               [n_mels][n_frames][1]
 *            log10(uV^2), the lowest band in row 0
 *
 * A kind is a row of a table (input.c) and a file.
 *
 * Why asinh: fibrillations have 20 to 500 uV, motor units up to 10 mV. asinh is linear below the
 * scale and logarithmic above it, so both fit into a few units, polarity stays, and so does
 * amplitude: with SCALING_UV the scale is a number of microvolts, the same for everybody.
 * SCALING_ROBUST is for recordings whose gain nobody knows: the scale is the window's own noise,
 * 1.4826 times the median of |v - median|, and amplitude is lost.
 */
#pragma once

#include "dsp/spectrogram.h"
#include "image/augment.h"
#include "nn/tensor.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct example;
struct rng;

enum input_kind { INPUT_PICTURE, INPUT_SIGNAL, INPUT_MEL };
extern const char *const input_kinds[]; // names in the order of the enum, NULL-terminated

enum scaling { SCALING_UV, SCALING_ROBUST };

enum { INPUT_MAX_SAMPLES = 1 << 20 };

struct input_signal {
    double rate_hz;   // > 0; an example of another rate is refused
    size_t n_samples; // of the window that is judged
    enum scaling scaling;
    double scale_uv; // of SCALING_UV
};

struct input {
    enum input_kind kind;
    struct preprocess picture;  // of kind picture
    struct input_signal signal; // of the others
    struct mel_spec mel;        // of kind mel; its rate is the signal's
};

// For pictures of size pixels a side: TF-Slim's evaluation.
struct input input_of_pictures(size_t size);
// With mel bands that suit the window, for kind mel.
struct input input_of_signals(enum input_kind kind, double rate_hz, size_t n_samples,
                              enum scaling scaling);

// ERR_USAGE: sizes, rates or shares out of range; `name` begins the message.
int input_check(const struct input *in, const char *name, struct err *e);

struct shape input_shape(const struct input *in);
size_t input_floats(const struct input *in); // of one example
bool input_can_augment(const struct input *in, enum augment_kind kind);

/*
 * out [input_floats()]: an example as the network reads it, varied by kind and rng (unused for
 * AUGMENT_NONE). ERR_FORMAT: an example that holds something else, is damaged, too short or of
 * another rate or unit; its file name begins the message.
 */
int input_read_example(float *out, const struct input *in, const struct example *x,
                       enum augment_kind augment, struct rng *rng, struct err *e);

/*
 * For kind picture, what of it is the same each time: its pixels. The rest is augment(). ERR_FORMAT,
 * ERR_UNSUPPORTED, ERR_LIMIT, ERR_MEMORY; the example's file name begins the message.
 */
int input_decode(struct image *out, const struct example *x, struct err *e);

/*
 * The same of a window that is not from a data set: values [n_samples] of the recording at the
 * signal's rate. For kinds signal and mel. ERR_FORMAT: a value that is not finite, or counts where
 * microvolts are wanted. ERR_MEMORY.
 */
int input_read_window(float *out, const struct input *in, const float *values, bool is_uv,
                      struct err *e);

// The same examples read as another kind, where they can be: signals as mel, and back. ERR_USAGE, with `name` at its
// beginning: signals are no pictures.
int input_change_kind(struct input *in, enum input_kind kind, const char *name, struct err *e);

// A kind by its name. ERR_UNSUPPORTED, with `name` at its beginning.
int input_kind_find(enum input_kind *out, const char *kind, const char *name, struct err *e);

// As an object of model.json; the caller's. NULL: no memory.
json_t *input_json(const struct input *in);
int input_from_json(struct input *out, const json_t *o, const char *name, struct err *e);
