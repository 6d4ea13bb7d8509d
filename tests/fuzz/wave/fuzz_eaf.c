/* fuzz_eaf.c: bytes as the spike times beside a recording. */
#include "fuzz_wave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char header[] = "z 1 10000\nz.dat 16 500/mV\n";
    char path[160];
    fuzz_file("\1\0\2\0", 4, "z.dat");
    fuzz_file(data, n, "z.eaf");
    snprintf(path, sizeof path, "%s", fuzz_file(header, sizeof header - 1, "z.hea"));
    fuzz_open(path, NULL, "y.hea");
    return 0;
}
