/* items.c: see items.h. */
#include "data/items.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#include <regex.h>

void items_init(struct items *x, const char *noun)
{
    *x = (struct items){.noun = noun};
    arena_init(&x->arena);
}

void items_release(struct items *x)
{
    arena_release(&x->arena);
    mem_free(x->classes);
    mem_free(x->items);
    mem_free(x->left_out);
    *x = (struct items){0};
}

struct item *items_add(struct items *x)
{
    if (x->n == x->capacity) {
        size_t capacity = x->capacity ? 2 * x->capacity : 1024;
        struct item *more = mem_resize(x->items, capacity, sizeof *more);
        if (!more)
            return NULL;
        x->items = more;
        x->capacity = capacity;
    }
    x->items[x->n] = (struct item){0};
    return &x->items[x->n++];
}

int items_leave_out(struct items *x, const char *file, const char *why, bool is_rejected,
                    struct err *e)
{
    struct left_out *more = mem_resize(x->left_out, x->n_left_out + 1, sizeof *more);
    if (!more)
        return err_set(e, ERR_MEMORY, "%s: no memory", file);
    x->left_out = more;
    struct left_out *to = &more[x->n_left_out++];
    *to = (struct left_out){arena_strdup(&x->arena, file), arena_strdup(&x->arena, why),
                            is_rejected};
    return to->file && to->why ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", file);
}

int items_match_patients(struct items *x, const char *pattern, struct err *e)
{
    regex_t re;
    int errnum = regcomp(&re, pattern, REG_EXTENDED);
    if (errnum) {
        char why[128];
        regerror(errnum, &re, why, sizeof why);
        return err_set(e, ERR_USAGE, "patient pattern \"%s\": %s", pattern, why);
    }
    int rc = 0;
    if (re.re_nsub < 1)
        rc = err_set(e, ERR_USAGE, "patient pattern \"%s\": no group (...) that is the patient",
                     pattern);
    for (size_t i = 0; rc == 0 && i < x->n; i++) {
        regmatch_t m[2];
        const char *name = path_base(x->items[i].file);
        if (regexec(&re, name, 2, m, 0) || m[1].rm_so < 0 || m[1].rm_eo == m[1].rm_so)
            rc =
                err_set(e, ERR_FORMAT, "%s: the patient pattern \"%s\" does not match its name",
                        x->items[i].file, pattern);
        else if (!(x->items[i].patient = arena_strndup(&x->arena, name + m[1].rm_so,
                                                       (size_t)(m[1].rm_eo - m[1].rm_so))))
            rc = err_set(e, ERR_MEMORY, "%s: no memory", name);
    }
    regfree(&re);
    x->has_patients = rc == 0;
    return rc;
}
