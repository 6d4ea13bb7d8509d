/*
 * pngfile.c: PNG by libpng: any depth and colour to 8-bit RGB (16 bits cut to 8, palettes
 * expanded, alpha dropped, as TensorFlow does), and RGB to PNG.
 *
 * libpng leaves a function by longjmp when something is wrong: only here, and only from its own
 * calls back into decode_rows() and encode_rows().
 */
#include "image/image_priv.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

enum { MAX_CHUNK_BYTES = 8 << 20, HEADER_BYTES = 24 };

static bool matches(const unsigned char *bytes, size_t n)
{
    return n >= 8 && !png_sig_cmp(bytes, 0, 8);
}

static int probe(struct image_info *out, const unsigned char *bytes, size_t n, struct err *e)
{
    if (n < HEADER_BYTES || memcmp(bytes + 12, "IHDR", 4) != 0)
        return err_set(e, ERR_FORMAT, "damaged PNG: no header");
    out->width =
        (size_t)bytes[16] << 24 | (size_t)bytes[17] << 16 | (size_t)bytes[18] << 8 | bytes[19];
    out->height =
        (size_t)bytes[20] << 24 | (size_t)bytes[21] << 16 | (size_t)bytes[22] << 8 | bytes[23];
    return image_check_size(out->width, out->height, e);
}

static void on_error(png_structp png, png_const_charp why)
{
    struct err *e = png_get_error_ptr(png);
    err_set(e, ERR_FORMAT, "damaged PNG: %s", why);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp why)
{
    (void)png;
    (void)why;
}

static void on_read(png_structp png, png_bytep to, size_t n)
{
    struct cursor *c = png_get_io_ptr(png);
    const unsigned char *from = cursor_take(c, n);
    if (!from)
        png_error(png, "ends too early");
    memcpy(to, from, n);
}

// All that libpng does between setjmp and the end. 0, or -1 after on_error().
static int decode_rows(png_structp png, png_infop info, struct image *out, png_bytep *rows)
{
    if (setjmp(png_jmpbuf(png)))
        return -1;
    png_set_expand(png);
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    png_set_gray_to_rgb(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_rowbytes(png, info) != 3 * out->width)
        png_error(png, "its rows are not RGB");
    png_read_image(png, rows);
    png_read_end(png, NULL);
    return 0;
}

static int read_info(png_structp png, png_infop info)
{
    if (setjmp(png_jmpbuf(png)))
        return -1;
    png_set_user_limits(png, IMAGE_MAX_SIDE, IMAGE_MAX_SIDE);
    png_set_chunk_malloc_max(png, MAX_CHUNK_BYTES);
    png_read_info(png, info);
    return 0;
}

static int decode(struct image *out, const unsigned char *bytes, size_t n, struct err *e)
{
    struct cursor c = cursor_of(bytes, n);
    struct image_info size;
    int rc = probe(&size, bytes, n, e);
    if (rc < 0)
        return rc;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, e, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    png_bytep *rows = mem_array(size.height, sizeof *rows);
    if (!info || !rows)
        rc = err_set(e, ERR_MEMORY, "no memory to read a PNG");
    if (rc == 0)
        rc = image_allocate(out, size.width, size.height, e);
    for (size_t y = 0; rc == 0 && y < size.height; y++)
        rows[y] = out->rgb + y * 3 * size.width;
    if (rc == 0) {
        png_set_read_fn(png, &c, on_read);
        if (read_info(png, info) < 0 || decode_rows(png, info, out, rows) < 0)
            rc = (int)e->code;
    }
    mem_free(rows);
    if (png)
        png_destroy_read_struct(&png, info ? &info : NULL, NULL);
    return rc;
}

static void on_write(png_structp png, png_bytep from, size_t n)
{
    struct buffer *b = png_get_io_ptr(png);
    buffer_append(b, from, n);
    if (b->failed)
        png_error(png, "no memory");
}

static void on_flush(png_structp png)
{
    (void)png;
}

static int encode_rows(png_structp png, png_infop info, const struct image *im)
{
    if (setjmp(png_jmpbuf(png)))
        return -1;
    png_set_IHDR(png, info, (png_uint_32)im->width, (png_uint_32)im->height, 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (size_t y = 0; y < im->height; y++)
        png_write_row(png, im->rgb + y * 3 * im->width);
    png_write_end(png, NULL);
    return 0;
}

int image_encode_png(unsigned char **out, size_t *n, const struct image *im, struct err *e)
{
    struct buffer b = {0};
    *out = NULL;
    *n = 0;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, e, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    int rc = info ? 0 : err_set(e, ERR_MEMORY, "no memory to write a PNG");
    if (rc == 0) {
        png_set_write_fn(png, &b, on_write, on_flush);
        if (encode_rows(png, info, im) < 0)
            rc = b.failed ? err_set(e, ERR_MEMORY, "no memory to write a PNG") : (int)e->code;
    }
    if (png)
        png_destroy_write_struct(&png, info ? &info : NULL);
    if (rc < 0) {
        buffer_release(&b);
        return rc;
    }
    *out = b.data;
    *n = b.n;
    return 0;
}

const struct picture_format png_format = {"png", matches, probe, decode};
