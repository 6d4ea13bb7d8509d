/* helptext.h: what --help shows, made from the tables; as text or as JSON. */
#pragma once

#include <stddef.h>

struct buffer;
struct command;
struct err;
struct json_t; // jansson's

// Appends the help of one command, or of the whole program; no line is longer than width
// columns unless a single word is. A failed allocation shows in out->failed.
void helptext_command(struct buffer *out, const struct command *c, size_t width);
void helptext_program(struct buffer *out, const struct command *const *table, size_t width);

// One command: {"command", "summary", "description", "operands", "options": [{"name", "short",
// "kind", "metavar", "default", "min", "max", "choices", "required", "help"}], "examples"}.
// The caller's. ERR_MEMORY.
int helptext_json(struct json_t **out, const struct command *c, struct err *e);

// "a b" followed by words wrapped to width: text that starts in column `column` and goes on, in
// later lines, at `indent`. Ends with a line feed.
void helptext_wrap(struct buffer *out, const char *text, size_t column, size_t indent,
                   size_t width);
