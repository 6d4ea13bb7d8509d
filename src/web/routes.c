/* routes.c: see routes.h. */
#include "web/routes.h"

#include "base/err.h"
#include "web/assets.h"
#include "web/reply.h"
#include "web/request.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define API "/api/v1"
const struct route routes[] = {
    {"GET", API "/status", 0, api_status},
    {"GET", API "/openapi.json", 0, api_openapi},
    {"GET", API "/events", 0, api_events},
    {"POST", API "/pictures", ROUTE_SLOW | ROUTE_WANTS_FILES, api_pictures_post},
    {"GET", API "/pictures/{picture}", 0, api_pictures_get},
    {"GET", API "/recordings", ROUTE_SLOW, api_recordings_list},
    {"POST", API "/recordings", ROUTE_SLOW | ROUTE_WANTS_FILES, api_recordings_post},
    {"GET", API "/recordings/{recording}", ROUTE_SLOW, api_recordings_get},
    {"GET", API "/recordings/{recording}/trace", ROUTE_SLOW, api_recordings_trace},
    {"GET", API "/recordings/{recording}/sound", ROUTE_SLOW, api_recordings_sound},
    {"GET", API "/recordings/{recording}/discharges", ROUTE_SLOW, api_discharges},
    {"GET", API "/recordings/{recording}/opinion", ROUTE_SLOW, api_opinion},
    {"GET", API "/recordings/{recording}/annotations", ROUTE_SLOW, api_annotations_get},
    {"POST", API "/recordings/{recording}/annotations", ROUTE_SLOW | ROUTE_WANTS_JSON,
     api_annotations_post},
    {"DELETE", API "/recordings/{recording}/annotations/{annotation}", ROUTE_SLOW,
     api_annotations_delete},
    {"GET", API "/recordings/{recording}/export", ROUTE_SLOW, api_export},
    {"POST", API "/jobs", ROUTE_WANTS_JSON, api_jobs_post},
    {"GET", API "/jobs/{job}", 0, api_jobs_get},
    {"DELETE", API "/jobs/{job}", 0, api_jobs_delete},
    {0},
};

static const char *asset_pattern = "/{asset}";

// Whether the pattern is the path's; fills the request's parameters.
static bool match(const char *pattern, const char *path, struct request *q)
{
    size_t k = 0;
    while (*pattern && *path) {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t n = strcspn(path, "/");
        if (n == 0 || n >= sizeof q->parameters[k] || k == REQUEST_PARAMETERS_MAX)
            return false;
        memcpy(q->parameters[k], path, n);
        q->parameters[k++][n] = 0;
        path += n;
        pattern = strchr(pattern, '}') + 1;
    }
    return !*pattern && !*path;
}

static int answer_asset(struct reply *out, const struct request *q, struct workbench *w,
                        struct err *e)
{
    (void)w;
    char tag[ASSET_TAG_BYTES];
    const char *known = request_header(q, "If-None-Match");
    const struct asset *a = asset_find(q->path);
    if (!a)
        return routes_missing(out, "page", e);
    asset_tag(tag, a);
    out->asset = a;
    out->body = REPLY_ASSET;
    out->status = known && strcmp(known, tag) == 0 ? 304 : 200;
    return 0;
}
static const struct route asset_route = {"GET", "/", 0, answer_asset};

const struct route *routes_find(struct reply *out, struct request *q)
{
    struct err e;
    const char *method = strcmp(q->method, "HEAD") == 0 ? "GET" : q->method;
    size_t n_allow = 0;
    for (const struct route *r = routes; r->method; r++) {
        if (!match(r->pattern, q->path, q))
            continue;
        if (strcmp(r->method, method) == 0)
            return r;
        n_allow += (size_t)snprintf(out->allow + n_allow, sizeof out->allow - n_allow, "%s%s",
                                    n_allow ? ", " : "", r->method);
    }
    if (n_allow == 0 && (!strcmp(q->path, "/") || match(asset_pattern, q->path, q))) {
        if (strcmp(method, "GET") == 0)
            return &asset_route;
        n_allow = (size_t)snprintf(out->allow, sizeof out->allow, "GET");
    }
    if (n_allow) {
        out->status = 405;
        (void)err_set(&e, ERR_USAGE, "%.20s is not answered here, %s is", q->method,
                      out->allow);
    } else
        (void)routes_missing(out, "page", &e);
    reply_error(out, &e);
    return NULL;
}

void routes_answer(struct reply *out, const struct route *r, const struct request *q,
                   struct workbench *w)
{
    struct err e;
    if (r->answer(out, q, w, &e) < 0)
        reply_error(out, &e);
}

int routes_missing(struct reply *out, const char *what, struct err *e)
{
    out->status = 404;
    return err_set(e, ERR_USAGE, "no such %s", what);
}
