/*
 * fuzz_webrequest.c: bytes as a request: first line "METHOD PATH", then lines "name: value" of
 * headers and "?name=value" of the query, an empty line, and the body as JSON. Guard, routes and
 * parsers see it, and the handlers that need no model and no file.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/mem.h"
#include "web/album.h"
#include "web/guard.h"
#include "web/jobqueue.h"
#include "web/journal.h"
#include "web/modelrack.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/routes.h"
#include "web/shelf.h"
#include "web/store.h"
#include "web/upload.h"
#include "web/workbench.h"

#include <string.h>

// All parts but the sandbox, whose process a request without files does not need; a project file in
// memory. Made anew for each request, so that nothing is left when replay.c counts.
static void open_workbench(struct workbench *w)
{
    static char folder[128];
    struct err e;
    snprintf(folder, sizeof folder, "%s", fuzz_file("", 0, "x"));
    folder[strlen(folder) - 2] = 0;
    *w = (struct workbench){.version = "0", .max_upload_bytes = 1 << 20};
    if (!(w->scratch = mem_strdup(folder)) || journal_new(&w->journal, &e) < 0 ||
        modelrack_open(&w->models, NULL, 0, &e) < 0 ||
        album_new(&w->album, w->scratch, &e) < 0 ||
        store_open(&w->store, ":memory:", "a", &e) < 0 ||
        shelf_new(&w->shelf, NULL, w, &e) < 0 || jobqueue_new(&w->jobs, w, &e) < 0)
        abort();
}

static struct guard *guard(void)
{
    static struct guard g;
    struct err e;
    if (!g.n_names && guard_init(&g, "127.0.0.1", 8000, false, &e) < 0)
        abort();
    memcpy(g.token, "0123456789abcdef0123456789abcdef", GUARD_TOKEN_BYTES);
    return &g;
}

static char *line(char **at)
{
    char *start = *at, *end = strchr(start, '\n');
    *at = end ? end + 1 : start + strlen(start);
    if (end)
        *end = 0;
    return start;
}

static void parse_numbers(const struct request *q)
{
    struct err e;
    double x;
    size_t n;
    char value[16], name[UPLOAD_NAME_BYTES];
    (void)request_number(&x, q, "from", 0, 0, 1e9, &e);
    (void)request_count(&n, q, "columns", 0, 1, 100, &e);
    (void)request_cookie(value, sizeof value, q, "nemg-8000");
    upload_clean_name(name, q->path);
    if (!name[0] || name[0] == '.' || strchr(name, '/'))
        abort();
}

static void answer(struct request *q, const char *body)
{
    struct reply r = {.fd = -1};
    struct err e;
    struct workbench w = {0};
    const struct route *route = routes_find(&r, q);
    if (route)
        open_workbench(&w);
    if (route && (route->flags & ROUTE_WANTS_JSON) &&
        request_parse_json(q, body, strlen(body), &e) < 0)
        reply_error(&r, &e);
    else if (route && !(route->flags & ROUTE_WANTS_FILES))
        routes_answer(&r, route, q, &w);
    reply_finish(&r);
    if (r.status < 200 || r.status > 599)
        abort();
    json_decref(q->json);
    reply_release(&r);
    workbench_close(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct request q = {0};
    struct reply r = {.fd = -1};
    char *text = mem_alloc(n + 1), *at = text, *part;
    if (!text)
        abort();
    if (n)
        memcpy(text, data, n);
    text[n] = 0;
    char *first = line(&at), *path = strchr(first, ' ');
    q.method = first;
    q.path = path ? path + 1 : "";
    if (path)
        *path = 0;
    while (*at && *(part = line(&at))) {
        bool is_query = *part == '?';
        char *value = strchr(part, is_query ? '=' : ':');
        if (value)
            *value++ = 0;
        if (is_query)
            request_add(q.query, &q.n_query, &q.is_over, part + 1, value);
        else
            request_add(q.headers, &q.n_headers, &q.is_over, part, value);
    }
    parse_numbers(&q);
    (void)guard_admits(&r, guard(), &q);
    reply_release(&r);
    answer(&q, at);
    mem_free(text);
    return 0;
}
