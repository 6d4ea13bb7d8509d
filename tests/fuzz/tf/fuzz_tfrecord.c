/* fuzz_tfrecord.c: bytes as a TFRecord file, plain or GZIP. */
#include "fuzz.h"

#include "base/err.h"
#include "tf/tfrecord.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    struct tfrecord_reader *r;
    const unsigned char *record;
    size_t n_record;
    int rc;
    if (tfrecord_reader_open(&r, fuzz_file(data, n, "records"), &e) < 0)
        return 0;
    do // a damaged record is passed over
        rc = tfrecord_reader_next(r, &record, &n_record, &e);
    while (rc == 1 || rc == ERR_FORMAT);
    tfrecord_reader_close(r);
    return 0;
}
