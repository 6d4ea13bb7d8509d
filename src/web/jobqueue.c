/* jobqueue.c: see jobqueue.h. */
#include "web/jobqueue.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "web/guard.h"
#include "web/journal.h"
#include "web/pool.h"
#include "web/reply.h"
#include "web/workbench.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_STOPPED };
static const char *const state_names[] = {"waiting", "running", "done", "failed", "stopped"};
static const double event_every_s = 0.1;

struct job {
    char id[JOB_ID_BYTES];
    const struct job_kind *kind;
    struct jobqueue *queue;
    json_t *wish;
    char *result; // JSON; as a tree it would take many times as much. NULL: none
    size_t n_result;
    enum job_state state;
    struct err why;
    char what[64];
    uint64_t done, total;
    double told_s;
    atomic_bool cancel;
    struct job *next; // the one that came before it
};

struct jobqueue {
    struct workbench *w;
    struct pool *engine;
    pthread_mutex_t lock;
    struct job *newest;
    atomic_bool is_ending;
};

static void job_free(struct job *j)
{
    json_decref(j->wish);
    mem_free(j->result);
    mem_free(j);
}

// Under the lock.
static json_t *job_json(const struct job *j, bool wants_result)
{
    json_t *error = j->state == JOB_FAILED || j->state == JOB_STOPPED
                        ? json_pack("{s:o}", "message", jsontext_string(j->why.text))
                        : json_null();
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:{s:s, s:I, s:I}, s:o}", "job", j->id, "kind",
                  j->kind->name, "state", state_names[j->state], "progress", "what", j->what,
                  "done", (json_int_t)j->done, "total", (json_int_t)j->total, "error", error);
    if (o && wants_result)
        json_object_set_new(
            o, "result", j->result ? json_loadb(j->result, j->n_result, 0, NULL) : json_null());
    return o;
}

static int text_of(char **out, size_t *n, const json_t *result, struct err *e)
{
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(9); // as jsonfile.h
    *n = json_dumpb(result, NULL, 0, flags);
    if (!*n || !(*out = mem_alloc(*n)))
        return err_set(e, ERR_MEMORY, "no memory for a result");
    *n = json_dumpb(result, *out, *n, flags);
    return 0;
}

// Under the lock: when more than JOBS_KEPT have ended, the one that was added first goes.
static void forget_oldest(struct jobqueue *q)
{
    struct job **oldest = NULL;
    size_t n_ended = 0;
    for (struct job **at = &q->newest; *at; at = &(*at)->next)
        if ((*at)->state >= JOB_DONE) {
            oldest = at;
            n_ended++;
        }
    if (n_ended <= JOBS_KEPT)
        return;
    struct job *j = *oldest;
    *oldest = j->next;
    job_free(j);
}

static void tell(struct job *j)
{
    struct jobqueue *q = j->queue;
    pthread_mutex_lock(&q->lock);
    json_t *o = job_json(j, false);
    pthread_mutex_unlock(&q->lock);
    if (o)
        journal_add(q->w->journal, "job", o);
    json_decref(o);
}

static void on_progress(void *context, const char *what, uint64_t done, uint64_t total,
                        const char *detail)
{
    struct job *j = context;
    double now_s = clock_monotonic_s();
    (void)detail;
    pthread_mutex_lock(&j->queue->lock);
    snprintf(j->what, sizeof j->what, "%s", what);
    j->done = done;
    j->total = total;
    pthread_mutex_unlock(&j->queue->lock);
    if (now_s - j->told_s < event_every_s)
        return;
    j->told_s = now_s;
    tell(j);
}

static void run(void *context)
{
    struct job *j = context;
    struct jobqueue *q = j->queue;
    struct monitor monitor = {j, on_progress, NULL, &j->cancel};
    struct err why = {.code = ERR_CANCELLED, .text = "stopped before it began"};
    json_t *result = NULL;
    char *text = NULL;
    size_t n = 0;
    pthread_mutex_lock(&q->lock);
    bool goes = !atomic_load(&j->cancel) && !atomic_load(&q->is_ending);
    if (goes)
        j->state = JOB_RUNNING;
    pthread_mutex_unlock(&q->lock);
    int rc = goes ? j->kind->run(&result, q->w, j->wish, &monitor, &why) : ERR_CANCELLED;
    if (rc == 0)
        rc = text_of(&text, &n, result, &why); // without the lock: it can be megabytes
    json_decref(result);
    pthread_mutex_lock(&q->lock);
    j->result = text;
    j->n_result = n;
    j->why = why;
    j->state = rc == 0 ? JOB_DONE : rc == ERR_CANCELLED ? JOB_STOPPED : JOB_FAILED;
    json_t *o = job_json(j, false);
    forget_oldest(q);
    pthread_mutex_unlock(&q->lock); // from here on it may be forgotten
    if (o)
        journal_add(q->w->journal, "job", o);
    json_decref(o);
}

int jobqueue_new(struct jobqueue **out, struct workbench *w, struct err *e)
{
    struct jobqueue *q = *out = mem_zalloc(sizeof *q);
    if (!q)
        return err_set(e, ERR_MEMORY, "no memory for jobs");
    pthread_mutex_init(&q->lock, NULL);
    q->w = w;
    int rc = pool_new(&q->engine, 1, JOBS_WAITING_MAX, e);
    if (rc < 0) {
        jobqueue_free(q);
        *out = NULL;
    }
    return rc;
}

void jobqueue_free(struct jobqueue *q)
{
    if (!q)
        return;
    pthread_mutex_lock(&q->lock);
    atomic_store(&q->is_ending, true);
    for (struct job *j = q->newest; j; j = j->next)
        atomic_store(&j->cancel, true);
    pthread_mutex_unlock(&q->lock);
    pool_free(q->engine);
    while (q->newest) {
        struct job *j = q->newest;
        q->newest = j->next;
        job_free(j);
    }
    pthread_mutex_destroy(&q->lock);
    mem_free(q);
}

static const struct job_kind *find_kind(const json_t *wish, struct err *e)
{
    const char *name = json_string_value(json_object_get(wish, "kind"));
    for (const struct job_kind *k = job_kinds; k->name; k++)
        if (name && strcmp(name, k->name) == 0)
            return k;
    (void)err_set(e, ERR_USAGE, "kind \"%.40s\": no such kind of job", name ? name : "");
    return NULL;
}

static int add(struct jobqueue *q, struct job *j, struct err *e)
{
    pthread_mutex_lock(&q->lock);
    int rc = pool_add(q->engine, run, j, e); // which waits for the lock
    if (rc == 0) {
        j->next = q->newest;
        q->newest = j;
    }
    pthread_mutex_unlock(&q->lock);
    return rc;
}

int jobqueue_add(struct reply *out, struct jobqueue *q, json_t *wish, struct err *e)
{
    const struct job_kind *kind = find_kind(wish, e);
    if (!kind)
        return e->code;
    int rc = kind->check(out, q->w, wish, e);
    if (rc < 0)
        return rc;
    struct job *j = mem_zalloc(sizeof *j);
    if (!j)
        return err_set(e, ERR_MEMORY, "no memory for a job");
    j->kind = kind;
    j->queue = q;
    j->wish = json_deep_copy(wish); // the request's own stays with its thread
    char id[JOB_ID_BYTES] = "";
    rc = j->wish ? guard_random_hex(j->id, JOB_ID_BYTES - 1, e)
                 : err_set(e, ERR_MEMORY, "no memory for a job");
    memcpy(id, j->id, sizeof id);
    if (rc == 0 && (rc = add(q, j, e)) < 0)
        out->status = 503;
    if (rc < 0) {
        job_free(j);
        return rc;
    }
    out->status = 202;
    return reply_json(out, jobqueue_json(q, id), e);
}

static struct job *find(struct jobqueue *q, const char *id)
{
    struct job *j = q->newest;
    while (j && strcmp(j->id, id) != 0)
        j = j->next;
    return j;
}

json_t *jobqueue_json(struct jobqueue *q, const char *id)
{
    pthread_mutex_lock(&q->lock);
    struct job *j = find(q, id);
    json_t *o = j ? job_json(j, true) : NULL;
    pthread_mutex_unlock(&q->lock);
    return o;
}

int jobqueue_stop(struct jobqueue *q, const char *id)
{
    pthread_mutex_lock(&q->lock);
    struct job *j = find(q, id);
    if (j)
        atomic_store(&j->cancel, true);
    pthread_mutex_unlock(&q->lock);
    return j ? 0 : 1;
}
