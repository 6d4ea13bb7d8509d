/* reply.c: see reply.h. */
#include "web/reply.h"

#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"

#include <string.h>
#include <unistd.h>

static const struct code {
    int rc;
    unsigned status;
    const char *name;
} codes[] = {
    {ERR_OK, 200, "ok"},
    {ERR_MEMORY, 503, "memory"},
    {ERR_IO, 500, "io"},
    {ERR_FORMAT, 422, "format"},
    {ERR_LIMIT, 413, "limit"},
    {ERR_UNSUPPORTED, 415, "unsupported"},
    {ERR_USAGE, 400, "usage"},
    {ERR_DEVICE, 500, "device"},
    {ERR_CANCELLED, 503, "cancelled"},
};
enum { N_CODES = sizeof codes / sizeof *codes };

static const struct code *code_of(int rc)
{
    for (size_t i = 0; i < N_CODES; i++)
        if (codes[i].rc == rc)
            return &codes[i];
    return &codes[2];
}

unsigned reply_status_of(int rc)
{
    return code_of(rc)->status;
}

void reply_release(struct reply *r)
{
    json_decref(r->json);
    mem_free(r->bytes);
    if (r->body == REPLY_FILE && r->fd >= 0)
        close(r->fd);
    *r = (struct reply){.fd = -1};
}

int reply_json(struct reply *r, json_t *json, struct err *e)
{
    if (!json)
        return err_set(e, ERR_MEMORY, "no memory for the answer");
    r->body = REPLY_JSON;
    r->json = json;
    return 0;
}

void reply_bytes(struct reply *r, const char *type, unsigned char *bytes, size_t n)
{
    r->body = REPLY_BYTES;
    r->type = type;
    r->bytes = bytes;
    r->n = n;
}

void reply_error(struct reply *r, const struct err *why)
{
    struct reply old = *r;
    const struct code *c = code_of(why->code);
    reply_release(r);
    r->status = old.status >= 400 ? old.status : c->status;
    memcpy(r->allow, old.allow, sizeof r->allow);
    r->body = REPLY_JSON;
    r->json = json_pack("{s:{s:s, s:o}}", "error", "code", c->name, "message",
                        jsontext_string(why->text));
}

void reply_finish(struct reply *r)
{
    static const char none[] =
        "{\"schema\": 1, \"use\": \"" REPLY_USE "\", \"error\": {\"code\": \"memory\", "
        "\"message\": \"no memory for the answer\"}}\n";
    if (!r->status)
        r->status = r->body == REPLY_EMPTY ? 204 : 200;
    if (r->body != REPLY_JSON)
        return;
    json_t *root = json_pack("{s:i, s:s}", "schema", REPLY_SCHEMA, "use", REPLY_USE);
    char *text = NULL;
    if (root && r->json && json_object_update_missing(root, r->json) == 0)
        text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(root);
    json_decref(r->json);
    r->json = NULL;
    r->type = "application/json";
    r->body = REPLY_BYTES;
    if (!text)
        r->status = 503;
    r->n = strlen(text ? text : none);
    r->bytes = mem_alloc(r->n);
    if (r->bytes)
        memcpy(r->bytes, text ? text : none, r->n);
    else
        r->n = 0;
    free(text);
}
