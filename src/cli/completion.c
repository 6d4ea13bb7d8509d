/*
 * completion.c: see completion.h.
 *
 * The script has three parts: which command stands on the line, what value the word before
 * wants, and otherwise the options or operands. bash cuts "--name=value" into three words
 * because '=' is one of its word breaks; the script's first lines put that right.
 */
#include "cli/completion.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"

#include <string.h>

static void append(struct buffer *out, const char *s)
{
    buffer_append(out, s, strlen(s));
}

// "--name|-n": the patterns of a case branch.
static void pattern(struct buffer *out, const struct option *opt)
{
    buffer_printf(out, "        --%s", opt->name);
    if (opt->short_name)
        buffer_printf(out, " | -%c", opt->short_name);
    append(out, ") ");
}

static void write_values(struct buffer *out, const struct option *table)
{
    for (; table && table->name; table++) {
        if (table->kind == OPTION_KIND_FLAG)
            continue;
        pattern(out, table);
        if (table->kind == OPTION_KIND_CHOICE) {
            append(out, "want=words words='");
            for (size_t i = 0; table->choices[i]; i++)
                buffer_printf(out, "%s%s", i ? " " : "", table->choices[i]);
            append(out, "' ;;\n");
        } else {
            append(out,
                   table->kind == OPTION_KIND_PATH ? "want=files ;;\n" : "want=nothing ;;\n");
        }
    }
}

static void write_names(struct buffer *out, const struct option *table)
{
    for (; table && table->name; table++) {
        buffer_printf(out, " --%s", table->name);
        if (table->kind == OPTION_KIND_FLAG && table->fallback)
            buffer_printf(out, " --no-%s", table->name);
    }
}

// One branch: what values its options want, and the names of its options.
static void write_branch(struct buffer *out, const char *name, const struct option *own)
{
    buffer_printf(out, "    '%s')\n        options='", name);
    write_names(out, own);
    write_names(out, command_common_options);
    append(out, "'\n        case $prev in\n");
    write_values(out, own);
    write_values(out, command_common_options);
    append(out, "        esac ;;\n");
}

static size_t first_word_bytes(const char *name)
{
    return strcspn(name, " ");
}

static bool is_first_with_word(const struct command *const *table,
                               const struct command *const *c)
{
    size_t n = first_word_bytes((*c)->name);
    for (const struct command *const *d = table; d < c; d++)
        if (first_word_bytes((*d)->name) == n && !strncmp((*d)->name, (*c)->name, n))
            return false;
    return true;
}

// The words that may stand first, and for each that needs one its second words.
static void write_words(struct buffer *out, const struct command *const *table)
{
    append(out, "    local first='");
    for (const struct command *const *c = table; *c; c++)
        if (is_first_with_word(table, c))
            buffer_printf(out, " %.*s", (int)first_word_bytes((*c)->name), (*c)->name);
    append(out, "'\n    local second=\n    case $one in\n");
    for (const struct command *const *c = table; *c; c++) {
        size_t n = first_word_bytes((*c)->name);
        if (!(*c)->name[n] || !is_first_with_word(table, c))
            continue;
        buffer_printf(out, "    %.*s) second='", (int)n, (*c)->name);
        for (const struct command *const *d = c; *d; d++)
            if (first_word_bytes((*d)->name) == n && !strncmp((*d)->name, (*c)->name, n))
                append(out, (*d)->name + n);
        append(out, "' ;;\n");
    }
    append(out, "    esac\n");
}

static const char head[] =
    "# bash completion for nemg " NEMG_VERSION ", generated from its option tables.\n"
    "# For " COMMAND_RESEARCH_USE ".\n"
    "\n"
    "_nemg()\n"
    "{\n"
    "    local at=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    if [[ $cur == = ]]; then\n"
    "        cur=\n"
    "    elif [[ $prev == = ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n"
    "    local one=${COMP_WORDS[1]} two=${COMP_WORDS[2]} command= want= words= options=\n";

static const char middle[] =
    "    if ((at > 2)) && [[ -n $second && \" $second \" == *\" $two \"* ]]; then\n"
    "        command=\"$one $two\"\n"
    "    elif ((at > 1)) && [[ -z $second ]]; then\n"
    "        command=$one\n"
    "    fi\n"
    "    case $command in\n";

static const char tail[] =
    "    esac\n"
    "    if [[ -z $want ]]; then\n"
    "        if [[ $cur == -* ]]; then\n"
    "            want=words words=$options\n"
    "        elif ((at == 1)) || { ((at == 2)) && [[ $one == help ]]; }; then\n"
    "            want=words words=$first\n"
    "        elif ((at == 2)) && [[ -n $second ]]; then\n"
    "            want=words words=$second\n"
    "        else\n"
    "            want=files\n"
    "        fi\n"
    "    fi\n"
    "    COMPREPLY=()\n"
    "    case $want in\n"
    "    words) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
    "    files)\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
    "    esac\n"
    "}\n"
    "complete -F _nemg nemg\n";

void completion_script(struct buffer *out, const struct command *const *table)
{
    append(out, head);
    write_words(out, table);
    append(out, middle);
    for (const struct command *const *c = table; *c; c++)
        write_branch(out, (*c)->name, (*c)->options);
    write_branch(out, "", command_program_options);
    append(out, tail);
}

int completion_write(const struct command *const *table, const char *path, struct err *e)
{
    struct buffer script;
    buffer_init(&script);
    completion_script(&script, table);
    int rc = script.failed ? err_set(e, ERR_MEMORY, "%s: no memory for the script", path)
                           : file_write(path, script.data, script.n, e);
    buffer_release(&script);
    return rc;
}
