/*
 * fuzz.h: what a fuzz target needs: its input as a file, for readers that take a path.
 *
 * A target is tests/fuzz/<folder>/fuzz_<stem>.c with LLVMFuzzerTestOneInput(). The preset "fuzz"
 * links it with libFuzzer; every other build links replay.c, which runs it on the files of
 * tests/fuzz/corpus/<stem>/ and on damaged copies of them. What a target must hold: no crash, no
 * leak, no finding of a sanitizer, whatever the bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static inline void fuzz_clean_up(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf /dev/shm/nemg-fuzz-%ld /tmp/nemg-fuzz-%ld",
             (long)getpid(), (long)getpid());
    if (system(command))
        fprintf(stderr, "left behind: nemg-fuzz-%ld\n", (long)getpid());
}

// Writes bytes to `name` in a folder of this process, in memory where there is such a file
// system; the same name is overwritten. The path is good until the next call.
static inline const char *fuzz_file(const void *data, size_t n, const char *name)
{
    static char path[128];
    const char *root = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
    int at = snprintf(path, sizeof path, "%s/nemg-fuzz-%ld", root, (long)getpid());
    if (mkdir(path, 0700) == 0)
        atexit(fuzz_clean_up);
    snprintf(path + at, sizeof path - (size_t)at, "/%s", name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0)
        abort();
    return path;
}
