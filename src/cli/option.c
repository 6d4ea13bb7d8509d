/* option.c: see option.h. */
#include "cli/option.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/jsonfile.h"
#include "base/jsontext.h"
#include "base/text.h"
#include "cli/suggest.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

// One option of one set, and where its value goes.
struct place {
    const struct option *opt; // NULL: not found
    size_t i_set;
    size_t i;
    bool is_negated; // --no-...
};

static void *field(const struct options *o, const struct place *p)
{
    return (char *)o->sets[p->i_set].values + p->opt->offset;
}

// ---- What an option says about itself ----

const char *option_metavar(const struct option *opt)
{
    static const char *const usual[] = {
        [OPTION_KIND_FLAG] = NULL,      [OPTION_KIND_STRING] = "TEXT",
        [OPTION_KIND_PATH] = "PATH",    [OPTION_KIND_SIZE] = "N",
        [OPTION_KIND_INT] = "N",        [OPTION_KIND_REAL] = "X",
        [OPTION_KIND_CHOICE] = "WHICH", [OPTION_KIND_LIST] = "A,B,..."};
    return opt->metavar ? opt->metavar : usual[opt->kind];
}

static bool is_number(const struct option *opt)
{
    return opt->kind == OPTION_KIND_SIZE || opt->kind == OPTION_KIND_INT ||
           opt->kind == OPTION_KIND_REAL;
}

static bool has_range(const struct option *opt)
{
    return is_number(opt) && opt->min < opt->max;
}

static bool is_on(const struct option *opt) // a flag that is set unless --no-...
{
    return opt->kind == OPTION_KIND_FLAG && opt->fallback && !strcmp(opt->fallback, "true");
}

void option_write_names(struct buffer *out, const struct option *opt)
{
    if (opt->short_name)
        buffer_printf(out, "-%c, ", opt->short_name);
    else
        buffer_printf(out, "    ");
    buffer_printf(out, is_on(opt) ? "--[no-]%s" : "--%s", opt->name);
    if (option_metavar(opt))
        buffer_printf(out, " %s", option_metavar(opt));
}

static void write_choices(struct buffer *out, const char *const *choices)
{
    for (size_t i = 0; choices[i]; i++)
        buffer_printf(out, "%s%s", !i ? "" : choices[i + 1] ? ", " : " or ", choices[i]);
}

void option_write_range(struct buffer *out, const struct option *opt)
{
    if (opt->kind == OPTION_KIND_CHOICE)
        write_choices(out, opt->choices);
    if (!has_range(opt))
        return;
    bool is_open = opt->flags & (OPTION_ABOVE_MIN | OPTION_BELOW_MAX);
    bool has_min = isfinite(opt->min), has_max = isfinite(opt->max);
    if (has_min && has_max && !is_open) {
        buffer_printf(out, "%.10g to %.10g", opt->min, opt->max);
        return;
    }
    if (has_min)
        buffer_printf(out, "%s %.10g", opt->flags & OPTION_ABOVE_MIN ? "above" : "at least",
                      opt->min);
    if (has_max)
        buffer_printf(out, "%s%s %.10g", has_min ? ", " : "",
                      opt->flags & OPTION_BELOW_MAX ? "below" : "at most", opt->max);
}

void option_write_facts(struct buffer *out, const struct option *opt)
{
    size_t start = out->n;
    buffer_printf(out, "(");
    option_write_range(out, opt);
    if (opt->fallback && *opt->fallback)
        buffer_printf(out, "%sdefault %s", out->n > start + 1 ? "; " : "",
                      is_on(opt) ? "on" : opt->fallback);
    if (opt->flags & OPTION_REQUIRED)
        buffer_printf(out, "%srequired", out->n > start + 1 ? "; " : "");
    if (out->n == start + 1)
        out->n = start;
    else
        buffer_printf(out, ")");
}

// ---- One value ----

// "--batch 0: wanted a whole number, 1 to 4096"
static int bad_value(const struct option *opt, const char *text, const char *wanted,
                     struct err *e)
{
    struct buffer range;
    buffer_init(&range);
    option_write_range(&range, opt);
    int n = range.failed ? 0 : (int)range.n;
    int rc = err_set(e, ERR_USAGE, "--%s %s: wanted %s%s%.*s", opt->name, *text ? text : "''",
                     wanted, n ? ", " : "", n, n ? (const char *)range.data : "");
    buffer_release(&range);
    return rc;
}

static bool in_range(const struct option *opt, double v)
{
    if (!has_range(opt))
        return true;
    bool is_low = opt->flags & OPTION_ABOVE_MIN ? v <= opt->min : v < opt->min;
    bool is_high = opt->flags & OPTION_BELOW_MAX ? v >= opt->max : v > opt->max;
    return !is_low && !is_high;
}

static int set_number(const struct option *opt, void *to, const char *text, struct err *e)
{
    if (opt->kind == OPTION_KIND_REAL) {
        double v;
        if (!text_to_double(&v, text) || !in_range(opt, v))
            return bad_value(opt, text, "a number", e);
        *(double *)to = v;
    } else if (opt->kind == OPTION_KIND_INT) {
        int64_t v;
        if (!text_to_i64(&v, text) || !in_range(opt, (double)v))
            return bad_value(opt, text, "a whole number", e);
        *(int64_t *)to = v;
    } else {
        size_t v;
        if (!text_to_size(&v, text) || v > INT64_MAX || !in_range(opt, (double)v))
            return bad_value(opt, text,
                             has_range(opt) ? "a whole number" : "a whole number from 0", e);
        *(size_t *)to = v;
    }
    return 0;
}

static int set_choice(const struct option *opt, int *to, const char *text, struct err *e)
{
    size_t n = 0;
    for (; opt->choices[n]; n++)
        if (!strcmp(opt->choices[n], text)) {
            *to = (int)n;
            return 0;
        }
    const char *near = suggest_nearest(text, opt->choices, n);
    if (near)
        return err_set(e, ERR_USAGE, "--%s %s: did you mean %s?", opt->name, text, near);
    return bad_value(opt, text, "one of these", e);
}

static int set_list(struct options *o, const struct option *opt, struct option_list *to,
                    const char *text, struct err *e)
{
    size_t n = *text ? 1 : 0;
    for (const char *s = text; *s; s++)
        n += *s == ',';
    char *copy = arena_strdup(&o->arena, text);
    char **items = arena_array(&o->arena, n + 1, sizeof *items);
    if (!copy || !items)
        return err_set(e, ERR_MEMORY, "--%s: no memory for %zu items", opt->name, n);
    text_split(copy, ',', items, n);
    for (size_t i = 0; i < n; i++)
        if (!*items[i])
            return bad_value(opt, text, "items between commas, none of them empty", e);
    *to = (struct option_list){(const char *const *)items, n};
    return 0;
}

static int set_value(struct options *o, const struct place *p, const char *text, struct err *e)
{
    const struct option *opt = p->opt;
    void *to = field(o, p);
    switch (opt->kind) {
    case OPTION_KIND_FLAG:
        *(bool *)to = !p->is_negated;
        return 0;
    case OPTION_KIND_PATH:
        if (!*text)
            return bad_value(opt, text, "a path", e);
        *(const char **)to = text;
        return 0;
    case OPTION_KIND_STRING:
        *(const char **)to = text;
        return 0;
    case OPTION_KIND_CHOICE:
        return set_choice(opt, to, text, e);
    case OPTION_KIND_LIST:
        return set_list(o, opt, to, text, e);
    default:
        return set_number(opt, to, text, e);
    }
}

// ---- The command line ----

static struct place find_long(const struct options *o, const char *name, size_t n)
{
    bool is_no = n > 3 && !strncmp(name, "no-", 3);
    for (size_t i_set = 0; i_set < o->n_sets; i_set++) {
        const struct option *table = o->sets[i_set].table;
        for (size_t i = 0; table[i].name; i++) {
            const char *own = table[i].name;
            if (strlen(own) == n && !strncmp(own, name, n))
                return (struct place){&table[i], i_set, i, false};
            if (is_no && table[i].kind == OPTION_KIND_FLAG && strlen(own) == n - 3 &&
                !strncmp(own, name + 3, n - 3))
                return (struct place){&table[i], i_set, i, true};
        }
    }
    return (struct place){0};
}

static struct place find_short(const struct options *o, char letter)
{
    for (size_t i_set = 0; i_set < o->n_sets; i_set++) {
        const struct option *table = o->sets[i_set].table;
        for (size_t i = 0; table[i].name; i++)
            if (table[i].short_name == letter)
                return (struct place){&table[i], i_set, i, false};
    }
    return (struct place){0};
}

static int unknown_long(const struct options *o, const char *word, size_t n, struct err *e)
{
    const char *names[OPTION_SETS_MAX * OPTION_TABLE_MAX];
    size_t n_names = 0;
    char name[SUGGEST_MAX_BYTES + 1];
    for (size_t i_set = 0; i_set < o->n_sets; i_set++)
        for (const struct option *opt = o->sets[i_set].table; opt->name; opt++)
            names[n_names++] = opt->name;
    const char *near = NULL;
    if (n < sizeof name) {
        memcpy(name, word, n);
        name[n] = '\0';
        near = suggest_nearest(name, names, n_names);
    }
    if (near)
        return err_set(e, ERR_USAGE, "unknown option --%.*s; did you mean --%s?", (int)n, word,
                       near);
    return err_set(e, ERR_USAGE, "unknown option --%.*s", (int)n, word);
}

// Takes argv[*i] as the value of an option that has none yet.
static int next_value(const char **out, const struct option *opt, int argc, char *const *argv,
                      int *i, struct err *e)
{
    if (*i + 1 >= argc)
        return err_set(e, ERR_USAGE, "--%s: no value, wanted %s", opt->name,
                       option_metavar(opt));
    const char *next = argv[*i + 1];
    if (text_starts_with(next, "--"))
        return err_set(e, ERR_USAGE, "--%s: no value, found %s (write --%s=%s if it is meant)",
                       opt->name, next, opt->name, next);
    *out = next;
    ++*i;
    return 0;
}

static int take(struct options *o, const struct place *p, const char *value, struct err *e)
{
    int rc = set_value(o, p, value, e);
    if (rc == 0)
        o->given[p->i_set][p->i] = true;
    return rc;
}

static int parse_long(struct options *o, int argc, char *const *argv, int *i, struct err *e)
{
    const char *word = argv[*i] + 2, *equals = strchr(word, '=');
    size_t n = equals ? (size_t)(equals - word) : strlen(word);
    struct place p = find_long(o, word, n);
    if (!p.opt)
        return unknown_long(o, word, n, e);
    const char *value = equals ? equals + 1 : NULL;
    if (p.opt->kind == OPTION_KIND_FLAG) {
        if (value)
            return err_set(e, ERR_USAGE, "--%s: found the value '%s', wanted none", p.opt->name,
                           value);
    } else if (!value) {
        int rc = next_value(&value, p.opt, argc, argv, i, e);
        if (rc < 0)
            return rc;
    }
    return take(o, &p, value, e);
}

// "-qb8": flags until one takes a value, which is the rest of the word or the next one.
static int parse_short(struct options *o, int argc, char *const *argv, int *i, struct err *e)
{
    for (const char *at = argv[*i] + 1; *at; at++) {
        struct place p = find_short(o, *at);
        const char *value = NULL;
        int rc = 0;
        if (!p.opt)
            return err_set(e, ERR_USAGE, "unknown option -%c in %s", *at, argv[*i]);
        if (p.opt->kind == OPTION_KIND_FLAG) {
            rc = take(o, &p, NULL, e);
            if (rc < 0)
                return rc;
            continue;
        }
        if (at[1])
            value = at + 1;
        else
            rc = next_value(&value, p.opt, argc, argv, i, e);
        return rc < 0 ? rc : take(o, &p, value, e);
    }
    return 0;
}

static int set_fallbacks(struct options *o, struct err *e)
{
    for (size_t i_set = 0; i_set < o->n_sets; i_set++) {
        const struct option *table = o->sets[i_set].table;
        for (size_t i = 0; table[i].name; i++) {
            assert(i < OPTION_TABLE_MAX);
            struct place p = {&table[i], i_set, i, false};
            if (table[i].kind == OPTION_KIND_FLAG)
                *(bool *)field(o, &p) = is_on(&table[i]);
            else if (table[i].kind == OPTION_KIND_CHOICE)
                *(int *)field(o, &p) = -1;
            if (table[i].kind == OPTION_KIND_FLAG || !table[i].fallback)
                continue;
            int rc = set_value(o, &p, table[i].fallback, e);
            assert(rc == 0 || rc == ERR_MEMORY); // a table that refuses its own fallback
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

int options_parse(struct options *o, const struct option_set *sets, size_t n_sets, int argc,
                  char *const *argv, struct err *e)
{
    assert(n_sets <= OPTION_SETS_MAX && argc >= 0);
    *o = (struct options){.n_sets = n_sets};
    memcpy(o->sets, sets, n_sets * sizeof *sets);
    arena_init(&o->arena);
    const char **operands = arena_array(&o->arena, (size_t)argc + 1, sizeof *operands);
    if (!operands)
        return err_set(e, ERR_MEMORY, "command line: no memory for %d words", argc);
    o->operands = operands;
    int rc = set_fallbacks(o, e);
    bool has_ended = false;
    for (int i = 0; rc == 0 && i < argc; i++) {
        if (has_ended || argv[i][0] != '-' || !argv[i][1])
            operands[o->n_operands++] = argv[i];
        else if (!strcmp(argv[i], "--"))
            has_ended = true;
        else if (argv[i][1] == '-')
            rc = parse_long(o, argc, argv, &i, e);
        else
            rc = parse_short(o, argc, argv, &i, e);
    }
    return rc;
}

void options_release(struct options *o)
{
    arena_release(&o->arena);
    *o = (struct options){0};
}

int options_check_required(const struct options *o, struct err *e)
{
    for (size_t i_set = 0; i_set < o->n_sets; i_set++) {
        const struct option *table = o->sets[i_set].table;
        for (size_t i = 0; table[i].name; i++)
            if ((table[i].flags & OPTION_REQUIRED) && !o->given[i_set][i])
                return err_set(e, ERR_USAGE, "--%s %s is missing", table[i].name,
                               option_metavar(&table[i]));
    }
    return 0;
}

bool options_given(const struct options *o, const char *name)
{
    struct place p = find_long(o, name, strlen(name));
    assert(p.opt);
    return o->given[p.i_set][p.i];
}

// ---- JSON ----

static json_t *list_json(const struct option_list *l)
{
    json_t *items = json_array();
    for (size_t i = 0; items && i < l->n; i++)
        if (json_array_append_new(items, jsontext_string(l->items[i]))) {
            json_decref(items);
            return NULL;
        }
    return items;
}

static json_t *value_json(const struct options *o, const struct place *p)
{
    const void *from = field(o, p);
    if (p->opt->kind == OPTION_KIND_FLAG)
        return json_boolean(*(const bool *)from);
    if (!p->opt->fallback && !o->given[p->i_set][p->i])
        return json_null();
    switch (p->opt->kind) {
    case OPTION_KIND_SIZE:
        return json_integer((json_int_t) * (const size_t *)from);
    case OPTION_KIND_INT:
        return json_integer(*(const int64_t *)from);
    case OPTION_KIND_REAL:
        return json_real(*(const double *)from);
    case OPTION_KIND_CHOICE:
        return json_string(p->opt->choices[*(const int *)from]);
    case OPTION_KIND_LIST:
        return list_json(from);
    default:
        return jsontext_string(*(const char *const *)from);
    }
}

int options_json(struct json_t **out, const struct options *o, struct err *e)
{
    json_t *root = json_object(), *values = json_object(), *given = json_array();
    const struct option *table = o->sets[0].table;
    // json_..._new takes what it is handed also when it fails, and fails when handed NULL.
    int bad = json_object_set_new(root, "values", values);
    bad |= json_object_set_new(root, "given", given);
    for (size_t i = 0; !bad && table[i].name; i++) {
        struct place p = {&table[i], 0, i, false};
        bad |= json_object_set_new(values, table[i].name, value_json(o, &p));
        if (o->given[0][i])
            bad |= json_array_append_new(given, json_string(table[i].name));
    }
    *out = bad ? NULL : root;
    if (!bad)
        return 0;
    json_decref(root);
    return err_set(e, ERR_MEMORY, "options: no memory for their JSON");
}
