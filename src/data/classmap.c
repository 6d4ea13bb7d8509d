/* classmap.c: see classmap.h. */
#include "data/classmap.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum { MAX_BYTES = 1 << 20, MAX_LINES = 4096 };

static const char of_paper[] = "Fibs = Fibs\n"
                               "Fib = Fibs\n"
                               "Fibrillation = Fibs\n"
                               "PSW = PSW\n"
                               "Positive sharp wave = PSW\n"
                               "* = Others\n";
static const char of_labels[] = "* = *\n";

static int take_line(struct classmap *m, char *text, size_t line, const char *name,
                     struct err *e)
{
    char *equals = strchr(text, '=');
    if (!equals)
        return err_set(e, ERR_FORMAT, "%s: line %zu: \"%.40s\", wanted \"label = class\"", name,
                       line, text);
    *equals = '\0';
    const char *label = text_trim(text), *class_name = text_trim(equals + 1);
    if (!*label || !*class_name || strchr(class_name, '='))
        return err_set(e, ERR_FORMAT, "%s: line %zu: wanted a label, one \"=\" and a class",
                       name, line);
    if (!text_is_utf8(label) || !text_is_utf8(class_name))
        return err_set(e, ERR_FORMAT, "%s: line %zu: not UTF-8", name, line);
    for (size_t i = 0; i < m->n; i++)
        if (!text_compare_nocase(m->lines[i].label, label))
            return err_set(e, ERR_FORMAT,
                           "%s: line %zu: \"%s\" has a class in line %zu already", name, line,
                           label, m->lines[i].line);
    if (m->n == MAX_LINES)
        return err_set(e, ERR_LIMIT, "%s: line %zu: over %d labels", name, line, MAX_LINES);
    struct classmap_line *to = &m->lines[m->n++];
    *to = (struct classmap_line){arena_strdup(&m->arena, label),
                                 arena_strdup(&m->arena, class_name), line};
    return to->label && to->class_name ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", name);
}

// Cuts text, which it may change, into lines.
static int parse(struct classmap *m, char *text, const char *name, struct err *e)
{
    m->lines = arena_array(&m->arena, MAX_LINES, sizeof *m->lines);
    int rc = m->lines ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", name);
    if (text_starts_with(text, "\xef\xbb\xbf"))
        text += 3;
    for (size_t line = 1; rc == 0 && text; line++) {
        char *end = strchr(text, '\n');
        if (end)
            *end = '\0';
        char *trimmed = text_trim(text);
        if (*trimmed && *trimmed != '#')
            rc = take_line(m, trimmed, line, name, e);
        text = end ? end + 1 : NULL;
    }
    if (rc == 0 && !m->n)
        rc = err_set(e, ERR_FORMAT, "%s: no line \"label = class\"", name);
    return rc;
}

static int parse_copy(struct classmap *out, const char *text, struct err *e)
{
    *out = (struct classmap){0};
    arena_init(&out->arena);
    char *copy = mem_strdup(text);
    int rc = copy ? parse(out, copy, "classes", e) : err_set(e, ERR_MEMORY, "no memory");
    mem_free(copy);
    if (rc < 0)
        classmap_release(out);
    return rc;
}

int classmap_of_paper(struct classmap *out, struct err *e)
{
    return parse_copy(out, of_paper, e);
}

int classmap_of_labels(struct classmap *out, struct err *e)
{
    return parse_copy(out, of_labels, e);
}

int classmap_read(struct classmap *out, const char *path, struct err *e)
{
    unsigned char *text;
    size_t n;
    *out = (struct classmap){0};
    arena_init(&out->arena);
    int rc = file_read(&text, &n, path, MAX_BYTES, e);
    if (rc < 0)
        return rc;
    rc = strlen((char *)text) == n ? parse(out, (char *)text, path, e)
                                   : err_set(e, ERR_FORMAT, "%s: not text", path);
    mem_free(text);
    if (rc < 0)
        classmap_release(out);
    return rc;
}

void classmap_release(struct classmap *m)
{
    arena_release(&m->arena);
    *m = (struct classmap){0};
}

const char *classmap_find(const struct classmap *m, const char *label)
{
    const char *found = NULL;
    for (size_t i = 0; i < m->n; i++) {
        if (!text_compare_nocase(m->lines[i].label, label)) {
            found = m->lines[i].class_name;
            break;
        }
        if (!strcmp(m->lines[i].label, "*"))
            found = m->lines[i].class_name;
    }
    if (!found || !strcmp(found, "-"))
        return NULL;
    return strcmp(found, "*") != 0 ? found : label;
}
