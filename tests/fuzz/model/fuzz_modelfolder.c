/* fuzz_modelfolder.c: bytes as the model.json of a folder that has no weights. */
#include "fuzz.h"

#include "base/err.h"
#include "model/modelfolder.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    struct model m;
    char path[160];
    snprintf(path, sizeof path, "%s", fuzz_file(data, n, "model.json"));
    path[strlen(path) - strlen("/model.json")] = '\0';
    if (model_open(&m, path, &e) == 0)
        model_close(&m);
    return 0;
}
