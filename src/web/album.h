/*
 * album.h: pictures that were sent, decoded in the sandbox and kept as PNG files of our own making,
 * which later readers may trust. The newest ALBUM_MAX stay.
 *
 * Threads: every function may be called from any.
 */
#pragma once

#include <stddef.h>

struct album;
struct err;
struct image;

enum { ALBUM_MAX = 512, ALBUM_ID_BYTES = 17 };

int album_new(struct album **out, const char *scratch, struct err *e); // borrows scratch
void album_free(struct album *a);                                      // accepts NULL

int album_add(char id[ALBUM_ID_BYTES], struct album *a, const struct image *im, struct err *e);

// The file of an id; the caller's: mem_free(). NULL: not there.
char *album_path(struct album *a, const char *id);

// The id that a path of album_path() has, borrowed from out.
void album_id_of(char id[ALBUM_ID_BYTES], const char *path);
