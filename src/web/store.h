/*
 * store.h: the project file: which recordings were opened, and what persons wrote about them.
 *
 * One SQLite file. Nothing in it is changed or taken out: an annotation that is deleted is a
 * further line, with who did it and when. So it is history, undo, and what two readers can be
 * compared by. Recordings are known by a key (shelf.h) that does not name a person.
 *
 * A file of another version or program is refused and stays as it is. A full disk fails one
 * write, which is then not half there.
 *
 * Threads: every function may be called from any.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct annotation;
struct err;
struct store;

enum { STORE_VERSION = 1, STORE_LABEL_BYTES = 128, STORE_TEXT_BYTES = 2000 };

// path NULL: $XDG_DATA_HOME/nemg/project.nemg, or below ~/.local/share. author NULL: the account's
// name. ERR_FORMAT: no project file, or of another version; ERR_IO.
int store_open(struct store **out, const char *path, const char *author, struct err *e);
void store_close(struct store *s); // accepts NULL

const char *store_author(const struct store *s);

// That a recording was opened now; name is for people.
int store_touch(struct store *s, const char *key, const char *name, struct err *e);

// The newest first: [{"key", "name", "opened"}]; the caller's.
int store_recent(json_t **out, struct store *s, size_t n, struct err *e);

// *id: the annotation's. a's label and text have at most the bytes above.
int store_annotate(long long *id, struct store *s, const char *key, const struct annotation *a,
                   struct err *e);
// ERR_USAGE: there is none of that id in that recording.
int store_delete(struct store *s, const char *key, long long id, struct err *e);

// [{"annotation" (id), "onset_s", "duration_s", "channel", "label", "text", "author", "at"}] by
// onset; the caller's.
int store_annotations(json_t **out, struct store *s, const char *key, struct err *e);
