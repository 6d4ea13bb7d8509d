/* tally.h: the table of a data set: pictures per class and split. */
#pragma once

#include <stdio.h>

struct json_t; // jansson's

// report: {"classes": [...], "splits": {name: {"n", "per_class", "patients"}}}.
void tally_print(FILE *f, const struct json_t *report);
