/* fuzz_wfdb.c: bytes as a WFDB header. */
#include "fuzz_wave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static unsigned char samples[4096];
    char path[160];
    for (size_t i = 0; i < sizeof samples; i++)
        samples[i] = (unsigned char)(i * 7);
    fuzz_file(samples, sizeof samples, "x.dat");
    snprintf(path, sizeof path, "%s", fuzz_file(data, n, "x.hea"));
    fuzz_open(path, NULL, "y.hea");
    return 0;
}
