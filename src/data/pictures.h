/*
 * pictures.h: class folders as a list of pictures: what is there, and what it is.
 */
#pragma once

#include <stddef.h>

struct err;
struct items;
struct monitor;

/*
 * Scans a folder of class folders; every picture is decoded once, on n_threads. Errors: ERR_IO,
 * ERR_USAGE (no class folder, or one only), ERR_FORMAT (a class without a single good picture),
 * ERR_CANCELLED. items_release() in any case.
 */
int pictures_scan(struct items *out, const char *folder, size_t n_threads,
                  const struct monitor *monitor, struct err *e);
