/*
 * dump_preprocess.c: a picture as a network reads it, for check.py to compare with TensorFlow's.
 *
 * usage: dump_preprocess PICTURE SIDE > float32 [SIDE][SIDE][3]
 */
#include "base/err.h"
#include "base/mem.h"
#include "image/preprocess.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct err e;
    struct image im = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: dump_preprocess PICTURE SIDE\n");
        return 2;
    }
    size_t side = strtoul(argv[2], NULL, 10), n = side * side * 3;
    struct preprocess p = {side, side, 0.875};
    float *out = mem_array(n, sizeof *out);
    int rc = out ? image_read(&im, argv[1], &e) : err_set(&e, ERR_MEMORY, "no memory");
    if (rc == 0) {
        preprocess_eval(out, &p, &im);
        if (fwrite(out, sizeof *out, n, stdout) != n || fflush(stdout) != 0)
            rc = err_set(&e, ERR_IO, "standard output: not written");
    }
    if (rc < 0)
        fprintf(stderr, "dump_preprocess: %s\n", e.text);
    image_release(&im);
    mem_free(out);
    return rc < 0;
}
