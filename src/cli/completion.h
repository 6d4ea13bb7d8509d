/* completion.h: completion of command lines for bash, made from the tables. */
#pragma once

struct buffer;
struct command;
struct err;

// Appends the script: command names, options of the command that stands on the line, choices,
// and file names for paths and operands. A failed allocation shows in out->failed.
void completion_script(struct buffer *out, const struct command *const *table);

// Writes it to a file. ERR_IO, ERR_MEMORY.
int completion_write(const struct command *const *table, const char *path, struct err *e);
