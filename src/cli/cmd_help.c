/* cmd_help.c: "nemg help [COMMAND]". */
#include "base/bytes.h"
#include "base/err.h"
#include "base/jsonfile.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/helptext.h"

extern const struct command help_command;

static int program_json(struct command_call *call, struct err *e)
{
    json_t *list = json_array();
    call->result = json_object();
    int bad = json_object_set_new(call->result, "commands", list);
    for (const struct command *const *c = call->table; !bad && *c; c++) {
        json_t *one;
        int rc = helptext_json(&one, *c, e);
        if (rc < 0)
            return rc;
        bad |= json_array_append_new(list, one);
    }
    return bad ? err_set(e, ERR_MEMORY, "help: no memory for its JSON") : 0;
}

static int help_run(struct command_call *call, struct err *e)
{
    const struct command *c = NULL;
    const struct options *o = call->options;
    size_t n_words = 0;
    int rc = 0;
    if (o->n_operands)
        rc = command_find(&c, &n_words, call->table, o->operands, o->n_operands, e);
    if (rc < 0)
        return rc;
    if (n_words < o->n_operands)
        return err_set(e, ERR_USAGE, "help: found '%s' behind the command %s, wanted no more",
                       o->operands[n_words], c->name);
    if (call->want_json)
        return c ? helptext_json(&call->result, c, e) : program_json(call, e);

    struct buffer text;
    buffer_init(&text);
    if (c)
        helptext_command(&text, c, console_help_width(call->console));
    else
        helptext_program(&text, call->table, console_help_width(call->console));
    if (text.failed)
        rc = err_set(e, ERR_MEMORY, "help: no memory for its text");
    else
        fwrite(text.data, 1, text.n, call->console->out);
    buffer_release(&text);
    return rc;
}

static const struct command_example examples[] = {
    {"Explains how \"nemg version\" is called.", "nemg help version"},
    {NULL, NULL},
};

const struct command help_command = {
    .name = "help",
    .summary = "explains the program or one command",
    .description = "Without a command it lists all commands; with one it explains its options. "
                   "\"nemg COMMAND --help\" shows the same.\n\n"
                   "With --json it gives the tables from which the help is made.",
    .operands = "[COMMAND]",
    .operands_help = "the command to explain, for instance \"version\"",
    .n_operands_max = 3, // a name has two words; the third is named in the message
    .examples = examples,
    .run = help_run,
};
