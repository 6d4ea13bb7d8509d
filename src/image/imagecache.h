/*
 * imagecache.h: pictures that were decoded once, kept in memory so that nothing is decoded again.
 *
 * They are kept compressed by Snappy: of drawn sweeps that takes a fifteenth of the pixels' memory and is
 * opened in a tenth of the time that PNG takes. All functions may be called from any thread.
 */
#pragma once

#include "image/image.h"

#include <stdbool.h>

struct err;
struct imagecache;

// Places for n pictures, which may take up to max_bytes together. ERR_MEMORY.
int imagecache_new(struct imagecache **out, size_t n, size_t max_bytes, struct err *e);
void imagecache_free(struct imagecache *c); // accepts NULL

// Picture i into out, a zeroed struct or a picture whose memory is taken if it has the size. False, out as it was:
// it is not kept, or there is no memory for it.
bool imagecache_get(struct image *out, const struct imagecache *c, size_t i);

// Keeps a copy of picture i, until one finds no room; the first copy of an i stays.
void imagecache_put(struct imagecache *c, size_t i, const struct image *im);

// Bytes that pictures may take beyond what they take now; 0: full.
size_t imagecache_room(const struct imagecache *c);
