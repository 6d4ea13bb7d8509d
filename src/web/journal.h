/*
 * journal.h: the newest events, numbered, for Server-Sent Events [1]: a browser that lost its
 * connection says the number that it saw last and gets what came since, as far as it is kept.
 *
 * Threads: every function may be called from any.
 *
 * [1] HTML Living Standard, section 9.2.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;
struct journal;
struct json_t;

int journal_new(struct journal **out, struct err *e);
void journal_free(struct journal *j); // accepts NULL

// Called after each event, outside the lock, on the thread that added it.
void journal_on_event(struct journal *j, void (*wake)(void *context), void *context);

// An event; data is borrowed. Without memory it is lost, and browsers ask again by themselves.
void journal_add(struct journal *j, const char *type, const struct json_t *data);

uint64_t journal_newest(struct journal *j); // number of the last event; 0: none yet

// Text of events behind *at as they go over the wire, at most n bytes of whole events; moves *at.
size_t journal_read(struct journal *j, uint64_t *at, char *out, size_t n);
