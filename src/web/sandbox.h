/*
 * sandbox.h: files that somebody sent are read in a process that can do nothing else.
 *
 * Before there are threads, sandbox_start() forks a broker; for each file the broker forks a child
 * that limits itself (setrlimit: memory, processor time, files, file size; seccomp: no system call
 * that opens for writing, connects, starts a program or looks at another process), reads the file,
 * and writes what it found as plain numbers to a descriptor that it was given. The server reads
 * those numbers with checked bounds. A child that crashes or hangs is an error of that file.
 *
 * What it does not do: hide files that the account may read. Nothing of them can leave the machine,
 * but for the answer that goes to the person who sent the file.
 */
#pragma once

struct err;
struct image;
struct sandbox;

int sandbox_start(struct sandbox **out, struct err *e);
void sandbox_stop(struct sandbox *s); // accepts NULL

// image_read() in a child; scratch is a folder for what lies between.
int sandbox_picture(struct image *out, struct sandbox *s, const char *path, const char *scratch,
                    struct err *e);

// recording_open() in a child; *spool is an unnamed file in scratch for spool_open(), the caller's.
int sandbox_recording(int *spool, struct sandbox *s, const char *path, const char *scratch,
                      struct err *e);
