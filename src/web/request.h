/*
 * request.h: one HTTP request as the rest of web/ sees it: no type of the HTTP library's, so that
 * tests and fuzz targets make their own.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct upload;

enum { REQUEST_PARAMETERS_MAX = 2, REQUEST_PAIRS_MAX = 64 };

struct request_pair {
    const char *name, *value; // value "" where there is none
};

// All of it is borrowed from whoever made the request.
struct request {
    const char *method, *path; // path is decoded and begins with '/'
    struct request_pair headers[REQUEST_PAIRS_MAX], query[REQUEST_PAIRS_MAX];
    size_t n_headers, n_query;
    bool is_over; // more pairs than fit: answered with 431
    // What the route's pattern has in braces, in its order; set by routes_find().
    char parameters[REQUEST_PARAMETERS_MAX][64];
    json_t *json;          // of a route that wants JSON: an object
    struct upload *upload; // of a route that wants files
};

void request_add(struct request_pair *pairs, size_t *n, bool *is_over, const char *name,
                 const char *value);

const char *request_header(const struct request *q, const char *name); // NULL: none
const char *request_query(const struct request *q, const char *name);  // NULL: none

// A number of the query within [min, max]; fallback where it is not there. ERR_USAGE.
int request_number(double *out, const struct request *q, const char *name, double fallback,
                   double min, double max, struct err *e);
// The same, whole.
int request_count(size_t *out, const struct request *q, const char *name, size_t fallback,
                  size_t min, size_t max, struct err *e);

// The value of a cookie, copied; false: not there, or longer than n - 1.
bool request_cookie(char *out, size_t n, const struct request *q, const char *name);

// The body as an object into q->json; q's owner releases it. ERR_FORMAT: no JSON, or no object.
int request_parse_json(struct request *q, const void *body, size_t n, struct err *e);
