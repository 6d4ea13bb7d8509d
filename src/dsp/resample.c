/*
 * resample.c: see resample.h. The only file that knows libsamplerate.
 *
 * Converter: SRC_SINC_MEDIUM_QUALITY, whose signal-to-noise ratio of 121 dB and passband of 90 %
 * [1] are beyond a 16-bit converter (98 dB) and the anti-aliasing filters of EMG machines.
 *
 * The library takes what is before and after the signal for zero; an offset would ring at both
 * ends. So the straight line through the first and last sample is taken off, and put back on
 * the result, which is exact since a line resampled is the same line.
 *
 * [1] libsamplerate 0.2, API documentation, "Converter types".
 */
#include "dsp/resample.h"

#include "base/err.h"

#include <assert.h>
#include <math.h>
#include <samplerate.h>
#include <string.h>

enum { BLOCK = 2048 };

size_t resample_length(size_t n, double from_hz, double to_hz)
{
    assert(from_hz > 0 && to_hz > 0);
    // the small number: 3 / 4 * 4 / 3 samples are not to become one more by rounding
    return n ? (size_t)ceil((double)n * (to_hz / from_hz) * (1 - 1e-12)) : 0;
}

// Runs the whole signal through the converter, block by block.
static int convert(SRC_STATE *converter, float *out, size_t n_out, const float *in, size_t n,
                   double ratio, double slope)
{
    float block[BLOCK];
    size_t n_in = 0, n_made = 0;
    while (n_made < n_out) {
        size_t n_now = n - n_in < BLOCK ? n - n_in : BLOCK;
        for (size_t i = 0; i < n_now; i++)
            block[i] =
                (float)((double)in[n_in + i] - (double)in[0] - slope * (double)(n_in + i));
        SRC_DATA d = {.data_in = block,
                      .input_frames = (long)n_now,
                      .data_out = out + n_made,
                      .output_frames = (long)(n_out - n_made),
                      .src_ratio = ratio,
                      .end_of_input = n_in + n_now == n};
        if (src_process(converter, &d))
            return -1;
        n_in += (size_t)d.input_frames_used;
        n_made += (size_t)d.output_frames_gen;
        if (n_in == n && !d.output_frames_gen)
            break;
    }
    memset(out + n_made, 0, (n_out - n_made) * sizeof *out);
    return 0;
}

int resample(float *out, const float *in, size_t n, double from_hz, double to_hz, struct err *e)
{
    double ratio = to_hz / from_hz;
    size_t n_out = resample_length(n, from_hz, to_hz);
    if (!src_is_valid_ratio(ratio))
        return err_set(e, ERR_LIMIT, "resampling from %g to %g Hz, wanted at most 256 times",
                       from_hz, to_hz);
    if (n == 0)
        return 0;
    if (ratio == 1) {
        memmove(out, in, n * sizeof *out);
        return 0;
    }
    int status;
    SRC_STATE *converter = src_new(SRC_SINC_MEDIUM_QUALITY, 1, &status);
    if (!converter)
        return err_set(e, ERR_MEMORY, "no memory to resample");
    double slope = n > 1 ? ((double)in[n - 1] - (double)in[0]) / (double)(n - 1) : 0;
    int rc = convert(converter, out, n_out, in, n, ratio, slope);
    src_delete(converter);
    if (rc < 0)
        return err_set(e, ERR_MEMORY, "resampling from %g to %g Hz failed", from_hz, to_hz);
    for (size_t i = 0; i < n_out; i++)
        out[i] = (float)((double)out[i] + (double)in[0] + slope * (double)i / ratio);
    return 0;
}
