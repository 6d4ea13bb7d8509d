/* fuzz_classmap.c: bytes as a class map. */
#include "fuzz.h"

#include "base/err.h"
#include "data/classmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    struct classmap map;
    if (classmap_read(&map, fuzz_file(data, n, "classes.txt"), &e) < 0)
        return 0;
    classmap_find(&map, "fibrillation");
    classmap_find(&map, "something else");
    classmap_release(&map);
    return 0;
}
