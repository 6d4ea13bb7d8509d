/*
 * http.h: the server itself, over libmicrohttpd: connections, bodies that come in pieces, answers
 * that take long, streams of events, and what a slow or greedy client may take.
 *
 * One thread serves all connections. A request of a route with ROUTE_SLOW is suspended, answered on
 * another thread, and resumed; an event stream is suspended while there is nothing to tell. Bounds:
 *
 *   connections         HTTP_MAX_CONNECTIONS, from one address over the network an eighth of them
 *   headers             HTTP_HEADER_BYTES
 *   a JSON body         HTTP_JSON_BYTES
 *   files               max_upload_bytes, known from Content-Length before the first byte is read
 *   time                HTTP_PATIENCE_S for a request, and a second more for each HTTP_SLOWEST_BYTES
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;
struct http;
struct workbench;

enum {
    HTTP_MAX_CONNECTIONS = 256,
    HTTP_HEADER_BYTES = 32 << 10,
    HTTP_JSON_BYTES = 256 << 10,
    HTTP_PATIENCE_S = 30,
    HTTP_SLOWEST_BYTES = 4096,
    HTTP_MAX_STREAMS = 32,
    HTTP_ADDRESS_BYTES = 200,
};

struct http_options {
    const char *address;           // "127.0.0.1", "::1", "0.0.0.0"
    unsigned port;                 // 0: any that is free
    const char *certificate, *key; // contents of PEM files; NULL: no TLS
    uint64_t max_upload_bytes;
};

// Whether an address is this machine's own, which nobody else can reach.
int http_is_loopback(const char *address);

// Binds and begins to answer. Borrows w. ERR_USAGE: no address, or TLS that this libmicrohttpd
// cannot do; ERR_IO: the port is taken, or the certificate does not suit.
int http_start(struct http **out, const struct http_options *o, struct workbench *w,
               struct err *e);
void http_stop(struct http *h); // answers what was begun; accepts NULL

// The address with its token that a person opens.
void http_address(char out[HTTP_ADDRESS_BYTES], const struct http *h);

// Wants to be called about once a second: ends connections that are too slow, and keeps event
// streams alive.
void http_tick(struct http *h);
