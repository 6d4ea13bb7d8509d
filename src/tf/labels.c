/* labels.c: see labels.h. */
#include "tf/labels.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum { LABELS_MAX_BYTES = 1 << 20 };

static int add_label(char **labels, size_t n, char *line, const char *path, struct err *e)
{
    char *colon = strchr(line, ':');
    size_t i;
    if (colon)
        *colon = '\0';
    if (!colon || !text_to_size(&i, text_trim(line)))
        return err_set(e, ERR_FORMAT, "%s: line %zu: wanted \"%zu:name\"", path, n + 1, n);
    if (i != n)
        return err_set(e, ERR_FORMAT, "%s: line %zu: class %zu, wanted %zu", path, n + 1, i, n);
    const char *name = text_trim(colon + 1);
    if (!*name || !text_is_utf8(name))
        return err_set(e, ERR_FORMAT, "%s: line %zu: no name in UTF-8", path, n + 1);
    for (size_t k = 0; k < n; k++)
        if (!strcmp(labels[k], name))
            return err_set(e, ERR_FORMAT, "%s: line %zu: %s is there twice", path, n + 1, name);
    labels[n] = mem_strdup(name);
    return labels[n] ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", path);
}

int labels_read(char ***out, size_t *n, const char *path, struct err *e)
{
    unsigned char *text;
    size_t n_text;
    *out = NULL;
    *n = 0;
    int rc = file_read(&text, &n_text, path, LABELS_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    char **labels = mem_array(LABELS_MAX, sizeof *labels);
    if (!labels)
        rc = err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (char *line = (char *)text, *next; rc == 0 && line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (!*text_trim(line))
            continue;
        rc = *n == LABELS_MAX ? err_set(e, ERR_LIMIT, "%s: over %d labels", path, LABELS_MAX)
                              : add_label(labels, *n, line, path, e);
        *n += rc == 0;
    }
    mem_free(text);
    if (rc == 0 && !*n)
        rc = err_set(e, ERR_FORMAT, "%s: no labels", path);
    if (rc < 0) {
        labels_free(labels, *n);
        *n = 0;
        return rc;
    }
    *out = labels;
    return 0;
}

int labels_write(const char *path, char *const *labels, size_t n, struct err *e)
{
    struct buffer b = {0};
    for (size_t i = 0; i < n; i++)
        buffer_printf(&b, "%zu:%s\n", i, labels[i]);
    int rc = b.failed ? err_set(e, ERR_MEMORY, "%s: no memory", path)
                      : file_write(path, b.data, b.n, e);
    buffer_release(&b);
    return rc;
}

void labels_free(char **labels, size_t n)
{
    for (size_t i = 0; labels && i < n; i++)
        mem_free(labels[i]);
    mem_free(labels);
}
