/* csv.c: see csv.h. Fields are unquoted in place: what they become is never longer. */
#include "base/csv.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdint.h>
#include <string.h>

int csv_open(struct csv *out, const char *path, struct err *e)
{
    size_t n;
    *out = (struct csv){.path = path, .next_line = 1};
    int rc = file_read(&out->text, &n, path, CSV_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    const unsigned char *zero = memchr(out->text, 0, n);
    if (zero) {
        rc = err_set(e, ERR_FORMAT, "%s: a zero byte at %zu: not a text file", path,
                     (size_t)(zero - out->text));
        csv_close(out);
        return rc;
    }
    out->is_cut = n && out->text[n - 1] != '\n' && out->text[n - 1] != '\r';
    out->at = (char *)out->text;
    if (text_starts_with(out->at, "\xef\xbb\xbf"))
        out->at += 3;
    return 0;
}

void csv_close(struct csv *c)
{
    mem_free(c->field);
    mem_free(c->text);
    *c = (struct csv){0};
}

static int add_field(struct csv *c, char *field, struct err *e)
{
    if (c->n == CSV_MAX_COLUMNS)
        return err_set(e, ERR_LIMIT, "%s: line %zu: over %d columns", c->path, c->line,
                       CSV_MAX_COLUMNS);
    if (c->n == c->capacity) {
        size_t more = c->capacity ? 2 * c->capacity : 16;
        char **fields = mem_resize(c->field, more, sizeof *fields);
        if (!fields)
            return err_set(e, ERR_MEMORY, "%s: no memory", c->path);
        c->field = fields;
        c->capacity = more;
    }
    c->field[c->n++] = field;
    return 0;
}

// One field; c->at moves behind its separator. *ended: what ended it: , \n or 0.
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
    if (*p == '\r' && p[1] == '\n')
        p++;
    else if (*p == '\r')
        *p = '\n'; // by itself, as old programs end lines
    if (*p && *p != ',' && *p != '\n')
        return err_set(e, ERR_FORMAT, "%s: line %zu: \"%c\" behind a quoted field", c->path,
                       c->line, *p);
    *ended = *p;
    c->at = *p ? p + 1 : p;
    *to = '\0';
    return add_field(c, text_trim(from), e);
}

int csv_next(struct csv *c, struct err *e)
{
    do {
        char ended = ',';
        if (!*c->at)
            return 0;
        c->n = 0;
        c->line = c->next_line;
        while (ended == ',') {
            int rc = read_field(c, &ended, e);
            if (rc < 0)
                return rc;
        }
        c->next_line++;
    } while (c->n == 1 && !*c->field[0]);
    return 1;
}

const char *csv_field(const struct csv *c, size_t column)
{
    return column < c->n ? c->field[column] : "";
}

size_t csv_column(const struct csv *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (!text_compare_nocase(c->field[i], name))
            return i;
    return SIZE_MAX;
}

void csv_put(struct buffer *out, const void *text, size_t n)
{
    const char *s = text;
    buffer_append(out, "\"", 1);
    for (size_t i = 0; i < n; i++)
        buffer_append(out, s[i] == '"' ? "\"\"" : s + i, s[i] == '"' ? 2 : 1);
    buffer_append(out, "\"", 1);
}
