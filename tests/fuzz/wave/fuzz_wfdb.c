/* fuzz_wfdb.c: bytes as a WFDB header, and as the annotations beside a good one. */
#include "fuzz_wave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static unsigned char samples[4096];
    static const char header[] = "x 2 23437.5 100\nx.dat 16 10/uV\nx.dat 16 10/uV\n";
    char path[160];
    for (size_t i = 0; i < sizeof samples; i++)
        samples[i] = (unsigned char)(i * 7);
    fuzz_file(samples, sizeof samples, "x.dat");
    fuzz_file("", 0, "x.atr");
    snprintf(path, sizeof path, "%s", fuzz_file(data, n, "x.hea"));
    fuzz_open(path, NULL, "y.hea");
    fuzz_file(data, n, "x.atr");
    fuzz_file(header, sizeof header - 1, "x.hea");
    fuzz_open(path, NULL, "y.edf");
    return 0;
}
