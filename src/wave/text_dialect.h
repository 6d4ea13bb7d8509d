/*
 * text_dialect.h: how a text file writes its numbers: what stands between them, point or comma,
 * and where its header ends. And the scanning of such numbers, fast.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct recording_hints;

struct text_dialect {
    char delimiter; // 0: blanks and tabs
    char point;     // '.' or ','
    bool is_line;   // all numbers stand in one line: one channel
    size_t header_lines;
    const char *data; // where the first line of numbers begins
    size_t n_columns; // of that line; 1 if is_line
};
enum { TEXT_MAX_COLUMNS = 64 };

// A line of a text that ends at `end`: its end is *line_end, and the next line is returned.
const char *text_next_line(const char *at, const char *end, const char **line_end);

/*
 * Looks at the first lines. ERR_FORMAT: no numbers; ERR_LIMIT: too many columns; ERR_USAGE: "1,5"
 * may be one number or two, and hints does not say. path begins the message.
 */
int text_dialect_find(struct text_dialect *d, const char *text, const char *end,
                      const struct recording_hints *h, const char *path, struct err *e);

// A number at *at, which moves behind it; decimals counts the places behind its point. False:
// there is none (*at stays), "nan" and "inf" among that.
bool text_scan_number(double *out, const char **at, const char *end, char point, int *decimals);

// Moves behind the blanks, and one delimiter with the blanks behind it. False: neither was
// there, and it is not the end.
bool text_skip_delimiter(const char **at, const char *end, char delimiter);
