/*
 * csv.h: tables of text as RFC 4180 has them, a row at a time.
 *
 * Fields in quotes may hold commas, line ends and doubled quotes. A byte order mark, CR LF or CR
 * in place of LF, blanks around fields and empty lines are taken. Errors name the file and the line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;

enum { CSV_MAX_BYTES = 256 << 20, CSV_MAX_COLUMNS = 8192 };

struct csv {
    const char *path;
    size_t line;  // of the row read last, from 1
    char **field; // [n] of the row read last; valid until csv_close()
    size_t n;
    bool is_cut; // the file does not end with a line end
    unsigned char *text;
    char *at;
    size_t next_line, capacity;
};

// Reads the file. ERR_IO, ERR_LIMIT, ERR_MEMORY; ERR_FORMAT: a zero byte. Borrows path.
int csv_open(struct csv *out, const char *path, struct err *e);
void csv_close(struct csv *c); // accepts a zeroed struct

// The next row that is not empty: 1, 0 at the end, or an error: ERR_FORMAT, ERR_LIMIT, ERR_MEMORY.
int csv_next(struct csv *c, struct err *e);

const char *csv_field(const struct csv *c, size_t column); // "" where the row has none

// The column of that name in the row read last, without ASCII case; SIZE_MAX: none.
size_t csv_column(const struct csv *c, const char *name);

// A field as it is to be written, in quotes; appended to a struct buffer.
struct buffer;
void csv_put(struct buffer *out, const void *text, size_t n);
