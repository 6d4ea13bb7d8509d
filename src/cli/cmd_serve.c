/* cmd_serve.c: "nemg serve": the workbench in the browser. */
#include "base/err.h"
#include "cli/command.h"
#include "cli/console.h"
#include "web/serve.h"

#include <jansson.h>
#include <string.h>

extern const struct command serve_command;

struct serve_args {
    struct option_list models;
    const char *dataset, *recordings, *project, *author, *address, *certificate, *key;
    size_t port, upload_mb, threads;
};

#define AT(field) offsetof(struct serve_args, field)
static const struct option serve_option_table[] = {
    {.name = "model",
     .short_name = 'm',
     .kind = OPTION_KIND_LIST,
     .offset = AT(models),
     .metavar = "DIR,...",
     .help = "model folders to classify with"},
    {.name = "dataset",
     .short_name = 'd',
     .kind = OPTION_KIND_PATH,
     .offset = AT(dataset),
     .metavar = "DIR",
     .help = "data set to show similar examples of; not given: what each model was trained on"},
    {.name = "recordings",
     .kind = OPTION_KIND_PATH,
     .offset = AT(recordings),
     .metavar = "DIR",
     .help = "folder of recordings to choose from; others can be sent"},
    {.name = "project",
     .kind = OPTION_KIND_PATH,
     .offset = AT(project),
     .metavar = "FILE",
     .help = "where annotations are kept; not given: nemg/project.nemg in the account's data"},
    {.name = "author",
     .kind = OPTION_KIND_STRING,
     .offset = AT(author),
     .help = "whose annotations these are; not given: the account's name"},
    {.name = "port",
     .short_name = 'p',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(port),
     .fallback = "0",
     .max = 65535,
     .help = "port to listen at; 0: any that is free"},
    {.name = "address",
     .kind = OPTION_KIND_STRING,
     .offset = AT(address),
     .fallback = "127.0.0.1",
     .help = "address to listen at; another one than this machine's own wants TLS"},
    {.name = "certificate",
     .kind = OPTION_KIND_PATH,
     .offset = AT(certificate),
     .metavar = "PEM",
     .help = "certificate for TLS"},
    {.name = "key",
     .kind = OPTION_KIND_PATH,
     .offset = AT(key),
     .metavar = "PEM",
     .help = "its private key"},
    {.name = "upload-mb",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(upload_mb),
     .fallback = "2048",
     .min = 1,
     .max = 65536,
     .help = "largest size of what is sent at once, in MiB"},
    {.name = "threads",
     .short_name = 'j',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(threads),
     .fallback = "0",
     .max = 1024,
     .help = "of the engine; 0: as many as the machine has"},
    {0},
};

// The address is what the command is for: with --json one object, else a line; at once, because
// whoever started it waits for it.
static void say_ready(void *context, const char *address)
{
    const struct command_call *call = context;
    FILE *f = call->console->out;
    if (call->want_json)
        fprintf(
            f, "{\"schema\": %d, \"use\": \"" COMMAND_RESEARCH_USE "\", \"address\": \"%s\"}\n",
            COMMAND_JSON_SCHEMA, address);
    else
        fprintf(f, "%s\n", address);
    fflush(f);
    console_note(call->console, "open this address in a browser on this machine; Ctrl-C stops");
}

static int serve_run(struct command_call *call, struct err *e)
{
    const struct serve_args *a = call->args;
    const struct serve_options o = {
        .workbench = {.version = NEMG_VERSION,
                      .models = a->models.items,
                      .n_models = a->models.n,
                      .dataset = a->dataset,
                      .recordings = a->recordings,
                      .project = a->project,
                      .author = a->author,
                      .n_threads = a->threads,
                      .max_upload_bytes = (uint64_t)a->upload_mb << 20},
        .address = a->address,
        .port = (unsigned)a->port,
        .certificate = a->certificate,
        .key = a->key,
        .on_ready = say_ready,
        .context = call,
        .stop = call->stop,
    };
    int rc = serve(&o, e);
    if (rc == 0 && call->want_json && !(call->result = json_pack("{s:b}", "stopped", 1)))
        return err_set(e, ERR_MEMORY, "no memory for the result");
    return rc;
}

static const struct command_example serve_examples[] = {
    {"Looks at pictures and recordings with two models:",
     "nemg serve --model signals/model,pictures/model --recordings lab"},
    {"For other machines of a network, with TLS:",
     "nemg serve --model run/model --address 192.168.1.5 --port 8443 --certificate cert.pem "
     "--key "
     "key.pem"},
    {NULL, NULL},
};

const struct command serve_command = {
    .name = "serve",
    .summary = "opens the workbench in a browser: pictures, recordings, sound, events",
    .description =
        "Answers a browser on this machine. The address that is printed holds a token, drawn "
        "at "
        "random at each start; without it nothing is answered. Nothing is asked for from "
        "elsewhere, and nothing goes there.\n\n"
        "Pictures are classified with a model of pictures, recordings with one of signals or "
        "mel-spectrograms. Recordings of --recordings are read where they are; what is sent is "
        "read in a process of its own that can only read, and is forgotten at the end. "
        "Annotations "
        "are kept in the project file, with author and time, and can be exported.",
    .options = serve_option_table,
    .args_bytes = sizeof(struct serve_args),
    .examples = serve_examples,
    .can_stop = true,
    .run = serve_run,
};
