/* fuzz_eventfile.c: bytes as a file of events for TensorBoard. */
#include "fuzz.h"

#include "base/err.h"
#include "tf/eventfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    struct eventfile_reader *r;
    struct event_scalar scalar;
    if (eventfile_reader_open(&r, fuzz_file(data, n, "events"), &e) < 0)
        return 0;
    while (eventfile_reader_next(r, &scalar, &e) == 1)
        ;
    eventfile_reader_close(r);
    return 0;
}
