/* image_priv.h: what the picture formats of this folder share. */
#pragma once

#include "image/image.h"

#include <stdbool.h>

// One picture file format. Adding one is one file and one line in image.c's table.
struct picture_format {
    const char *name; // "jpeg"
    bool (*matches)(const unsigned char *bytes, size_t n);
    int (*probe)(struct image_info *out, const unsigned char *bytes, size_t n, struct err *e);
    int (*decode)(struct image *out, const unsigned char *bytes, size_t n, struct err *e);
};

extern const struct picture_format jpeg_format, png_format, bmp_format;

// Checks the size against the limits and allocates the pixels.
int image_allocate(struct image *out, size_t width, size_t height, struct err *e);
int image_check_size(size_t width, size_t height, struct err *e);
