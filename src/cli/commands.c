/* commands.c: the table of all commands. A new one is its declaration and its line here. */
#include "cli/command.h"

extern const struct command dataset_build_command, dataset_show_command, dataset_audit_command;
extern const struct command simulate_command;
extern const struct command train_command, calibrate_command, evaluate_command, compare_command;
extern const struct command quantize_command;
extern const struct command classify_command, explain_command, report_command;
extern const struct command checkpoint_show_command, net_show_command;
extern const struct command info_command, convert_command, deidentify_command;
extern const struct command render_command;
extern const struct command serve_command;
extern const struct command help_command, version_command;

const struct command *const commands[] = {
    &simulate_command,     &dataset_build_command,
    &dataset_show_command, &dataset_audit_command,
    &train_command,        &calibrate_command,
    &quantize_command,     &evaluate_command,
    &compare_command,      &report_command,
    &classify_command,     &explain_command,
    &serve_command,        &info_command,
    &render_command,       &convert_command,
    &deidentify_command,   &checkpoint_show_command,
    &net_show_command,     &help_command,
    &version_command,      NULL,
};
