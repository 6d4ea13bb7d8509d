/*
 * export_pictures.h: the pictures of a data set as files again.
 */
#pragma once

#include <stdint.h>

struct err;
struct monitor;

/*
 * Writes <out>/<split>/<class>/<number>.<format>, bytes as they are in the records; the number is
 * the example's in its split. *n: how many were written. ERR_USAGE: a data set of signals, or out
 * is no empty folder; ERR_IO, ERR_FORMAT, ERR_CANCELLED.
 */
int export_pictures(uint64_t *n, const char *folder, const char *out,
                    const struct monitor *monitor, struct err *e);
