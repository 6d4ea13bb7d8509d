/* jsonfile.c: see jsonfile.h. */
#include "base/jsonfile.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { JSONFILE_MAX_BYTES = 256 << 20 };

int jsonfile_parse(json_t **out, const char *text, size_t n, const char *name, struct err *e)
{
    json_error_t why;
    *out = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (!*out)
        return err_set(e, ERR_FORMAT, "%s: line %d column %d: %s", name, why.line, why.column,
                       why.text);
    return 0;
}

int jsonfile_read(json_t **out, const char *path, struct err *e)
{
    unsigned char *text;
    size_t n;
    *out = NULL;
    int rc = file_read(&text, &n, path, JSONFILE_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    rc = jsonfile_parse(out, (const char *)text, n, path, e);
    mem_free(text);
    return rc;
}

char *jsonfile_text(const json_t *root)
{
    char *dump =
        json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
    char *text = dump ? mem_printf("%s\n", dump) : NULL;
    free(dump); // jansson's own malloc
    return text;
}

int jsonfile_write(const char *path, const json_t *root, struct err *e)
{
    char *text = jsonfile_text(root);
    if (!text)
        return err_set(e, ERR_MEMORY, "%s: no memory for its text", path);
    int rc = file_write(path, text, strlen(text), e);
    mem_free(text);
    return rc;
}

static int get(json_t **out, const json_t *object, const char *key, bool (*is_kind)(json_t *),
               const char *kind, const char *name, struct err *e)
{
    json_t *v = json_object_get(object, key);
    if (!v)
        return err_set(e, ERR_FORMAT, "%s: no \"%s\", wanted %s", name, key, kind);
    if (!is_kind(v))
        return err_set(e, ERR_FORMAT, "%s: \"%s\" is not %s", name, key, kind);
    *out = v;
    return 0;
}

static bool is_string(json_t *v)
{
    return json_is_string(v);
}

static bool is_integer(json_t *v)
{
    return json_is_integer(v);
}

static bool is_number(json_t *v)
{
    return json_is_number(v);
}

static bool is_array(json_t *v)
{
    return json_is_array(v);
}

static bool is_object(json_t *v)
{
    return json_is_object(v);
}

int jsonfile_get_string(const char **out, const json_t *object, const char *key,
                        const char *name, struct err *e)
{
    json_t *v = NULL;
    int rc = get(&v, object, key, is_string, "a string", name, e);
    if (rc == 0)
        *out = json_string_value(v);
    return rc;
}

int jsonfile_get_integer(long long *out, const json_t *object, const char *key,
                         const char *name, struct err *e)
{
    json_t *v = NULL;
    int rc = get(&v, object, key, is_integer, "an integer", name, e);
    if (rc == 0)
        *out = json_integer_value(v);
    return rc;
}

int jsonfile_get_real(double *out, const json_t *object, const char *key, const char *name,
                      struct err *e)
{
    json_t *v = NULL;
    int rc = get(&v, object, key, is_number, "a number", name, e);
    if (rc == 0)
        *out = json_number_value(v);
    return rc;
}

int jsonfile_get_array(json_t **out, const json_t *object, const char *key, const char *name,
                       struct err *e)
{
    return get(out, object, key, is_array, "an array", name, e);
}

int jsonfile_get_object(json_t **out, const json_t *object, const char *key, const char *name,
                        struct err *e)
{
    return get(out, object, key, is_object, "an object", name, e);
}
