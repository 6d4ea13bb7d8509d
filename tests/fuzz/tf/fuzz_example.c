/* fuzz_example.c: bytes as one tf.train.Example. */
#include "fuzz.h"

#include "base/err.h"
#include "tf/example.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    struct example x;
    example_parse(&x, data, n, &e);
    return 0;
}
