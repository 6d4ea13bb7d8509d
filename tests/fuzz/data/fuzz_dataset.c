/* fuzz_dataset.c: bytes as the dataset.json, and as the only shard, of a data set. */
#include "fuzz.h"

#include "base/err.h"
#include "data/dataset.h"

#include <string.h>

static void open_all(const char *folder)
{
    struct err e;
    struct dataset d;
    struct input input;
    struct examples x;
    if (dataset_open(&d, folder, &e) < 0)
        return;
    dataset_input(&input, &d, &e);
    if (examples_load(&x, &d, "train", &e) == 0)
        examples_release(&x);
    dataset_close(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char labels[] = "0:Fibs\n1:PSW\n";
    char folder[160];
    snprintf(folder, sizeof folder, "%s", fuzz_file(labels, sizeof labels - 1, "labels.txt"));
    folder[strlen(folder) - strlen("/labels.txt")] = '\0';
    fuzz_file("", 0, "x_train_00000-of-00001.tfrecord");
    fuzz_file(data, n, "dataset.json");
    open_all(folder);
    fuzz_file("{\"schema\":1,\"splits\":{},\"hash\":\"\"}", 34, "dataset.json");
    fuzz_file(data, n, "x_train_00000-of-00001.tfrecord");
    open_all(folder);
    return 0;
}
