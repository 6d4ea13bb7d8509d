/*
 * workers.c: see workers.h.
 *
 * A ring of `depth` slots under one mutex. Item i lives in slot i % depth. A thread claims the
 * next number while it is less than `depth` ahead of the taker, makes it without the lock, puts
 * it into its slot and wakes the taker.
 */
#include "base/workers.h"

#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

struct slot {
    bool is_ready;
    int rc;
    void *item;
    struct err err;
};

struct workers {
    struct workers_spec spec;
    pthread_mutex_t lock;
    pthread_cond_t ready; // a slot was filled
    pthread_cond_t room;  // a slot was emptied, or it is time to stop
    pthread_t *threads;
    size_t n_threads; // running
    struct slot *slots;
    uint64_t claimed; // items claimed by makers, from 0
    uint64_t taken;   // items handed out, from 0
    bool is_stopping;
};

static void *worker(void *argument)
{
    struct workers *w = argument;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->is_stopping && w->claimed < w->spec.n &&
               w->claimed - w->taken >= w->spec.depth)
            pthread_cond_wait(&w->room, &w->lock);
        if (w->is_stopping || w->claimed >= w->spec.n)
            break;
        uint64_t i = w->claimed++;
        struct slot *s = &w->slots[i % w->spec.depth];
        pthread_mutex_unlock(&w->lock);
        s->item = NULL;
        s->rc = w->spec.make(w->spec.context, w->spec.first + i, &s->item, &s->err);
        pthread_mutex_lock(&w->lock);
        s->is_ready = true;
        pthread_cond_broadcast(&w->ready);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

int workers_open(struct workers **out, const struct workers_spec *spec, struct err *e)
{
    assert(spec->depth > 0 && spec->make && spec->free_item);
    *out = NULL;
    struct workers *w = mem_zalloc(sizeof *w);
    if (!w)
        return err_set(e, ERR_MEMORY, "no memory for worker threads");
    w->spec = *spec;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->ready, NULL);
    pthread_cond_init(&w->room, NULL);
    w->slots = mem_array(spec->depth, sizeof *w->slots);
    w->threads = mem_array(spec->n_threads, sizeof *w->threads);
    if (!w->slots || !w->threads) {
        workers_close(w);
        return err_set(e, ERR_MEMORY, "no memory for %zu worker threads", spec->n_threads);
    }
    for (; w->n_threads < spec->n_threads; w->n_threads++) {
        int errnum = pthread_create(&w->threads[w->n_threads], NULL, worker, w);
        if (errnum) {
            workers_close(w);
            return err_set(e, ERR_IO, "cannot start a thread: %s", strerror(errnum));
        }
    }
    *out = w;
    return 0;
}

int workers_next(struct workers *w, void **item, struct err *e)
{
    *item = NULL;
    if (w->taken >= w->spec.n)
        return 0;
    if (!w->spec.n_threads) {
        int rc = w->spec.make(w->spec.context, w->spec.first + w->taken++, item, e);
        return rc < 0 ? rc : 1;
    }
    struct slot *s = &w->slots[w->taken % w->spec.depth];
    pthread_mutex_lock(&w->lock);
    while (!s->is_ready)
        pthread_cond_wait(&w->ready, &w->lock);
    int rc = s->rc;
    *item = s->item;
    if (rc < 0)
        *e = s->err;
    s->is_ready = false;
    s->item = NULL;
    w->taken++;
    pthread_cond_signal(&w->room);
    pthread_mutex_unlock(&w->lock);
    return rc < 0 ? rc : 1;
}

void workers_close(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    pthread_cond_broadcast(&w->room);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->n_threads; i++)
        pthread_join(w->threads[i], NULL);
    for (size_t i = 0; w->slots && i < w->spec.depth; i++)
        if (w->slots[i].is_ready && w->slots[i].item)
            w->spec.free_item(w->spec.context, w->slots[i].item);
    pthread_cond_destroy(&w->room);
    pthread_cond_destroy(&w->ready);
    pthread_mutex_destroy(&w->lock);
    mem_free(w->slots);
    mem_free(w->threads);
    mem_free(w);
}
