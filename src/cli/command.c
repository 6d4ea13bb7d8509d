/*
 * command.c: see command.h.
 *
 * A command line is either "nemg WORDS... options and operands" or, when its first word begins
 * with '-', a wish to the program itself: --help, --version, --generate-man. The first two are
 * the commands of that name.
 */
#include "cli/command.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/jsonfile.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "cli/completion.h"
#include "cli/console.h"
#include "cli/helptext.h"
#include "cli/interrupt.h"
#include "cli/manpage.h"
#include "cli/suggest.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct common_args {
    bool want_help;
    bool want_json;
    bool is_quiet;
    int color; // enum console_color
};

const struct option command_common_options[] = {
    {.name = "help",
     .short_name = 'h',
     .kind = OPTION_KIND_FLAG,
     .offset = offsetof(struct common_args, want_help),
     .help = "show this help"},
    {.name = "json",
     .kind = OPTION_KIND_FLAG,
     .offset = offsetof(struct common_args, want_json),
     .help = "give the result, or the error, as one JSON object on standard output"},
    {.name = "quiet",
     .short_name = 'q',
     .kind = OPTION_KIND_FLAG,
     .offset = offsetof(struct common_args, is_quiet),
     .help = "no progress and no notes; warnings and errors stay"},
    {.name = "color",
     .kind = OPTION_KIND_CHOICE,
     .offset = offsetof(struct common_args, color),
     .fallback = "auto",
     .choices = console_color_names,
     .help = "colour in messages; auto: on a terminal, unless NO_COLOR is set"},
    {0},
};

struct program_args {
    bool want_version;
    const char *man_folder;
    const char *completion_file;
};

const struct option command_program_options[] = {
    {.name = "version",
     .short_name = 'V',
     .kind = OPTION_KIND_FLAG,
     .offset = offsetof(struct program_args, want_version),
     .help = "show the version"},
    {.name = "generate-man",
     .kind = OPTION_KIND_PATH,
     .offset = offsetof(struct program_args, man_folder),
     .metavar = "DIR",
     .help = "write the manual pages into a folder"},
    {.name = "generate-completion",
     .kind = OPTION_KIND_PATH,
     .offset = offsetof(struct program_args, completion_file),
     .metavar = "FILE",
     .help = "write the completion script for bash"},
    {0},
};

static const struct option no_options[] = {{0}};

// ---- What a code means to scripts ----

// What a shell says of a program that SIGPIPE ended, 128 + 13.
enum { STATUS_DESERTED = 141 };

const struct command_status command_statuses[] = {
    {0, "it worked"},
    {1, "it failed; the message on standard error says why"},
    {2, "the command line asks for something impossible"},
    {75, "it was interrupted and can be resumed with the same command line"},
    {STATUS_DESERTED,
     "whoever read its output went away early, as head does; files are complete"},
    {0, NULL},
};

static const struct code_row {
    int rc;
    int status;
    const char *name;
} code_rows[] = {
    {ERR_OK, 0, "ok"},
    {ERR_MEMORY, 1, "memory"},
    {ERR_IO, 1, "io"},
    {ERR_FORMAT, 1, "format"},
    {ERR_LIMIT, 1, "limit"},
    {ERR_UNSUPPORTED, 1, "unsupported"},
    {ERR_USAGE, 2, "usage"},
    {ERR_DEVICE, 1, "device"},
    {ERR_CANCELLED, 75, "cancelled"}, // EX_TEMPFAIL of sysexits.h
    {0, 1, NULL},
};

static const struct code_row *code_row(int rc)
{
    const struct code_row *row = code_rows;
    while (row->name && row->rc != rc)
        row++;
    assert(row->name);
    return row;
}

int command_exit_status(int rc)
{
    return code_row(rc)->status;
}

const char *command_code_name(int rc)
{
    return code_row(rc)->name;
}

// ---- Finding a command ----

// Whether the name's words are the first of these; how many it has.
static size_t match(const char *name, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t n_bytes = strcspn(name, " ");
        if (strlen(words[i]) != n_bytes || strncmp(words[i], name, n_bytes) != 0)
            return 0;
        if (!name[n_bytes])
            return i + 1;
        name += n_bytes + 1;
    }
    return 0;
}

// "dataset: wanted dataset build or dataset show", or the nearest name.
static int not_found(const struct command *const *table, const char *const *words, size_t n,
                     struct err *e)
{
    const char *names[OPTION_TABLE_MAX];
    char family[160] = "", said[SUGGEST_MAX_BYTES + 1];
    size_t n_names = 0, n_first = strlen(words[0]);
    int n_family = 0;
    for (; *table; table++) {
        const char *name = (*table)->name;
        assert(n_names < OPTION_TABLE_MAX);
        names[n_names++] = name;
        if (!strncmp(name, words[0], n_first) && name[n_first] == ' ')
            n_family += snprintf(family + n_family, sizeof family - (size_t)n_family, "%s%s",
                                 n_family ? " or " : "", name);
        assert((size_t)n_family < sizeof family);
    }
    bool has_second = n > 1 && words[1][0] != '-';
    snprintf(said, sizeof said, has_second ? "%s %s" : "%s", words[0],
             has_second ? words[1] : "");
    const char *near = suggest_nearest(said, names, n_names);
    if (!near && !n_family)
        near = suggest_nearest(words[0], names, n_names);
    if (near)
        return err_set(e, ERR_USAGE, "%s: no such command; did you mean %s?",
                       strchr(near, ' ') ? said : words[0], near);
    if (n_family)
        return err_set(e, ERR_USAGE, "%s: wanted %s", words[0], family);
    return err_set(e, ERR_USAGE, "%s: no such command", words[0]);
}

int command_find(const struct command **out, size_t *n_words,
                 const struct command *const *table, const char *const *words, size_t n,
                 struct err *e)
{
    assert(n > 0);
    *out = NULL;
    *n_words = 0;
    for (const struct command *const *c = table; *c; c++) {
        size_t n_matched = match((*c)->name, words, n);
        if (n_matched > *n_words) {
            *out = *c;
            *n_words = n_matched;
        }
    }
    return *out ? 0 : not_found(table, words, n, e);
}

// ---- One call ----

static int print_json(struct console *c, const json_t *object, struct err *e)
{
    char *text = jsonfile_text(object);
    if (!text)
        return err_set(e, ERR_MEMORY, "result: no memory for its text");
    fputs(text, c->out);
    mem_free(text);
    return 0;
}

// {"schema": 1, "use": ..., what result holds, "error": {...} if there is one}.
static int print_result(struct command_call *call, const struct err *why, struct err *e)
{
    json_t *root = json_object();
    int bad = json_object_set_new(root, "schema", json_integer(COMMAND_JSON_SCHEMA));
    bad |= json_object_set_new(root, "use", json_string(COMMAND_RESEARCH_USE));
    if (call->result)
        bad |= json_object_update_missing(root, call->result);
    if (why) {
        json_t *error = json_object();
        bad |= json_object_set_new(error, "code", json_string(command_code_name(why->code)));
        bad |= json_object_set_new(error, "message", jsontext_string(why->text));
        bad |= json_object_set_new(root, "error", error);
    }
    int rc = bad ? err_set(e, ERR_MEMORY, "result: no memory for its JSON")
                 : print_json(call->console, root, e);
    json_decref(root);
    return rc;
}

static int check_operands(const struct command_call *call, struct err *e)
{
    const struct command *c = call->command;
    const struct options *o = call->options;
    if (o->n_operands > c->n_operands_max)
        return err_set(e, ERR_USAGE, "%s: found '%s', wanted %s", c->name,
                       o->operands[c->n_operands_max],
                       c->n_operands_max ? "no more operands" : "no operands");
    if (o->n_operands < c->n_operands_min)
        return err_set(e, ERR_USAGE, "%s: found %zu operands, wanted %s", c->name,
                       o->n_operands, c->operands);
    return 0;
}

static void take_common(struct command_call *call, const struct common_args *common)
{
    struct console *c = call->console;
    call->want_json = common->want_json;
    console_init(c, c->out, c->err, (enum console_color)common->color);
    c->is_quiet = common->is_quiet;
}

// The help command, on behalf of "nemg X --help".
static int run_help(struct command_call *call, struct err *e)
{
    if (call->want_json)
        return helptext_json(&call->result, call->command, e);
    struct buffer text;
    buffer_init(&text);
    helptext_command(&text, call->command, console_help_width(call->console));
    int rc = text.failed ? err_set(e, ERR_MEMORY, "help: no memory for its text") : 0;
    if (rc == 0)
        fwrite(text.data, 1, text.n, call->console->out);
    buffer_release(&text);
    return rc;
}

static int run_guarded(struct command_call *call, struct err *e)
{
    int rc = options_check_required(call->options, e);
    if (rc == 0)
        rc = check_operands(call, e);
    if (rc == 0 && call->command->can_stop)
        rc = interrupt_install(e);
    if (rc == 0)
        rc = call->command->run(call, e);
    interrupt_restore();
    console_progress_end(call->console);
    assert(rc < 0 || !call->want_json || call->result);
    return rc;
}

static int run_command(struct command_call *call, int argc, char *const *argv, struct err *e)
{
    const struct command *c = call->command;
    assert(c);
    struct common_args common = {0};
    struct options options = {0};
    void *args = mem_zalloc(c->args_bytes);
    if (!args)
        return err_set(e, ERR_MEMORY, "%s: no memory for its options", c->name);
    const struct option_set sets[] = {{c->options ? c->options : no_options, args},
                                      {command_common_options, &common}};
    call->args = args;
    call->options = &options;
    int rc = options_parse(&options, sets, 2, argc, argv, e);
    if (rc == 0) {
        take_common(call, &common);
        rc = common.want_help ? run_help(call, e) : run_guarded(call, e);
    }
    options_release(&options);
    mem_free(args);
    call->args = NULL;
    call->options = NULL;
    return rc;
}

static int generate(struct command_call *call, const struct program_args *args, struct err *e)
{
    int rc = 0;
    if (args->man_folder)
        rc = manpage_write(call->table, args->man_folder, e);
    if (rc == 0 && args->completion_file)
        rc = completion_write(call->table, args->completion_file, e);
    if (rc < 0 || !call->want_json)
        return rc;
    call->result = json_object();
    int bad = json_object_set_new(call->result, "man", jsontext_string(args->man_folder));
    bad |=
        json_object_set_new(call->result, "completion", jsontext_string(args->completion_file));
    return bad ? err_set(e, ERR_MEMORY, "result: no memory for its JSON") : 0;
}

// "nemg --version" and its like: what stands before any command.
static int run_program(struct command_call *call, int argc, char *const *argv, struct err *e)
{
    struct common_args common = {0};
    struct program_args args = {0};
    struct options options = {0};
    const struct option_set sets[] = {{command_program_options, &args},
                                      {command_common_options, &common}};
    const char *name = NULL;
    int rc = options_parse(&options, sets, 2, argc, argv, e);
    if (rc < 0)
        goto out;
    take_common(call, &common);
    if (options.n_operands)
        rc = err_set(e, ERR_USAGE, "%s: wanted as the first word, with the options behind it",
                     options.operands[0]);
    else if (common.want_help || args.want_version)
        name = common.want_help ? "help" : "version";
    else if (args.man_folder || args.completion_file)
        rc = generate(call, &args, e);
    else
        rc = err_set(e, ERR_USAGE, "no command");
    if (name) {
        size_t n_words;
        rc = command_find(&call->command, &n_words, call->table, &name, 1, e);
        char json[] = "--json", *words[] = {json};
        if (rc == 0)
            rc = run_command(call, call->want_json, words, e);
    }
out:
    options_release(&options);
    return rc;
}

static int run_line(struct command_call *call, int argc, char *const *argv, struct err *e)
{
    size_t n_words = 0;
    if (argc < 2)
        return err_set(e, ERR_USAGE, "no command; nemg --help lists them");
    if (argv[1][0] == '-')
        return run_program(call, argc - 1, argv + 1, e);
    int rc = command_find(&call->command, &n_words, call->table,
                          (const char *const *)(argv + 1), (size_t)argc - 1, e);
    int n_used = 1 + (int)n_words;
    return rc < 0 ? rc : run_command(call, argc - n_used, argv + n_used, e);
}

static void report(struct command_call *call, const struct err *why)
{
    struct console *c = call->console;
    if (why->code == ERR_CANCELLED)
        console_warning(c, "stopped: %s", why->text);
    else
        console_error(c, "%s", why->text);
    if (why->code == ERR_USAGE && call->command)
        fprintf(c->err, "see \"nemg %s --help\"\n", call->command->name);
    else if (why->code == ERR_USAGE)
        fprintf(c->err, "see \"nemg --help\"\n");
}

// An option may be wrong before --json has been parsed, and the error must be JSON all the
// same.
static bool asks_for_json(int argc, char *const *argv)
{
    bool want = false;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        want = !strcmp(argv[i], "--json") || (want && strcmp(argv[i], "--no-json") != 0);
    return want;
}

int command_dispatch(const struct command *const *table, int argc, char *const *argv, FILE *out,
                     FILE *err)
{
    struct console console;
    struct err e = {.code = ERR_OK, .text = ""}, lost;
    struct command_call call = {.table = table, .console = &console, .stop = interrupt_flag()};
    console_init(&console, out, err, CONSOLE_COLOR_AUTO);
    call.want_json = asks_for_json(argc, argv);

    int rc = run_line(&call, argc, argv, &e);
    if (rc < 0)
        report(&call, &e);
    int status = command_exit_status(rc), printed = 0;
    if (call.want_json)
        printed = print_result(&call, rc < 0 ? &e : NULL, &lost);
    else if (rc == 0)
        fprintf(out, "\n" COMMAND_RESEARCH_USE "\n");
    if (printed == 0)
        printed = console_finish(&console, &lost);
    if (printed < 0 && console_is_deserted(&console))
        status = status ? status : STATUS_DESERTED; // quiet, as SIGPIPE would have been
    else if (printed < 0) {
        console_error(&console, "%s", lost.text);
        status = status ? status : command_exit_status(printed);
    }
    json_decref(call.result);
    return status;
}

// A closed standard stream would give its number to the next file that is opened, and messages
// would end up in it. A stand-in that refuses gives the error that was meant.
static void hold_standard_streams(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd ? O_RDONLY : O_WRONLY); // takes the lowest free number
}

int command_main(int argc, char **argv)
{
    hold_standard_streams();
    signal(SIGPIPE,
           SIG_IGN); // a closed pipe shows in console_finish(): files are finished first
    signal(SIGXFSZ, SIG_IGN); // a limit of file sizes is an error like a full disk
    return command_dispatch(commands, argc, argv, stdout, stderr);
}
