/*
 * imagecache.c: see imagecache.h.
 *
 * A place is a pointer that is set once and then stays, so that reading takes no lock. What is full stays as it
 * is: an epoch asks for each picture once, and whatever is put out for another would be missed as
 * often.
 */
#include "image/imagecache.h"

#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <snappy-c.h>
#include <stdatomic.h>
#include <string.h>

struct kept {
    size_t width, height, n_bytes;
    char bytes[];
};

struct imagecache {
    size_t n, max_bytes;
    atomic_size_t n_bytes;          // taken, or asked for at this moment
    atomic_bool is_full;            // one found no room
    _Atomic(struct kept *) *places; // [n]
};

int imagecache_new(struct imagecache **out, size_t n, size_t max_bytes, struct err *e)
{
    struct imagecache *c = *out = mem_zalloc(sizeof *c);
    if (c && (c->places = mem_array(n, sizeof *c->places))) {
        c->n = n;
        c->max_bytes = max_bytes;
        return 0;
    }
    imagecache_free(c);
    *out = NULL;
    return err_set(e, ERR_MEMORY, "no memory to keep %zu pictures", n);
}

void imagecache_free(struct imagecache *c)
{
    if (!c)
        return;
    for (size_t i = 0; c->places && i < c->n; i++)
        mem_free(c->places[i]);
    mem_free(c->places);
    mem_free(c);
}

bool imagecache_get(struct image *out, const struct imagecache *c, size_t i)
{
    assert(i < c->n);
    const struct kept *k = atomic_load_explicit(&c->places[i], memory_order_acquire);
    if (!k)
        return false;
    size_t n = k->width * k->height * 3;
    if (out->width * out->height * 3 != n) {
        uint8_t *rgb = mem_alloc(n);
        if (!rgb)
            return false;
        mem_free(out->rgb);
        out->rgb = rgb;
    }
    out->width = k->width;
    out->height = k->height;
    snappy_status status = snappy_uncompress(k->bytes, k->n_bytes, (char *)out->rgb, &n);
    assert(status == SNAPPY_OK); // it is what we compressed
    return true;
}

static struct kept *compress(const struct image *im)
{
    size_t n = im->width * im->height * 3, n_bytes = snappy_max_compressed_length(n);
    char *bytes = mem_alloc(n_bytes);
    struct kept *k = NULL;
    if (bytes && snappy_compress((const char *)im->rgb, n, bytes, &n_bytes) == SNAPPY_OK &&
        (k = mem_alloc(sizeof *k + n_bytes))) {
        *k = (struct kept){im->width, im->height, n_bytes};
        memcpy(k->bytes, bytes, n_bytes);
    }
    mem_free(bytes);
    return k;
}

void imagecache_put(struct imagecache *c, size_t i, const struct image *im)
{
    assert(i < c->n);
    struct kept *none = NULL;
    if (!imagecache_room(c))
        return; // without the work of compressing
    struct kept *k = compress(im);
    if (!k)
        return;
    size_t n = sizeof *k + k->n_bytes;
    bool has_room = atomic_fetch_add(&c->n_bytes, n) + n <= c->max_bytes;
    if (has_room && atomic_compare_exchange_strong(&c->places[i], &none, k))
        return;
    if (!has_room)
        atomic_store(&c->is_full, true);
    mem_free(k);
    atomic_fetch_sub(&c->n_bytes, n);
}

size_t imagecache_room(const struct imagecache *c)
{
    size_t n_bytes = atomic_load(&c->n_bytes);
    return !atomic_load(&c->is_full) && n_bytes < c->max_bytes ? c->max_bytes - n_bytes : 0;
}
