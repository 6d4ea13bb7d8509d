/* fuzz_edf.c: bytes as an EDF or BDF file. */
#include "fuzz_wave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct recording_hints h = {.rate_hz = 1000};
    char path[160];
    snprintf(path, sizeof path, "%s", fuzz_file(data, n, "x.edf"));
    fuzz_open(path, NULL, "y.edf");
    fuzz_open(path, &h, "y.hea");
    return 0;
}
