/*
 * loader.c: see loader.h. The order of examples is one growing list, extended under a lock when
 * a batch needs more of it: cheap numbers, made in order, whoever asks first.
 */
#include "data/loader.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/workers.h"
#include "data/dataset.h"
#include "image/imagecache.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

enum { QUEUE_BATCHES = 20, AHEAD = 4 };

// Streams of random numbers under the loader's seed.
static const uint64_t stream_order = 0x6f72646572, stream_variation = 0x76617279000000;

struct order {
    pthread_mutex_t lock;
    uint32_t *list;
    size_t n, capacity;
    uint32_t *queue; // LOADER_QUEUE
    size_t n_queue;
    uint64_t n_read;
};

struct loader {
    const struct examples *x;
    struct loader_options o;
    struct order order;
    struct workers *workers;
    pthread_mutex_t spare_lock;
    struct batch *spare; // batches that were freed
};

static int reserve(struct order *r, size_t n, struct err *e)
{
    if (n <= r->capacity)
        return 0;
    size_t capacity = r->capacity ? r->capacity * 2 : 4096;
    while (capacity < n)
        capacity *= 2;
    uint32_t *more = mem_resize(r->list, capacity, sizeof *more);
    if (!more)
        return err_set(e, ERR_MEMORY, "no memory for the order of %zu examples", n);
    r->list = more;
    r->capacity = capacity;
    return 0;
}

static int add_epoch(struct loader *l, struct err *e)
{
    struct order *r = &l->order;
    size_t n = l->x->n, at = r->n;
    int rc = reserve(r, at + n, e);
    if (rc < 0)
        return rc;
    struct rng rng = rng_of(l->o.seed, stream_order + at / n);
    for (size_t i = 0; i < n; i++) { // Fisher-Yates, inside out
        size_t j = rng_below(&rng, (uint32_t)i + 1);
        r->list[at + i] = r->list[at + j];
        r->list[at + j] = (uint32_t)i;
    }
    r->n += n;
    return 0;
}

static int add_from_queue(struct loader *l, size_t n, struct err *e)
{
    struct order *r = &l->order;
    int rc = reserve(r, r->n + n, e);
    for (; rc == 0 && n; n--) {
        struct rng rng = rng_of(l->o.seed, stream_order);
        rng.position =
            2 * r->n; // below() rarely draws twice; two numbers are reserved per draw
        size_t k = rng_below(&rng, (uint32_t)r->n_queue);
        r->list[r->n++] = r->queue[k];
        r->queue[k] = (uint32_t)(r->n_read++ % l->x->n);
    }
    return rc;
}

// Examples [first, first + n) of the order into `to`.
static int take_order(struct loader *l, uint64_t first, size_t n, uint64_t *to, struct err *e)
{
    struct order *r = &l->order;
    int rc = 0;
    if (l->o.order == LOADER_ONCE) {
        for (size_t i = 0; i < n; i++)
            to[i] = first + i;
        return 0;
    }
    pthread_mutex_lock(&r->lock);
    while (rc == 0 && r->n < first + n)
        rc = l->o.order == LOADER_EPOCHS ? add_epoch(l, e)
                                         : add_from_queue(l, (size_t)first + n - r->n, e);
    for (size_t i = 0; rc == 0 && i < n; i++)
        to[i] = r->list[first + i];
    pthread_mutex_unlock(&r->lock);
    return rc;
}

// ---- Batches: memory that is asked for anew costs more than what it is filled with ----

static void batch_destroy(struct batch *b)
{
    mem_free(b->inputs);
    mem_free(b->labels);
    mem_free(b->example);
    mem_free(b);
}

static struct batch *batch_new(struct loader *l)
{
    const struct loader_options *o = &l->o;
    struct batch *b = mem_zalloc(sizeof *b);
    if (!b)
        return NULL;
    if (!o->without_inputs)
        b->inputs = mem_aligned(o->batch * input_floats(&o->input) * sizeof *b->inputs);
    b->labels = mem_array(o->batch, sizeof *b->labels);
    b->example = mem_array(o->batch, sizeof *b->example);
    b->loader = l;
    if ((b->inputs || o->without_inputs) && b->labels && b->example)
        return b;
    batch_destroy(b);
    return NULL;
}

static struct batch *batch_take(struct loader *l)
{
    pthread_mutex_lock(&l->spare_lock);
    struct batch *b = l->spare;
    if (b)
        l->spare = b->next;
    pthread_mutex_unlock(&l->spare_lock);
    return b ? b : batch_new(l);
}

void batch_free(struct batch *b)
{
    if (!b)
        return;
    struct loader *l = b->loader;
    pthread_mutex_lock(&l->spare_lock);
    b->next = l->spare;
    l->spare = b;
    pthread_mutex_unlock(&l->spare_lock);
}

// ---- Making them ----

// A picture whose pixels may have been kept; im holds those of the one before.
static int read_picture(float *out, const struct loader *l, size_t i, struct image *im,
                        struct rng *rng, struct err *e)
{
    if (!imagecache_get(im, l->x->decoded, i)) {
        image_release(im);
        int rc = input_decode(im, &l->x->examples[i], e);
        if (rc < 0)
            return rc;
        imagecache_put(l->x->decoded, i, im);
    }
    augment(out, l->o.augment, &l->o.input.picture, im, rng);
    return 0;
}

// Example i of the batch; `position` is its number in the whole order.
static int prepare(const struct loader *l, struct batch *b, size_t i, uint64_t position,
                   struct image *im, struct err *e)
{
    const struct example *x = &l->x->examples[b->example[i]];
    b->labels[i] = (int32_t)x->label;
    if (l->o.without_inputs)
        return 0;
    struct rng rng = rng_of(l->o.seed, position ^ stream_variation);
    float *out = b->inputs + i * input_floats(&l->o.input);
    if (l->x->decoded && l->o.input.kind == INPUT_PICTURE)
        return read_picture(out, l, (size_t)b->example[i], im, &rng, e);
    return input_read_example(out, &l->o.input, x, l->o.augment, &rng, e);
}

static int make_batch(void *context, uint64_t number, void **item, struct err *e)
{
    struct loader *l = context;
    uint64_t first = number * l->o.batch;
    size_t n = l->o.batch;
    if (l->o.order == LOADER_ONCE && l->x->n - first < n)
        n = l->x->n - (size_t)first;
    struct batch *b = batch_take(l);
    if (!b)
        return err_set(e, ERR_MEMORY, "no memory for a batch of %zu", n);
    b->n = n;
    int rc = take_order(l, first, n, b->example, e);
    struct image im = {0};
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = prepare(l, b, i, first + i, &im, e);
    image_release(&im);
    if (rc < 0) {
        batch_free(b);
        return rc;
    }
    *item = b;
    return 0;
}

static void free_item(void *context, void *item)
{
    (void)context;
    batch_free(item);
}

static size_t depth(const struct loader_options *o)
{
    return o->n_threads + AHEAD;
}

size_t loader_bytes(const struct loader_options *o)
{
    // the queue, and the one that is worked with
    return o->without_inputs
               ? 0
               : (depth(o) + 1) * o->batch * input_floats(&o->input) * sizeof(float);
}

int loader_open(struct loader **out, const struct examples *x, const struct loader_options *o,
                struct err *e)
{
    assert(o->batch > 0 && x->n > 0);
    *out = NULL;
    struct loader *l = mem_zalloc(sizeof *l);
    if (!l)
        return err_set(e, ERR_MEMORY, "no memory for a loader");
    l->x = x;
    l->o = *o;
    pthread_mutex_init(&l->order.lock, NULL);
    pthread_mutex_init(&l->spare_lock, NULL);
    int rc = 0;
    if (o->order == LOADER_QUEUE) {
        l->order.n_queue = QUEUE_BATCHES * o->batch;
        l->order.queue = mem_array(l->order.n_queue, sizeof *l->order.queue);
        if (!l->order.queue)
            rc = err_set(e, ERR_MEMORY, "no memory for a queue of %zu", l->order.n_queue);
        for (size_t i = 0; rc == 0 && i < l->order.n_queue; i++)
            l->order.queue[i] = (uint32_t)(l->order.n_read++ % x->n);
    }
    uint64_t n_batches = (x->n + o->batch - 1) / o->batch;
    struct workers_spec spec = {
        .n_threads = o->n_threads,
        .depth = depth(o),
        .first = o->first_batch,
        .n = o->order == LOADER_ONCE ? n_batches - o->first_batch : UINT64_MAX,
        .context = l,
        .make = make_batch,
        .free_item = free_item,
    };
    if (rc == 0)
        rc = workers_open(&l->workers, &spec, e);
    if (rc < 0) {
        loader_close(l);
        return rc;
    }
    *out = l;
    return 0;
}

int loader_next(struct loader *l, struct batch **out, struct err *e)
{
    void *item;
    int rc = workers_next(l->workers, &item, e);
    *out = item;
    return rc;
}

void loader_close(struct loader *l)
{
    if (!l)
        return;
    workers_close(l->workers);
    for (struct batch *b = l->spare, *next; b; b = next) {
        next = b->next;
        batch_destroy(b);
    }
    pthread_mutex_destroy(&l->spare_lock);
    pthread_mutex_destroy(&l->order.lock);
    mem_free(l->order.list);
    mem_free(l->order.queue);
    mem_free(l);
}
