/*
 * preprocess.h: from decoded bytes to the numbers a network reads.
 *
 * All pictures here are float32 [height][width][3], NHWC without N. Sources: TF-Slim's
 * inception_preprocessing and TensorFlow's resize_bilinear: the evaluation chain
 * of the 2019 workflow.
 */
#pragma once

#include "image/image.h"

struct rng;

// What happens between a decoded picture and a network; kept with a model.
struct preprocess {
    size_t height, width;    // of the network's input, > 0
    double central_fraction; // part of each side kept, 0 < f <= 1; TF-Slim: 0.875; 1: all of it
};

// out [height][width][3] in [-1, 1]. Central crop, legacy bilinear resize, (v - 0.5) * 2.
// Equal to TensorFlow's to 1e-6.
void preprocess_eval(float *out, const struct preprocess *p, const struct image *im);

// TensorFlow 1's resize_bilinear with align_corners false and no half-pixel centres, of a crop
// of im given by its top left corner and size, values scaled to [0, 1] first.
void resize_bilinear_legacy(float *out, size_t out_height, size_t out_width,
                            const struct image *im, size_t top, size_t left, size_t height,
                            size_t width);
