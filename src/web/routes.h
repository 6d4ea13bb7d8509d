/*
 * routes.h: every address that is answered, as a table, and the way of a request through it.
 *
 *     routes_find()     method and path to a row, with the parts in braces
 *     routes_answer()   calls the row's handler and turns an error into its JSON
 *
 * A row with ROUTE_SLOW is answered on another thread than the one that serves connections.
 */
#pragma once

#include <stddef.h>

struct err;
struct reply;
struct request;
struct workbench;

enum route_flag {
    ROUTE_SLOW = 1u << 0,
    ROUTE_WANTS_JSON = 1u << 1,
    ROUTE_WANTS_FILES = 1u << 2, // multipart/form-data
};

struct route {
    const char *method,
        *pattern; // "/api/v1/jobs/{job}": a part in braces is any text without '/'
    unsigned flags;
    int (*answer)(struct reply *out, const struct request *q, struct workbench *w,
                  struct err *e);
};
extern const struct route routes[]; // ended by method NULL

// NULL, and out is 404, or 405 with what is allowed. HEAD is answered as GET.
const struct route *routes_find(struct reply *out, struct request *q);

void routes_answer(struct reply *out, const struct route *r, const struct request *q,
                   struct workbench *w);

// For handlers: an answer "not there".
int routes_missing(struct reply *out, const char *what, struct err *e);

// The handlers, by file.
#define ROUTE_HANDLER(name)                                                                    \
    int name(struct reply *out, const struct request *q, struct workbench *w, struct err *e)
ROUTE_HANDLER(api_status);
ROUTE_HANDLER(api_openapi);
ROUTE_HANDLER(api_events);
ROUTE_HANDLER(api_pictures_post);
ROUTE_HANDLER(api_pictures_get);
ROUTE_HANDLER(api_jobs_post);
ROUTE_HANDLER(api_jobs_get);
ROUTE_HANDLER(api_jobs_delete);
ROUTE_HANDLER(api_recordings_list);
ROUTE_HANDLER(api_recordings_post);
ROUTE_HANDLER(api_recordings_get);
ROUTE_HANDLER(api_recordings_trace);
ROUTE_HANDLER(api_recordings_sound);
ROUTE_HANDLER(api_discharges);
ROUTE_HANDLER(api_opinion);
ROUTE_HANDLER(api_annotations_get);
ROUTE_HANDLER(api_annotations_post);
ROUTE_HANDLER(api_annotations_delete);
ROUTE_HANDLER(api_export);
