/*
 * command.h: what a command of the program is, and how one call of it runs.
 *
 * To add a command: write cmd_x.c with
 *
 *     struct x_args { ... };                            what the options fill
 *     static const struct option x_options[] = {...};   see option.h
 *     static int x_run(struct command_call *call, struct err *e) {...}
 *     const struct command x_command = {...};
 *
 * and add its line to the table in commands.c. Help, man page, completion, --json, exit status
 * and error messages come from there; run() parses nothing and checks only what a table cannot
 * say.
 *
 * What run() does: it calls a job and shows the outcome. With call->want_json it puts one
 * object into call->result and prints nothing on stdout; otherwise it prints lines for a person
 * there. Progress and messages go through call->console. The rest is done around it: "schema"
 * and the research-use line, the error as a message (and as JSON), the exit status, and that
 * everything written really arrived.
 */
#pragma once

#include "cli/option.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct command;
struct console;
struct err;
struct json_t; // jansson's

#define COMMAND_RESEARCH_USE "research use only"

enum { COMMAND_JSON_SCHEMA = 1 };

// One call of one command. Everything is borrowed, and lives until run() returns.
struct command_call {
    const struct command *command;
    const struct command *const *table; // all commands
    const void *args;                   // the command's own struct, filled
    const struct options *options;      // operands, what was given, options_json()
    struct console *console;
    const atomic_bool *stop; // true: somebody asked to stop; see can_stop
    bool want_json;
    struct json_t *result; // set by run() if want_json: an object, handed over. If run() fails
                           // it may set it too: the error is added to it
};

// A command line worth showing, with a sentence before it.
struct command_example {
    const char *text; // "Builds a data set that keeps each patient on one side."
    const char *line; // "nemg dataset build --images pictures --out set"
};

struct command {
    const char *name;        // "dataset build": one or two words
    const char *summary;     // "makes TFRecord files from class folders"; fits a list
    const char *description; // paragraphs, separated by an empty line
    const char *operands;    // "PICTURE..."; NULL: takes none
    const char *operands_help;
    size_t n_operands_min;
    size_t n_operands_max; // SIZE_MAX: any number
    const struct option *options;
    size_t args_bytes;                      // sizeof its struct; 0: none, no options
    const struct command_example *examples; // ended by text NULL; may be NULL
    bool can_stop;                          // it looks at call->stop and ends in order
    int (*run)(struct command_call *call, struct err *e);
};

// Every command of the program, in the order of the help text, ended by NULL.
extern const struct command *const commands[];

// Options that every command has, and those of the bare program.
extern const struct option command_common_options[];
extern const struct option command_program_options[];

// The exit statuses, for help and man page; ended by meaning NULL.
struct command_status {
    int status;
    const char *meaning;
};
extern const struct command_status command_statuses[];

int command_exit_status(int rc);       // of an ERR_ code or 0
const char *command_code_name(int rc); // "usage", as in {"error": {"code": "usage"}}

// The command that the words begin with, the longest name first; *n_words is how many words its
// name took. ERR_USAGE, with a suggestion, when there is none.
int command_find(const struct command **out, size_t *n_words,
                 const struct command *const *table, const char *const *words, size_t n,
                 struct err *e);

// Runs one command line of a table; argv[0] is the program. Returns the exit status.
int command_dispatch(const struct command *const *table, int argc, char *const *argv, FILE *out,
                     FILE *err);

// The program: command_dispatch() of all commands on the standard streams.
int command_main(int argc, char **argv);
