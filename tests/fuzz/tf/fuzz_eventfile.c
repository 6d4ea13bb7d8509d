/*
 * fuzz_eventfile.c: bytes as a file of events for TensorBoard; and as the event of one record with right
 * checksums, so that what stands within them is read.
 */
#include "fuzz.h"

#include "base/bytes.h"
#include "base/err.h"
#include "tf/crc32c.h"
#include "tf/eventfile.h"

#include <string.h>

enum { MAX_EVENT = 1 << 16 };

static void read_all(const char *path)
{
    struct err e;
    struct eventfile_reader *r;
    struct event_scalar scalar;
    if (eventfile_reader_open(&r, path, &e) < 0)
        return;
    while (eventfile_reader_next(r, &scalar, &e) == 1)
        ;
    eventfile_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static unsigned char record[MAX_EVENT + 16];
    read_all(fuzz_file(data, n, "events"));
    if (!n || n > MAX_EVENT)
        return 0;
    store_u64le(record, n);
    store_u32le(record + 8, crc32c_masked(record, 8));
    memcpy(record + 12, data, n);
    store_u32le(record + 12 + n, crc32c_masked(data, n));
    read_all(fuzz_file(record, n + 16, "events"));
    return 0;
}
