/*
 * test_web.c: what web/ promises without a network: who is let in, how requests are read, which
 * addresses there are, what a name that was sent becomes, and what the project file keeps.
 */
#include "support.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "wave/recording.h"
#include "web/assets.h"
#include "web/guard.h"
#include "web/journal.h"
#include "web/overview.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/routes.h"
#include "web/store.h"
#include "web/stretch.h"
#include "web/upload.h"

#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

static void check_ok(int rc, const struct err *e)
{
    if (rc < 0)
        fail_msg("%s", e->text);
}

static struct request ask(const char *method, const char *path)
{
    struct request q = {.method = method, .path = path};
    return q;
}

static void header(struct request *q, const char *name, const char *value)
{
    request_add(q->headers, &q->n_headers, &q->is_over, name, value);
}

static void query(struct request *q, const char *name, const char *value)
{
    request_add(q->query, &q->n_query, &q->is_over, name, value);
}

// ---- Guard ----

static unsigned admits(const struct guard *g, const struct request *q)
{
    struct reply r = {.fd = -1};
    bool is_admitted = guard_admits(&r, g, q);
    unsigned status = is_admitted ? 0 : r.status;
    reply_release(&r);
    return status;
}

static struct request with_token(const struct guard *g, const char *method, const char *path)
{
    static char bearer[64];
    struct request q = ask(method, path);
    snprintf(bearer, sizeof bearer, "Bearer %s", g->token);
    header(&q, "Host", "127.0.0.1:8000");
    header(&q, "authorization", bearer);
    return q;
}

static void test_guard_token(void **state)
{
    (void)state;
    struct guard g;
    struct err e;
    char cookie[96];
    check_ok(guard_init(&g, "127.0.0.1", 8000, false, &e), &e);
    struct request q = ask("GET", "/api/v1/status");
    header(&q, "Host", "127.0.0.1:8000");
    assert_int_equal(admits(&g, &q), 401);
    q = with_token(&g, "GET", "/api/v1/status");
    assert_int_equal(admits(&g, &q), 0);
    // as a cookie, among others
    q = ask("GET", "/api/v1/status");
    header(&q, "Host", "localhost:8000");
    snprintf(cookie, sizeof cookie, "a=b; nemg-8000=%s; c=d", g.token);
    header(&q, "Cookie", cookie);
    assert_int_equal(admits(&g, &q), 0);
    cookie[strlen("a=b; nemg-8000=")] ^= 1;
    assert_int_equal(admits(&g, &q), 401);
    // another port's cookie
    q = ask("GET", "/api/v1/status");
    header(&q, "Host", "localhost:8000");
    snprintf(cookie, sizeof cookie, "nemg-8001=%s", g.token);
    header(&q, "Cookie", cookie);
    assert_int_equal(admits(&g, &q), 401);
    // the printed address is exchanged for a cookie and has no token any more
    struct reply r = {.fd = -1};
    q = ask("GET", "/");
    header(&q, "Host", "127.0.0.1:8000");
    query(&q, "token", g.token);
    assert_false(guard_admits(&r, &g, &q));
    assert_int_equal(r.status, 303);
    assert_string_equal(r.location, "/");
    assert_non_null(strstr(r.cookie, "HttpOnly; SameSite=Strict"));
    reply_release(&r);
    // not on other pages, where the address would stay in the history
    q = ask("GET", "/api/v1/status");
    header(&q, "Host", "127.0.0.1:8000");
    query(&q, "token", g.token);
    assert_int_equal(admits(&g, &q), 401);
}

static void test_guard_host_and_origin(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        unsigned status;
    } rows[] = {
        {"Origin", "http://127.0.0.1:8000", 0},
        {"Origin", "http://localhost:8000", 0},
        {"Origin", "http://evil.example", 403},
        {"Origin", "https://127.0.0.1:8000", 403},
        {"Origin", "http://127.0.0.1:8001", 403},
        {"Origin", "null", 403},
        {"Origin", "", 403},
        {"Sec-Fetch-Site", "same-origin", 0},
        {"Sec-Fetch-Site", "none", 0},
        {"Sec-Fetch-Site", "cross-site", 403},
        {"Sec-Fetch-Site", "same-site", 403}, // another port of this machine
    };
    struct guard g;
    struct err e;
    check_ok(guard_init(&g, "127.0.0.1", 8000, false, &e), &e);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct request q = with_token(&g, "POST", "/api/v1/jobs");
        header(&q, rows[i].name, rows[i].value);
        assert_int_equal(admits(&g, &q), rows[i].status);
    }
    static const char *const hosts[] = {"evil.example:8000", "127.0.0.1", "127.0.0.1:8001",
                                        "127.0.0.1:80000",   "",          NULL};
    for (const char *const *host = hosts; *host; host++) {
        struct request q = with_token(&g, "GET", "/");
        q.headers[0].value = *host;
        assert_int_equal(admits(&g, &q), 421);
    }
    struct request q = with_token(&g, "GET", "/");
    q.n_headers = 0; // none at all
    assert_int_equal(admits(&g, &q), 421);
}

static void test_guard_names(void **state)
{
    (void)state;
    struct guard g;
    struct err e;
    char address[128];
    check_ok(guard_init(&g, "::1", 8000, false, &e), &e);
    assert_string_equal(g.names[0], "[::1]:8000");
    check_ok(guard_init(&g, "192.168.1.5", 443, true, &e), &e);
    assert_string_equal(g.names[0], "192.168.1.5");
    assert_int_equal(g.n_names, 1);
    guard_address(address, sizeof address, &g);
    assert_non_null(strstr(address, "https://192.168.1.5/?token="));
    assert_int_equal(strlen(g.token), 32);
    assert_true(guard_same("abc", "abc") && !guard_same("abc", "abd") &&
                !guard_same("abc", "ab"));
}

// ---- Requests ----

static void test_request_numbers(void **state)
{
    (void)state;
    struct request q = ask("GET", "/");
    struct err e;
    double x;
    size_t n;
    query(&q, "a", "1.5");
    query(&q, "b", "nan");
    query(&q, "c", "1e400");
    query(&q, "d", "7");
    query(&q, "e", "-1");
    query(&q, "f", NULL);
    assert_int_equal(request_number(&x, &q, "a", 0, 0, 2, &e), 0);
    assert_true(x == 1.5);
    assert_int_equal(request_number(&x, &q, "a", 0, 0, 1, &e), ERR_USAGE);
    assert_int_equal(request_number(&x, &q, "b", 0, 0, 1, &e), ERR_USAGE);
    assert_int_equal(request_number(&x, &q, "c", 0, 0, HUGE_VAL, &e), ERR_USAGE);
    assert_int_equal(request_number(&x, &q, "f", 0, 0, 1, &e), ERR_USAGE);
    assert_int_equal(request_number(&x, &q, "none", 0.25, 0, 1, &e), 0);
    assert_true(x == 0.25);
    assert_int_equal(request_count(&n, &q, "d", 0, 0, 7, &e), 0);
    assert_int_equal(n, 7);
    assert_int_equal(request_count(&n, &q, "d", 0, 8, 9, &e), ERR_USAGE);
    assert_int_equal(request_count(&n, &q, "e", 0, 0, 9, &e), ERR_USAGE);
    assert_int_equal(request_count(&n, &q, "a", 0, 0, 9, &e), ERR_USAGE);
}

static void test_request_bounds(void **state)
{
    (void)state;
    struct request q = ask("GET", "/");
    struct err e;
    char value[8];
    for (int i = 0; i < REQUEST_PAIRS_MAX; i++)
        header(&q, "X", "");
    assert_false(q.is_over);
    header(&q, "X", "");
    assert_true(q.is_over);
    assert_int_equal(q.n_headers, REQUEST_PAIRS_MAX);
    q = ask("GET", "/");
    header(&q, "Cookie", "long=12345678; ok=1234567;;x");
    assert_false(request_cookie(value, sizeof value, &q, "long"));
    assert_true(request_cookie(value, sizeof value, &q, "ok"));
    assert_string_equal(value, "1234567");
    assert_false(request_cookie(value, sizeof value, &q, "x"));
    assert_int_equal(request_parse_json(&q, "[1]", 3, &e), ERR_FORMAT);
    assert_null(q.json);
    assert_int_equal(request_parse_json(&q, "{\"a\": 1, \"a\": 2}", 16, &e), ERR_FORMAT);
    assert_int_equal(request_parse_json(&q, "", 0, &e), ERR_FORMAT);
    assert_int_equal(request_parse_json(&q, "{}", 2, &e), 0);
    json_decref(q.json);
}

// ---- Routes ----

static void test_routes(void **state)
{
    (void)state;
    struct reply r = {.fd = -1};
    struct request q = ask("DELETE", "/api/v1/recordings/abc/annotations/12");
    const struct route *found = routes_find(&r, &q);
    assert_non_null(found);
    assert_ptr_equal(found->answer, api_annotations_delete);
    assert_string_equal(q.parameters[0], "abc");
    assert_string_equal(q.parameters[1], "12");
    q = ask("PUT", "/api/v1/jobs/abc");
    assert_null(routes_find(&r, &q));
    assert_int_equal(r.status, 405);
    assert_string_equal(r.allow, "GET, DELETE");
    reply_release(&r);
    static const char *const missing[] = {
        "/api/v1",
        "/api/v1/",
        "/api/v1/jobs/",
        "/api/v1/jobs/a/b",
        "/api/v1/recordings//trace",
        "/../etc/passwd",
        "/a/b",
        "",
        "/api/v1/jobs/0123456789012345678901234567890123456789012345678901234567890123456789",
        NULL};
    for (const char *const *path = missing; *path; path++) {
        q = ask("GET", *path);
        assert_null(routes_find(&r, &q));
        assert_int_equal(r.status, 404);
        reply_release(&r);
    }
}

static const char *lower(char out[8], const char *method)
{
    size_t n = strlen(method);
    assert_true(n < 8);
    for (size_t i = 0; i <= n; i++)
        out[i] = (char)(method[i] >= 'A' && method[i] <= 'Z' ? method[i] + 32 : method[i]);
    return out;
}

// The OpenAPI file and the table describe the same addresses.
static void test_openapi_is_the_table(void **state)
{
    (void)state;
    const struct asset *a = asset_find("/openapi.json");
    struct err e;
    json_t *root, *item, *operation;
    const char *path, *method;
    size_t n_routes = 0, n_operations = 0;
    assert_non_null(a);
    check_ok(jsonfile_parse(&root, (const char *)a->bytes, (size_t)(a->end - a->bytes),
                            "openapi.json", &e),
             &e);
    json_t *paths = json_object_get(root, "paths");
    for (const struct route *r = routes; r->method; r++, n_routes++) {
        char name[8];
        const json_t *o = json_object_get(paths, r->pattern + strlen("/api/v1"));
        if (!json_object_get(o, lower(name, r->method)))
            fail_msg("%s %s is not described", r->method, r->pattern);
    }
    json_object_foreach(paths, path, item)
    {
        json_object_foreach(item, method, operation) n_operations++;
    }
    assert_int_equal(n_operations, n_routes);
    json_decref(root);
}

static void test_assets(void **state)
{
    (void)state;
    char tag[ASSET_TAG_BYTES];
    const struct asset *page = asset_find("/");
    assert_non_null(page);
    assert_non_null(asset_find("/app.js"));
    assert_null(asset_find("/index.html"));
    assert_int_equal(memcmp(page->bytes, "<!doctype html>", 15), 0);
    assert_int_equal(*page->end, 0);
    asset_tag(tag, page);
    assert_int_equal(strlen(tag), 18);
    // nothing of the pages asks for anything elsewhere
    for (const struct asset *a = assets; a->path; a++)
        for (const unsigned char *at = a->bytes; at + 8 < a->end; at++)
            if (!memcmp(at, "https://", 8) || !memcmp(at, "http://", 7))
                assert_int_equal(memcmp(at, "http://www.w3.org/2000/svg", 26), 0);
}

// ---- Replies ----

static void test_reply_json(void **state)
{
    (void)state;
    struct reply r = {.fd = -1};
    struct err e;
    assert_int_equal(reply_json(&r, json_pack("{s:i, s:i}", "a", 1, "use", 2), &e), 0);
    reply_finish(&r);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.n, strlen("{\"schema\":1,\"use\":\"research use only\",\"a\":1}"));
    assert_memory_equal(r.bytes, "{\"schema\":1,\"use\":\"research use only\",\"a\":1}", r.n);
    reply_release(&r);
    (void)err_set(&e, ERR_LIMIT, "too much");
    reply_error(&r, &e);
    reply_finish(&r);
    assert_int_equal(r.status, 413);
    reply_release(&r);
    assert_int_equal(reply_json(&r, NULL, &e), ERR_MEMORY);
}

// ---- Journal ----

static void test_journal(void **state)
{
    (void)state;
    struct journal *j;
    struct err e;
    char text[4096];
    uint64_t at = 0;
    check_ok(journal_new(&j, &e), &e);
    assert_int_equal(journal_read(j, &at, text, sizeof text), 0);
    json_t *data = json_pack("{s:s}", "a", "b\nc");
    journal_add(j, "job", data);
    journal_add(j, "job", data);
    size_t n = journal_read(j, &at, text, sizeof text);
    text[n] = 0;
    assert_string_equal(text, "id: 1\nevent: job\ndata: {\"a\":\"b\\nc\"}\n\n"
                              "id: 2\nevent: job\ndata: {\"a\":\"b\\nc\"}\n\n");
    assert_int_equal(at, 2);
    at = 0; // only whole events
    assert_int_equal(journal_read(j, &at, text, 50), 37);
    assert_int_equal(at, 1);
    for (int i = 0; i < 1000; i++)
        journal_add(j, "job", data);
    at = 1; // so long ago that it is no longer kept
    assert_true(journal_read(j, &at, text, sizeof text) > 0);
    assert_true(at > 1002 - 256);
    at = 99999; // of a server before this one
    assert_true(journal_read(j, &at, text, sizeof text) > 0);
    json_decref(data);
    journal_free(j);
}

// ---- Uploads ----

static void test_upload_names(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"x.hea", "x.hea"},
        {"../../etc/passwd", "passwd"},
        {"C:\\Users\\me\\x.png", "x.png"},
        {"..", "_."},
        {".hidden", "_hidden"},
        {"", "file"},
        {"a/", "file"},
        {"Jörg Müller.png", "J__rg_M__ller.png"},
        {"a\nb;c$(d)`e`", "a_b_c__d__e_"},
        {NULL, NULL},
    };
    char name[UPLOAD_NAME_BYTES], longest[400];
    for (size_t i = 0; rows[i][0]; i++) {
        upload_clean_name(name, rows[i][0]);
        assert_string_equal(name, rows[i][1]);
    }
    memset(longest, 'a', sizeof longest);
    memcpy(longest + sizeof longest - 5, ".png", 5);
    upload_clean_name(name, longest);
    assert_int_equal(strlen(name), UPLOAD_NAME_BYTES - 1);
    assert_non_null(strstr(name, ".png"));
}

static void test_upload(void **state)
{
    (void)state;
    struct upload *u;
    struct err e;
    char *folder = scratch_folder();
    struct file_list left;
    check_ok(upload_new(&u, folder, 10, &e), &e);
    check_ok(upload_add(u, "../a.png", "123", 0, 3, &e), &e);
    check_ok(upload_add(u, "../a.png", "45", 3, 2, &e), &e);
    check_ok(upload_add(u, "x/a.png", "6", 0, 1, &e), &e); // the same name once more
    assert_int_equal(u->n, 2);
    assert_string_equal(u->files[0].name, "a.png");
    assert_string_equal(u->files[1].name, "2_a.png");
    assert_int_equal(u->files[0].n_bytes, 5);
    assert_int_equal(upload_add(u, "b", "12345", 0, 5, &e), ERR_LIMIT);
    upload_free(u);
    check_ok(file_list_folder(&left, folder, &e), &e);
    assert_int_equal(left.n, 0);
    file_list_release(&left);
    scratch_remove(folder);
}

// ---- The project file ----

static void test_store(void **state)
{
    (void)state;
    struct store *s;
    struct err e;
    long long first, second;
    json_t *list;
    char *folder = scratch_folder(), *path = path_join(folder, "p.nemg");
    struct annotation a = {1.5, 0.25, 0, "Fibs", "sure"}, b = {0.5, 0, -1, "PSW", NULL};
    check_ok(store_open(&s, path, "reader one", &e), &e);
    check_ok(store_annotate(&first, s, "file:x", &a, &e), &e);
    check_ok(store_annotate(&second, s, "file:x", &b, &e), &e);
    check_ok(store_touch(s, "file:x", "x", &e), &e);
    store_close(s);
    check_ok(store_open(&s, path, "reader two", &e), &e);
    check_ok(store_annotations(&list, s, "file:x", &e), &e);
    assert_int_equal(json_array_size(list), 2);
    const json_t *line = json_array_get(list, 0); // by onset
    assert_string_equal(json_string_value(json_object_get(line, "label")), "PSW");
    assert_string_equal(json_string_value(json_object_get(line, "author")), "reader one");
    assert_true(json_is_null(json_object_get(line, "text")));
    json_decref(list);
    assert_int_equal(store_delete(s, "file:y", first, &e), ERR_USAGE); // another recording's
    assert_int_equal(store_delete(s, "file:x", 999, &e), ERR_USAGE);
    check_ok(store_delete(s, "file:x", first, &e), &e);
    assert_int_equal(store_delete(s, "file:x", first, &e), ERR_USAGE);
    check_ok(store_annotations(&list, s, "file:x", &e), &e);
    assert_int_equal(json_array_size(list), 1);
    json_decref(list);
    check_ok(store_recent(&list, s, 5, &e), &e);
    assert_int_equal(json_array_size(list), 1);
    json_decref(list);
    store_close(s);
    mem_free(path);
    scratch_remove(folder);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_store_refuses(void **state)
{
    (void)state;
    struct store *s;
    struct err e;
    char *folder = scratch_folder(), *path = path_join(folder, "p.nemg");
    check_ok(store_open(&s, path, NULL, &e), &e);
    store_close(s);
    run_sql(path, "PRAGMA user_version = 2");
    assert_int_equal(store_open(&s, path, NULL, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "version 2, this program knows 1"));
    assert_null(s);
    check_ok(file_remove(path, &e), &e);
    run_sql(path, "CREATE TABLE other (x)");
    assert_int_equal(store_open(&s, path, NULL, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "another program"));
    check_ok(file_write(path, "no database at all, but some text that is long enough", 53, &e),
             &e);
    assert_int_equal(store_open(&s, path, NULL, &e), ERR_FORMAT);
    assert_int_equal(store_open(&s, "/nowhere/at/all", NULL, &e), ERR_IO);
    mem_free(path);
    scratch_remove(folder);
}

// A disk that takes no more: one write fails, what was there stays, and later ones work again.
static void test_store_on_a_full_disk(void **state)
{
    (void)state;
    struct store *s;
    struct err e;
    long long id;
    json_t *list;
    char *folder = scratch_folder(), *path = path_join(folder, "p.nemg");
    struct annotation a = {1, 0, 0, "Fibs", NULL};
    struct rlimit old, none;
    check_ok(store_open(&s, path, NULL, &e), &e);
    check_ok(store_annotate(&id, s, "file:x", &a, &e), &e);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    none = (struct rlimit){1024, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    int rc = store_annotate(&id, s, "file:x", &a, &e);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(rc, ERR_IO);
    check_ok(store_annotations(&list, s, "file:x", &e), &e);
    assert_int_equal(json_array_size(list), 1);
    json_decref(list);
    check_ok(store_annotate(&id, s, "file:x", &a, &e), &e);
    store_close(s);
    mem_free(path);
    scratch_remove(folder);
}

// ---- Traces ----

static struct recording *ramp(size_t n, float from)
{
    struct recording *r;
    struct err e;
    struct channel c = {.name = "EMG", .rate_hz = 1000, .n_samples = n};
    const struct recording_facts f = {.channels = &c, .n_channels = 1};
    float *x = mem_array(n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = from + (float)i;
    check_ok(recording_new(&r, &f, (const float *const[]){x}, &e), &e);
    mem_free(x);
    return r;
}

static void test_minmax(void **state)
{
    (void)state;
    const float x[] = {1, -2, 3, 4, 0, 7, -9};
    float out[8];
    stretch_minmax(out, 3, x, 7, 7.0 / 3);
    const float wanted[] = {-2, 1, 3, 4, -9, 7};
    // columns of 2, 2 and 3 samples: [0, 2.33), [2.33, 4.67), [4.67, 7)
    assert_memory_equal(out, wanted, sizeof wanted);
    stretch_minmax(out, 4, x, 2, 0.5); // more columns than samples: the one before is repeated
    assert_true(out[0] == 1 && out[2] == 1 && out[4] == 1 && out[6] == -2);
    stretch_minmax(out, 1, x, 0, 0);
    assert_true(out[0] == 0 && out[1] == 0);
}

static void test_overview(void **state)
{
    (void)state;
    struct recording *r = ramp(100000, 0);
    struct overview o;
    struct err e;
    float range[2];
    check_ok(overview_make(&o, r, 0, &e), &e);
    assert_int_equal(o.bin, OVERVIEW_LEAST_BIN);
    assert_int_equal(o.n, (100000 + 255) / 256);
    overview_range(range, &o, 0, 100000);
    assert_true(range[0] == 0 && range[1] == 99999);
    overview_range(range, &o, 256, 256);
    assert_true(range[0] == 256 && range[1] == 511);
    overview_range(range, &o, 99999, 1); // the last one is shorter
    assert_true(range[1] == 99999);
    overview_range(range, &o, 5000000, 10); // beyond
    overview_release(&o);
    recording_close(r);
}

static void test_stretch(void **state)
{
    (void)state;
    struct recording *r = ramp(5000, 100);
    struct stretch s = {.first = 4990, .n = 100, .offset = 100};
    struct err e;
    float *x;
    size_t n;
    check_ok(stretch_read(&x, &n, r, &s, &e), &e);
    assert_int_equal(n, 10); // what is there
    assert_true(x[0] == 4990 && x[9] == 4999);
    mem_free(x);
    s = (struct stretch){.first = 9999999, .n = 5};
    check_ok(stretch_read(&x, &n, r, &s, &e), &e);
    assert_int_equal(n, 0);
    mem_free(x);
    s = (struct stretch){.n = 10, .highpass_hz = 600}; // above half the rate
    assert_int_equal(stretch_read(&x, &n, r, &s, &e), ERR_USAGE);
    assert_null(x);
    recording_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard_token),
        cmocka_unit_test(test_guard_host_and_origin),
        cmocka_unit_test(test_guard_names),
        cmocka_unit_test(test_request_numbers),
        cmocka_unit_test(test_request_bounds),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_openapi_is_the_table),
        cmocka_unit_test(test_assets),
        cmocka_unit_test(test_reply_json),
        cmocka_unit_test(test_journal),
        cmocka_unit_test(test_upload_names),
        cmocka_unit_test(test_upload),
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_store_refuses),
        cmocka_unit_test(test_store_on_a_full_disk),
        cmocka_unit_test(test_minmax),
        cmocka_unit_test(test_overview),
        cmocka_unit_test(test_stretch),
    };
    return cmocka_run_group_tests_name("web", tests, NULL, NULL);
}
