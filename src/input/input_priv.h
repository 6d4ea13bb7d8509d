/* input_priv.h: what one kind of input is; the files of this folder share it. */
#pragma once

#include "input/input.h"

struct input_row {
    unsigned augments; // bits 1u << enum augment_kind: the variations there are
    struct shape (*shape)(const struct input *in);
    int (*check)(const struct input *in, const char *name, struct err *e);
    int (*read_example)(float *out, const struct input *in, const struct example *x,
                        enum augment_kind augment, struct rng *rng, struct err *e);
    json_t *(*json)(const struct input *in); // all but the kind
    int (*from_json)(struct input *out, const json_t *o, const char *name, struct err *e);
};

extern const struct input_row input_picture_row, input_signal_row, input_mel_row;

// input_picture.c
int input_decode_picture(struct image *out, const struct example *x, struct err *e);

// input_signal.c, for the kinds that read samples. out and work [n_samples].
int input_check_signal(const struct input *in, const char *name, struct err *e);
int input_take_window(float *out, const struct input_signal *s, const struct example *x,
                      enum augment_kind kind, struct rng *rng, struct err *e);
// x without its median; of SCALING_ROBUST divided by its noise. out may be x.
void input_level(float *out, const struct input_signal *s, const float *x, float *work);
void input_choose_bands(struct mel_spec *out, const struct input_signal *s); // input_mel.c
json_t *input_signal_json(const struct input *in);
int input_signal_from_json(struct input *out, const json_t *o, const char *name, struct err *e);
