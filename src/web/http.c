/* http.c: see http.h. */
#include "web/http.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "web/assets.h"
#include "web/guard.h"
#include "web/journal.h"
#include "web/pool.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/routes.h"
#include "web/upload.h"
#include "web/workbench.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SLOW_THREADS = 4, SLOW_WAITING_MAX = 256, STREAM_BLOCK_BYTES = 4096, BEAT_S = 15 };

struct peer { // one connection
    int fd;
    bool is_reading; // a request, or waiting for one
    double since_s;
    uint64_t n_received;
    struct peer *next;
};

struct stream { // of events
    struct http *h;
    struct MHD_Connection *connection;
    uint64_t at;
    bool is_asleep, wants_beat, is_greeted;
    struct stream *next;
};

struct http {
    struct workbench *w;
    struct guard guard;
    struct MHD_Daemon *daemon;
    struct pool *slow;
    uint64_t max_upload_bytes;
    atomic_bool is_stopping;
    pthread_mutex_t lock; // of what follows
    struct peer *peers;
    struct stream *streams;
    size_t n_streams;
    double beat_s;
};

enum exchange_state { EXCHANGE_READING, EXCHANGE_RUNNING, EXCHANGE_ANSWERED };

struct exchange { // one request and its answer
    struct http *h;
    struct MHD_Connection *connection;
    enum exchange_state state;
    struct request q;
    struct reply r;
    const struct route *route; // NULL: refused
    struct MHD_PostProcessor *post;
    struct buffer body;
    struct err why; // code 0: all went well so far
};

// ---- Connections ----

static void peer_changes(void *cls, struct MHD_Connection *connection, void **socket_context,
                         enum MHD_ConnectionNotificationCode code)
{
    struct http *h = cls;
    pthread_mutex_lock(&h->lock);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct peer *p = info ? mem_zalloc(sizeof *p) : NULL;
        if (p) {
            *p = (struct peer){info->connect_fd, true, clock_monotonic_s(), 0, h->peers};
            h->peers = p;
        }
        *socket_context = p;
    } else if (*socket_context) {
        struct peer **at = &h->peers;
        while (*at != *socket_context)
            at = &(*at)->next;
        *at = (*at)->next;
        mem_free(*socket_context);
        *socket_context = NULL;
    }
    pthread_mutex_unlock(&h->lock);
}

// More of a request has come; n 0 and is_reading false: all of it.
static void peer_mark(struct exchange *x, bool is_reading, bool is_new, size_t n)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct peer *p = info ? info->socket_context : NULL;
    if (!p)
        return;
    pthread_mutex_lock(&x->h->lock);
    p->is_reading = is_reading;
    p->n_received += n;
    if (is_new) {
        p->since_s = clock_monotonic_s();
        p->n_received = 0;
    }
    pthread_mutex_unlock(&x->h->lock);
}

static void end_slow_peers(struct http *h, double now_s)
{
    for (struct peer *p = h->peers; p; p = p->next) {
        double patience_s = HTTP_PATIENCE_S + (double)p->n_received / HTTP_SLOWEST_BYTES;
        if (p->is_reading && now_s - p->since_s > patience_s)
            shutdown(p->fd, SHUT_RDWR);
    }
}

// ---- Event streams ----

static void wake_streams(void *context)
{
    struct http *h = context;
    pthread_mutex_lock(&h->lock);
    for (struct stream *s = h->streams; s; s = s->next)
        if (s->is_asleep) {
            s->is_asleep = false;
            MHD_resume_connection(s->connection);
        }
    pthread_mutex_unlock(&h->lock);
}

static ssize_t stream_read(void *cls, uint64_t position, char *out, size_t n)
{
    static const char greeting[] = "retry: 2000\n: " REPLY_USE "\n\n", beat[] = ":\n\n";
    struct stream *s = cls;
    struct http *h = s->h;
    (void)position;
    if (!s->is_greeted) {
        s->is_greeted = true;
        memcpy(out, greeting, sizeof greeting - 1);
        return (ssize_t)(sizeof greeting - 1);
    }
    pthread_mutex_lock(&h->lock);
    size_t used = journal_read(h->w->journal, &s->at, out, n);
    if (used == 0 && s->wants_beat) {
        used = sizeof beat - 1;
        memcpy(out, beat, used);
    }
    s->wants_beat = false;
    bool ends = used == 0 && atomic_load(&h->is_stopping);
    if (used == 0 && !ends) {
        s->is_asleep = true;
        MHD_suspend_connection(s->connection);
    }
    pthread_mutex_unlock(&h->lock);
    return ends ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)used;
}

static void stream_free(void *cls)
{
    struct stream *s = cls;
    struct http *h = s->h;
    pthread_mutex_lock(&h->lock);
    struct stream **at = &h->streams;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    h->n_streams--;
    pthread_mutex_unlock(&h->lock);
    mem_free(s);
}

static struct MHD_Response *stream_response(struct exchange *x)
{
    struct http *h = x->h;
    size_t seen;
    struct stream *s = mem_zalloc(sizeof *s);
    const char *last = request_header(&x->q, "Last-Event-ID");
    if (!s)
        return NULL;
    *s = (struct stream){.h = h, .connection = x->connection};
    s->at = last && text_to_size(&seen, last) ? seen : journal_newest(h->w->journal);
    pthread_mutex_lock(&h->lock);
    s->next = h->streams;
    h->streams = s;
    h->n_streams++;
    bool is_one_too_many = h->n_streams > HTTP_MAX_STREAMS;
    pthread_mutex_unlock(&h->lock);
    struct MHD_Response *m =
        is_one_too_many
            ? NULL
            : MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES,
                                                stream_read, s, stream_free);
    if (!m)
        stream_free(s);
    return m;
}

// ---- Answers ----

static struct MHD_Response *body_response(struct exchange *x)
{
    struct reply *r = &x->r;
    struct MHD_Response *m = NULL;
    if (r->body == REPLY_BYTES && r->n) {
        m = MHD_create_response_from_buffer_with_free_callback(r->n, r->bytes, mem_free);
        if (m)
            r->bytes = NULL;
    } else if (r->body == REPLY_ASSET && r->status == 200) {
        // MHD does not write into it
        union {
            const void *read;
            void *written;
        } bytes = {r->asset->bytes};
        m = MHD_create_response_from_buffer((size_t)(r->asset->end - r->asset->bytes),
                                            bytes.written, MHD_RESPMEM_PERSISTENT);
    } else if (r->body == REPLY_FILE) {
        m = MHD_create_response_from_fd64(r->n_file, r->fd);
        if (m)
            r->fd = -1;
    } else if (r->body == REPLY_EVENTS)
        m = stream_response(x);
    else
        m = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    return m;
}

static const char *const common_headers[][2] = {
    {"Research-Use-Only", REPLY_USE},
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
     "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
     "frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
    {NULL, NULL},
};

static void add_headers(struct MHD_Response *m, const struct reply *r)
{
    char tag[ASSET_TAG_BYTES], disposition[96];
    for (size_t i = 0; common_headers[i][0]; i++)
        MHD_add_response_header(m, common_headers[i][0], common_headers[i][1]);
    const char *type = r->body == REPLY_EVENTS  ? "text/event-stream"
                       : r->body == REPLY_ASSET ? r->asset->type
                                                : r->type;
    if (type)
        MHD_add_response_header(m, "Content-Type", type);
    MHD_add_response_header(m, "Cache-Control",
                            r->body == REPLY_ASSET ? "private, no-cache" : "no-store");
    if (r->body == REPLY_ASSET) {
        asset_tag(tag, r->asset);
        MHD_add_response_header(m, "ETag", tag);
    }
    if (r->file_name[0]) {
        snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", r->file_name);
        MHD_add_response_header(m, "Content-Disposition", disposition);
    }
    if (r->location[0])
        MHD_add_response_header(m, "Location", r->location);
    if (r->cookie[0])
        MHD_add_response_header(m, "Set-Cookie", r->cookie);
    if (r->allow[0])
        MHD_add_response_header(m, "Allow", r->allow);
}

static enum MHD_Result send_reply(struct exchange *x)
{
    peer_mark(x, false, false, 0);
    reply_finish(&x->r);
    struct MHD_Response *m = body_response(x);
    if (!m)
        return MHD_NO;
    add_headers(m, &x->r);
    enum MHD_Result sent = MHD_queue_response(x->connection, x->r.status, m);
    MHD_destroy_response(m);
    return sent;
}

static enum MHD_Result send_error(struct exchange *x)
{
    reply_error(&x->r, &x->why);
    return send_reply(x);
}

// ---- Requests ----

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct request *q = cls;
    if (kind == MHD_HEADER_KIND)
        request_add(q->headers, &q->n_headers, &q->is_over, name, value);
    else
        request_add(q->query, &q->n_query, &q->is_over, name, value);
    return MHD_YES;
}

// NOLINTNEXTLINE(readability-function-size): libmicrohttpd's nine parameters
static enum MHD_Result take_part(void *cls, enum MHD_ValueKind kind, const char *key,
                                 const char *file_name, const char *type, const char *coding,
                                 const char *data, uint64_t offset, size_t n)
{
    struct exchange *x = cls;
    (void)kind, (void)key, (void)type, (void)coding;
    if (x->why.code)
        return MHD_NO;
    if (!file_name)
        return MHD_YES; // a field that is no file
    return upload_add(x->q.upload, file_name, data, offset, n, &x->why) < 0 ? MHD_NO : MHD_YES;
}

// Whether the body may come; if not, r says why.
static int admit_body(struct exchange *x, struct err *e)
{
    const char *length = request_header(&x->q, "Content-Length");
    const char *type = request_header(&x->q, "Content-Type");
    unsigned flags = x->route->flags;
    size_t n = 0;
    uint64_t most = flags & ROUTE_WANTS_FILES  ? x->h->max_upload_bytes
                    : flags & ROUTE_WANTS_JSON ? HTTP_JSON_BYTES
                                               : 0;
    if (request_header(&x->q, "Transfer-Encoding")) {
        x->r.status = 411;
        return err_set(e, ERR_USAGE, "a body without Content-Length");
    }
    if (length && !text_to_size(&n, length))
        return err_set(e, ERR_USAGE, "Content-Length: no number");
    if (n > most)
        return err_set(e, ERR_LIMIT, "a body of %zu bytes, wanted at most %llu", n,
                       (unsigned long long)most);
    const char *wanted = flags & ROUTE_WANTS_FILES  ? "multipart/form-data"
                         : flags & ROUTE_WANTS_JSON ? "application/json"
                                                    : NULL;
    if (wanted && (!type || !text_starts_with(type, wanted)))
        return err_set(e, ERR_UNSUPPORTED, "a body of type %.40s, wanted %s",
                       type ? type : "unknown", wanted);
    if (!(flags & ROUTE_WANTS_FILES))
        return 0;
    int rc = upload_new(&x->q.upload, x->h->w->scratch, most, e);
    if (rc == 0 && !(x->post = MHD_create_post_processor(x->connection, 1 << 16, take_part, x)))
        rc = err_set(e, ERR_USAGE, "multipart/form-data without a boundary");
    return rc;
}

static void admit(struct exchange *x)
{
    struct err e;
    x->route = NULL;
    if (x->q.is_over) {
        x->r.status = 431;
        (void)err_set(&e, ERR_USAGE, "over %d headers or parameters", REQUEST_PAIRS_MAX);
        reply_error(&x->r, &e);
        return;
    }
    if (!guard_admits(&x->r, &x->h->guard, &x->q))
        return;
    x->route = routes_find(&x->r, &x->q);
    if (x->route && admit_body(x, &e) < 0) {
        reply_error(&x->r, &e);
        x->route = NULL;
    }
}

static struct exchange *begin(struct http *h, struct MHD_Connection *connection,
                              const char *path, const char *method)
{
    struct exchange *x = mem_zalloc(sizeof *x);
    if (!x)
        return NULL;
    x->h = h;
    x->connection = connection;
    x->r.fd = -1;
    x->q.method = method;
    x->q.path = path;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, &x->q);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_header, &x->q);
    peer_mark(x, true, true, 0);
    admit(x);
    return x;
}

static void receive(struct exchange *x, const char *data, size_t n)
{
    peer_mark(x, true, false, n);
    if (x->why.code)
        return; // the rest of a body that failed is passed over
    if (x->post) {
        if (MHD_post_process(x->post, data, n) == MHD_NO && !x->why.code)
            (void)err_set(&x->why, ERR_FORMAT, "multipart/form-data that is damaged");
    } else
        buffer_append(&x->body, data, n);
}

static void run_slow(void *context)
{
    struct exchange *x = context;
    routes_answer(&x->r, x->route, &x->q, x->h->w);
    x->state = EXCHANGE_ANSWERED;
    MHD_resume_connection(x->connection);
}

// The whole request is there.
static enum MHD_Result run(struct exchange *x)
{
    peer_mark(x, false, false, 0);
    if (x->post) {
        if (MHD_destroy_post_processor(x->post) == MHD_NO && !x->why.code)
            (void)err_set(&x->why, ERR_FORMAT, "multipart/form-data that ends too early");
        x->post = NULL;
    }
    if (x->body.failed)
        (void)err_set(&x->why, ERR_MEMORY, "no memory for the request");
    if (!x->why.code && x->route->flags & ROUTE_WANTS_JSON)
        (void)request_parse_json(&x->q, x->body.data, x->body.n, &x->why);
    if (x->why.code)
        return send_error(x);
    x->state = EXCHANGE_RUNNING;
    if (!(x->route->flags & ROUTE_SLOW)) {
        routes_answer(&x->r, x->route, &x->q, x->h->w);
        return send_reply(x);
    }
    MHD_suspend_connection(x->connection);
    if (pool_add(x->h->slow, run_slow, x, &x->why) < 0) {
        x->r.status = 503;
        reply_error(&x->r, &x->why);
        x->state = EXCHANGE_ANSWERED;
        MHD_resume_connection(x->connection);
    }
    return MHD_YES;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *data,
                              size_t *n, void **context)
{
    struct http *h = cls;
    struct exchange *x = *context;
    (void)version;
    if (!x) {
        if (atomic_load(&h->is_stopping) ||
            !(x = *context = begin(h, connection, path, method)))
            return MHD_NO;
        return x->route ? MHD_YES : send_reply(x);
    }
    if (*n) {
        receive(x, data, *n);
        *n = 0;
        return MHD_YES;
    }
    return x->state == EXCHANGE_ANSWERED ? send_reply(x) : run(x);
}

static void completed(void *cls, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *context;
    (void)cls, (void)connection, (void)code;
    if (!x)
        return;
    peer_mark(x, true, true, 0);
    if (x->post)
        MHD_destroy_post_processor(x->post);
    json_decref(x->q.json);
    upload_free(x->q.upload);
    buffer_release(&x->body);
    reply_release(&x->r);
    mem_free(x);
    *context = NULL;
}

// ---- Beginning and end ----

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool parse_address(union address *out, socklen_t *n, const char *text, unsigned port)
{
    *out = (union address){.v6 = {0}};
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons((uint16_t)port);
        *n = sizeof out->v4;
        return true;
    }
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons((uint16_t)port);
    *n = sizeof out->v6;
    return inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1;
}

int http_is_loopback(const char *address)
{
    return text_starts_with(address, "127.") || strcmp(address, "::1") == 0;
}

// A listening socket; *port becomes the one that it has.
static int listen_at(int *out, unsigned *port, const char *text, struct err *e)
{
    union address a;
    socklen_t n;
    int yes = 1;
    if (!parse_address(&a, &n, text, *port))
        return err_set(e, ERR_USAGE, "%.60s: no address, wanted one like 127.0.0.1 or ::1",
                       text);
    int fd = *out = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(e, ERR_IO, "%s: %s", text, strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, &a.any, n) || listen(fd, 64) || getsockname(fd, &a.any, &n)) {
        int rc = err_set(e, ERR_IO, "%s port %u: %s%s", text, *port, strerror(errno),
                         errno == EADDRINUSE ? "; --port 0 takes any that is free" : "");
        close(fd);
        return rc;
    }
    *port = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
    return 0;
}

static int start_daemon(struct http *h, const struct http_options *o, int fd, struct err *e)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    unsigned per_address =
        http_is_loopback(o->address) ? HTTP_MAX_CONNECTIONS : HTTP_MAX_CONNECTIONS / 8;
    // MHD does not write into them
    union {
        const char *read;
        void *written;
    } key = {o->key}, certificate = {o->certificate};
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, HTTP_MAX_CONNECTIONS, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)per_address, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)2 * HTTP_PATIENCE_S, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)2 * HTTP_HEADER_BYTES, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)completed, NULL},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)peer_changes, h},
        {MHD_OPTION_END, 0, NULL},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, key.written},
        {MHD_OPTION_END, 0, NULL},
    };
    if (o->certificate) {
        if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
            return err_set(e, ERR_UNSUPPORTED, "this libmicrohttpd was built without TLS");
        flags |= MHD_USE_TLS;
        items[8] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, certificate.written};
    }
    h->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, h, MHD_OPTION_ARRAY, items,
                                 MHD_OPTION_END);
    return h->daemon ? 0
                     : err_set(e, ERR_IO, "the server does not start%s",
                               o->certificate ? ": certificate and key may not fit" : "");
}

int http_start(struct http **out, const struct http_options *o, struct workbench *w,
               struct err *e)
{
    struct http *h = *out = mem_zalloc(sizeof *h);
    unsigned port = o->port;
    int fd = -1;
    if (!h)
        return err_set(e, ERR_MEMORY, "no memory to serve");
    pthread_mutex_init(&h->lock, NULL);
    h->w = w;
    h->max_upload_bytes = o->max_upload_bytes;
    int rc = listen_at(&fd, &port, o->address, e);
    if (rc == 0) {
        rc = guard_init(&h->guard, o->address, port, o->certificate != NULL, e);
        if (rc == 0)
            rc = pool_new(&h->slow, SLOW_THREADS, SLOW_WAITING_MAX, e);
        if (rc == 0)
            rc = start_daemon(h, o, fd, e);
        if (rc < 0)
            close(fd);
    }
    if (rc == 0) {
        journal_on_event(w->journal, wake_streams, h);
        return 0;
    }
    http_stop(h);
    *out = NULL;
    return rc;
}

void http_stop(struct http *h)
{
    if (!h)
        return;
    atomic_store(&h->is_stopping, true);
    if (h->daemon) {
        MHD_socket fd = MHD_quiesce_daemon(h->daemon);
        if (fd != MHD_INVALID_SOCKET)
            close(fd);
    }
    pool_free(h->slow); // resumes what was suspended
    journal_on_event(h->w->journal, NULL, NULL);
    wake_streams(h);
    if (h->daemon)
        MHD_stop_daemon(h->daemon);
    assert(!h->streams && !h->peers);
    pthread_mutex_destroy(&h->lock);
    mem_free(h);
}

void http_address(char out[HTTP_ADDRESS_BYTES], const struct http *h)
{
    guard_address(out, HTTP_ADDRESS_BYTES, &h->guard);
}

void http_tick(struct http *h)
{
    double now_s = clock_monotonic_s();
    bool beats = now_s - h->beat_s > BEAT_S;
    pthread_mutex_lock(&h->lock);
    end_slow_peers(h, now_s);
    for (struct stream *s = h->streams; beats && s; s = s->next)
        s->wants_beat = true;
    pthread_mutex_unlock(&h->lock);
    if (!beats)
        return;
    h->beat_s = now_s;
    wake_streams(h);
}
