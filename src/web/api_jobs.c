/* api_jobs.c: long work is asked for, looked at and stopped. */
#include "web/routes.h"

#include "base/err.h"
#include "web/jobqueue.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/workbench.h"

ROUTE_HANDLER(api_jobs_post)
{
    return jobqueue_add(out, w->jobs, q->json, e);
}

ROUTE_HANDLER(api_jobs_get)
{
    json_t *job = jobqueue_json(w->jobs, q->parameters[0]);
    return job ? reply_json(out, job, e) : routes_missing(out, "job", e);
}

ROUTE_HANDLER(api_jobs_delete)
{
    return jobqueue_stop(w->jobs, q->parameters[0]) ? routes_missing(out, "job", e) : 0;
}
