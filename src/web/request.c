/* request.c: see request.h. */
#include "web/request.h"

#include "base/err.h"
#include "base/jsonfile.h"
#include "base/text.h"

#include <string.h>

void request_add(struct request_pair *pairs, size_t *n, bool *is_over, const char *name,
                 const char *value)
{
    if (*n == REQUEST_PAIRS_MAX)
        *is_over = true;
    else
        pairs[(*n)++] = (struct request_pair){name, value ? value : ""};
}

const char *request_header(const struct request *q, const char *name)
{
    for (size_t i = 0; i < q->n_headers; i++)
        if (text_compare_nocase(q->headers[i].name, name) == 0)
            return q->headers[i].value;
    return NULL;
}

const char *request_query(const struct request *q, const char *name)
{
    for (size_t i = 0; i < q->n_query; i++)
        if (strcmp(q->query[i].name, name) == 0)
            return q->query[i].value;
    return NULL;
}

int request_number(double *out, const struct request *q, const char *name, double fallback,
                   double min, double max, struct err *e)
{
    const char *text = request_query(q, name);
    *out = fallback;
    if (text && (!text_to_double(out, text) || *out < min || *out > max))
        return err_set(e, ERR_USAGE, "%s=%.40s, wanted a number from %g to %g", name, text, min,
                       max);
    return 0;
}

int request_count(size_t *out, const struct request *q, const char *name, size_t fallback,
                  size_t min, size_t max, struct err *e)
{
    const char *text = request_query(q, name);
    *out = fallback;
    if (text && (!text_to_size(out, text) || *out < min || *out > max))
        return err_set(e, ERR_USAGE, "%s=%.40s, wanted a whole number from %zu to %zu", name,
                       text, min, max);
    return 0;
}

bool request_cookie(char *out, size_t n, const struct request *q, const char *name)
{
    const char *at = request_header(q, "Cookie");
    size_t n_name = strlen(name);
    while (at && *at) {
        at += strspn(at, " ;");
        size_t n_pair = strcspn(at, ";");
        if (n_pair > n_name && at[n_name] == '=' && !strncmp(at, name, n_name)) {
            size_t n_value = n_pair - n_name - 1;
            if (n_value >= n)
                return false;
            memcpy(out, at + n_name + 1, n_value);
            out[n_value] = 0;
            return true;
        }
        at += n_pair;
    }
    return false;
}

int request_parse_json(struct request *q, const void *body, size_t n, struct err *e)
{
    int rc = jsonfile_parse(&q->json, body, n, "request", e);
    if (rc == 0 && !json_is_object(q->json)) {
        json_decref(q->json);
        q->json = NULL;
        return err_set(e, ERR_FORMAT, "request: not a JSON object");
    }
    return rc;
}
