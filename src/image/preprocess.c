/*
 * preprocess.c: see preprocess.h. Sources: inception_preprocessing.py, image_ops_impl.py,
 * resize_bilinear_op.cc, image_resizer_state.h.
 *
 * TensorFlow computes in float32 without fused multiply-add, and so do we: the file is compiled
 * with -ffp-contract=off as all are.
 */
#include "image/preprocess.h"

#include <assert.h>
#include <math.h>

// The float nearest 1 / 255: TensorFlow multiplies by it instead of dividing.
static const float byte_scale = 0.003921569F;

// Where an output place lies between two input places: legacy sampling, no half-pixel centres.
struct between {
    size_t low, high;
    float part; // of high
};

static struct between between_of(size_t i, float scale, size_t n)
{
    float at = (float)i * scale;
    size_t low = (size_t)floorf(at), high = (size_t)ceilf(at);
    return (struct between){low, high < n - 1 ? high : n - 1, at - floorf(at)};
}

void resize_bilinear_legacy(float *out, size_t out_height, size_t out_width,
                            const struct image *im, size_t top, size_t left, size_t height,
                            size_t width)
{
    assert(height && width && top + height <= im->height && left + width <= im->width);
    float scale_y = (float)height / (float)out_height,
          scale_x = (float)width / (float)out_width;
    for (size_t y = 0; y < out_height; y++) {
        struct between v = between_of(y, scale_y, height);
        const uint8_t *upper = im->rgb + ((top + v.low) * im->width + left) * 3;
        const uint8_t *lower = im->rgb + ((top + v.high) * im->width + left) * 3;
        for (size_t x = 0; x < out_width; x++) {
            struct between h = between_of(x, scale_x, width);
            for (size_t k = 0; k < 3; k++) {
                float tl = (float)upper[3 * h.low + k] * byte_scale;
                float tr = (float)upper[3 * h.high + k] * byte_scale;
                float bl = (float)lower[3 * h.low + k] * byte_scale;
                float br = (float)lower[3 * h.high + k] * byte_scale;
                float t = tl + (tr - tl) * h.part, b = bl + (br - bl) * h.part;
                *out++ = t + (b - t) * v.part;
            }
        }
    }
}

// What central_crop leaves out on one side.
static size_t crop_margin(size_t n, double fraction)
{
    return (size_t)(((double)n - (double)n * fraction) / 2);
}

void preprocess_eval(float *out, const struct preprocess *p, const struct image *im)
{
    size_t top = crop_margin(im->height, p->central_fraction);
    size_t left = crop_margin(im->width, p->central_fraction);
    size_t n = p->height * p->width * 3;
    resize_bilinear_legacy(out, p->height, p->width, im, top, left, im->height - 2 * top,
                           im->width - 2 * left);
    for (size_t i = 0; i < n; i++)
        out[i] = (out[i] - 0.5F) * 2;
}
