/* fuzz_labels.c: bytes as TF-Slim's labels.txt. */
#include "fuzz.h"

#include "base/err.h"
#include "tf/labels.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    char **labels;
    size_t n_labels;
    if (labels_read(&labels, &n_labels, fuzz_file(data, n, "labels.txt"), &e) == 0)
        labels_free(labels, n_labels);
    return 0;
}
