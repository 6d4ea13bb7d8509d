/* modelfolder.c: see modelfolder.h. */
#include "model/modelfolder.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/weights.h"
#include "nn/variables.h"
#include "tf/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LABELS_MAX_BYTES = 1 << 20, MAX_LABELS = 10000, SCHEMA = 1 };

static int add_label(char **labels, size_t n, char *line, const char *path, struct err *e)
{
    char *colon = strchr(line, ':');
    size_t i;
    if (colon)
        *colon = '\0';
    if (!colon || !text_to_size(&i, text_trim(line)))
        return err_set(e, ERR_FORMAT, "%s: line %zu: wanted \"%zu:name\"", path, n + 1, n);
    if (i != n)
        return err_set(e, ERR_FORMAT, "%s: line %zu: class %zu, wanted %zu", path, n + 1, i, n);
    const char *name = text_trim(colon + 1);
    if (!*name || !text_is_utf8(name))
        return err_set(e, ERR_FORMAT, "%s: line %zu: no name in UTF-8", path, n + 1);
    for (size_t k = 0; k < n; k++)
        if (!strcmp(labels[k], name))
            return err_set(e, ERR_FORMAT, "%s: line %zu: %s is there twice", path, n + 1, name);
    labels[n] = mem_strdup(name);
    return labels[n] ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", path);
}

int labels_read(char ***out, size_t *n, const char *path, struct err *e)
{
    unsigned char *text;
    size_t n_text;
    *out = NULL;
    *n = 0;
    int rc = file_read(&text, &n_text, path, LABELS_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    char **labels = mem_array(MAX_LABELS, sizeof *labels);
    if (!labels)
        rc = err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (char *line = (char *)text, *next; rc == 0 && line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (!*text_trim(line))
            continue;
        rc = *n == MAX_LABELS ? err_set(e, ERR_LIMIT, "%s: over %d labels", path, MAX_LABELS)
                              : add_label(labels, *n, line, path, e);
        *n += rc == 0;
    }
    mem_free(text);
    if (rc == 0 && !*n)
        rc = err_set(e, ERR_FORMAT, "%s: no labels", path);
    if (rc < 0) {
        labels_free(labels, *n);
        *n = 0;
        return rc;
    }
    *out = labels;
    return 0;
}

int labels_write(const char *path, char *const *labels, size_t n, struct err *e)
{
    struct buffer b = {0};
    for (size_t i = 0; i < n; i++)
        buffer_printf(&b, "%zu:%s\n", i, labels[i]);
    int rc = b.failed ? err_set(e, ERR_MEMORY, "%s: no memory", path)
                      : file_write(path, b.data, b.n, e);
    buffer_release(&b);
    return rc;
}

void labels_free(char **labels, size_t n)
{
    for (size_t i = 0; labels && i < n; i++)
        mem_free(labels[i]);
    mem_free(labels);
}

static json_t *describe(const struct network *n, char *const *labels,
                        const struct preprocess *p, const json_t *training)
{
    char now[CLOCK_ISO_BYTES];
    json_t *names = json_array();
    for (size_t i = 0; names && i < n->spec.n_classes; i++)
        json_array_append_new(names, json_string(labels[i]));
    clock_iso_utc(now, clock_wall_s());
    return json_pack(
        "{s:i, s:s, s:s, s:s, s:I, s:f, s:o, s:{s:I, s:I, s:f}, s:s, s:O?}", "schema", SCHEMA,
        "use", "research use only", "created", now, "network", n->spec.network, "image_size",
        (json_int_t)n->spec.image_size, "width", n->spec.width, "labels", names, "preprocess",
        "height", (json_int_t)p->height, "width", (json_int_t)p->width, "central_fraction",
        p->central_fraction, "weights", "weights", "training", (json_t *)(uintptr_t)training);
}

static int in_folder(char **path, const char *folder, const char *name, struct err *e)
{
    *path = path_join(folder, name);
    return *path ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", folder);
}

static int write_parts(const char *folder, const struct network *n, const struct variables *v,
                       char *const *labels, const json_t *description, struct err *e)
{
    char *weights, *text, *json;
    int rc = file_make_folders(folder, e);
    if (rc < 0)
        return rc;
    weights = path_join(folder, "weights");
    text = path_join(folder, "labels.txt");
    json = path_join(folder, "model.json");
    if (!weights || !text || !json)
        rc = err_set(e, ERR_MEMORY, "%s: no memory", folder);
    if (rc == 0)
        rc = weights_save(weights, n, v, NULL, 0, e);
    if (rc == 0)
        rc = labels_write(text, labels, n->spec.n_classes, e);
    if (rc == 0)
        rc = jsonfile_write(json, description, e);
    mem_free(weights);
    mem_free(text);
    mem_free(json);
    return rc;
}

// Removes a folder with only files in it; what is not there is no error.
static void remove_folder(const char *folder)
{
    struct file_list l;
    struct err ignored;
    if (file_list_folder(&l, folder, &ignored) < 0)
        return;
    for (size_t i = 0; i < l.n; i++) {
        char *path = path_join(folder, l.names[i]);
        if (path)
            unlink(path);
        mem_free(path);
    }
    file_list_release(&l);
    rmdir(folder);
}

// draft becomes folder, what was there before goes away.
static int swap_in(const char *draft, const char *folder, struct err *e)
{
    char *old = mem_printf("%s.old", folder);
    if (!old)
        return err_set(e, ERR_MEMORY, "%s: no memory", folder);
    remove_folder(old);
    int rc = 0;
    if (file_exists(folder) && rename(folder, old))
        rc = err_set(e, ERR_IO, "%s: %s", folder, strerror(errno));
    if (rc == 0 && rename(draft, folder))
        rc = err_set(e, ERR_IO, "%s: %s", folder, strerror(errno));
    if (rc == 0)
        remove_folder(old);
    mem_free(old);
    return rc;
}

int model_save(const char *folder, const struct network *n, const struct variables *v,
               char *const *labels, const struct preprocess *p, const json_t *training,
               struct err *e)
{
    char *draft = mem_printf("%s.new", folder);
    json_t *description = describe(n, labels, p, training);
    int rc = 0;
    if (!draft || !description)
        rc = err_set(e, ERR_MEMORY, "%s: no memory", folder);
    if (rc == 0) {
        remove_folder(draft);
        rc = write_parts(draft, n, v, labels, description, e);
    }
    if (rc == 0)
        rc = swap_in(draft, folder, e);
    else if (draft)
        remove_folder(draft);
    json_decref(description);
    mem_free(draft);
    return rc;
}

static int read_labels(struct model *m, const json_t *root, const char *path, struct err *e)
{
    json_t *list;
    int rc = jsonfile_get_array(&list, root, "labels", path, e);
    if (rc < 0)
        return rc;
    size_t n = json_array_size(list);
    if (!n || n > MAX_LABELS)
        return err_set(e, ERR_FORMAT, "%s: %zu labels, wanted 1 to %d", path, n, MAX_LABELS);
    m->labels = mem_array(n, sizeof *m->labels);
    if (!m->labels)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (; m->n_classes < n; m->n_classes++) {
        const char *s = json_string_value(json_array_get(list, m->n_classes));
        if (!s)
            return err_set(e, ERR_FORMAT, "%s: label %zu is no string", path, m->n_classes);
        if (!(m->labels[m->n_classes] = mem_strdup(s)))
            return err_set(e, ERR_MEMORY, "%s: no memory", path);
    }
    return 0;
}

static int read_preprocess(struct preprocess *p, const json_t *root, const char *path,
                           struct err *e)
{
    json_t *o;
    long long height = 0, width = 0;
    int rc = jsonfile_get_object(&o, root, "preprocess", path, e);
    if (rc < 0 || (rc = jsonfile_get_integer(&height, o, "height", path, e)) < 0 ||
        (rc = jsonfile_get_integer(&width, o, "width", path, e)) < 0 ||
        (rc = jsonfile_get_real(&p->central_fraction, o, "central_fraction", path, e)) < 0)
        return rc;
    if (height <= 0 || height > 4096 || width <= 0 || width > 4096 ||
        !(p->central_fraction > 0) || p->central_fraction > 1)
        return err_set(e, ERR_FORMAT, "%s: preprocess: %lld x %lld, %g of each side", path,
                       height, width, p->central_fraction);
    p->height = (size_t)height;
    p->width = (size_t)width;
    return 0;
}

static int read_description(struct model *m, struct model_spec *spec, const json_t *root,
                            const char *path, struct err *e)
{
    long long schema = 0, image_size = 0;
    int rc = jsonfile_get_integer(&schema, root, "schema", path, e);
    if (rc == 0 && schema != SCHEMA)
        rc = err_set(e, ERR_UNSUPPORTED, "%s: schema %lld, wanted %d", path, schema, SCHEMA);
    if (rc < 0 || (rc = jsonfile_get_string(&spec->network, root, "network", path, e)) < 0 ||
        (rc = jsonfile_get_integer(&image_size, root, "image_size", path, e)) < 0 ||
        (rc = jsonfile_get_real(&spec->width, root, "width", path, e)) < 0 ||
        (rc = read_labels(m, root, path, e)) < 0 ||
        (rc = read_preprocess(&m->preprocess, root, path, e)) < 0)
        return rc;
    if (image_size <= 0)
        return err_set(e, ERR_FORMAT, "%s: image_size %lld", path, image_size);
    spec->image_size = (size_t)image_size;
    spec->n_classes = m->n_classes;
    m->training = json_incref(json_object_get(root, "training"));
    return 0;
}

// The network of spec with the weights of a checkpoint.
static int load(struct model *m, const struct model_spec *spec, const char *prefix,
                struct err *e)
{
    struct checkpoint_reader *r = NULL;
    struct restore_report report;
    int rc = zoo_build(&m->network, spec, e);
    if (rc == 0)
        rc = variables_new(&m->variables, m->network.graph, e);
    if (rc == 0)
        rc = checkpoint_reader_open(&r, prefix, e);
    // the auxiliary head serves training only: a checkpoint may be without it
    struct restore_options o = {.exclude_scopes = "InceptionV4/AuxLogits"};
    if (rc == 0)
        rc = weights_restore(&report, &m->network, m->variables, r, &o, e);
    checkpoint_reader_close(r);
    return rc;
}

int model_open(struct model *out, const char *folder, struct err *e)
{
    char *path = NULL, *prefix = NULL;
    json_t *root = NULL;
    struct model_spec spec = {0};
    *out = (struct model){0};
    int rc = in_folder(&path, folder, "model.json", e);
    if (rc == 0 && !file_exists(path))
        rc = err_set(e, ERR_IO, "%s: no model: it has no model.json (a run's is in its model/)",
                     folder);
    if (rc == 0)
        rc = jsonfile_read(&root, path, e);
    if (rc == 0)
        rc = read_description(out, &spec, root, path, e);
    if (rc == 0)
        rc = in_folder(&prefix, folder, "weights", e);
    if (rc == 0)
        rc = load(out, &spec, prefix, e);
    if (rc == 0 && !(out->name = mem_strdup(folder)))
        rc = err_set(e, ERR_MEMORY, "%s: no memory", folder);
    json_decref(root);
    mem_free(path);
    mem_free(prefix);
    if (rc < 0)
        model_close(out);
    return rc;
}

// How many classes the checkpoint's logits have.
static int count_classes(size_t *n, const char *network, const char *checkpoint, struct err *e)
{
    struct checkpoint_reader *r;
    struct network probe;
    int rc = zoo_build(&probe, &(struct model_spec){network, 0, 1, 1, 0}, e);
    if (rc < 0)
        return rc;
    rc = checkpoint_reader_open(&r, checkpoint, e);
    if (rc == 0) {
        const struct checkpoint_entry *x = checkpoint_reader_find(r, probe.weights_of_logits);
        if (!x || !x->n_dims)
            rc = err_set(e, ERR_FORMAT, "%s: a checkpoint of another network: no %s",
                         checkpoint, probe.weights_of_logits);
        else
            *n = x->dims[x->n_dims - 1];
        checkpoint_reader_close(r);
    }
    network_release(&probe);
    return rc;
}

static int name_classes(struct model *m, size_t n_classes, const char *path, struct err *e)
{
    if (path) {
        int rc = labels_read(&m->labels, &m->n_classes, path, e);
        if (rc == 0 && m->n_classes != n_classes)
            rc = err_set(e, ERR_FORMAT, "%s: %zu labels, the checkpoint has %zu classes", path,
                         m->n_classes, n_classes);
        return rc;
    }
    m->labels = mem_array(n_classes, sizeof *m->labels);
    for (; m->labels && m->n_classes < n_classes; m->n_classes++)
        if (!(m->labels[m->n_classes] = mem_printf("class %zu", m->n_classes)))
            break;
    return m->labels && m->n_classes == n_classes
               ? 0
               : err_set(e, ERR_MEMORY, "no memory for %zu labels", n_classes);
}

int model_open_bare(struct model *out, const char *network, const char *checkpoint,
                    const char *labels, size_t image_size, double width, struct err *e)
{
    size_t n_classes = 0;
    *out = (struct model){0};
    int rc = count_classes(&n_classes, network, checkpoint, e);
    if (rc == 0)
        rc = name_classes(out, n_classes, labels, e);
    if (rc == 0)
        rc = load(out, &(struct model_spec){network, image_size, width, n_classes, 0},
                  checkpoint, e);
    if (rc == 0) {
        size_t size = out->network.spec.image_size;
        out->preprocess = (struct preprocess){size, size, 0.875}; // TF-Slim's evaluation
        out->name = mem_strdup(checkpoint);
    }
    if (rc == 0 && !out->name)
        rc = err_set(e, ERR_MEMORY, "%s: no memory", checkpoint);
    if (rc < 0)
        model_close(out);
    return rc;
}

void model_close(struct model *m)
{
    labels_free(m->labels, m->n_classes);
    variables_free(m->variables);
    network_release(&m->network);
    json_decref(m->training);
    mem_free(m->name);
    *m = (struct model){0};
}
