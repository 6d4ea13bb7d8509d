/* fuzz_wave.h: what the fuzz targets of the readers share: open, read all in pieces, write. */
#pragma once

#include "fuzz.h"

#include "base/err.h"
#include "wave/recording.h"
#include "wave/recording_write.h"

#include <string.h>

enum { FUZZ_PIECE = 1000, FUZZ_PIECES = 40 };

// Opens it; reads the first pieces of each channel, and the last one; writes short ones.
static inline void fuzz_open(const char *path, const struct recording_hints *h,
                             const char *written)
{
    static float piece[FUZZ_PIECE];
    struct recording *r;
    struct err e;
    uint64_t most = 0;
    if (recording_open(&r, path, h, &e) < 0)
        return;
    for (size_t i = 0; i < r->n_channels && i < 16; i++) {
        uint64_t n = r->channels[i].n_samples, at = 0;
        for (int k = 0; k < FUZZ_PIECES && at < n; k++) {
            size_t m = n - at < FUZZ_PIECE ? (size_t)(n - at) : FUZZ_PIECE;
            recording_read(r, i, at, m, piece, &e);
            at += m;
        }
        recording_read(r, i, n ? n - 1 : 0, n ? 1 : 0, piece, &e);
        most = n > most ? n : most;
    }
    if (most < FUZZ_PIECE && r->n_channels < 16 && written) {
        char out[160];
        snprintf(out, sizeof out, "%s", fuzz_file("", 0, written));
        recording_write(out, NULL, r, &e);
    }
    recording_close(r);
}
