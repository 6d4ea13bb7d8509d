/*
 * pictures.h: class folders as a list of pictures: what is there, what it is, whose it is.
 */
#pragma once

#include "base/arena.h"
#include "base/sha256.h"

#include <stdbool.h>
#include <stddef.h>

struct err;
struct monitor;

struct picture {
    const char *file; // "class folder/name"
    size_t label;
    const char *patient, *recording; // NULL: not known
    const char *format;              // "jpeg", "png", "bmp"
    size_t width, height, n_bytes;
    char sha256[SHA256_HEX_BYTES]; // of the file's bytes
};

// A file that is not in the data set, and why.
struct left_out {
    const char *file, *why;
    bool is_rejected; // a picture that cannot be read; else skipped: hidden, or no picture
};

struct pictures {
    struct arena arena; // all strings
    char **classes;     // [n_classes] folder names, sorted by code point
    size_t n_classes;
    struct picture *pictures; // by class, then by name (code point)
    size_t n;
    struct left_out *left_out;
    size_t n_left_out;
    bool has_patients; // every picture has one
};

/*
 * Scans a folder of class folders; every picture is decoded once, on n_threads. Errors: ERR_IO,
 * ERR_USAGE (no class folder, or one only), ERR_FORMAT (a class without a single good picture),
 * ERR_CANCELLED.
 */
int pictures_scan(struct pictures *out, const char *folder, size_t n_threads,
                  const struct monitor *monitor, struct err *e);
void pictures_release(struct pictures *p); // accepts a zeroed struct

/*
 * Patients from a CSV file (RFC 4180; a header line names the columns): `image`, `picture` or
 * `file` ("class/name", or a name that is unique) and `patient` are wanted; `class` must agree
 * with the folder; `recording` or `record` is taken. A picture without a line, or a line without
 * a picture that was scanned or left out, is ERR_FORMAT with its name.
 */
int pictures_read_manifest(struct pictures *p, const char *path, struct err *e);

// Patients from file names: the first group of a POSIX extended regular expression.
int pictures_match_patients(struct pictures *p, const char *pattern, struct err *e);
