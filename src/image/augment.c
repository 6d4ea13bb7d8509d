/*
 * augment.c: see augment.h.
 *
 * AUGMENT_SLIM: inception_preprocessing.py's distortions in fast mode: a random crop
 * (sample_distorted_bounding_box_op.cc), a bilinear resize to the network's size, a flip, then
 * brightness and saturation, clamped once at the end.
 *
 * AUGMENT_WAVEFORM: what differs between machines and recordings of the same waveform: where it
 * stands on the screen, sweep and gain a little off, thicker or thinner lines, colours,
 * contrast of the grid. Nothing that turns time or polarity around: the sign of the first
 * deflection is what tells a positive sharp wave from a fibrillation.
 */
#include "image/augment.h"

#include "base/rng.h"
#include "image/bilinear.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

const char *const augment_names[] = {"none", "slim", "waveform", NULL};

struct crop {
    size_t top, left, height, width;
};

enum { SLIM_ATTEMPTS = 100 };
static const double slim_aspect[] = {0.75, 1.33}, slim_area[] = {0.05, 1.0};
static const double slim_covered = 0.1; // of the picture, which is the bounding box

// A whole number in [0, n], and 0 for n = 0 without a draw.
static size_t up_to(struct rng *rng, size_t n)
{
    return n ? rng_below(rng, (uint32_t)n + 1) : 0;
}

// One attempt of GenerateRandomCrop; false when it does not fit.
static bool try_crop(struct crop *c, const struct image *im, struct rng *rng)
{
    float width = (float)im->width, height = (float)im->height;
    float ratio = (float)rng_between(rng, slim_aspect[0], slim_aspect[1]);
    float least = (float)slim_area[0] * width * height,
          most = (float)slim_area[1] * width * height;
    long h = lrintf(sqrtf(least / ratio)), h_max = lrintf(sqrtf(most / ratio));
    if (lrintf((float)h_max * ratio) > (long)im->width)
        h_max = (long)(((double)width + 0.5 - 1e-7) / (double)ratio);
    if (h_max > (long)im->height)
        h_max = (long)im->height;
    if (h >= h_max)
        h = h_max;
    else
        h += (long)up_to(rng, (size_t)(h_max - h));
    long w = lrintf((float)h * ratio);
    if ((float)(w * h) < least)
        w = lrintf((float)++h * ratio);
    if ((float)(w * h) > most)
        w = lrintf((float)--h * ratio);
    float area = (float)(w * h);
    if (area < least || area > most || w > (long)im->width || h > (long)im->height || w <= 0 ||
        h <= 0)
        return false;
    c->height = (size_t)h;
    c->width = (size_t)w;
    size_t free_y = im->height - c->height, free_x = im->width - c->width;
    c->top = free_y ? rng_below(rng, (uint32_t)free_y) : 0;
    c->left = free_x ? rng_below(rng, (uint32_t)free_x) : 0;
    // the box is the whole picture: a crop covers as much of it as it is large
    return (double)area >= slim_covered * (double)width * (double)height;
}

static struct crop slim_crop(const struct image *im, struct rng *rng)
{
    struct crop c;
    for (int i = 0; i < SLIM_ATTEMPTS; i++)
        if (try_crop(&c, im, rng))
            return c;
    return (struct crop){0, 0, im->height, im->width};
}

static void flip_left_right(float *x, size_t height, size_t width)
{
    for (size_t y = 0; y < height; y++, x += width * 3)
        for (size_t l = 0, r = width - 1; l < r; l++, r--)
            for (size_t k = 0; k < 3; k++) {
                float t = x[3 * l + k];
                x[3 * l + k] = x[3 * r + k];
                x[3 * r + k] = t;
            }
}

static const float byte_scale = 1 / 255.0F;

static float lesser(float a, float b)
{
    return a < b ? a : b;
}

static float clamp01(float v)
{
    v = 0 < v ? v : 0; // two conditions of this form are two instructions
    return v < 1 ? v : 1;
}

// RGB to HSV, saturation times factor, and back: adjust_saturation_op.cc.
static void saturate(float *rgb, float factor)
{
    float r = rgb[0], g = rgb[1], b = rgb[2];
    float v = fmaxf(r, fmaxf(g, b)), range = v - fminf(r, fminf(g, b));
    float s = v > 0 ? range / v : 0, h = 0;
    if (range > 0) {
        float norm = 1 / (6 * range);
        if (r == v)
            h = norm * (g - b);
        else if (g == v)
            h = norm * (b - r) + 2.0F / 6;
        else
            h = norm * (r - g) + 4.0F / 6;
        if (h < 0)
            h += 1;
    }
    s = clamp01(s * factor);
    float chroma = s * v, low = v - chroma, dh = h * 6;
    int sextant = (int)dh;
    float x = chroma * (1 - fabsf(fmodf(dh, 2) - 1));
    const float parts[6][3] = {{chroma, x, 0}, {x, chroma, 0}, {0, chroma, x},
                               {0, x, chroma}, {x, 0, chroma}, {chroma, 0, x}};
    const float *p = parts[sextant >= 0 && sextant < 6 ? sextant : 0];
    for (int k = 0; k < 3; k++)
        rgb[k] = p[k] + low;
}

static void augment_slim(float *out, const struct preprocess *p, const struct image *im,
                         struct rng *rng)
{
    struct crop c = slim_crop(im, rng);
    size_t n = p->height * p->width;
    resize_bilinear_legacy(out, p->height, p->width, im, c.top, c.left, c.height, c.width);
    if (rng_uniform(rng) < 0.5)
        flip_left_right(out, p->height, p->width);
    float brightness = (float)rng_between(rng, -32.0 / 255, 32.0 / 255);
    float saturation = (float)rng_between(rng, 0.5, 1.5);
    for (size_t i = 0; i < n; i++, out += 3) {
        for (int k = 0; k < 3; k++)
            out[k] += brightness;
        saturate(out, saturation);
        for (int k = 0; k < 3; k++)
            out[k] = (clamp01(out[k]) - 0.5F) * 2;
    }
}

/*
 * Ranges of AUGMENT_WAVEFORM. Time and gain: a trigger or a hand sets them only roughly, but a
 * duration that changes by more than a tenth, or an amplitude by more than a sixth, would begin
 * to be another finding.
 */
static const double shift = 0.05, scale_time = 0.10, scale_gain = 0.15;
// Lines: of a quarter of the pictures wider by up to a pixel, of another narrower. Narrower only
// in part: a line of one pixel would vanish.
static const double line_probability = 0.25, wider_most = 1.0, narrower_most = 0.35;
static const double contrast_least = 0.7, contrast_most = 1.2, brightness_most = 0.1;

// The colour the picture's border has on average: what lies outside of it.
static void background_of(float *rgb, const struct image *im)
{
    size_t sum[3] = {0}, n = 0;
    for (size_t y = 0; y < im->height; y++) {
        size_t step = y == 0 || y == im->height - 1 || im->width == 1 ? 1 : im->width - 1;
        for (size_t x = 0; x < im->width; x += step, n++)
            for (size_t k = 0; k < 3; k++)
                sum[k] += im->rgb[(y * im->width + x) * 3 + k];
    }
    for (size_t k = 0; k < 3; k++)
        rgb[k] = (float)((double)sum[k] / (double)n / 255);
}

/*
 * A row [n], each value moved towards the darkest (or brightest) of itself and its neighbours to
 * the right and below by a share, in place. The rightmost has no neighbour there.
 */
static void spread_row(float *x, const float *below, size_t n, bool darkest, float share)
{
    float sign = darkest ? 1 : -1; // the brightest is the least of the negatives
    for (size_t i = 0; i + 3 < n; i++) {
        float to = lesser(x[i] * sign, lesser(x[i + 3] * sign, below[i] * sign)) * sign;
        x[i] += share * (to - x[i]);
    }
    for (size_t i = n - 3; i < n; i++) {
        float to = lesser(x[i] * sign, below[i] * sign) * sign;
        x[i] += share * (to - x[i]);
    }
}

// A line up to one pixel wider, or narrower.
static void spread_lines(float *x, size_t height, size_t width, bool darkest, float share)
{
    size_t n = 3 * width;
    for (size_t y = 0; y < height; y++, x += n)
        spread_row(x, y + 1 < height ? x + n : x, n, darkest, share);
}

// What becomes of a pixel's values at the end: contrast around the background, a tint, and from
// [0, 1] to [-1, 1].
enum { COLOURS = 4 * 3 }; // whole pixels and whole vectors
struct colours {
    float contrast, middle[COLOURS], add[COLOURS];
};

static inline void colour(float *x, size_t n, const struct colours *c)
{
    for (size_t i = 0; i < n; i++) {
        float v = (x[i] - c->middle[i]) * c->contrast + c->middle[i] + c->add[i];
        x[i] = (clamp01(v) - 0.5F) * 2;
    }
}

static void colour_all(float *x, size_t n, const struct colours *c)
{
    size_t i = 0;
    for (; i + COLOURS <= n; i += COLOURS)
        colour(x + i, COLOURS, c);
    colour(x + i, n - i, c);
}

static void augment_waveform(float *out, const struct preprocess *p, const struct image *im,
                             struct rng *rng)
{
    float background[3];
    background_of(background, im);
    double part = p->central_fraction;
    double zoom_x = part * (1 + rng_between(rng, -scale_time, scale_time));
    double zoom_y = part * (1 + rng_between(rng, -scale_gain, scale_gain));
    double from_x = 0.5 - zoom_x / 2 + rng_between(rng, -shift, shift);
    double from_y = 0.5 - zoom_y / 2 + rng_between(rng, -shift, shift);
    double step_x = zoom_x * (double)im->width / (double)p->width;
    double step_y = zoom_y * (double)im->height / (double)p->height;
    struct sample_source source = {
        .image = im,
        .height = im->height,
        .width = im->width,
        .x = (float)(from_x * (double)im->width + 0.5 * step_x - 0.5),
        .step = (float)step_x,
        .before = 1,
        .after = byte_scale,
        .outside = background,
    };
    for (size_t x = 0, n; x < p->width; x += n) {
        struct strip strip;
        n = p->width - x < STRIP_COLUMNS ? p->width - x : STRIP_COLUMNS;
        strip_begin(&strip, &source, x, n);
        for (size_t y = 0; y < p->height; y++)
            strip_row(&strip, out + (y * p->width + x) * 3,
                      (float)(from_y * (double)im->height + ((double)y + 0.5) * step_y - 0.5));
    }
    bool is_dark = background[0] + background[1] + background[2] < 1.5F;
    double line = rng_uniform(rng), share = rng_uniform(rng);
    if (line < line_probability)
        spread_lines(out, p->height, p->width, !is_dark, (float)(share * wider_most));
    else if (line < 2 * line_probability)
        spread_lines(out, p->height, p->width, is_dark, (float)(share * narrower_most));
    struct colours c = {.contrast = (float)rng_between(rng, contrast_least, contrast_most)};
    float tint[3];
    for (int k = 0; k < 3; k++)
        tint[k] = (float)rng_between(rng, -brightness_most, brightness_most);
    for (size_t i = 0; i < COLOURS; i++) {
        c.middle[i] = background[i % 3];
        c.add[i] = tint[i % 3];
    }
    colour_all(out, p->height * p->width * 3, &c);
}

void augment(float *out, enum augment_kind kind, const struct preprocess *p,
             const struct image *im, struct rng *rng)
{
    switch (kind) {
    case AUGMENT_NONE:
        preprocess_eval(out, p, im);
        break;
    case AUGMENT_SLIM:
        augment_slim(out, p, im, rng);
        break;
    case AUGMENT_WAVEFORM:
        augment_waveform(out, p, im, rng);
        break;
    }
}
