/* fuzz_textfile.c: bytes as a file of text, without and with what a person says of it. */
#include "fuzz_wave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct recording_hints h = {.rate_hz = 1000, .unit = "mV", .decimal_comma = true};
    char path[160];
    snprintf(path, sizeof path, "%s", fuzz_file(data, n, "x.csv"));
    fuzz_open(path, NULL, "y.csv");
    fuzz_open(path, &h, "y.bdf");
    return 0;
}
