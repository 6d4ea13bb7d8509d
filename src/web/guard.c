/* guard.c: see guard.h. */
#include "web/guard.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "web/reply.h"
#include "web/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

int guard_random_hex(char *out, size_t n_digits, struct err *e)
{
    unsigned char bytes[32];
    static const char digits[] = "0123456789abcdef";
    size_t n = n_digits / 2;
    if (n > sizeof bytes || getrandom(bytes, n, 0) != (ssize_t)n)
        return err_set(e, ERR_IO, "random numbers: %s", strerror(errno));
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = 0;
    return 0;
}

static void add_name(struct guard *g, const char *host, unsigned port)
{
    bool is_v6 = strchr(host, ':') != NULL;
    const char *before = is_v6 ? "[" : "", *after = is_v6 ? "]" : "";
    char *name = g->names[g->n_names++];
    if (port == (g->is_tls ? 443 : 80)) // a browser leaves the scheme's own port away
        snprintf(name, GUARD_NAME_BYTES, "%s%s%s", before, host, after);
    else
        snprintf(name, GUARD_NAME_BYTES, "%s%s%s:%u", before, host, after, port);
}

int guard_init(struct guard *g, const char *address, unsigned port, bool is_tls, struct err *e)
{
    *g = (struct guard){.is_tls = is_tls};
    if (strlen(address) > GUARD_NAME_BYTES - 16)
        return err_set(e, ERR_USAGE, "an address of %zu letters", strlen(address));
    add_name(g, address, port);
    if (!strcmp(address, "127.0.0.1") || !strcmp(address, "::1"))
        add_name(g, "localhost", port);
    snprintf(g->cookie, sizeof g->cookie, "nemg-%u", port);
    return guard_random_hex(g->token, GUARD_TOKEN_BYTES - 1, e);
}

void guard_address(char *out, size_t n, const struct guard *g)
{
    snprintf(out, n, "%s://%s/?token=%s", g->is_tls ? "https" : "http", g->names[0], g->token);
}

bool guard_same(const char *a, const char *b)
{
    size_t n = strlen(a);
    if (n != strlen(b))
        return false;
    volatile unsigned char differ = 0;
    for (size_t i = 0; i < n; i++)
        differ = (unsigned char)(differ | (a[i] ^ b[i]));
    return differ == 0;
}

static bool is_name(const struct guard *g, const char *host)
{
    for (size_t i = 0; host && i < g->n_names; i++)
        if (text_compare_nocase(host, g->names[i]) == 0)
            return true;
    return false;
}

static bool is_own_origin(const struct guard *g, const struct request *q)
{
    const char *origin = request_header(q, "Origin");
    const char *site = request_header(q, "Sec-Fetch-Site");
    const char *scheme = g->is_tls ? "https://" : "http://";
    // "none": typed or opened from a terminal. Following a link of another page is "cross-site",
    // and gets the front page only, which is all that a link should reach.
    bool is_page = !strcmp(q->method, "GET") && !strcmp(q->path, "/");
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0 && !is_page)
        return false;
    return !origin || (text_starts_with(origin, scheme) && is_name(g, origin + strlen(scheme)));
}

static bool has_token(const struct guard *g, const struct request *q)
{
    char cookie[GUARD_TOKEN_BYTES];
    const char *bearer = request_header(q, "Authorization");
    if (bearer && text_starts_with(bearer, "Bearer "))
        return guard_same(bearer + strlen("Bearer "), g->token);
    return request_cookie(cookie, sizeof cookie, q, g->cookie) && guard_same(cookie, g->token);
}

static bool refuse(struct reply *out, unsigned status, const char *why)
{
    struct err e;
    (void)err_set(&e, ERR_USAGE, "%s", why);
    out->status = status;
    reply_error(out, &e);
    return false;
}

// The printed address: the token goes into a cookie, and out of the address bar and history.
static bool exchange(struct reply *out, const struct guard *g)
{
    out->status = 303;
    snprintf(out->location, sizeof out->location, "/");
    snprintf(out->cookie, sizeof out->cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s",
             g->cookie, g->token, g->is_tls ? "; Secure" : "");
    return false;
}

// For a person who opened the address without its token, or after a restart.
static bool show_way_in(struct reply *out)
{
    static const char page[] =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>nemg</title>"
        "<h1>nemg</h1><p>This address wants its token. Open the whole address that <code>nemg "
        "serve</code> has printed; after a restart it is another one.</p>"
        "<p>Research use only.</p></html>\n";
    unsigned char *bytes = mem_alloc(sizeof page - 1);
    if (!bytes)
        return refuse(out, 503, "no memory");
    memcpy(bytes, page, sizeof page - 1);
    out->status = 401;
    reply_bytes(out, "text/html; charset=utf-8", bytes, sizeof page - 1);
    return false;
}

bool guard_admits(struct reply *out, const struct guard *g, const struct request *q)
{
    const char *given = request_query(q, "token");
    bool is_page = !strcmp(q->method, "GET") && !strcmp(q->path, "/");
    if (!is_name(g, request_header(q, "Host")))
        return refuse(out, 421, "Host: not a name of this server");
    if (!is_own_origin(g, q))
        return refuse(out, 403, "Origin: a page of another site asks, which is not answered");
    if (is_page && given && guard_same(given, g->token))
        return exchange(out, g);
    if (has_token(g, q))
        return true;
    if (is_page)
        return show_way_in(out);
    return refuse(out, 401,
                  "no token: open the address that nemg serve has printed, or send "
                  "\"Authorization: Bearer TOKEN\"");
}
