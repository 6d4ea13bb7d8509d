/* evaluation.h: the report of an evaluation, and what was not computable in any report, as text. */
#pragma once

#include <stdio.h>

struct json_t; // jansson's

// The object that evaluate() gives (docs/json.md).
void evaluation_print(FILE *f, const struct json_t *report);

// "91.2 (88.1 to 93.6)" in percent of {"value", "ci95", "ci95_patients"}, in a column of 22; the interval
// over patients where there is one; a dash where there is no value.
void evaluation_print_percent(FILE *f, const struct json_t *o);

// Each reason once, with the places that it is of.
void evaluation_print_not_computable(FILE *f, const struct json_t *report);
