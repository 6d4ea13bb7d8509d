/* fuzz_manifest.c: bytes as a manifest of pictures, and as one of recordings. */
#include "fuzz.h"

#include "base/err.h"
#include "data/items.h"
#include "data/manifest.h"

static void read_manifest(const char *path, const char *const *files, size_t n_files,
                          size_t n_classes)
{
    static char fibs[] = "Fibs", psw[] = "PSW";
    char *classes[] = {fibs, psw};
    struct err e;
    struct items items;
    items_init(&items, n_classes ? "picture" : "recording");
    items.classes = classes;
    items.n_classes = n_classes;
    for (size_t i = 0; i < n_files; i++) {
        struct item *x = items_add(&items);
        if (!x)
            break;
        x->file = files[i];
        x->label = n_classes ? i % n_classes : 0;
    }
    manifest_read(&items, path, &e);
    items.classes = NULL;
    items_release(&items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const pictures[] = {"Fibs/a.png", "PSW/b.png"};
    static const char *const recordings[] = {"a.hea", "b/c.edf", "d/c.edf"};
    const char *path = fuzz_file(data, n, "manifest.csv");
    read_manifest(path, pictures, 2, 2);
    read_manifest(path, recordings, 3, 0);
    return 0;
}
