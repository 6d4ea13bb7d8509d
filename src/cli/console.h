/*
 * console.h: where words to a person go.
 *
 * Results go to stdout, everything else (messages, progress) to stderr, so that a pipe gets
 * only results. On a terminal, progress is one line that is drawn again and again; elsewhere,
 * or with TERM=dumb, it is a plain line every CONSOLE_PLAIN_EVERY_S seconds and one at the end.
 * Colour is used on a terminal unless NO_COLOR [1] is set and not empty.
 *
 * Control characters in messages (file names can hold anything) are shown as '?'.
 *
 * [1] no-color.org
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct err;

enum console_color { CONSOLE_COLOR_AUTO, CONSOLE_COLOR_ALWAYS, CONSOLE_COLOR_NEVER };
extern const char *const console_color_names[]; // in the order of the enum, ended by NULL

enum {
    CONSOLE_PLAIN_EVERY_S = 10,
    CONSOLE_WIDTH_MAX_HELP = 100, // longer lines are hard to read
    CONSOLE_LINE_BYTES = 512,
};

struct console {
    FILE *out;
    FILE *err;
    bool is_out_terminal;
    bool is_err_live; // a terminal that can draw a line again
    bool has_color;   // on err
    bool is_quiet;    // no notes, no progress; warnings and errors stay
    size_t width;     // columns of the terminal
    // The progress line: what it says, whether it is on the screen, and since when.
    char line[CONSOLE_LINE_BYTES];
    bool has_line;
    bool has_unprinted; // line is newer than what was shown
    double shown_s;
};

// Looks at the streams and at TERM, COLUMNS and NO_COLOR. Borrows the streams.
void console_init(struct console *c, FILE *out, FILE *err, enum console_color color);

// Columns for help texts: the terminal's, at least 40, at most CONSOLE_WIDTH_MAX_HELP.
size_t console_help_width(const struct console *c);

// "nemg: error: ...", "nemg: warning: ...", "nemg: ..." on stderr, above a progress line.
void console_error(struct console *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void console_warning(struct console *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void console_note(struct console *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

// How far some work is.
struct console_progress {
    const char *what; // "train"
    uint64_t done;
    uint64_t total;   // 0: not known
    double rate;      // units per second; 0: not known
    const char *unit; // "pictures"
    double left_s;    // seconds to go; negative: (total - done) / rate, if known
    const char *text; // "loss 0.53, accuracy 91 %"; NULL: none
};

// Shows it if it is time to (at most ten times a second on a terminal); now_s is
// clock_monotonic_s(). Cheap enough for every step.
void console_progress_show(struct console *c, const struct console_progress *p, double now_s);

// The last line shown, complete, and a line feed behind it. Does nothing when there was none.
void console_progress_end(struct console *c);

// Flushes stdout. ERR_IO when anything written there was lost: a full disk, a closed pipe.
int console_finish(struct console *c, struct err *e);

// Whether stdout is a pipe that nobody reads any more.
bool console_is_deserted(const struct console *c);
