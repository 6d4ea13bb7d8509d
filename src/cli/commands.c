/* commands.c: the table of all commands. A new one is its declaration and its line here. */
#include "cli/command.h"

extern const struct command help_command;
extern const struct command version_command;

const struct command *const commands[] = {
    &help_command,
    &version_command,
    NULL,
};
