/*
 * fuzz_checkpoint.c: bytes as a checkpoint: a V1 file, the index of a V2, and the state file.
 *
 * A V2's data file is 4 KiB of zeros: values are found or lie outside it.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/mem.h"
#include "tf/checkpoint.h"

#include <string.h>

enum { MAX_ELEMENTS = 1 << 20 };

static void read_all(const char *prefix)
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char zeros[4096];
    struct err e;
    struct checkpoint_state s;
    char path[128];
    read_all(fuzz_file(data, n, "v1.ckpt"));
    fuzz_file(zeros, sizeof zeros, "v2.data-00000-of-00001");
    snprintf(path, sizeof path, "%s", fuzz_file(data, n, "v2.index"));
    path[strlen(path) - strlen(".index")] = '\0';
    read_all(path);
    snprintf(path, sizeof path, "%s", fuzz_file(data, n, "checkpoint"));
    path[strlen(path) - strlen("/checkpoint")] = '\0';
    if (checkpoint_state_read(&s, path, &e) == 0)
        checkpoint_state_release(&s);
    return 0;
}
