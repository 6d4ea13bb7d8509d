/* pool.c: see pool.h. */
#include "web/pool.h"

#include "base/err.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

struct task {
    void (*run)(void *context);
    void *context;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t is_wanted;
    struct task *tasks; // [capacity], a ring
    size_t capacity, first, n;
    pthread_t *threads;
    size_t n_threads;
    bool is_ending;
};

static void *work(void *context)
{
    struct pool *p = context;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->n == 0 && !p->is_ending)
            pthread_cond_wait(&p->is_wanted, &p->lock);
        if (p->n == 0)
            break;
        struct task t = p->tasks[p->first];
        p->first = (p->first + 1) % p->capacity;
        p->n--;
        pthread_mutex_unlock(&p->lock);
        t.run(t.context);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

int pool_new(struct pool **out, size_t n_threads, size_t max_waiting, struct err *e)
{
    struct pool *p = *out = mem_zalloc(sizeof *p);
    if (!p)
        return err_set(e, ERR_MEMORY, "no memory for threads");
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->is_wanted, NULL);
    p->capacity = max_waiting;
    p->tasks = mem_array(max_waiting, sizeof *p->tasks);
    p->threads = mem_array(n_threads, sizeof *p->threads);
    int rc = p->tasks && p->threads ? 0 : err_set(e, ERR_MEMORY, "no memory for threads");
    for (size_t i = 0; rc == 0 && i < n_threads; i++) {
        int number = pthread_create(&p->threads[i], NULL, work, p);
        if (number)
            rc = err_set(e, ERR_IO, "a thread: %s", strerror(number));
        else
            p->n_threads++;
    }
    if (rc < 0) {
        pool_free(p);
        *out = NULL;
    }
    return rc;
}

int pool_add(struct pool *p, void (*run)(void *context), void *context, struct err *e)
{
    int rc = 0;
    pthread_mutex_lock(&p->lock);
    if (p->n == p->capacity)
        rc = err_set(e, ERR_LIMIT, "%zu requests wait already: try again later", p->n);
    else {
        p->tasks[(p->first + p->n++) % p->capacity] = (struct task){run, context};
        pthread_cond_signal(&p->is_wanted);
    }
    pthread_mutex_unlock(&p->lock);
    return rc;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->is_ending = true;
    pthread_cond_broadcast(&p->is_wanted);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->n_threads; i++)
        pthread_join(p->threads[i], NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->is_wanted);
    mem_free(p->tasks);
    mem_free(p->threads);
    mem_free(p);
}
