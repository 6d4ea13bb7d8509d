/*
 * example.h: tf.train.Example, the message that TF-Slim's datasets are made of, with the keys
 * of slim's image classification and three of ours.
 *
 *   image/encoded      bytes   the picture file as it was
 *   image/format       bytes   "jpeg" or "png" or "bmp" (readers go by the first bytes)
 *   image/class/label  int64   class from 0
 *   image/height, image/width  int64  pixels
 *   image/filename     bytes   class folder / file name
 *   emg/patient, emg/recording  bytes  left out when not known
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

struct image_example {
    struct example_bytes encoded, format, filename, patient, recording;
    int64_t label; // 0 when absent, as slim's reader has it
    int64_t height, width;
};

// Views into data; unknown keys are passed over; of a key that comes twice the last counts.
int image_example_parse(struct image_example *out, const void *data, size_t n, struct err *e);

// Appends the message to b, keys in ascending order.
void image_example_append(struct buffer *b, const struct image_example *x);
