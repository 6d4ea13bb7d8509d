/*
 * bmpfile.c: Windows bitmaps, as old machines save screenshots.
 *
 *   0   "BM"                       14  header size (12: OS/2; 40 and more: Windows)
 *   10  u32 offset of the pixels   18  i32 width   22  i32 height (negative: rows from the top)
 *                                  28  u16 bits per pixel   30  u32 compression
 *                                  46  u32 colours used     54  masks, or the palette (BGR0)
 *
 * Rows are padded to four bytes and come from the bottom. Read: 1, 4, 8 bits with a palette,
 * 24, 32, and 16 and 32 with masks (compression 3). Run lengths (1, 2) are rare:
 * ERR_UNSUPPORTED.
 */
#include "image/image_priv.h"

#include "base/bytes.h"
#include "base/err.h"

enum { FILE_HEADER_BYTES = 14, COMPRESSION_NONE = 0, COMPRESSION_MASKS = 3 };

struct bitmap {
    size_t width, height, bits, row_bytes;
    bool from_top;
    const unsigned char *pixels;
    const unsigned char *palette; // [n_colours][4] or [3]
    size_t n_colours, colour_bytes;
    uint32_t mask[3]; // red, green, blue
};

static bool matches(const unsigned char *bytes, size_t n)
{
    return n >= 2 && bytes[0] == 'B' && bytes[1] == 'M';
}

static int damaged(const char *what, struct err *e)
{
    return err_set(e, ERR_FORMAT, "damaged BMP: %s", what);
}

static int read_sizes(struct bitmap *b, const unsigned char *bytes, size_t n, struct err *e)
{
    if (n < FILE_HEADER_BYTES + 12)
        return damaged("ends within its header", e);
    uint32_t header_bytes = load_u32le(bytes + 14);
    if (header_bytes == 12) {
        b->width = load_u16le(bytes + 18);
        b->height = load_u16le(bytes + 20);
        b->bits = load_u16le(bytes + 24);
        return image_check_size(b->width, b->height, e);
    }
    if (header_bytes < 40 || header_bytes > 124 || n < FILE_HEADER_BYTES + (size_t)header_bytes)
        return damaged("a header of unknown size", e);
    int64_t width = (int32_t)load_u32le(bytes + 18), height = (int32_t)load_u32le(bytes + 22);
    b->from_top = height < 0;
    b->width = (size_t)(width < 0 ? 0 : width);
    b->height = (size_t)(height < 0 ? -height : height);
    b->bits = load_u16le(bytes + 28);
    return image_check_size(b->width, b->height, e);
}

static int read_colours(struct bitmap *b, const unsigned char *bytes, size_t n, struct err *e)
{
    size_t header_bytes = load_u32le(bytes + 14), at = FILE_HEADER_BYTES + header_bytes;
    bool is_windows = header_bytes >= 40;
    uint32_t compression = is_windows ? load_u32le(bytes + 30) : COMPRESSION_NONE;
    if (compression != COMPRESSION_NONE && compression != COMPRESSION_MASKS)
        return err_set(e, ERR_UNSUPPORTED,
                       "BMP with compression %u, wanted an uncompressed one", compression);
    b->mask[0] = b->bits == 16 ? 0x7c00 : 0xff0000;
    b->mask[1] = b->bits == 16 ? 0x03e0 : 0x00ff00;
    b->mask[2] = b->bits == 16 ? 0x001f : 0x0000ff;
    if (compression == COMPRESSION_MASKS) {
        if (n < FILE_HEADER_BYTES + 52)
            return damaged("ends within its masks", e);
        for (size_t i = 0; i < 3; i++)
            b->mask[i] = load_u32le(bytes + 54 + 4 * i);
    }
    if (b->bits <= 8) {
        size_t wanted = is_windows ? load_u32le(bytes + 46) : 0;
        b->n_colours = wanted && wanted <= (size_t)1 << b->bits ? wanted : (size_t)1 << b->bits;
        b->colour_bytes = is_windows ? 4 : 3;
        b->palette = bytes + at;
        if (at > n || n - at < b->n_colours * b->colour_bytes)
            return damaged("ends within its palette", e);
    }
    return 0;
}

static int parse(struct bitmap *b, const unsigned char *bytes, size_t n, struct err *e)
{
    *b = (struct bitmap){0};
    int rc = read_sizes(b, bytes, n, e);
    if (rc < 0)
        return rc;
    bool is_known = b->bits == 1 || b->bits == 4 || b->bits == 8 || b->bits == 16 ||
                    b->bits == 24 || b->bits == 32;
    if (!is_known)
        return err_set(e, ERR_UNSUPPORTED, "BMP of %zu bits per pixel", b->bits);
    if ((rc = read_colours(b, bytes, n, e)) < 0)
        return rc;
    size_t offset = load_u32le(bytes + 10);
    b->row_bytes = (b->width * b->bits + 31) / 32 * 4;
    if (offset > n || (n - offset) / b->row_bytes < b->height)
        return damaged("ends within its pixels", e);
    b->pixels = bytes + offset;
    return 0;
}

static int probe(struct image_info *out, const unsigned char *bytes, size_t n, struct err *e)
{
    struct bitmap b = {0};
    int rc = read_sizes(&b, bytes, n, e);
    out->width = b.width;
    out->height = b.height;
    return rc;
}

// The bits of a masked channel, stretched to 0..255.
static uint8_t channel(uint32_t v, uint32_t mask)
{
    if (!mask)
        return 0;
    uint32_t lowest = mask & (~mask + 1);
    uint64_t value = (v & mask) / lowest, most = mask / lowest;
    return (uint8_t)((value * 255 + most / 2) / most);
}

static void take_pixel(const struct bitmap *b, const unsigned char *row, size_t x, uint8_t *rgb)
{
    if (b->bits <= 8) {
        size_t per_byte = 8 / b->bits, shift = (per_byte - 1 - x % per_byte) * b->bits;
        size_t i = (size_t)(row[x / per_byte] >> shift) & (((size_t)1 << b->bits) - 1);
        const unsigned char *c = b->palette + (i < b->n_colours ? i : 0) * b->colour_bytes;
        rgb[0] = c[2];
        rgb[1] = c[1];
        rgb[2] = c[0];
    } else if (b->bits == 24) {
        rgb[0] = row[3 * x + 2];
        rgb[1] = row[3 * x + 1];
        rgb[2] = row[3 * x];
    } else {
        uint32_t v = b->bits == 16 ? load_u16le(row + 2 * x) : load_u32le(row + 4 * x);
        for (size_t i = 0; i < 3; i++)
            rgb[i] = channel(v, b->mask[i]);
    }
}

static int decode(struct image *out, const unsigned char *bytes, size_t n, struct err *e)
{
    struct bitmap b;
    int rc = parse(&b, bytes, n, e);
    if (rc == 0)
        rc = image_allocate(out, b.width, b.height, e);
    for (size_t y = 0; rc == 0 && y < b.height; y++) {
        const unsigned char *row = b.pixels + (b.from_top ? y : b.height - 1 - y) * b.row_bytes;
        for (size_t x = 0; x < b.width; x++)
            take_pixel(&b, row, x, out->rgb + 3 * (y * b.width + x));
    }
    return rc;
}

const struct picture_format bmp_format = {"bmp", matches, probe, decode};
