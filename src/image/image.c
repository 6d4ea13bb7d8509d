/* image.c: finds the format of a picture. See image.h. */
#include "image/image_priv.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#include <string.h>

static const struct picture_format *const formats[] = {&jpeg_format, &png_format, &bmp_format,
                                                       NULL};

int image_check_size(size_t width, size_t height, struct err *e)
{
    if (!width || !height)
        return err_set(e, ERR_FORMAT, "picture of %zu x %zu pixels", width, height);
    if (width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE || width * height > IMAGE_MAX_PIXELS)
        return err_set(e, ERR_LIMIT, "picture of %zu x %zu pixels, wanted at most %d a side",
                       width, height, IMAGE_MAX_SIDE);
    return 0;
}

int image_allocate(struct image *out, size_t width, size_t height, struct err *e)
{
    int rc = image_check_size(width, height, e);
    *out = (struct image){width, height, NULL};
    if (rc == 0 && !(out->rgb = mem_array(width * height, 3)))
        rc = err_set(e, ERR_MEMORY, "no memory for a picture of %zu x %zu", width, height);
    return rc;
}

void image_release(struct image *im)
{
    mem_free(im->rgb);
    *im = (struct image){0};
}

static const struct picture_format *find(const void *bytes, size_t n)
{
    for (const struct picture_format *const *f = formats; *f; f++)
        if ((*f)->matches(bytes, n))
            return *f;
    return NULL;
}

static int unknown(size_t n, struct err *e)
{
    if (n == 0)
        return err_set(e, ERR_FORMAT, "empty file");
    return err_set(e, ERR_UNSUPPORTED, "not a JPEG, PNG or BMP picture");
}

int image_decode(struct image *out, const void *bytes, size_t n, struct err *e)
{
    *out = (struct image){0};
    const struct picture_format *f = find(bytes, n);
    if (!f)
        return unknown(n, e);
    int rc = f->decode(out, bytes, n, e);
    if (rc < 0)
        image_release(out);
    return rc;
}

int image_read(struct image *out, const char *path, struct err *e)
{
    unsigned char *bytes;
    size_t n;
    *out = (struct image){0};
    int rc = file_check_regular(path, e);
    if (rc < 0)
        return rc;
    rc = file_read(&bytes, &n, path, IMAGE_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    rc = image_decode(out, bytes, n, e);
    if (rc < 0)
        err_prefix(e, "%s", path);
    mem_free(bytes);
    return rc;
}

int image_probe(struct image_info *out, const void *bytes, size_t n, struct err *e)
{
    *out = (struct image_info){0};
    const struct picture_format *f = find(bytes, n);
    if (!f)
        return unknown(n, e);
    out->format = f->name;
    return f->probe(out, bytes, n, e);
}
