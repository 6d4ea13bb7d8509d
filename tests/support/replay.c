/*
 * replay.c: runs a fuzz target without libFuzzer: every file of the folders given, then damaged
 * copies of each (cut off, bytes changed, a stretch taken out or doubled).
 *
 * usage: fuzz_x FOLDER...   SEED=n repeats a run, VARIANTS=n makes n copies of each file
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"

#include <string.h>
#include <time.h>

enum { MAX_BYTES = 1 << 20, MAX_CHANGES = 8 };

// Damages n bytes in place, where there is room for MAX_BYTES; returns how many there are then.
static size_t damage(unsigned char *data, size_t n, struct rng *r)
{
    static const unsigned char edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff, ' ', '\n', '-', '9'};
    uint32_t kind = rng_below(r, 4);
    size_t at = rng_below(r, (uint32_t)n);
    size_t length = 1 + rng_below(r, (uint32_t)(n - at < 64 ? n - at : 64));
    if (kind == 0)
        return at;
    if (kind == 1) {
        memmove(data + at, data + at + length, n - at - length);
        return n - length;
    }
    if (kind == 2 && n + length <= MAX_BYTES) {
        memmove(data + at + length, data + at, n - at);
        return n + length;
    }
    for (uint32_t i = 1 + rng_below(r, MAX_CHANGES); i; i--)
        data[rng_below(r, (uint32_t)n)] = rng_below(r, 2) ? edges[rng_below(r, sizeof edges)]
                                                          : (unsigned char)rng_below(r, 256);
    return n;
}

static int replay(const char *path, size_t n_variants, struct rng *r, struct err *e)
{
    unsigned char *data, *copy = mem_alloc(MAX_BYTES);
    size_t n;
    int rc = file_read(&data, &n, path, MAX_BYTES, e);
    if (rc < 0 || !copy) {
        mem_free(copy);
        return rc < 0 ? rc : err_set(e, ERR_MEMORY, "no memory to replay");
    }
    LLVMFuzzerTestOneInput(data, n);
    for (size_t i = 0; n && i < n_variants; i++) {
        memcpy(copy, data, n);
        LLVMFuzzerTestOneInput(copy, damage(copy, n, r));
    }
    mem_free(data);
    mem_free(copy);
    return 0;
}

int main(int argc, char **argv)
{
    const char *seed_text = getenv("SEED"), *variants = getenv("VARIANTS");
    uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : (uint64_t)time(NULL);
    size_t n_variants = variants ? strtoul(variants, NULL, 10) : 200, n_files = 0;
    struct rng r = rng_of(seed, 0);
    struct err e;
    printf("SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout); // a crash must not take it along
    for (int i = 1; i < argc; i++) {
        struct file_list list;
        int rc = file_list_folder(&list, argv[i], &e);
        for (size_t k = 0; rc == 0 && k < list.n; k++) {
            char *path = path_join(argv[i], list.names[k]);
            rc = path ? replay(path, n_variants, &r, &e) : err_set(&e, ERR_MEMORY, "no memory");
            mem_free(path);
            n_files++;
        }
        file_list_release(&list);
        if (rc < 0) {
            fprintf(stderr, "%s\n", e.text);
            return 1;
        }
    }
    if (!n_files) {
        fprintf(stderr, "no corpus: wanted folders with at least one file\n");
        return 1;
    }
    if (mem_live_blocks()) {
        fprintf(stderr, "%zu blocks leaked\n", mem_live_blocks());
        return 1;
    }
    printf("%zu files, %zu damaged copies of each\n", n_files, n_variants);
    return 0;
}
