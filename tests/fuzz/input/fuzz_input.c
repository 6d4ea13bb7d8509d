/* fuzz_input.c: bytes as a tf.train.Example, read as every kind of input. */
#include "fuzz.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "input/input.h"
#include "tf/example.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct input inputs[] = {input_of_pictures(32),
                                   input_of_signals(INPUT_SIGNAL, 10000, 200, SCALING_UV),
                                   input_of_signals(INPUT_SIGNAL, 10000, 200, SCALING_ROBUST),
                                   input_of_signals(INPUT_MEL, 10000, 200, SCALING_UV)};
    struct err e;
    struct example x;
    if (example_parse(&x, data, n, &e) < 0)
        return 0;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        for (int augment = AUGMENT_NONE; augment <= AUGMENT_WAVEFORM; augment++) {
            struct rng r = rng_of(1, (uint64_t)augment);
            float *out = mem_array(input_floats(&inputs[i]), sizeof *out);
            if (out && input_can_augment(&inputs[i], (enum augment_kind)augment))
                input_read_example(out, &inputs[i], &x, (enum augment_kind)augment, &r, &e);
            mem_free(out);
        }
    return 0;
}
