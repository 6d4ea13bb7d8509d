/* fuzz_sound.c: bytes as a sound file; and as raw floating point. */
#include "fuzz_wave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct recording_hints raw = {
        .dtype = "float32", .rate_hz = 1000, .unit = "uV", .n_channels = 3, .skip_bytes = 5};
    char path[160];
    snprintf(path, sizeof path, "%s", fuzz_file(data, n, "x.wav"));
    if (n > 4 && (!memcmp(data, "RIFF", 4) || !memcmp(data, "fLaC", 4)))
        fuzz_open(path, NULL, "y.wav");
    fuzz_open(path, &raw, "y.wav");
    return 0;
}
