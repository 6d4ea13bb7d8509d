/*
 * wfdb_annotations.h: the .atr file beside a WFDB header.
 *
 * Our own annotations are notes (code 22) whose auxiliary text is
 *
 *   label TAB onset TAB duration [TAB text]
 *
 * with times in seconds as decimal numbers of 17 digits: label and times come back exactly.
 * Other programs show that text. Foreign annotations get their code's mnemonic as label and
 * their auxiliary text as text; a note's text is its label.
 */
#pragma once

struct buffer;
struct err;
struct recording;

enum { WFDB_AUX_MAX_BYTES = 255 };

// Adds what "<path without .hea>.atr" holds, if it is there. A file that ends early or holds
// codes out of range gives what could be read, and a repair line. frame_hz: ticks per second,
// unless the file says another number. ERR_IO, ERR_LIMIT, ERR_MEMORY.
int wfdb_annotations_read(struct recording *r, const char *path, double frame_hz,
                          struct err *e);

// The file's contents. ERR_LIMIT: a text longer than WFDB's, or a time beyond it; e says which.
int wfdb_annotations_write(struct buffer *out, const struct recording *r, double frame_hz,
                           struct err *e);
