/*
 * file.h: whole files and folders.
 *
 * A file is replaced, never overwritten: the new contents go to "<path>.tmp-<pid>", are flushed
 * to disk and renamed. So a reader sees the old or the new file, and a crash or a full disk
 * leaves the old one. The new file has the permissions of the old one; a file that may not be
 * written is not replaced; a symbolic link stays, and the file behind it is replaced. What is no
 * file, as /dev/null or a pipe, is written as it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct err;

// Reads the whole file; *out (ended by a zero that *n does not count) belongs to the caller:
// mem_free(). ERR_LIMIT when it is larger than max_bytes.
int file_read(unsigned char **out, size_t *n, const char *path, size_t max_bytes,
              struct err *e);

// Replaces path by n bytes, durably.
int file_write(const char *path, const void *data, size_t n, struct err *e);

/*
 * A file in the making, for contents that come bit by bit: open, fwrite to f, then commit
 * (flush, fsync, rename) or abandon (nothing is left). Exactly one of the two ends it, and both
 * may be called on a zeroed struct. A failed commit has abandoned.
 */
struct file_draft {
    FILE *f;
    char *path;
    char *draft_path;
};
int file_draft_open(struct file_draft *d, const char *path, struct err *e);
int file_draft_commit(struct file_draft *d, struct err *e);
// Brings to the disk what was written so far: for several drafts that are committed together.
int file_draft_flush(struct file_draft *d, struct err *e);
void file_draft_abandon(struct file_draft *d);

// Writes all of n bytes to an open descriptor. ERR_IO: among others, a full disk.
int file_put(int fd, const void *data, size_t n, struct err *e);

bool file_exists(const char *path);    // anything of that name
bool file_is_folder(const char *path); // follows links
// ERR_IO: a folder, a pipe or a device, which cannot be read at random or would be waited for without
// end; or nothing of that name.
int file_check_regular(const char *path, struct err *e);
bool file_is_same(const char *a,
                  const char *b); // two names of one file or folder, as by a link
int file_size(uint64_t *out, const char *path, struct err *e);
int file_make_folders(const char *path,
                      struct err *e);             // like mkdir -p; 0 if it is there already
int file_remove(const char *path, struct err *e); // a file that is not there is no error

// That a file can be made in folder, and at least n_bytes are free there: asked before long
// work.
int file_check_writable(const char *folder, uint64_t n_bytes, struct err *e);

// Takes a file for this process alone, until file_unlock() or the process ends; makes it if need
// be. ERR_IO when another process has it, with that process's number. *lock: for file_unlock().
int file_lock(int *lock, const char *path, struct err *e);
void file_unlock(int lock); // accepts -1

// "folder/name", "name" if folder is "" or "."; the caller's: mem_free(). NULL: no memory.
char *path_join(const char *folder, const char *name);
const char *path_base(const char *path);      // behind the last '/', borrowed from path
const char *path_extension(const char *path); // "jpg" of "a/b.jpg", "" if none; borrowed

// The names in a folder, sorted by code point (strcmp), without "." and "..".
struct file_list {
    char **names;
    size_t n;
};
int file_list_folder(struct file_list *out, const char *path, struct err *e);
void file_list_release(struct file_list *l);
