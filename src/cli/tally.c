/* tally.c: see tally.h. */
#include "cli/tally.h"

#include <jansson.h>
#include <string.h>

static int widest(const json_t *classes)
{
    size_t i, n = strlen("patients");
    const json_t *name;
    json_array_foreach(classes, i, name) n =
        json_string_length(name) > n ? json_string_length(name) : n;
    return (int)n;
}

static long long count(const json_t *split, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(split, "per_class"), name));
}

void tally_print(FILE *f, const json_t *report)
{
    json_t *classes = json_object_get(report, "classes");
    json_t *splits = json_object_get(report, "splits"), *split;
    const json_t *name;
    const char *key;
    size_t i;
    int w = widest(classes);
    fprintf(f, "%-*s", w, "");
    json_object_foreach(splits, key, split) fprintf(f, " %12s", key);
    fputc('\n', f);
    json_array_foreach(classes, i, name)
    {
        fprintf(f, "%-*s", w, json_string_value(name));
        json_object_foreach(splits, key, split)
            fprintf(f, " %12lld", count(split, json_string_value(name)));
        fputc('\n', f);
    }
    fprintf(f, "%-*s", w, "all");
    json_object_foreach(splits, key, split)
        fprintf(f, " %12lld", json_integer_value(json_object_get(split, "n")));
    fprintf(f, "\n%-*s", w, "patients");
    json_object_foreach(splits, key, split)
    {
        size_t n = json_array_size(json_object_get(split, "patients"));
        if (n)
            fprintf(f, " %12zu", n);
        else
            fprintf(f, " %12s", "unknown");
    }
    fputc('\n', f);
}
