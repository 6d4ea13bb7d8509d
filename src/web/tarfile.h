/* tarfile.h: several files as one, in the ustar format of POSIX (IEEE 1003.1, pax), to be sent. */
#pragma once

struct err;

// Appends a file under a name of up to 99 bytes to a descriptor. ERR_IO, ERR_LIMIT.
int tar_add(int fd, const char *name, const char *path, struct err *e);
int tar_end(int fd, struct err *e);
