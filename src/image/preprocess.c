/*
 * preprocess.c: see preprocess.h. Sources: inception_preprocessing.py, image_ops_impl.py,
 * resize_bilinear_op.cc, image_resizer_state.h.
 *
 * TensorFlow computes in float32 without fused multiply-add, and so do we: the file is compiled
 * with -ffp-contract=off as all are.
 */
#include "image/preprocess.h"

#include "image/bilinear.h"

// The float nearest 1 / 255: TensorFlow multiplies by it instead of dividing.
static const float byte_scale = 0.003921569F;

void resize_bilinear_legacy(float *out, size_t out_height, size_t out_width,
                            const struct image *im, size_t top, size_t left, size_t height,
                            size_t width)
{
    float step_y = (float)height / (float)out_height;
    struct sample_source source = {
        .image = im,
        .top = top,
        .left = left,
        .height = height,
        .width = width,
        .step = (float)width / (float)out_width,
        .before = byte_scale,
        .after = 1,
    };
    for (size_t x = 0, n; x < out_width; x += n) {
        struct strip strip;
        n = out_width - x < STRIP_COLUMNS ? out_width - x : STRIP_COLUMNS;
        strip_begin(&strip, &source, x, n);
        for (size_t y = 0; y < out_height; y++)
            strip_row(&strip, out + (y * out_width + x) * 3, (float)y * step_y);
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
