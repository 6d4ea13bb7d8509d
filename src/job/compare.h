/*
 * compare.h: two models on the same examples, and models beside people.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

struct err;

struct compare_options {
    const char *a, *b; // predictions files; b may be NULL if raters is not
    // CSV with a column "file" and one for each rater, whose name is its header; an empty field: not
    // rated. NULL: none.
    const char *raters;
    uint64_t seed; // of the bootstrap over patients
};

/*
 * *report: the object of --json (docs/json.md), the caller's. ERR_USAGE: files of other classes, other
 * examples or another truth; ERR_FORMAT, with the line: a rated file that is not among the examples or
 * comes twice, a label that is no class.
 */
int compare(json_t **report, const struct compare_options *o, struct err *e);
