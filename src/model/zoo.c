/* zoo.c: see zoo.h. */
#include "model/model_priv.h"

#include "base/err.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const zoo_names[] = {"inception_v4", "resnet18", "resnet1d", NULL};
static const struct zoo_entry *const entries[] = {&inception_v4_entry, &resnet18_entry,
                                                  &resnet1d_entry, NULL};
static const char *const by_kind[] = {"inception_v4", "resnet1d",
                                      "resnet18"}; // [enum input_kind]

static const struct zoo_entry *find(const char *name)
{
    for (const struct zoo_entry *const *z = entries; *z; z++)
        if (!strcmp((*z)->name, name))
            return *z;
    return NULL;
}

static int no_network(const char *name, struct err *e)
{
    return err_set(e, ERR_USAGE, "no network \"%s\", wanted inception_v4, resnet18 or resnet1d",
                   name);
}

const char *zoo_for(enum input_kind kind)
{
    return by_kind[kind];
}

const char *zoo_summary(const char *network)
{
    const struct zoo_entry *z = find(network);
    return z ? z->summary : NULL;
}

int zoo_shape(struct shape *out, const char *network, struct err *e)
{
    const struct zoo_entry *z = find(network);
    *out = z ? z->shape : (struct shape){0};
    return z ? 0 : no_network(network, e);
}

// ERR_USAGE: a shape that the network cannot read.
static int check_shape(const struct zoo_entry *z, struct shape s, struct err *e)
{
    struct shape least = z->shape_min, most = z->shape_max;
    if (s.h >= least.h && s.h <= most.h && s.w >= least.w && s.w <= most.w && s.c >= least.c &&
        s.c <= most.c)
        return 0;
    return err_set(e, ERR_USAGE,
                   "%s: an input of %zu x %zu x %zu, wanted %zu to %zu x %zu to %zu", z->name,
                   s.h, s.w, s.c, least.h, most.h, least.w, most.w);
}

size_t zoo_channels(double width, size_t channels)
{
    double eights = floor((double)channels * width / 8 + 0.5);
    return eights < 1 ? 8 : (size_t)eights * 8;
}

int zoo_build(struct network *out, const struct model_spec *spec, struct err *e)
{
    *out = (struct network){.spec = *spec, .aux_logits = -1};
    const struct zoo_entry *z = find(spec->network);
    if (!z)
        return no_network(spec->network, e);
    out->spec.network = z->name;
    if (!out->spec.shape.h)
        out->spec.shape = z->shape;
    int rc = check_shape(z, out->spec.shape, e);
    if (rc < 0)
        return rc;
    if (!(spec->width > 0 && spec->width <= 4))
        return err_set(e, ERR_USAGE, "%s: width %g, wanted above 0 and at most 4", z->name,
                       spec->width);
    if (!spec->n_classes || spec->n_classes > 100000)
        return err_set(e, ERR_USAGE, "%s: %zu classes, wanted 1 to 100000", z->name,
                       spec->n_classes);
    rc = graph_new(&out->graph, z->names, e);
    if (rc == 0) {
        z->build(out, &out->spec);
        rc = graph_check(out->graph, e);
    }
    if (rc < 0)
        network_release(out);
    return rc;
}

void network_release(struct network *n)
{
    graph_free(n->graph);
    *n = (struct network){0};
}

int network_end_point(const struct network *n, const char *name)
{
    static const char *const forms[] = {"InceptionV4/%s/Relu", "InceptionV4/%s", "%s", NULL};
    char full[256];
    if (!strcmp(name, "Logits"))
        return n->logits;
    if (!strcmp(name, "AuxLogits"))
        return n->aux_logits;
    if (!strcmp(name, "PreLogitsFlatten"))
        return n->features;
    for (const char *const *f = forms; *f; f++) {
        size_t prefix = strcspn(*f, "%");
        snprintf(full, sizeof full, "%.*s%s%s", (int)prefix, *f, name, *f + prefix + 2);
        int t = graph_find(n->graph, full);
        if (t >= 0)
            return t;
    }
    return -1;
}

int network_relus(int *tensors, size_t *n_tensors, const struct network *n, struct err *e)
{
    const struct graph *g = n->graph;
    bool *is_needed = mem_array(graph_n_tensors(g), sizeof *is_needed);
    *n_tensors = 0;
    if (!is_needed)
        return err_set(e, ERR_MEMORY, "no memory to look through a network");
    is_needed[n->logits] = true;
    for (size_t i = graph_n_nodes(g); i-- > 0;) {
        struct graph_node_info info = graph_node_info(g, i);
        for (size_t k = 0; is_needed[info.out] && k < info.n_in; k++)
            is_needed[info.in[k]] = true;
    }
    for (size_t i = 0; i < graph_n_nodes(g); i++) {
        struct graph_node_info info = graph_node_info(g, i);
        if (is_needed[info.out] && !strcmp(info.op, "relu"))
            tensors[(*n_tensors)++] = info.out;
    }
    mem_free(is_needed);
    return 0;
}
