/* fuzz_rawfile.c: bytes as raw numbers; the first four say of which type, and how they lie. */
#include "fuzz_wave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const double gains[] = {0, 1, -2.5, 1e-15, 1e15};
    size_t n_types = 0;
    char path[160];
    if (n < 4)
        return 0;
    do
        n_types++;
    while (recording_dtypes[n_types]);
    const struct recording_hints h = {.dtype = recording_dtypes[data[0] % n_types],
                                      .rate_hz = data[1] % 16 * 3906.25,
                                      .unit = data[1] & 16 ? "mV" : "counts",
                                      .counts_per_uv = gains[data[1] / 32 % 5],
                                      .n_channels = data[2],
                                      .skip_bytes = data[3]};
    snprintf(path, sizeof path, "%s", fuzz_file(data + 4, n - 4, "x.bin"));
    fuzz_open(path, &h, data[3] & 1 ? "y.hea" : "y.bdf");
    return 0;
}
