/*
 * fuzz_checkpoint.c: bytes as a checkpoint: a V1 file, the index of a V2, and the state file.
 *
 * A V2's data file is 4 KiB of zeros: values are found or lie outside it.
 */
#include "fuzz_checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char zeros[4096];
    struct err e;
    struct checkpoint_state s;
    char path[128];
    fuzz_read_checkpoint(fuzz_file(data, n, "v1.ckpt"));
    fuzz_file(zeros, sizeof zeros, "v2.data-00000-of-00001");
    snprintf(path, sizeof path, "%s", fuzz_file(data, n, "v2.index"));
    path[strlen(path) - strlen(".index")] = '\0';
    fuzz_read_checkpoint(path);
    snprintf(path, sizeof path, "%s", fuzz_file(data, n, "checkpoint"));
    path[strlen(path) - strlen("/checkpoint")] = '\0';
    if (checkpoint_state_read(&s, path, &e) == 0)
        checkpoint_state_release(&s);
    return 0;
}
