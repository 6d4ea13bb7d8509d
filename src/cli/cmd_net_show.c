/* cmd_net_show.c: "nemg net show": a network as a table, with what it costs. */
#include "base/err.h"
#include "base/jsonfile.h"
#include "cli/command.h"
#include "cli/console.h"
#include "model/netshow.h"
#include "model/zoo.h"
#include "nn/net.h"
#include "nn/variables.h"

#include <string.h>

extern const struct command net_show_command;

struct show_args {
    size_t image_size, classes, batch, threads;
    double width;
};

#define AT(field) offsetof(struct show_args, field)
static const struct option show_options[] = {
    {.name = "image-size",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(image_size),
     .fallback = "0",
     .max = 1 << 20,
     .help = "pixels a side, samples of a signal; 0: the network's own"},
    {.name = "width",
     .kind = OPTION_KIND_REAL,
     .offset = AT(width),
     .fallback = "1",
     .min = 0,
     .max = 4,
     .flags = OPTION_ABOVE_MIN,
     .help = "factor of all channels"},
    {.name = "classes",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(classes),
     .fallback = "3",
     .min = 1,
     .max = 100000,
     .help = "that it tells apart"},
    {.name = "batch",
     .short_name = 'b',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(batch),
     .fallback = "1",
     .min = 1,
     .max = 4096,
     .help = "pictures computed at once, for the planned memory"},
    {.name = "threads",
     .short_name = 'j',
     .kind = OPTION_KIND_SIZE,
     .offset = AT(threads),
     .fallback = "0",
     .max = 1024,
     .help = "of the engine; 0: as many as the machine has"},
    {0},
};

struct plans {
    struct net_memory inference, training;
};

static int plan(struct net_memory *out, const struct network *n, struct variables *v,
                enum net_mode mode, const struct show_args *a, struct err *e)
{
    struct net *net;
    struct net_options o = net_options_defaults();
    o.mode = mode;
    o.batch = a->batch;
    o.n_threads = a->threads;
    o.fetches = &n->logits;
    o.n_fetches = mode == NET_INFERENCE;
    if (mode == NET_TRAINING)
        o.fetches = NULL;
    int rc = net_compile(&net, n->graph, v, &o, e);
    if (rc < 0)
        return rc;
    *out = net_memory(net);
    net_free(net);
    return 0;
}

static int make_plans(struct plans *out, struct network *n, const struct show_args *a,
                      struct err *e)
{
    struct variables *v = NULL;
    int heads[NETWORK_MAX_HEADS] = {n->logits, n->aux_logits};
    struct loss_params plain = {0};
    graph_softmax_loss(n->graph, "cross_entropy", heads[0], plain);
    if (heads[1] >= 0)
        graph_softmax_loss(n->graph, "aux_cross_entropy", heads[1], plain);
    int rc = graph_check(n->graph, e);
    if (rc == 0)
        rc = variables_new(&v, n->graph, e);
    if (rc == 0)
        rc = plan(&out->inference, n, v, NET_INFERENCE, a, e);
    if (rc == 0)
        rc = plan(&out->training, n, v, NET_TRAINING, a, e);
    variables_free(v);
    return rc;
}

static void print_row(FILE *f, const struct netshow_row *r, int widest)
{
    char window[32] = "", out[48];
    if (r->has_window)
        snprintf(window, sizeof window, "%zux%zu/%zu", r->kh, r->kw, r->stride);
    snprintf(out, sizeof out, "%zux%zux%zu", r->out.h, r->out.w, r->out.c);
    fprintf(f, "%-*s  %-12s %-8s %-14s %10zu %10.2f\n", widest, r->name, r->op, window, out,
            r->n_parameters, (double)r->n_multiply_adds / 1e6);
}

static double megabytes(size_t n)
{
    return (double)n / 1e6;
}

static void print(FILE *f, const struct netshow *s, const struct plans *p,
                  const struct network *n, size_t batch)
{
    int widest = 5;
    for (size_t i = 0; i < s->n_rows; i++)
        if ((int)strlen(s->rows[i].name) > widest)
            widest = (int)strlen(s->rows[i].name);
    fprintf(f, "%-*s  %-12s %-8s %-14s %10s %10s\n", widest, "layer", "operation", "window",
            "output", "parameters", "M mult-add");
    for (size_t i = 0; i < s->n_rows; i++)
        print_row(f, &s->rows[i], widest);
    struct shape in = n->spec.shape;
    fprintf(f, "\n%s on %zu x %zu x %zu, width %g, %zu classes\n", n->spec.network, in.h, in.w,
            in.c, n->spec.width, n->spec.n_classes);
    fprintf(f, "parameters     %12zu, of which %zu in the auxiliary head\n",
            s->all.n_parameters, s->aux.n_parameters);
    fprintf(f, "statistics     %12zu\n", s->all.n_statistics);
    fprintf(f, "multiply-adds  %12.3f G an example, of which %.3f G in the auxiliary head\n",
            (double)s->all.n_multiply_adds / 1e9, (double)s->aux.n_multiply_adds / 1e9);
    fprintf(f, "planned memory at batch %zu: inference %.1f MB and weights %.1f MB; ", batch,
            megabytes(p->inference.activations), megabytes(p->inference.prepared));
    fprintf(f, "training %.1f MB and gradients %.1f MB\n", megabytes(p->training.activations),
            megabytes(p->training.gradients));
}

static json_t *shape_json(struct shape s)
{
    return json_pack("[I, I, I]", (json_int_t)s.h, (json_int_t)s.w, (json_int_t)s.c);
}

static json_t *row_json(const struct netshow_row *r)
{
    json_t *o = json_pack("{s:s, s:s, s:b, s:o, s:o, s:I, s:I}", "name", r->name, "operation",
                          r->op, "is_aux", r->is_aux, "in", shape_json(r->in), "out",
                          shape_json(r->out), "parameters", (json_int_t)r->n_parameters,
                          "multiply_adds", (json_int_t)r->n_multiply_adds);
    if (o && r->has_window)
        json_object_set_new(o, "window",
                            json_pack("{s:[I, I], s:I, s:[I, I]}", "size", (json_int_t)r->kh,
                                      (json_int_t)r->kw, "stride", (json_int_t)r->stride,
                                      "padding", (json_int_t)r->pad_h, (json_int_t)r->pad_w));
    return o;
}

static json_t *memory_json(struct net_memory m)
{
    return json_pack("{s:I, s:I, s:I}", "activations", (json_int_t)m.activations, "gradients",
                     (json_int_t)m.gradients, "prepared", (json_int_t)m.prepared);
}

static json_t *totals_json(const struct netshow_totals *t)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "variables", (json_int_t)t->n_variables,
                     "parameters", (json_int_t)t->n_parameters, "statistics",
                     (json_int_t)t->n_statistics, "multiply_adds",
                     (json_int_t)t->n_multiply_adds);
}

static json_t *report_json(const struct netshow *s, const struct plans *p,
                           const struct network *n, size_t batch)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < s->n_rows; i++)
        json_array_append_new(rows, row_json(&s->rows[i]));
    return json_pack("{s:s, s:o, s:f, s:I, s:o, s:o, s:o, s:{s:I, s:o, s:o}}", "network",
                     n->spec.network, "input", shape_json(n->spec.shape), "width",
                     n->spec.width, "classes", (json_int_t)n->spec.n_classes, "layers", rows,
                     "totals", totals_json(&s->all), "auxiliary", totals_json(&s->aux),
                     "planned_bytes", "batch", (json_int_t)batch, "inference",
                     memory_json(p->inference), "training", memory_json(p->training));
}

static int show_run(struct command_call *call, struct err *e)
{
    const struct show_args *a = call->args;
    struct model_spec spec = {
        .network = call->options->operands[0], .width = a->width, .n_classes = a->classes};
    struct network n = {0};
    struct netshow s = {0};
    struct plans p = {0};
    int rc = zoo_shape(&spec.shape, spec.network, e);
    if (rc == 0 && a->image_size) // a map of one row stays one
        spec.shape =
            (struct shape){spec.shape.h > 1 ? a->image_size : 1, a->image_size, spec.shape.c};
    if (rc == 0)
        rc = zoo_build(&n, &spec, e);
    if (rc == 0)
        rc = netshow_init(&s, &n, e);
    if (rc == 0)
        rc = make_plans(&p, &n, a, e);
    if (rc == 0 && !call->want_json)
        print(call->console->out, &s, &p, &n, a->batch);
    if (rc == 0 && call->want_json && !(call->result = report_json(&s, &p, &n, a->batch)))
        rc = err_set(e, ERR_MEMORY, "no memory for the table");
    netshow_release(&s);
    network_release(&n);
    return rc;
}

static const struct command_example show_examples[] = {
    {"Shows the network of the 2019 paper:", "nemg net show inception_v4"},
    {"Shows how much smaller a narrow one is:",
     "nemg net show inception_v4 --width 0.25 --image-size 139"},
    {NULL, NULL},
};

const struct command net_show_command = {
    .name = "net show",
    .summary = "shows a network as a table",
    .description =
        "Shows every layer of a network with its window, the shape it puts out (height x width "
        "x channels), its trainable parameters and its multiply-adds for one example; then the "
        "totals and the memory that the engine plans.\n\n"
        "Networks: inception_v4 (of the 2019 paper, with TF-Slim's names), resnet18 "
        "(pictures, and mel-spectrograms of one channel), and resnet1d for signals.",
    .operands = "MODEL",
    .operands_help = "a network: inception_v4, resnet18 or resnet1d",
    .n_operands_min = 1,
    .n_operands_max = 1,
    .options = show_options,
    .args_bytes = sizeof(struct show_args),
    .examples = show_examples,
    .run = show_run,
};
