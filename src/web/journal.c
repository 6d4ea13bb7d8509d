/* journal.c: see journal.h. */
#include "web/journal.h"

#include "base/err.h"
#include "base/mem.h"
#include "web/reply.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 256, EVENT_MAX_BYTES = 3072 }; // one event fits the block that is read at once

struct journal {
    pthread_mutex_t lock;
    char *events[KEPT]; // of number i at i % KEPT
    uint64_t newest;
    void (*wake)(void *context);
    void *context;
};

int journal_new(struct journal **out, struct err *e)
{
    struct journal *j = mem_zalloc(sizeof *j);
    *out = j;
    if (!j)
        return err_set(e, ERR_MEMORY, "no memory for events");
    pthread_mutex_init(&j->lock, NULL);
    return 0;
}

void journal_free(struct journal *j)
{
    if (!j)
        return;
    for (size_t i = 0; i < KEPT; i++)
        mem_free(j->events[i]);
    pthread_mutex_destroy(&j->lock);
    mem_free(j);
}

void journal_on_event(struct journal *j, void (*wake)(void *context), void *context)
{
    pthread_mutex_lock(&j->lock);
    j->wake = wake;
    j->context = context;
    pthread_mutex_unlock(&j->lock);
}

void journal_add(struct journal *j, const char *type, const struct json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(9));
    pthread_mutex_lock(&j->lock);
    uint64_t number = j->newest + 1;
    char *event = text ? mem_printf("id: %llu\nevent: %s\ndata: %s\n\n",
                                    (unsigned long long)number, type, text)
                       : NULL;
    if (event && strlen(event) > EVENT_MAX_BYTES) {
        mem_free(event);
        event = NULL;
    }
    if (event) {
        mem_free(j->events[number % KEPT]);
        j->events[number % KEPT] = event;
        j->newest = number;
    }
    void (*wake)(void *) = event ? j->wake : NULL;
    void *context = j->context;
    pthread_mutex_unlock(&j->lock);
    free(text);
    if (wake)
        wake(context);
}

uint64_t journal_newest(struct journal *j)
{
    pthread_mutex_lock(&j->lock);
    uint64_t newest = j->newest;
    pthread_mutex_unlock(&j->lock);
    return newest;
}

size_t journal_read(struct journal *j, uint64_t *at, char *out, size_t n)
{
    size_t used = 0;
    pthread_mutex_lock(&j->lock);
    if (*at > j->newest) // of a server before this one
        *at = 0;
    if (j->newest > KEPT && *at < j->newest - KEPT)
        *at = j->newest - KEPT;
    while (*at < j->newest) {
        const char *event = j->events[(*at + 1) % KEPT];
        size_t n_event = strlen(event);
        if (n_event > n - used)
            break;
        for (size_t i = 0; i < n_event; i++)
            out[used + i] = event[i];
        used += n_event;
        ++*at;
    }
    pthread_mutex_unlock(&j->lock);
    return used;
}
