/*
 * manpage.c: see manpage.h. A line that begins with '.' or ''' would be a macro, '\' begins an
 * escape and '-' is typeset as a hyphen that nobody can paste into a shell: text() deals with
 * the three.
 */
#include "cli/manpage.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"

#include <string.h>

// Escaped, in one line; n bytes of s.
static void text_n(struct buffer *out, const char *s, size_t n)
{
    if (n && (*s == '.' || *s == '\''))
        buffer_printf(out, "\\&");
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\\')
            buffer_printf(out, "\\e");
        else if (s[i] == '-')
            buffer_printf(out, "\\-");
        else if (s[i] == '"')
            buffer_printf(out, "\\(dq");
        else
            buffer_u8(out, (unsigned char)(s[i] == '\n' ? ' ' : s[i]));
    }
}

static void text(struct buffer *out, const char *s)
{
    text_n(out, s, strlen(s));
}

static void text_line(struct buffer *out, const char *s)
{
    text(out, s);
    buffer_printf(out, "\n");
}

static void paragraphs(struct buffer *out, const char *s)
{
    while (*s) {
        const char *end = strstr(s, "\n\n");
        size_t n = end ? (size_t)(end - s) : strlen(s);
        text_n(out, s, n);
        buffer_printf(out, "\n%s", end ? ".PP\n" : "");
        s += n + (end ? 2 : 0);
    }
}

// "dataset build" as "nemg-dataset-build".
static void page_name(struct buffer *out, const char *command)
{
    buffer_printf(out, "nemg-");
    for (; *command; command++)
        buffer_u8(out, (unsigned char)(*command == ' ' ? '-' : *command));
}

static void begin(struct buffer *out, const char *command, const char *summary)
{
    struct buffer name;
    buffer_init(&name);
    if (command)
        page_name(&name, command);
    else
        buffer_printf(&name, "nemg");
    buffer_u8(&name, '\0');
    out->failed |= name.failed;
    if (!out->failed) {
        buffer_printf(out, ".\\\" Generated from the option tables of nemg.\n.TH \"");
        for (const char *s = (const char *)name.data; *s; s++)
            buffer_u8(out, (unsigned char)(*s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s));
        buffer_printf(out, "\" \"1\" \"\" \"nemg " NEMG_VERSION "\" \"User Commands\"\n");
        buffer_printf(out, ".nh\n.ad l\n.SH NAME\n");
        text(out, (const char *)name.data);
        buffer_printf(out, " \\- ");
        text_line(out, summary);
    }
    buffer_release(&name);
}

static void write_options(struct buffer *out, const char *title, const struct option *table)
{
    if (!table || !table->name)
        return;
    buffer_printf(out, ".SH %s\n", title);
    for (const struct option *opt = table; opt->name; opt++) {
        const char *metavar = option_metavar(opt);
        bool is_on = opt->kind == OPTION_KIND_FLAG && opt->fallback;
        buffer_printf(out, ".TP\n");
        if (opt->short_name)
            buffer_printf(out, "\\fB\\-%c\\fR, ", opt->short_name);
        buffer_printf(out, "\\fB\\-\\-%s", is_on ? "[no\\-]" : "");
        text(out, opt->name);
        buffer_printf(out, "\\fR");
        if (metavar) {
            buffer_printf(out, " \\fI");
            text(out, metavar);
            buffer_printf(out, "\\fR");
        }
        buffer_printf(out, "\n");
        struct buffer facts;
        buffer_init(&facts);
        buffer_printf(&facts, "%s ", opt->help);
        option_write_facts(&facts, opt);
        while (facts.n && facts.data[facts.n - 1] == ' ')
            facts.n--;
        out->failed |= facts.failed;
        text_n(out, (const char *)facts.data, facts.n);
        buffer_printf(out, "\n");
        buffer_release(&facts);
    }
}

static void write_synopsis(struct buffer *out, const struct command *c)
{
    buffer_printf(out, ".SH SYNOPSIS\n\\fBnemg ");
    text(out, c->name);
    buffer_printf(out, "\\fR");
    for (const struct option *opt = c->options; opt && opt->name; opt++) {
        if (!(opt->flags & OPTION_REQUIRED))
            continue;
        buffer_printf(out, " \\fB\\-\\-");
        text(out, opt->name);
        buffer_printf(out, "\\fR \\fI");
        text(out, option_metavar(opt));
        buffer_printf(out, "\\fR");
    }
    buffer_printf(out, " [\\fIoptions\\fR]");
    if (c->operands) {
        buffer_printf(out, " \\fI");
        text(out, c->operands);
        buffer_printf(out, "\\fR");
    }
    buffer_printf(out, "\n");
}

static void end(struct buffer *out)
{
    buffer_printf(out, ".SH EXIT STATUS\n");
    for (const struct command_status *s = command_statuses; s->meaning; s++) {
        buffer_printf(out, ".TP\n\\fB%d\\fR\n", s->status);
        text_line(out, s->meaning);
    }
    buffer_printf(out, ".SH NOTES\nFor " COMMAND_RESEARCH_USE ".\n");
}

void manpage_command(struct buffer *out, const struct command *c)
{
    begin(out, c->name, c->summary);
    write_synopsis(out, c);
    buffer_printf(out, ".SH DESCRIPTION\n");
    paragraphs(out, c->description);
    if (c->operands) {
        buffer_printf(out, ".TP\n\\fI");
        text(out, c->operands);
        buffer_printf(out, "\\fR\n");
        text_line(out, c->operands_help);
    }
    write_options(out, "OPTIONS", c->options);
    write_options(out, "OPTIONS OF EVERY COMMAND", command_common_options);
    for (const struct command_example *x = c->examples; x && x->text; x++) {
        buffer_printf(out, x == c->examples ? ".SH EXAMPLES\n" : ".PP\n");
        text_line(out, x->text);
        buffer_printf(out, ".PP\n.RS 4\n.nf\n");
        text_line(out, x->line);
        buffer_printf(out, ".fi\n.RE\n");
    }
    end(out);
    buffer_printf(out, ".SH SEE ALSO\n.BR nemg (1)\n");
}

void manpage_program(struct buffer *out, const struct command *const *table)
{
    begin(out, NULL, "finds and classifies waveforms of the needle electromyogram");
    buffer_printf(out, ".SH SYNOPSIS\n\\fBnemg\\fR \\fICOMMAND\\fR [\\fIoptions\\fR]\n");
    buffer_printf(out, ".SH COMMANDS\n");
    for (const struct command *const *c = table; *c; c++) {
        buffer_printf(out, ".TP\n\\fBnemg ");
        text(out, (*c)->name);
        buffer_printf(out, "\\fR\n");
        text_line(out, (*c)->summary);
    }
    write_options(out, "OPTIONS WITHOUT A COMMAND", command_program_options);
    write_options(out, "OPTIONS OF EVERY COMMAND", command_common_options);
    end(out);
    buffer_printf(out, ".SH SEE ALSO\n");
    for (const struct command *const *c = table; *c; c++) {
        buffer_printf(out, ".BR ");
        struct buffer name;
        buffer_init(&name);
        page_name(&name, (*c)->name);
        out->failed |= name.failed;
        text_n(out, (const char *)name.data, name.n);
        buffer_release(&name);
        buffer_printf(out, " (1)%s\n", c[1] ? "," : "");
    }
}

// One page into its file; c NULL: the program's.
static int write_page(const struct command *const *table, const struct command *c,
                      const char *folder, struct err *e)
{
    struct buffer name, page;
    buffer_init(&name);
    buffer_init(&page);
    if (c)
        page_name(&name, c->name);
    else
        buffer_printf(&name, "nemg");
    buffer_append(&name, ".1", 3);
    if (c)
        manpage_command(&page, c);
    else
        manpage_program(&page, table);
    char *path = name.failed || page.failed ? NULL : path_join(folder, (const char *)name.data);
    int rc = path ? file_write(path, page.data, page.n, e)
                  : err_set(e, ERR_MEMORY, "%s: no memory for a manual page", folder);
    mem_free(path);
    buffer_release(&name);
    buffer_release(&page);
    return rc;
}

int manpage_write(const struct command *const *table, const char *folder, struct err *e)
{
    int rc = file_make_folders(folder, e);
    if (rc == 0)
        rc = write_page(table, NULL, folder, e);
    for (const struct command *const *c = table; rc == 0 && *c; c++)
        rc = write_page(table, *c, folder, e);
    return rc;
}
