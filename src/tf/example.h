/*
 * example.h: tf.train.Example, the message that TF-Slim's datasets are made of, with the keys
 * of slim's image classification and those of ours. An example is a picture or a signal.
 *
 *   image/encoded      bytes   the picture file as it was, or as it was drawn
 *   image/format       bytes   "jpeg" or "png" or "bmp" (readers go by the first bytes)
 *   image/class/label  int64   class from 0
 *   image/height, image/width  int64  pixels
 *   image/filename     bytes   class folder / file name
 *   emg/patient, emg/muscle, emg/recording  bytes  left out when not known
 *   emg/signal         float   values of one channel over time
 *   emg/unit           bytes   of emg/signal: "uV", or "counts" where the gain is not known
 *   emg/rate_hz        float   values a second; and of the recording that a picture shows
 *   emg/onset_us       int64   of the example, microseconds from the recording's beginning
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct buffer;
struct err;

// Views of bytes: NULL and 0 when the key is absent.
struct example_bytes {
    const unsigned char *data;
    size_t n;
};

// Floats as they lie in the file: little-endian, at any address. NULL and 0: absent.
struct example_floats {
    const unsigned char *data;
    size_t n;
};
void example_floats_read(float *out, struct example_floats from, size_t first, size_t n);

struct example {
    struct example_bytes encoded, format, filename, patient, muscle, recording, unit;
    struct example_floats signal;
    float rate_hz; // 0: not known
    int64_t label; // 0 when absent, as slim's reader has it
    int64_t height, width;
    int64_t onset_us;
};

// Views into data; unknown keys are passed over; of a key that comes twice the last counts.
int example_parse(struct example *out, const void *data, size_t n, struct err *e);

// Appends the message to b, keys in ascending order.
void example_append(struct buffer *b, const struct example *x);
