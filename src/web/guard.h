/*
 * guard.h: who may ask. Four questions, in this order, of every request:
 *
 *   Host     one of our own names, always: a foreign name that was pointed at this address
 *            (DNS rebinding) is refused before anything else [1]
 *   Origin   where it is given, and Sec-Fetch-Site: our own pages only
 *   token    in the cookie that the printed address is exchanged for, or as "Authorization: Bearer"
 *
 * Tokens are compared in a time that does not depend on where they differ.
 *
 * [1] RFC 9110, section 7.2; RFC 6454.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct reply;
struct request;

enum { GUARD_TOKEN_BYTES = 33, GUARD_NAMES_MAX = 4, GUARD_NAME_BYTES = 80 };

struct guard {
    char names[GUARD_NAMES_MAX][GUARD_NAME_BYTES]; // "127.0.0.1:8321", as browsers send it
    size_t n_names;
    char token[GUARD_TOKEN_BYTES]; // 32 hexadecimal digits
    char cookie[24];               // name of the cookie, with the port in it
    bool is_tls;
};

// address may be an IPv6 address. A token is drawn. ERR_IO: the system gives no random numbers;
// ERR_USAGE: an address too long.
int guard_init(struct guard *g, const char *address, unsigned port, bool is_tls, struct err *e);

// "http://127.0.0.1:8321/?token=..."
void guard_address(char *out, size_t n, const struct guard *g);

/*
 * Whether the request may go on. If not, out says why, or is the redirection that exchanges the
 * token of the query for a cookie.
 */
bool guard_admits(struct reply *out, const struct guard *g, const struct request *q);

bool guard_same(const char *a, const char *b); // in constant time for one length
int guard_random_hex(char *out, size_t n_digits, struct err *e); // and a zero
