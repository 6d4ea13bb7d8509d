/* vectors.c: see vectors.h. */
#include "job/vectors.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "tf/checkpoint.h"

#include <assert.h>
#include <string.h>

enum { KEY_DIGITS = 16 };

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for features");
}

int vectors_prefix(char **out, const char *dataset, json_t *depends_on, const char *name,
                   struct err *e)
{
    char key[SHA256_HEX_BYTES];
    char *text = depends_on ? jsonfile_text(depends_on) : NULL, *below = NULL;
    *out = NULL;
    if (text) {
        sha256_hex(key, text, strlen(text));
        below = mem_printf("features/%.*s/%s", KEY_DIGITS, key, name);
    }
    if (below)
        *out = path_join(dataset, below);
    json_decref(depends_on);
    mem_free(text);
    mem_free(below);
    return *out ? 0 : no_memory(e);
}

int vectors_read(const char *prefix, const struct vectors *tables, size_t n_tables,
                 struct err *e)
{
    struct checkpoint_reader *r;
    char *index = mem_printf("%s.index", prefix);
    if (!index)
        return no_memory(e);
    bool is_there = file_exists(index);
    mem_free(index);
    if (!is_there)
        return 0;
    int rc = checkpoint_reader_open(&r, prefix, e);
    for (size_t k = 0; rc == 0 && k < n_tables; k++) {
        const struct vectors *t = &tables[k];
        const struct checkpoint_entry *x = checkpoint_reader_find(r, t->name);
        if (!x || x->n_dims != 2 || x->dims[0] != t->n || x->dims[1] != t->floats)
            rc = err_set(e, ERR_FORMAT, "%s: no \"%s\" of %zu x %zu numbers", prefix, t->name,
                         t->n, t->floats);
        else
            rc = checkpoint_reader_floats(r, x, t->values, e);
    }
    checkpoint_reader_close(r);
    return rc < 0 ? rc : 1;
}

// Indices in ascending order of name, as a checkpoint wants them.
static void sort_by_name(size_t order[VECTORS_MAX_TABLES], const struct vectors *tables,
                         size_t n)
{
    for (size_t k = 0; k < n; k++) {
        size_t at = k;
        for (; at && strcmp(tables[order[at - 1]].name, tables[k].name) > 0; at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
}

int vectors_write(const char *prefix, const struct vectors *tables, size_t n_tables,
                  struct err *e)
{
    struct checkpoint_writer *w = NULL;
    size_t order[VECTORS_MAX_TABLES] = {0};
    assert(n_tables <= VECTORS_MAX_TABLES);
    sort_by_name(order, tables, n_tables);
    char *folder = mem_strdup(prefix);
    if (!folder)
        return no_memory(e);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    int rc = slash ? file_make_folders(folder, e) : 0;
    if (rc == 0)
        rc = checkpoint_writer_open(&w, prefix, e);
    for (size_t i = 0; rc == 0 && i < n_tables; i++) {
        const struct vectors *t = &tables[order[i]];
        size_t dims[] = {t->n, t->floats};
        rc = checkpoint_writer_add(w, t->name, TF_FLOAT, dims, 2, t->values, e);
    }
    if (rc == 0)
        rc = checkpoint_writer_finish(w, e);
    checkpoint_writer_close(w);
    mem_free(folder);
    return rc;
}
