/* fuzz_checkpoint.h: what the fuzz targets of checkpoints share: read every tensor. */
#pragma once

#include "fuzz.h"

#include "base/err.h"
#include "base/mem.h"
#include "tf/checkpoint.h"

#include <string.h>

enum { MAX_ELEMENTS = 1 << 20 };

static inline void fuzz_read_checkpoint(const char *prefix)
{
    struct err e;
    struct checkpoint_reader *r;
    if (checkpoint_reader_open(&r, prefix, &e) < 0)
        return;
    for (size_t i = 0; i < checkpoint_reader_n(r); i++) {
        const struct checkpoint_entry *x = checkpoint_reader_entry(r, i);
        checkpoint_reader_find(r, x->name);
        if (x->n_elements > MAX_ELEMENTS)
            continue;
        float *floats = mem_array(x->n_elements, sizeof *floats);
        int64_t *integers = mem_array(x->n_elements, sizeof *integers);
        if (floats && integers) {
            checkpoint_reader_floats(r, x, floats, &e);
            checkpoint_reader_integers(r, x, integers, &e);
        }
        mem_free(floats);
        mem_free(integers);
    }
    checkpoint_reader_close(r);
}
