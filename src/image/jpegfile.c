/*
 * jpegfile.c: JPEG by libjpeg-turbo, decoded as TensorFlow does: the fast integer DCT (its
 * decode_jpeg's default), fancy upsampling, RGB. A warning (data that ends early, say) is an
 * error: no picture with a grey lower half gets through.
 *
 * CMYK: TensorFlow takes the four channels and computes r = k c / 255 when an Adobe marker says
 * that they are inverted, else (255 - k)(255 - c) / 255. Source: jpeg_mem.cc.
 */
#include "image/image_priv.h"

#include "base/err.h"
#include "base/mem.h"

#include <limits.h>
#include <string.h>
#include <turbojpeg.h>

static bool matches(const unsigned char *bytes, size_t n)
{
    return n >= 3 && !memcmp(bytes, "\xff\xd8\xff", 3);
}

// An APP14 marker that says Adobe, before the first scan.
static bool has_adobe_marker(const unsigned char *p, size_t n)
{
    for (size_t at = 2; at + 4 <= n && p[at] == 0xff;) {
        size_t length = (size_t)p[at + 2] << 8 | p[at + 3];
        if (p[at + 1] == 0xda) // start of scan
            return false;
        if (p[at + 1] == 0xee && length >= 12 && at + 9 <= n && !memcmp(p + at + 4, "Adobe", 5))
            return true;
        at += 2 + length;
    }
    return false;
}

struct header {
    int width, height, subsampling, colours;
};

static int failed(tjhandle t, struct err *e)
{
    return err_set(e, ERR_FORMAT, "damaged JPEG: %s", tjGetErrorStr2(t));
}

static int read_header(tjhandle t, struct header *h, const unsigned char *bytes, size_t n,
                       struct err *e)
{
    if (n > ULONG_MAX / 2 || tjDecompressHeader3(t, bytes, (unsigned long)n, &h->width,
                                                 &h->height, &h->subsampling, &h->colours))
        return failed(t, e);
    return image_check_size((size_t)h->width, (size_t)h->height, e);
}

static int probe(struct image_info *out, const unsigned char *bytes, size_t n, struct err *e)
{
    struct header h = {0}; // stays so for a file of tables only
    tjhandle t = tjInitDecompress();
    if (!t)
        return err_set(e, ERR_MEMORY, "no memory to read a JPEG");
    int rc = read_header(t, &h, bytes, n, e);
    if (rc == 0) {
        out->width = (size_t)h.width;
        out->height = (size_t)h.height;
    }
    tjDestroy(t);
    return rc;
}

static void cmyk_to_rgb(uint8_t *rgb, const uint8_t *cmyk, size_t n_pixels, bool is_adobe)
{
    for (size_t i = 0; i < n_pixels; i++) {
        int k = cmyk[4 * i + 3];
        for (size_t j = 0; j < 3; j++) {
            int c = cmyk[4 * i + j];
            rgb[3 * i + j] = (uint8_t)((is_adobe ? k * c : (255 - k) * (255 - c)) / 255);
        }
    }
}

static int decompress(tjhandle t, const struct header *h, struct image *out,
                      const unsigned char *bytes, size_t n, struct err *e)
{
    const int flags = TJFLAG_FASTDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
    size_t n_pixels = out->width * out->height;
    bool is_cmyk = h->colours == TJCS_CMYK || h->colours == TJCS_YCCK;
    if (!is_cmyk)
        return tjDecompress2(t, bytes, (unsigned long)n, out->rgb, h->width, 0, h->height,
                             TJPF_RGB, flags)
                   ? failed(t, e)
                   : 0;
    uint8_t *cmyk = mem_array(n_pixels, 4);
    if (!cmyk)
        return err_set(e, ERR_MEMORY, "no memory for a CMYK picture");
    int rc = tjDecompress2(t, bytes, (unsigned long)n, cmyk, h->width, 0, h->height, TJPF_CMYK,
                           flags)
                 ? failed(t, e)
                 : 0;
    if (rc == 0)
        cmyk_to_rgb(out->rgb, cmyk, n_pixels, has_adobe_marker(bytes, n));
    mem_free(cmyk);
    return rc;
}

static int decode(struct image *out, const unsigned char *bytes, size_t n, struct err *e)
{
    struct header h = {0}; // stays so for a file of tables only
    tjhandle t = tjInitDecompress();
    if (!t)
        return err_set(e, ERR_MEMORY, "no memory to read a JPEG");
    int rc = read_header(t, &h, bytes, n, e);
    if (rc == 0)
        rc = image_allocate(out, (size_t)h.width, (size_t)h.height, e);
    if (rc == 0)
        rc = decompress(t, &h, out, bytes, n, e);
    tjDestroy(t);
    return rc;
}

const struct picture_format jpeg_format = {"jpeg", matches, probe, decode};
