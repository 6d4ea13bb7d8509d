/* fft.c: see fft.h. The only file that knows kissfft. */
#include "dsp/fft.h"

#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <kissfft/kiss_fftr.h>
#include <string.h>

struct fft {
    size_t n;
    kiss_fftr_cfg forward, inverse;
};

size_t fft_good_length(size_t n)
{
    assert(n <= FFT_MAX_LENGTH / 2);
    size_t length = n < 2 ? 2 : n + n % 2;
    for (;; length += 2) {
        size_t rest = length;
        for (size_t factor = 2; factor <= 5; factor++)
            while (rest % factor == 0)
                rest /= factor;
        if (rest == 1)
            return length;
    }
}

// A plan in memory of ours.
static kiss_fftr_cfg plan(size_t n, int is_inverse)
{
    size_t n_bytes = 0;
    kiss_fftr_alloc((int)n, is_inverse, NULL, &n_bytes); // only tells the size
    void *memory = mem_alloc(n_bytes);
    return memory ? kiss_fftr_alloc((int)n, is_inverse, memory, &n_bytes) : NULL;
}

int fft_new(struct fft **out, size_t n, struct err *e)
{
    assert(n == fft_good_length(n));
    *out = NULL;
    struct fft *f = mem_zalloc(sizeof *f);
    if (f) {
        f->n = n;
        f->forward = plan(n, 0);
        f->inverse = plan(n, 1);
    }
    if (!f || !f->forward || !f->inverse) {
        fft_free(f);
        return err_set(e, ERR_MEMORY, "no memory for a Fourier transform of %zu values", n);
    }
    *out = f;
    return 0;
}

void fft_free(struct fft *f)
{
    if (!f)
        return;
    mem_free(f->forward);
    mem_free(f->inverse);
    mem_free(f);
}

void fft_forward(struct fft *f, float *out, const float *in)
{
    kiss_fftr(f->forward, in, (kiss_fft_cpx *)out);
}

void fft_inverse(struct fft *f, float *out, const float *in)
{
    kiss_fftri(f->inverse, (const kiss_fft_cpx *)in, out);
    float scale = 1 / (float)f->n;
    for (size_t i = 0; i < f->n; i++)
        out[i] *= scale;
}
