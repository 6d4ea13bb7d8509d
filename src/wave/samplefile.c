/*
 * samplefile.c: see wave_priv.h. A file of binary numbers, read at random through one window
 * of SAMPLEFILE_WINDOW_BYTES: whoever reads samples in order reads each byte once.
 */
#include "wave/wave_priv.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512 }; // numbers decoded at a time, on the stack

int samplefile_open(struct samplefile *f, const char *path, struct err *e)
{
    *f = (struct samplefile){.fd = -1, .path = path, .ahead = SAMPLEFILE_WINDOW_BYTES};
    int rc = file_check_regular(path, e);
    if (rc == 0)
        rc = file_size(&f->n_bytes, path, e);
    if (rc < 0)
        return rc;
    f->window = mem_alloc(SAMPLEFILE_WINDOW_BYTES);
    if (!f->window)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    f->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0) {
        rc = err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
        samplefile_close(f);
    }
    return rc;
}

void samplefile_close(struct samplefile *f)
{
    if (f->fd >= 0)
        close(f->fd);
    mem_free(f->window);
    f->fd = -1;
    f->window = NULL;
}

int samplefile_bytes(const unsigned char **out, struct samplefile *f, uint64_t offset, size_t n,
                     struct err *e)
{
    assert(n <= SAMPLEFILE_WINDOW_BYTES);
    *out = f->window;
    if (offset >= f->window_at && n <= f->n_window &&
        offset - f->window_at <= f->n_window - n) {
        *out = f->window + (offset - f->window_at);
        return 0;
    }
    f->window_at = offset;
    f->n_window = 0;
    size_t wanted = n > f->ahead ? n : f->ahead;
    while (f->n_window < n) { // what comes along may be asked for next
        ssize_t got = offset > INT64_MAX - f->n_window
                          ? 0
                          : pread(f->fd, f->window + f->n_window, wanted - f->n_window,
                                  (off_t)(offset + f->n_window));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(e, ERR_IO, "%s: %s", f->path, strerror(errno));
        if (got == 0)
            return err_set(e, ERR_IO, "%s: ends at byte %llu, wanted %llu", f->path,
                           (unsigned long long)(offset + f->n_window),
                           (unsigned long long)(offset + n));
        f->n_window += (size_t)got;
    }
    return 0;
}

static size_t width_of(enum sample_coding c)
{
    static const unsigned char width[] = {
        [SAMPLE_CODING_I8] = 1,    [SAMPLE_CODING_U8] = 1,    [SAMPLE_CODING_I16LE] = 2,
        [SAMPLE_CODING_I16BE] = 2, [SAMPLE_CODING_U16LE] = 2, [SAMPLE_CODING_I24LE] = 3,
        [SAMPLE_CODING_I32LE] = 4, [SAMPLE_CODING_I32BE] = 4, [SAMPLE_CODING_F32LE] = 4,
        [SAMPLE_CODING_F64LE] = 8, [SAMPLE_CODING_P212] = 0,
    };
    return width[c];
}

uint64_t sample_coding_bytes(enum sample_coding c, uint64_t n)
{
    return c == SAMPLE_CODING_P212 ? n / 2 * 3 + n % 2 * 2 : n * width_of(c);
}

uint64_t sample_coding_count(enum sample_coding c, uint64_t n_bytes)
{
    return c == SAMPLE_CODING_P212 ? n_bytes / 3 * 2 + (n_bytes % 3 == 2)
                                   : n_bytes / width_of(c);
}

static double f32_of(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return (double)v;
}

static double f64_of(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static int32_t i32_of(uint32_t v)
{
    return v < 0x80000000u ? (int32_t)v : (int32_t)(v - 0x80000000u) + INT32_MIN;
}

// The number of `n_bits` bits in v.
static int32_t signed_of(uint32_t v, unsigned n_bits)
{
    uint32_t top = 1u << (n_bits - 1);
    return (int32_t)((v & (2 * top - 1)) ^ top) - (int32_t)top;
}

/*
 * Format 212: the low 12 bits of the first two bytes are the even number; the odd number has
 * its low byte in the third and its high four bits on top of the second.
 */
static void decode_p212(const unsigned char *p, bool is_odd, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t v =
            is_odd ? (uint32_t)(p[1] & 0xf0) << 4 | p[2] : (uint32_t)(p[1] & 0x0f) << 8 | p[0];
        out[i] = signed_of(v, 12);
        p += is_odd ? 3 : 0;
        is_odd = !is_odd;
    }
}

static uint32_t load_u24le(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static uint32_t load_u32be(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

// is_odd: of P212, whose numbers do not begin at bytes.
static void decode(enum sample_coding c, const unsigned char *p, bool is_odd, size_t n,
                   double *out)
{
    switch (c) {
    case SAMPLE_CODING_I8:
        for (size_t i = 0; i < n; i++)
            out[i] = signed_of(p[i], 8);
        break;
    case SAMPLE_CODING_U8:
        for (size_t i = 0; i < n; i++)
            out[i] = p[i] - 128;
        break;
    case SAMPLE_CODING_I16LE:
        for (size_t i = 0; i < n; i++)
            out[i] = signed_of(load_u16le(p + 2 * i), 16);
        break;
    case SAMPLE_CODING_I16BE:
        for (size_t i = 0; i < n; i++)
            out[i] = signed_of((uint32_t)p[2 * i] << 8 | p[2 * i + 1], 16);
        break;
    case SAMPLE_CODING_U16LE:
        for (size_t i = 0; i < n; i++)
            out[i] = load_u16le(p + 2 * i) - 32768;
        break;
    case SAMPLE_CODING_I24LE:
        for (size_t i = 0; i < n; i++)
            out[i] = signed_of(load_u24le(p + 3 * i), 24);
        break;
    case SAMPLE_CODING_I32LE:
        for (size_t i = 0; i < n; i++)
            out[i] = i32_of(load_u32le(p + 4 * i));
        break;
    case SAMPLE_CODING_I32BE:
        for (size_t i = 0; i < n; i++)
            out[i] = i32_of(load_u32be(p + 4 * i));
        break;
    case SAMPLE_CODING_F32LE:
        for (size_t i = 0; i < n; i++)
            out[i] = f32_of(load_u32le(p + 4 * i));
        break;
    case SAMPLE_CODING_F64LE:
        for (size_t i = 0; i < n; i++)
            out[i] = f64_of(load_u64le(p + 8 * i));
        break;
    case SAMPLE_CODING_P212:
        decode_p212(p, is_odd, n, out);
        break;
    }
}

// Numbers [first, first + n) of the file, n at most BLOCK, whoever they belong to.
static int read_run(struct samplefile *f, const struct sample_layout *l, uint64_t first,
                    size_t n, double *out, struct err *e)
{
    const unsigned char *p;
    bool is_packed = l->coding == SAMPLE_CODING_P212, is_odd = is_packed && first % 2;
    uint64_t from = is_packed ? first / 2 * 3 : first * width_of(l->coding);
    size_t n_bytes = (size_t)sample_coding_bytes(l->coding, n + is_odd);
    int rc = samplefile_bytes(&p, f, l->offset_bytes + from, n_bytes, e);
    if (rc == 0)
        decode(l->coding, p, is_odd, n, out);
    return rc;
}

/*
 * Numbers of a frame that belong to one channel lie together. Short frames are decoded whole
 * and picked from, long ones only where the channel is.
 */
int samplefile_counts(struct samplefile *f, const struct sample_layout *l, uint64_t first,
                      size_t n, double *out, struct err *e)
{
    double block[BLOCK];
    size_t n_frames = l->frame <= BLOCK / 4 ? BLOCK / l->frame : 0, done = 0;
    while (done < n) {
        uint64_t frame = (first + done) / l->per_frame;
        size_t within = (size_t)((first + done) % l->per_frame), rest = l->per_frame - within;
        size_t run = rest < n - done ? rest : n - done;
        int rc;
        if (l->frame == l->per_frame || n_frames == 0) {
            run = l->frame == l->per_frame ? n - done : run;
            run = run < BLOCK ? run : BLOCK;
            rc = read_run(f, l, frame * l->frame + l->at + within, run, out + done, e);
            done += run;
        } else {
            size_t wanted = (within + n - done + l->per_frame - 1) / l->per_frame;
            size_t k = wanted < n_frames ? wanted : n_frames;
            rc = read_run(f, l, frame * l->frame + l->at, (k - 1) * l->frame + l->per_frame,
                          block, e);
            for (size_t i = 0; rc == 0 && i < k; i++)
                for (size_t j = i ? 0 : within; j < l->per_frame && done < n; j++)
                    out[done++] = block[i * l->frame + j];
        }
        if (rc < 0)
            return rc;
    }
    return 0;
}

int samplefile_values(struct samplefile *f, const struct sample_layout *l,
                      const struct channel *c, uint64_t first, size_t n, float *out,
                      struct err *e)
{
    double counts[BLOCK] = {0}, gain = c->counts_per_uv != 0 ? c->counts_per_uv : 1;
    for (size_t done = 0; done < n; done += BLOCK) {
        size_t k = n - done < BLOCK ? n - done : BLOCK;
        int rc = samplefile_counts(f, l, first + done, k, counts, e);
        if (rc < 0)
            return rc;
        for (size_t i = 0; i < k; i++)
            out[done + i] = (float)((counts[i] - c->baseline_counts) / gain);
    }
    return 0;
}
