/* manifest.c: see manifest.h. */
#include "data/manifest.h"

#include "base/csv.h"
#include "base/err.h"
#include "base/file.h"
#include "data/items.h"

#include <string.h>

enum column { ITEM, PATIENT, CLASS, RECORDING, MUSCLE, N_COLUMNS };

static int find_columns(const struct csv *c, size_t *at, bool has_pictures, struct err *e)
{
    static const char *const names[N_COLUMNS][4] = {{"image", "picture", "file", NULL},
                                                    {"patient", "subject", NULL},
                                                    {"class", "label", NULL},
                                                    {"recording", "record", NULL},
                                                    {"muscle", NULL}};
    for (int k = 0; k < N_COLUMNS; k++) {
        at[k] = SIZE_MAX;
        for (const char *const *name = names[k]; *name && at[k] == SIZE_MAX; name++)
            at[k] = csv_column(c, *name);
    }
    if (at[ITEM] == SIZE_MAX && !has_pictures)
        at[ITEM] = at[RECORDING];
    if (at[ITEM] == SIZE_MAX || at[PATIENT] == SIZE_MAX)
        return err_set(e, ERR_FORMAT, "%s: line %zu: no column \"%s\" in the header", c->path,
                       c->line,
                       at[ITEM] != SIZE_MAX ? "patient"
                       : has_pictures       ? "image"
                                            : "file");
    return 0;
}

static bool is_named(const char *file, const char *name, bool without_ending)
{
    size_t n = strlen(name);
    return !strcmp(file, name) ||
           (without_ending && !strncmp(file, name, n) && file[n] == '.' &&
            !strchr(file + n, '/') && !strchr(file + n + 1, '.'));
}

// "class/name", or a name alone where it is unique. SIZE_MAX: none; SIZE_MAX - 1: several.
static size_t find_item(const struct items *p, const char *name)
{
    size_t low = 0, high = p->n, found = SIZE_MAX;
    bool has_class = strchr(name, '/');
    while (has_class && low < high) { // sorted by class folder, then name
        size_t middle = low + (high - low) / 2;
        int order = strcmp(p->items[middle].file, name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = 0; i < p->n; i++) { // folders' names may sort otherwise than paths
        const char *file = p->items[i].file;
        if (!is_named(has_class ? file : path_base(file), name, !p->n_classes))
            continue;
        if (found != SIZE_MAX)
            return SIZE_MAX - 1;
        found = i;
    }
    return found;
}

static bool was_left_out(const struct items *p, const char *name)
{
    for (size_t i = 0; i < p->n_left_out; i++)
        if (!strcmp(p->left_out[i].file, name) || !strcmp(path_base(p->left_out[i].file), name))
            return true;
    return false;
}

static int take_row(struct items *p, const struct csv *c, const size_t *at, struct err *e)
{
    const char *name = csv_field(c, at[ITEM]), *patient = csv_field(c, at[PATIENT]);
    size_t i = find_item(p, name);
    if (i == SIZE_MAX && was_left_out(p, name))
        return 0;
    if (i >= SIZE_MAX - 1)
        return err_set(e, ERR_FORMAT, "%s: line %zu: %s: %s %s%s", c->path, c->line, name,
                       i == SIZE_MAX ? "no such" : "several", p->noun,
                       i == SIZE_MAX ? "" : "s have this name");
    struct item *x = &p->items[i];
    if (!*patient)
        return err_set(e, ERR_FORMAT, "%s: line %zu: %s has no patient", c->path, c->line,
                       name);
    const char *class_name = csv_field(c, at[CLASS]);
    if (*class_name && p->n_classes && strcmp(class_name, p->classes[x->label]) != 0)
        return err_set(e, ERR_FORMAT, "%s: line %zu: %s is of class %s, but in folder %s",
                       c->path, c->line, name, class_name, p->classes[x->label]);
    if (x->patient && strcmp(x->patient, patient) != 0)
        return err_set(e, ERR_FORMAT, "%s: line %zu: %s is of patient %s and of %s", c->path,
                       c->line, name, x->patient, patient);
    const char *recording = csv_field(c, at[RECORDING]), *muscle = csv_field(c, at[MUSCLE]);
    x->patient = arena_strdup(&p->arena, patient);
    x->recording = *recording ? arena_strdup(&p->arena, recording) : NULL;
    if (*muscle) // else what the recording itself says stays
        x->muscle = arena_strdup(&p->arena, muscle);
    x->class_name = *class_name ? arena_strdup(&p->arena, class_name) : NULL;
    return x->patient && (x->recording || !*recording) && (x->muscle || !*muscle) &&
                   (x->class_name || !*class_name)
               ? 0
               : err_set(e, ERR_MEMORY, "%s: no memory", c->path);
}

int manifest_read(struct items *x, const char *path, struct err *e)
{
    struct csv c;
    size_t at[N_COLUMNS];
    int rc = csv_open(&c, path, e);
    if (rc < 0)
        return rc;
    rc = csv_next(&c, e);
    if (rc == 0)
        rc = err_set(e, ERR_FORMAT, "%s: empty, wanted a header line", path);
    else if (rc > 0)
        rc = find_columns(&c, at, x->n_classes > 0, e);
    int more = rc == 0;
    while (rc == 0 && more > 0) {
        more = csv_next(&c, e);
        rc = more < 0 ? more : more > 0 ? take_row(x, &c, at, e) : 0;
    }
    csv_close(&c);
    for (size_t i = 0; rc == 0 && i < x->n; i++)
        if (!x->items[i].patient)
            rc = err_set(e, ERR_FORMAT, "%s: no line for %s", path, x->items[i].file);
    x->has_patients = rc == 0;
    return rc;
}
