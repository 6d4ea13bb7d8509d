/*
 * jobqueue.h: long work, one after the other, on the engine's thread.
 *
 * A kind of job is a row of the table in jobs.c: a name, a check that is made when it is asked for,
 * and what is run. A job's progress and end go to the journal as events of type "job"; its result
 * is asked for. Of those that have ended, the last JOBS_KEPT stay.
 *
 * Threads: every function may be called from any.
 */
#pragma once

#include <jansson.h>

struct err;
struct jobqueue;
struct monitor;
struct reply;
struct workbench;

enum { JOBS_KEPT = 64, JOBS_WAITING_MAX = 128, JOB_ID_BYTES = 17 };

struct job_kind {
    const char *name;
    // Whether what is asked for can be done; out->status may be set.
    int (*check)(struct reply *out, struct workbench *w, const json_t *wish, struct err *e);
    int (*run)(json_t **result, struct workbench *w, const json_t *wish,
               const struct monitor *monitor, struct err *e);
};
extern const struct job_kind job_kinds[]; // ended by name NULL

int jobqueue_new(struct jobqueue **out, struct workbench *w, struct err *e);
void jobqueue_free(struct jobqueue *q); // stops what runs; accepts NULL

// wish {"kind", ...}: checks it and lets it wait. out: the job as JSON.
int jobqueue_add(struct reply *out, struct jobqueue *q, json_t *wish, struct err *e);

// {"job", "kind", "state" (waiting, running, done, failed, stopped), "progress": {"what", "done",
// "total"}, "result" or null, "error" or null}; the caller's. NULL: no such job.
json_t *jobqueue_json(struct jobqueue *q, const char *id);

// 0, or 1: no such job.
int jobqueue_stop(struct jobqueue *q, const char *id);
