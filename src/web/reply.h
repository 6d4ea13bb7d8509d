/*
 * reply.h: what is answered to a request. Handlers fill one of its bodies; status 0 becomes 200, or
 * what suits the error.
 *
 * Every JSON body begins with "schema" and "use", every answer carries Research-Use-Only.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct asset;

enum { REPLY_SCHEMA = 1, REPLY_LINE_BYTES = 256 };
#define REPLY_USE "research use only"

enum reply_body { REPLY_EMPTY, REPLY_JSON, REPLY_BYTES, REPLY_ASSET, REPLY_FILE, REPLY_EVENTS };

struct reply {
    unsigned status;
    enum reply_body body;
    json_t *json;         // owned
    const char *type;     // of bytes and files
    unsigned char *bytes; // owned: mem_free()
    size_t n;             // of bytes
    const struct asset *asset;
    int fd; // of a file: owned; its size is n_file
    uint64_t n_file;
    char file_name[64]; // of a download; "": shown in place. Letters, digits, '.', '-', '_'
    char location[REPLY_LINE_BYTES], cookie[REPLY_LINE_BYTES], allow[64];
};

void reply_release(struct reply *r);

// json is handed over. NULL, which no memory gives, becomes ERR_MEMORY.
int reply_json(struct reply *r, json_t *json, struct err *e);
void reply_bytes(struct reply *r, const char *type, unsigned char *bytes,
                 size_t n); // handed over

// An error as its JSON; a status that was set stays.
void reply_error(struct reply *r, const struct err *why);

// Turns JSON into bytes. Cannot fail: without memory it becomes a fixed line.
void reply_finish(struct reply *r);

unsigned reply_status_of(int rc); // the HTTP status that suits an ERR_ code
