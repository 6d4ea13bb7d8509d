/* helptext.c: see helptext.h. */
#include "cli/helptext.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/jsonfile.h"
#include "cli/command.h"

#include <math.h>
#include <string.h>

enum {
    TEXT_INDENT = 2,
    OPTION_COLUMN = 28, // where the explanation of an option begins
    NAME_COLUMN = 20,   // where the summary of a command begins
};

// ---- Text ----

// Letters, not bytes: in UTF-8 every byte but 10xxxxxx begins one.
static size_t letters(const char *s, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s[i] & 0xc0u) != 0x80;
    return count;
}

static void spaces(struct buffer *out, size_t n)
{
    buffer_printf(out, "%*s", (int)n, "");
}

void helptext_wrap(struct buffer *out, const char *text, size_t column, size_t indent,
                   size_t width)
{
    bool is_first = true; // in its line
    while (*text) {
        if (*text == ' ' || *text == '\n') {
            text++;
            continue;
        }
        size_t n = strcspn(text, " \n"), n_letters = letters(text, n);
        if (!is_first && column + 1 + n_letters > width) {
            buffer_printf(out, "\n");
            spaces(out, indent);
            column = indent;
            is_first = true;
        }
        if (!is_first)
            buffer_printf(out, " ");
        buffer_append(out, text, n);
        column += n_letters + !is_first;
        is_first = false;
        text += n;
    }
    buffer_printf(out, "\n");
}

// Paragraphs are separated by an empty line.
static void paragraphs(struct buffer *out, const char *text, size_t indent, size_t width)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t n = end ? (size_t)(end - text) : strlen(text);
        struct buffer one;
        buffer_init(&one);
        buffer_append(&one, text, n);
        buffer_u8(&one, '\0');
        out->failed |= one.failed;
        spaces(out, indent);
        if (!one.failed)
            helptext_wrap(out, (const char *)one.data, indent, indent, width);
        buffer_release(&one);
        text += n + (end ? 2 : 0);
        if (end)
            buffer_printf(out, "\n");
    }
}

// "left", spaces up to the column or a new line, then the wrapped right side.
static void entry(struct buffer *out, size_t n_left, const char *right, size_t column,
                  size_t width)
{
    if (n_left + 2 > column) {
        buffer_printf(out, "\n");
        n_left = 0;
    }
    spaces(out, column - n_left);
    helptext_wrap(out, right, column, column, width);
}

static void write_option(struct buffer *out, const struct option *opt, size_t width)
{
    struct buffer right;
    buffer_init(&right);
    buffer_printf(&right, "%s ", opt->help);
    option_write_facts(&right, opt);
    buffer_u8(&right, '\0');
    out->failed |= right.failed;
    if (!out->failed) {
        size_t start = out->n;
        spaces(out, TEXT_INDENT);
        option_write_names(out, opt);
        size_t n_left =
            out->failed ? 0 : letters((const char *)out->data + start, out->n - start);
        entry(out, n_left, (const char *)right.data, OPTION_COLUMN, width);
    }
    buffer_release(&right);
}

static void write_options(struct buffer *out, const char *title, const struct option *table,
                          size_t width)
{
    if (!table || !table->name)
        return;
    buffer_printf(out, "\n%s:\n", title);
    for (; table->name; table++)
        write_option(out, table, width);
}

static void write_statuses(struct buffer *out, size_t width)
{
    buffer_printf(out, "\nExit status:\n");
    for (const struct command_status *s = command_statuses; s->meaning; s++) {
        buffer_printf(out, "  %-4d", s->status);
        helptext_wrap(out, s->meaning, 6, 6, width);
    }
}

static void write_usage(struct buffer *out, const struct command *c, size_t width)
{
    struct buffer line;
    buffer_init(&line);
    buffer_printf(&line, "nemg %s", c->name);
    for (const struct option *opt = c->options; opt && opt->name; opt++)
        if (opt->flags & OPTION_REQUIRED)
            buffer_printf(&line, " --%s %s", opt->name, option_metavar(opt));
    buffer_printf(&line, " [options]%s%s", c->operands ? " " : "",
                  c->operands ? c->operands : "");
    buffer_u8(&line, '\0');
    out->failed |= line.failed;
    buffer_printf(out, "usage: ");
    if (!line.failed)
        helptext_wrap(out, (const char *)line.data, 7, 11, width);
    buffer_release(&line);
}

void helptext_command(struct buffer *out, const struct command *c, size_t width)
{
    write_usage(out, c, width);
    buffer_printf(out, "\n");
    paragraphs(out, c->description, 0, width);
    if (c->operands) {
        buffer_printf(out, "\n  %s", c->operands);
        entry(out, 2 + letters(c->operands, strlen(c->operands)), c->operands_help,
              OPTION_COLUMN, width);
    }
    write_options(out, "Options", c->options, width);
    write_options(out, "Options of every command", command_common_options, width);
    for (const struct command_example *x = c->examples; x && x->text; x++) {
        if (x == c->examples)
            buffer_printf(out, "\nExamples:\n");
        paragraphs(out, x->text, TEXT_INDENT, width);
        buffer_printf(out, "      %s\n", x->line);
    }
}

void helptext_program(struct buffer *out, const struct command *const *table, size_t width)
{
    buffer_printf(out, "usage: nemg COMMAND [options]\n\n");
    paragraphs(out, "Finds and classifies waveforms of the needle electromyogram.", 0, width);
    buffer_printf(out, "\nCommands:\n");
    for (; *table; table++) {
        buffer_printf(out, "  %s", (*table)->name);
        entry(out, 2 + strlen((*table)->name), (*table)->summary, NAME_COLUMN, width);
    }
    buffer_printf(out, "\n");
    paragraphs(out, "\"nemg help COMMAND\" explains one of them.", 0, width);
    write_options(out, "Options without a command", command_program_options, width);
    write_options(out, "Options of every command", command_common_options, width);
    write_statuses(out, width);
}

// ---- JSON ----

static int set_text(json_t *to, const char *key, const char *text)
{
    return json_object_set_new(to, key, text ? json_string(text) : json_null());
}

static int set_number(json_t *to, const char *key, const struct option *opt, double v)
{
    bool is_set = opt->min < opt->max && isfinite(v);
    return json_object_set_new(to, key, is_set ? json_real(v) : json_null());
}

static int set_choices(json_t *to, const char *const *choices)
{
    if (!choices)
        return json_object_set_new(to, "choices", json_null());
    json_t *list = json_array();
    int bad = 0;
    for (; *choices; choices++)
        bad |= json_array_append_new(list, json_string(*choices));
    return json_object_set_new(to, "choices", list) | bad;
}

static json_t *option_json(const struct option *opt)
{
    static const char *const kinds[] = {
        [OPTION_KIND_FLAG] = "flag",     [OPTION_KIND_STRING] = "string",
        [OPTION_KIND_PATH] = "path",     [OPTION_KIND_SIZE] = "size",
        [OPTION_KIND_INT] = "int",       [OPTION_KIND_REAL] = "real",
        [OPTION_KIND_CHOICE] = "choice", [OPTION_KIND_LIST] = "list"};
    const char short_name[2] = {opt->short_name, '\0'};
    json_t *o = json_object();
    int bad = set_text(o, "name", opt->name);
    bad |= set_text(o, "short", opt->short_name ? short_name : NULL);
    bad |= set_text(o, "kind", kinds[opt->kind]);
    bad |= set_text(o, "metavar", option_metavar(opt));
    bad |= set_text(o, "default", opt->fallback);
    bad |= set_number(o, "min", opt, opt->min);
    bad |= set_number(o, "max", opt, opt->max);
    bad |= set_choices(o, opt->choices);
    bad |= json_object_set_new(o, "required", json_boolean(opt->flags & OPTION_REQUIRED));
    bad |= set_text(o, "help", opt->help);
    if (!bad)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *example_json(const struct command_example *x)
{
    json_t *o = json_object();
    if (!(set_text(o, "text", x->text) | set_text(o, "line", x->line)))
        return o;
    json_decref(o);
    return NULL;
}

int helptext_json(struct json_t **out, const struct command *c, struct err *e)
{
    json_t *root = json_object(), *options = json_array(), *examples = json_array();
    int bad = set_text(root, "command", c->name);
    bad |= set_text(root, "summary", c->summary);
    bad |= set_text(root, "description", c->description);
    bad |= set_text(root, "operands", c->operands);
    bad |= json_object_set_new(root, "options", options);
    bad |= json_object_set_new(root, "examples", examples);
    const struct option *const tables[] = {c->options, command_common_options};
    for (size_t i = 0; i < 2; i++)
        for (const struct option *opt = tables[i]; !bad && opt && opt->name; opt++)
            bad |= json_array_append_new(options, option_json(opt));
    for (const struct command_example *x = c->examples; !bad && x && x->text; x++)
        bad |= json_array_append_new(examples, example_json(x));
    *out = bad ? NULL : root;
    if (!bad)
        return 0;
    json_decref(root);
    return err_set(e, ERR_MEMORY, "help of %s: no memory for its JSON", c->name);
}
