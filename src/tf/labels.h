/*
 * labels.h: TF-Slim's labels.txt: "0:Fibs" a line, classes in order from 0, names in UTF-8,
 * none twice.
 */
#pragma once

#include <stddef.h>

struct err;

enum { LABELS_MAX = 10000 };

// The caller's: labels_free(). Errors name the line.
int labels_read(char ***out, size_t *n, const char *path, struct err *e);
int labels_write(const char *path, char *const *labels, size_t n, struct err *e);
void labels_free(char **labels, size_t n); // accepts NULL
