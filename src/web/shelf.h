/*
 * shelf.h: the recordings that can be looked at: those of a folder on this machine, and those that
 * were sent.
 *
 * A recording has a key: "file:<path>" or, of one that was sent, "sha256:<hash of its files>"; its
 * id in addresses is a hash of the key, so that no name of a person is in an address or a log. It
 * is opened when it is first asked for; the SHELF_OPEN_MAX asked for last stay open, and of those that
 * were sent SHELF_SENT_MAX are kept.
 *
 * Files of the folder are the person's own and are read as every command reads them; what was sent
 * was read in the sandbox and lies here as plain numbers.
 *
 * Threads: every function may be called from any. A recording that was taken is the taker's alone
 * until it is given back: hold it for a read, not for a computation.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct overview;
struct recording;
struct reply;
struct shelf;
struct upload;
struct workbench;

enum { SHELF_OPEN_MAX = 16, SHELF_SENT_MAX = 32, SHELF_FILES_MAX = 20000, SHELF_ID_BYTES = 17 };

// folder NULL: only what is sent.
int shelf_new(struct shelf **out, const char *folder, struct workbench *w, struct err *e);
void shelf_free(struct shelf *s); // accepts NULL
bool shelf_has_folder(const struct shelf *s);

// {"recordings": [{"recording" (id), "name"}], "is_cut", "recent": [...]}; looks into the folder
// anew. The caller's.
int shelf_list(json_t **out, struct shelf *s, struct err *e);

// Reads what was sent; id is the recording's.
int shelf_add(char id[SHELF_ID_BYTES], struct shelf *s, const struct upload *u, struct err *e);

// One recording, held.
struct shelf_item {
    const char *key, *name;
    struct recording *recording;
    struct overview *overviews; // [recording->n_channels]
    double *offsets;            // [recording->n_channels] mean of the beginning
};
// The error of an unknown id sets out->status to 404.
int shelf_take(struct shelf_item **item, struct reply *out, struct shelf *s, const char *id,
               struct err *e);
void shelf_give(struct shelf *s, struct shelf_item *item); // accepts NULL

// The same recording once more, for long work; the caller's: recording_close().
int shelf_open_again(struct recording **r, char **name, struct shelf *s, const char *id,
                     struct err *e);
