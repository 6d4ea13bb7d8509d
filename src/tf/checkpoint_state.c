/*
 * checkpoint_state.c: the file "checkpoint" of a folder, protobuf's text format, a line each:
 *
 *   model_checkpoint_path: "model.ckpt-200"
 *   all_model_checkpoint_paths: "model.ckpt-100"     (repeated, oldest first)
 *
 * Strings are escaped as in C. Unknown lines (timestamps) are passed over. Source: tensorflow's
 * checkpoint_management.py.
 */
#include "tf/checkpoint.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

enum { STATE_MAX_BYTES = 1 << 20 };

// The string behind "key: " of a line, unescaped, or NULL when the line is of another key or
// damaged.
static char *value_of(char *line, const char *key)
{
    size_t n = strlen(key);
    if (strncmp(line, key, n) != 0 || line[n] != ':')
        return NULL;
    char *from = text_trim(line + n + 1), *to = from;
    size_t end = strlen(from);
    if (end < 2 || from[0] != '"' || from[end - 1] != '"')
        return NULL;
    char *start = to;
    for (char *p = from + 1; p < from + end - 1; p++) {
        if (*p == '\\' && p + 1 < from + end - 1)
            p++;
        *to++ = *p;
    }
    *to = '\0';
    return start;
}

static int add_prefix(struct checkpoint_state *s, const char *prefix, const char *path,
                      struct err *e)
{
    char **more = mem_resize(s->prefixes, s->n + 1, sizeof *more);
    char *copy = mem_strdup(prefix);
    if (more)
        s->prefixes = more;
    if (!more || !copy) {
        mem_free(copy);
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    }
    s->prefixes[s->n++] = copy;
    return 0;
}

// The checkpoint to use goes last, wherever it stands in the list of all.
static int put_latest_last(struct checkpoint_state *s, const char *latest, const char *path,
                           struct err *e)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->prefixes[i], latest)) {
            char *found = s->prefixes[i];
            memmove(&s->prefixes[i], &s->prefixes[i + 1], (s->n - i - 1) * sizeof found);
            s->prefixes[s->n - 1] = found;
            return 0;
        }
    return add_prefix(s, latest, path, e);
}

static int parse(struct checkpoint_state *out, char *text, const char *path, struct err *e)
{
    char *latest = NULL;
    int rc = 0;
    for (char *line = text, *next; rc == 0 && line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        char *v = value_of(line, "model_checkpoint_path");
        if (v)
            latest = v;
        else if ((v = value_of(line, "all_model_checkpoint_paths")))
            rc = add_prefix(out, v, path, e);
    }
    if (rc == 0 && !latest)
        rc = err_set(e, ERR_FORMAT, "%s: no line model_checkpoint_path: \"...\"", path);
    return rc == 0 ? put_latest_last(out, latest, path, e) : rc;
}

int checkpoint_state_read(struct checkpoint_state *out, const char *folder, struct err *e)
{
    *out = (struct checkpoint_state){0};
    char *path = path_join(folder, "checkpoint");
    unsigned char *text = NULL;
    size_t n;
    if (!path)
        return err_set(e, ERR_MEMORY, "%s: no memory", folder);
    int rc = file_exists(path) ? file_read(&text, &n, path, STATE_MAX_BYTES, e) : 0;
    if (rc == 0 && text)
        rc = parse(out, (char *)text, path, e);
    if (rc < 0)
        checkpoint_state_release(out);
    mem_free(text);
    mem_free(path);
    return rc;
}

static void put_line(struct buffer *b, const char *key, const char *value)
{
    buffer_printf(b, "%s: \"", key);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            buffer_u8(b, '\\');
        buffer_append(b, value, 1);
    }
    buffer_append(b, "\"\n", 2);
}

int checkpoint_state_write(const char *folder, const struct checkpoint_state *s, struct err *e)
{
    struct buffer b = {0};
    char *path = path_join(folder, "checkpoint");
    if (s->n)
        put_line(&b, "model_checkpoint_path", s->prefixes[s->n - 1]);
    for (size_t i = 0; i < s->n; i++)
        put_line(&b, "all_model_checkpoint_paths", s->prefixes[i]);
    int rc = !path || b.failed ? err_set(e, ERR_MEMORY, "%s: no memory", folder)
                               : file_write(path, b.data, b.n, e);
    buffer_release(&b);
    mem_free(path);
    return rc;
}

void checkpoint_state_release(struct checkpoint_state *s)
{
    for (size_t i = 0; i < s->n; i++)
        mem_free(s->prefixes[i]);
    mem_free(s->prefixes);
    *s = (struct checkpoint_state){0};
}
