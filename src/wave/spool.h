/*
 * spool.h: a recording as plain numbers, from one process of this program to another: what reads a
 * file that nobody trusts hands to what must stay whole.
 *
 *   bytes 0 to 7     "NEMGSPL1"
 *   bytes 8 to 15    n, the length of the header, little-endian
 *   n bytes          the facts, as JSON
 *   from the next multiple of SPOOL_ALIGNMENT on: float32 of all channels, one behind the other
 *
 * It never outlives the two processes, so it has no version. The reader believes nothing: lengths
 * are held against the file's, values that are no numbers are 0.
 */
#pragma once

struct err;
struct recording;

enum { SPOOL_ALIGNMENT = 4096, SPOOL_HEADER_MAX_BYTES = 256 << 20 };

// Writes all of r from the beginning of fd on. ERR_IO: among others, a full disk.
int spool_write(int fd, struct recording *r, struct err *e);

// Takes fd, in any case. ERR_FORMAT: not what spool_write() wrote.
int spool_open(struct recording **out, int fd, struct err *e);
