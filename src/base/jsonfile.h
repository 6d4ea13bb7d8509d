/*
 * jsonfile.h: JSON through jansson, with our errors.
 *
 * Reading refuses duplicated keys. Writing keeps the order in which keys were set, indents by
 * two, and gives reals 9 significant digits: enough for every float32.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct err;

// The root of the file (an object or an array); the caller's: json_decref().
int jsonfile_read(json_t **out, const char *path, struct err *e);
int jsonfile_parse(json_t **out, const char *text, size_t n, const char *name, struct err *e);

// Replaces path (see file.h). Borrows root.
int jsonfile_write(const char *path, const json_t *root, struct err *e);

// The text, ended by a newline, for stdout or a file; mem_free(). NULL: no memory.
char *jsonfile_text(const json_t *root);

// Members that must be there and of their kind; `name` (a file) begins the message. Strings are
// borrowed.
int jsonfile_get_string(const char **out, const json_t *object, const char *key,
                        const char *name, struct err *e);
int jsonfile_get_integer(long long *out, const json_t *object, const char *key,
                         const char *name, struct err *e);
int jsonfile_get_real(double *out, const json_t *object, const char *key, const char *name,
                      struct err *e); // integers too
int jsonfile_get_array(json_t **out, const json_t *object, const char *key, const char *name,
                       struct err *e); // borrowed
int jsonfile_get_object(json_t **out, const json_t *object, const char *key, const char *name,
                        struct err *e); // borrowed
