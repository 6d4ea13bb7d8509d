/*
 * manpage.h: manual pages from the tables, in the man(7) macros.
 *
 * nemg.1 for the program and nemg-dataset-build.1 and so on, one per command. No date is
 * written: the same sources give the same bytes.
 */
#pragma once

struct buffer;
struct command;
struct err;

// Appends one page. A failed allocation shows in out->failed.
void manpage_command(struct buffer *out, const struct command *c);
void manpage_program(struct buffer *out, const struct command *const *table);

// Writes all pages into a folder, which is made if it is not there. ERR_IO, ERR_MEMORY.
int manpage_write(const struct command *const *table, const char *folder, struct err *e);
