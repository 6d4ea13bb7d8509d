/* cmd_version.c: "nemg version": what runs here, and what it was made with. */
#include "base/err.h"
#include "base/jsonfile.h"
#include "cli/command.h"
#include "cli/console.h"
#include "nn/net.h"

#include <stdio.h>

extern const struct command version_command;

// What the program is made of. A library that wants to be named here adds its row and a
// function that asks it.
static const char *jansson_version(void)
{
    return jansson_version_str();
}

static const char *compiler_version(void)
{
#ifdef __clang__
    return __VERSION__; // "Debian Clang 14.0.6"
#else
    return "gcc " __VERSION__;
#endif
}

static const char *onednn_version(void)
{
    static char text[32];
    int major, minor, patch;
    net_onednn_version(&major, &minor, &patch);
    snprintf(text, sizeof text, "%d.%d.%d", major, minor, patch);
    return text;
}

static const struct part {
    const char *name;
    const char *(*version)(void); // borrowed, lives as long as the program
} parts[] = {
    {"compiler", compiler_version},
    {"jansson", jansson_version},
    {"oneDNN", onednn_version},
    {"kernels", net_kernels_isa},
    {NULL, NULL},
};

static int version_run(struct command_call *call, struct err *e)
{
    if (!call->want_json) {
        fprintf(call->console->out, "nemg %s\n", NEMG_VERSION);
        for (const struct part *p = parts; p->name; p++)
            fprintf(call->console->out, "%s %s\n", p->name, p->version());
        return 0;
    }
    json_t *list = json_object();
    call->result = json_object();
    int bad = json_object_set_new(call->result, "version", json_string(NEMG_VERSION));
    bad |= json_object_set_new(call->result, "parts", list);
    for (const struct part *p = parts; !bad && p->name; p++)
        bad |= json_object_set_new(list, p->name, json_string(p->version()));
    return bad ? err_set(e, ERR_MEMORY, "version: no memory for its JSON") : 0;
}

const struct command version_command = {
    .name = "version",
    .summary = "shows the version of the program and of its parts",
    .description = "Shows the version of the program, of the compiler that made it and of the "
                   "libraries it runs with: what a bug report should contain.",
    .run = version_run,
};
