/*
 * manifest.c: see manifest.h. Fields in quotes may hold commas, line ends and doubled quotes; a
 * byte order mark and CR LF are taken.
 */
#include "data/manifest.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/items.h"

#include <string.h>

enum { MANIFEST_MAX_BYTES = 256 << 20, MAX_COLUMNS = 64 };

struct csv {
    char *at;
    const char *path;
    size_t line; // of the row read last, from 1
    size_t next_line;
    char *field[MAX_COLUMNS];
    size_t n;
};

// One field, unquoted in place; *at moves behind its separator. Returns what ended it: , \n or
// 0.
static int read_field(struct csv *c, char *ended, struct err *e)
{
    char *from = c->at, *to = c->at;
    bool quoted = *from == '"';
    char *p = from + quoted;
    for (; *p; p++) {
        if (quoted && *p == '"' && p[1] == '"')
            *to++ = *p++;
        else if (quoted ? *p == '"' : *p == ',' || *p == '\n' || *p == '\r')
            break;
        else {
            c->next_line += *p == '\n';
            *to++ = *p;
        }
    }
    if (quoted && *p != '"')
        return err_set(e, ERR_FORMAT, "%s: line %zu: a quote that does not end", c->path,
                       c->line);
    p += quoted;
    p += *p == '\r';
    if (*p && *p != ',' && *p != '\n')
        return err_set(e, ERR_FORMAT, "%s: line %zu: \"%c\" behind a quoted field", c->path,
                       c->line, *p);
    *ended = *p;
    c->at = *p ? p + 1 : p;
    *to = '\0';
    c->field[c->n++] = text_trim(from);
    return 0;
}

// The next row that is not empty: 1, 0 at the end, or an error.
static int read_row(struct csv *c, struct err *e)
{
    char ended = ',';
    do {
        if (!*c->at)
            return 0;
        c->n = 0;
        c->line = c->next_line;
        ended = ',';
        while (ended == ',') {
            if (c->n == MAX_COLUMNS)
                return err_set(e, ERR_LIMIT, "%s: line %zu: over %d columns", c->path, c->line,
                               MAX_COLUMNS);
            int rc = read_field(c, &ended, e);
            if (rc < 0)
                return rc;
        }
        c->next_line++;
    } while (c->n == 1 && !*c->field[0]);
    return 1;
}

enum column { ITEM, PATIENT, CLASS, RECORDING, N_COLUMNS };

static int find_columns(const struct csv *c, size_t *at, bool has_pictures, struct err *e)
{
    static const char *const names[N_COLUMNS][4] = {{"image", "picture", "file", NULL},
                                                    {"patient", "subject", NULL},
                                                    {"class", "label", NULL},
                                                    {"recording", "record", NULL}};
    for (int k = 0; k < N_COLUMNS; k++) {
        at[k] = SIZE_MAX;
        for (size_t i = 0; i < c->n; i++)
            for (const char *const *name = names[k]; *name; name++)
                if (!text_compare_nocase(c->field[i], *name) && at[k] == SIZE_MAX)
                    at[k] = i;
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

static const char *field(const struct csv *c, size_t at)
{
    return at < c->n ? c->field[at] : "";
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
    const char *name = field(c, at[ITEM]), *patient = field(c, at[PATIENT]);
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
    const char *class_name = field(c, at[CLASS]);
    if (*class_name && p->n_classes && strcmp(class_name, p->classes[x->label]) != 0)
        return err_set(e, ERR_FORMAT, "%s: line %zu: %s is of class %s, but in folder %s",
                       c->path, c->line, name, class_name, p->classes[x->label]);
    if (x->patient && strcmp(x->patient, patient) != 0)
        return err_set(e, ERR_FORMAT, "%s: line %zu: %s is of patient %s and of %s", c->path,
                       c->line, name, x->patient, patient);
    const char *recording = field(c, at[RECORDING]);
    x->patient = arena_strdup(&p->arena, patient);
    x->recording = *recording ? arena_strdup(&p->arena, recording) : NULL;
    x->class_name = *class_name ? arena_strdup(&p->arena, class_name) : NULL;
    return x->patient && (x->recording || !*recording) && (x->class_name || !*class_name)
               ? 0
               : err_set(e, ERR_MEMORY, "%s: no memory", c->path);
}

int manifest_read(struct items *x, const char *path, struct err *e)
{
    unsigned char *text;
    size_t n, at[N_COLUMNS];
    int rc = file_read(&text, &n, path, MANIFEST_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    struct csv c = {.at = (char *)text, .path = path, .next_line = 1};
    if (!memcmp(text, "\xef\xbb\xbf", n < 3 ? n : 3) && n >= 3)
        c.at += 3;
    rc = read_row(&c, e);
    if (rc == 0)
        rc = err_set(e, ERR_FORMAT, "%s: empty, wanted a header line", path);
    else if (rc > 0)
        rc = find_columns(&c, at, x->n_classes > 0, e);
    int more = rc == 0;
    while (rc == 0 && more > 0) {
        more = read_row(&c, e);
        rc = more < 0 ? more : more > 0 ? take_row(x, &c, at, e) : 0;
    }
    mem_free(text);
    for (size_t i = 0; rc == 0 && i < x->n; i++)
        if (!x->items[i].patient)
            rc = err_set(e, ERR_FORMAT, "%s: no line for %s", path, x->items[i].file);
    x->has_patients = rc == 0;
    return rc;
}
