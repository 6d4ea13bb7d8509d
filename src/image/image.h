/*
 * image.h: a decoded picture.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;

enum {
    IMAGE_MAX_SIDE = 16384,       // pixels; a larger picture is ERR_LIMIT before any allocation
    IMAGE_MAX_PIXELS = 100 << 20, // width * height
    IMAGE_MAX_BYTES = 256 << 20,  // of a file
};

// 8-bit RGB, rows from the top, no padding between them.
struct image {
    size_t width, height; // > 0
    uint8_t *rgb;         // [height][width][3], owned
};

void image_release(struct image *im); // accepts a zeroed struct

/*
 * Decodes the bytes of one picture file, recognised by its first bytes, never by its name:
 * JPEG, PNG, BMP. Always three channels: grey is replicated, alpha dropped, 16 bits cut to 8,
 * palettes expanded, CMYK converted as TensorFlow does. The bytes are those TensorFlow's
 * decode_image gives. Errors: ERR_FORMAT (damaged or truncated, never a picture with its lower
 * half missing), ERR_UNSUPPORTED (another format, or no picture), ERR_LIMIT, ERR_MEMORY.
 */
int image_decode(struct image *out, const void *bytes, size_t n, struct err *e);

// The same from a file; messages begin with its path. ERR_IO, too.
int image_read(struct image *out, const char *path, struct err *e);

// What is known without decoding.
struct image_info {
    size_t width, height;
    const char *format; // "jpeg", "png", "bmp": static
};
int image_probe(struct image_info *out, const void *bytes, size_t n, struct err *e);

// One PNG file, 8-bit RGB, written into a new block: mem_free().
int image_encode_png(unsigned char **out, size_t *n, const struct image *im, struct err *e);
