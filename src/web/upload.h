/*
 * upload.h: files that come in piece by piece, in a folder of their own.
 *
 * A name that was sent is never a path: what is before the last separator is dropped, what is no
 * letter, digit, '.', '-' or '_' becomes '_', and no name begins with a dot. So x.hea still finds
 * its x.dat, and nothing is written anywhere else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum { UPLOAD_FILES_MAX = 64, UPLOAD_NAME_BYTES = 96 };

struct upload_file {
    char name[UPLOAD_NAME_BYTES]; // in the folder
    char *title;                  // as it was sent, for people; UTF-8
    uint64_t n_bytes;
};

struct upload {
    char *folder;
    struct upload_file files[UPLOAD_FILES_MAX];
    size_t n;
    uint64_t n_bytes, max_bytes;
    int fd; // of the newest file; -1: none
};

// An empty folder within scratch. ERR_IO, ERR_MEMORY.
int upload_new(struct upload **out, const char *scratch, uint64_t max_bytes, struct err *e);

// A piece of a file; offset 0 begins one. ERR_LIMIT: more than max_bytes or UPLOAD_FILES_MAX;
// ERR_IO: a full disk.
int upload_add(struct upload *u, const char *title, const void *data, uint64_t offset, size_t n,
               struct err *e);

char *upload_path(const struct upload *u,
                  size_t i); // the caller's: mem_free(). NULL: no memory
// Puts the name that was sent where an error's text begins with the file's path.
void upload_hide_path(const struct upload *u, size_t i, struct err *e);

void upload_free(struct upload *u); // removes the files and the folder; accepts NULL

void upload_clean_name(char out[UPLOAD_NAME_BYTES], const char *title);
