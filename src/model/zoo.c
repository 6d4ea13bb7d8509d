/* zoo.c: see zoo.h. */
#include "model/model_priv.h"

#include "base/err.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const zoo_names[] = {"inception_v4", "resnet18", NULL};
static const struct zoo_entry *const entries[] = {&inception_v4_entry, &resnet18_entry, NULL};

static const struct zoo_entry *find(const char *name)
{
    for (const struct zoo_entry *const *z = entries; *z; z++)
        if (!strcmp((*z)->name, name))
            return *z;
    return NULL;
}

const char *zoo_summary(const char *network)
{
    const struct zoo_entry *z = find(network);
    return z ? z->summary : NULL;
}

size_t zoo_image_size(const char *network)
{
    const struct zoo_entry *z = find(network);
    return z ? z->image_size : 0;
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
        return err_set(e, ERR_USAGE, "no network \"%s\", wanted inception_v4 or resnet18",
                       spec->network);
    out->spec.network = z->name;
    if (!out->spec.image_size)
        out->spec.image_size = z->image_size;
    if (out->spec.image_size < z->image_size_min || out->spec.image_size > 4096)
        return err_set(e, ERR_USAGE, "%s at %zu pixels, wanted %zu to 4096", z->name,
                       out->spec.image_size, z->image_size_min);
    if (!(spec->width > 0 && spec->width <= 4))
        return err_set(e, ERR_USAGE, "%s: width %g, wanted above 0 and at most 4", z->name,
                       spec->width);
    if (!spec->n_classes || spec->n_classes > 100000)
        return err_set(e, ERR_USAGE, "%s: %zu classes, wanted 1 to 100000", z->name,
                       spec->n_classes);
    int rc = graph_new(&out->graph, z->names, e);
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
