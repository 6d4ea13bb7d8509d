/* fuzz_wfdb_annotations.c: bytes as the annotations beside a good WFDB header. */
#include "fuzz_wave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char header[] = "x 2 23437.5 100\nx.dat 16 10/uV\nx.dat 16 10/uV\n";
    static unsigned char samples[400];
    char path[160];
    for (size_t i = 0; i < sizeof samples; i++)
        samples[i] = (unsigned char)(i * 7);
    fuzz_file(samples, sizeof samples, "x.dat");
    fuzz_file(data, n, "x.atr");
    snprintf(path, sizeof path, "%s", fuzz_file(header, sizeof header - 1, "x.hea"));
    fuzz_open(path, NULL, "y.edf");
    fuzz_open(path, NULL, "y.hea");
    return 0;
}
