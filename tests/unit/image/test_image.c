/* test_image.c: decoding, preprocessing and augmentation: known pixels, damage, distributions.
 */
#include "support.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "image/augment.h"
#include "image/image.h"
#include "image/preprocess.h"

#include <math.h>

static struct image chequered(size_t width, size_t height)
{
    struct image im = {width, height, mem_array(width * height, 3)};
    assert_non_null(im.rgb);
    for (size_t i = 0; i < width * height * 3; i++)
        im.rgb[i] = (uint8_t)(i * 37 % 251);
    return im;
}

static void png_survives_the_round_trip(void **state)
{
    (void)state;
    struct image im = chequered(37, 23), back;
    struct image_info info;
    unsigned char *png;
    size_t n;
    struct err e;
    assert_int_equal(image_encode_png(&png, &n, &im, &e), 0);
    assert_int_equal(image_decode(&back, png, n, &e), 0);
    assert_int_equal(back.width, 37);
    assert_memory_equal(back.rgb, im.rgb, 37 * 23 * 3);
    assert_int_equal(image_probe(&info, png, n, &e), 0);
    assert_string_equal(info.format, "png");
    image_release(&back);
    for (size_t cut = 0; cut < n; cut++) { // truncated: never a picture
        assert_true(image_decode(&back, png, cut, &e) < 0);
        assert_null(back.rgb);
    }
    for (size_t at = 8; at < n; at += 3) { // flipped: a picture or an error, no crash
        png[at] ^= 0x55;
        image_decode(&back, png, n, &e);
        image_release(&back);
        png[at] ^= 0x55;
    }
    png[16] = 0x7f; // two billion pixels wide
    assert_int_equal(image_decode(&back, png, n, &e), ERR_LIMIT);
    mem_free(png);
    image_release(&im);
}

static void put_u16(unsigned char *p, unsigned v)
{
    p[0] = (unsigned char)v;
    p[1] = (unsigned char)(v >> 8);
}

// 2 x 2 pixels, 24 bits, rows from the bottom: blue, green over red, white.
static size_t small_bmp(unsigned char *p, int height)
{
    const unsigned char pixels[] = {0, 0, 255, 255, 255, 255, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0};
    memset(p, 0, 70);
    memcpy(p, "BM", 2);
    store_u32le(p + 10, 54);
    store_u32le(p + 14, 40);
    store_u32le(p + 18, 2);
    store_u32le(p + 22, (uint32_t)height);
    put_u16(p + 28, 24);
    memcpy(p + 54, pixels, 16);
    return 70;
}

static void bmp_rows_come_from_the_bottom(void **state)
{
    (void)state;
    unsigned char p[80];
    struct image im;
    struct err e;
    size_t n = small_bmp(p, 2);
    assert_int_equal(image_decode(&im, p, n, &e), 0);
    const uint8_t wanted[] = {0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255};
    assert_memory_equal(im.rgb, wanted, 12);
    image_release(&im);
    n = small_bmp(p, -2); // from the top
    assert_int_equal(image_decode(&im, p, n, &e), 0);
    assert_memory_equal(im.rgb, wanted + 6, 6);
    image_release(&im);
    for (size_t cut = 2; cut < n; cut++)
        assert_int_equal(image_decode(&im, p, cut, &e), ERR_FORMAT);
    store_u32le(p + 18, 0x7fffffff);
    assert_int_equal(image_decode(&im, p, n, &e), ERR_LIMIT);
    small_bmp(p, 2);
    store_u32le(p + 30, 1);
    assert_int_equal(image_decode(&im, p, n, &e), ERR_UNSUPPORTED);
}

static void what_is_no_picture_is_said(void **state)
{
    (void)state;
    struct image im;
    struct err e;
    assert_int_equal(image_decode(&im, "hello", 5, &e), ERR_UNSUPPORTED);
    assert_int_equal(image_decode(&im, "", 0, &e), ERR_FORMAT);
    assert_int_equal(image_decode(&im, "\xff\xd8\xff", 3, &e), ERR_FORMAT);
}

static void awkward_pictures_decode_or_say_why(void **state)
{
    (void)state;
    const struct {
        const char *name;
        int rc;
    } rows[] = {{"healthy/progressive.JPEG", 0},
                {"healthy/grey16.png", 0},
                {"healthy/cmyk.jpg", 0},
                {"healthy/grey.jpg", 0},
                {"healthy/screenshot.bmp", 0},
                {"healthy/with alpha and spaces.png", 0},
                {"neuropathy/large.jpg", 0},
                {"neuropathy/tiny.png", 0},
                {"neuropathy/really_text.png", ERR_UNSUPPORTED},
                {"neuropathy/empty.jpg", ERR_FORMAT},
                {"neuropathy/truncated.jpg", ERR_FORMAT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[128];
        snprintf(what, sizeof what, "data/waveform-images-awkward/%s", rows[i].name);
        const char *path = shared_path(what);
        if (!path)
            skip();
        unsigned char *bytes;
        size_t n;
        struct err e;
        struct image im;
        struct preprocess p = {299, 299, 0.875};
        assert_int_equal(file_read(&bytes, &n, path, 1 << 26, &e), 0);
        int rc = image_decode(&im, bytes, n, &e);
        if (rc != rows[i].rc)
            fail_msg("%s: %d, wanted %d: %s", rows[i].name, rc, rows[i].rc, rc ? e.text : "");
        if (rc == 0) {
            float *out = mem_array(299 * 299, 3 * sizeof *out);
            preprocess_eval(out, &p, &im);
            for (size_t k = 0; k < 299 * 299 * 3; k++)
                assert_true(out[k] >= -1 && out[k] <= 1);
            mem_free(out);
            for (size_t cut = 0; cut < n; cut += n / 40 + 1) { // and truncated, no crash
                struct image part;
                assert_true(image_decode(&part, bytes, cut, &e) < 0);
            }
        }
        image_release(&im);
        mem_free(bytes);
    }
}

// The same in double and written another way: positions first, then weights.
static void resizing_follows_the_legacy_formula(void **state)
{
    (void)state;
    struct image im = chequered(41, 29);
    struct preprocess p = {13, 50, 0.875};
    float *out = mem_array(13 * 50, 3 * sizeof *out);
    preprocess_eval(out, &p, &im);
    size_t top = 1, left = 2, height = 27, width = 37; // floor(29 / 16), floor(41 / 16)
    for (size_t y = 0; y < 13; y++)
        for (size_t x = 0; x < 50; x++)
            for (size_t k = 0; k < 3; k++) {
                double sy = (double)(y * height) / 13, sx = (double)(x * width) / 50, v = 0;
                for (size_t i = 0; i < height; i++)
                    for (size_t j = 0; j < width; j++) {
                        double wy = fmax(0, 1 - fabs(sy - (double)i));
                        double wx = fmax(0, 1 - fabs(sx - (double)j));
                        if (sy > (double)height - 1 &&
                            i == height - 1) // the edge stands for what is
                            wy = 1;          // behind it
                        if (sx > (double)width - 1 && j == width - 1)
                            wx = 1;
                        v += wy * wx * im.rgb[((top + i) * 41 + left + j) * 3 + k];
                    }
                double wanted = (v / 255 - 0.5) * 2;
                assert_true(fabs((double)out[(y * 50 + x) * 3 + k] - wanted) < 1e-5);
            }
    mem_free(out);
    image_release(&im);
}

static void same_size_is_a_copy(void **state)
{
    (void)state;
    struct image im = chequered(20, 10);
    struct preprocess p = {10, 20, 1};
    float out[600];
    preprocess_eval(out, &p, &im);
    for (size_t i = 0; i < 600; i++)
        assert_true(out[i] == ((float)im.rgb[i] * 0.003921569F - 0.5F) * 2);
    image_release(&im);
}

static void augmentation_is_a_function_of_its_rng(void **state)
{
    (void)state;
    struct image im = chequered(60, 40);
    struct preprocess p = {32, 32, 0.875};
    float *a = mem_array(32 * 32 * 3, sizeof *a), *b = mem_array(32 * 32 * 3, sizeof *b);
    for (int kind = AUGMENT_NONE; kind <= AUGMENT_WAVEFORM; kind++)
        for (uint64_t i = 0; i < 20; i++) {
            struct rng r1 = rng_of(1, i), r2 = rng_of(1, i), r3 = rng_of(1, i + 100);
            augment(a, (enum augment_kind)kind, &p, &im, &r1);
            augment(b, (enum augment_kind)kind, &p, &im, &r2);
            assert_memory_equal(a, b, 32 * 32 * 3 * sizeof *a);
            for (size_t k = 0; k < 32 * 32 * 3; k++)
                assert_true(a[k] >= -1 && a[k] <= 1);
            augment(b, (enum augment_kind)kind, &p, &im, &r3);
            assert_int_equal(!memcmp(a, b, 32 * 32 * 3 * sizeof *a), kind == AUGMENT_NONE);
        }
    mem_free(a);
    mem_free(b);
    image_release(&im);
}

// A bright bar in the upper left quarter stays there: no flip, whatever is drawn.
static void waveforms_keep_time_and_polarity(void **state)
{
    (void)state;
    struct image im = {80, 80, mem_array(80 * 80, 3)};
    for (size_t y = 16; y < 28; y++)
        memset(im.rgb + (y * 80 + 16) * 3, 255, 12 * 3);
    struct preprocess p = {40, 40, 1};
    float *out = mem_array(40 * 40 * 3, sizeof *out);
    for (uint64_t i = 0; i < 200; i++) {
        struct rng rng = rng_of(9, i);
        double sum = 0, at_x = 0, at_y = 0;
        augment(out, AUGMENT_WAVEFORM, &p, &im, &rng);
        float dark = out[(39 * 40 + 39) * 3];
        for (size_t y = 0; y < 40; y++)
            for (size_t x = 0; x < 40; x++) {
                double v = (double)(out[(y * 40 + x) * 3] - dark);
                sum += v;
                at_x += v * (double)x;
                at_y += v * (double)y;
            }
        assert_true(at_x / sum < 18 && at_y / sum < 18);
    }
    mem_free(out);
    image_release(&im);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_survives_the_round_trip),
        cmocka_unit_test(bmp_rows_come_from_the_bottom),
        cmocka_unit_test(what_is_no_picture_is_said),
        cmocka_unit_test(awkward_pictures_decode_or_say_why),
        cmocka_unit_test(resizing_follows_the_legacy_formula),
        cmocka_unit_test(same_size_is_a_copy),
        cmocka_unit_test(augmentation_is_a_function_of_its_rng),
        cmocka_unit_test(waveforms_keep_time_and_polarity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
