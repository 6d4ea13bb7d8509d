/* modelfolder.c: see modelfolder.h. */
#include "model/modelfolder.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "model/weights.h"
#include "nn/variables.h"
#include "tf/checkpoint.h"
#include "tf/labels.h"

#include <errno.h>
#include <float.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SCHEMA = 2, SCHEMA_OF_PICTURES = 1 };

static json_t *describe(const struct network *n, char *const *labels, const struct input *input,
                        json_t *training, json_t *quantization)
{
    char now[CLOCK_ISO_BYTES];
    json_t *names = json_array();
    for (size_t i = 0; names && i < n->spec.n_classes; i++)
        json_array_append_new(names, json_string(labels[i]));
    clock_iso_utc(now, clock_wall_s());
    return json_pack("{s:i, s:s, s:s, s:s, s:f, s:o, s:o, s:s, s:O?, s:O*}", "schema", SCHEMA,
                     "use", "research use only", "created", now, "network", n->spec.network,
                     "width", n->spec.width, "labels", names, "input", input_json(input),
                     "weights", "weights", "training", training, "quantization", quantization);
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

// Removes what a model consists of, and the folder if nothing else is in it.
static void remove_model(const char *folder)
{
    static const char *const parts[] = {"model.json", "labels.txt", "weights.index",
                                        "weights.data-00000-of-00001", NULL};
    for (const char *const *part = parts; *part; part++) {
        char *path = path_join(folder, *part);
        if (path)
            unlink(path);
        mem_free(path);
    }
    rmdir(folder);
}

// What else lies in the old folder (somebody's notes) moves into the new one.
static int move_rest(const char *old, const char *folder, struct err *e)
{
    struct file_list l = {0};
    int rc = file_exists(old) ? file_list_folder(&l, old, e) : 0;
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        char *from = path_join(old, l.names[i]), *to = path_join(folder, l.names[i]);
        if (!from || !to)
            rc = err_set(e, ERR_MEMORY, "%s: no memory", folder);
        else if (!file_exists(to) && rename(from, to))
            rc = err_set(e, ERR_IO, "%s: %s", to, strerror(errno));
        mem_free(from);
        mem_free(to);
    }
    file_list_release(&l);
    return rc;
}

// draft becomes folder; the model that was there before goes away, and nothing else.
static int swap_in(const char *draft, const char *folder, struct err *e)
{
    char *old = mem_printf("%s.old", folder);
    if (!old)
        return err_set(e, ERR_MEMORY, "%s: no memory", folder);
    remove_model(old);
    int rc = file_exists(folder) ? move_rest(old, folder, e) : 0;
    rmdir(old); // now empty, or not there
    if (rc == 0 && file_exists(folder) && rename(folder, old))
        rc = err_set(e, ERR_IO, "%s: %s", folder, strerror(errno));
    if (rc == 0 && rename(draft, folder))
        rc = err_set(e, ERR_IO, "%s: %s", folder, strerror(errno));
    if (rc == 0)
        rc = move_rest(old, folder, e);
    if (rc == 0)
        remove_model(old);
    mem_free(old);
    return rc;
}

int model_save(const char *path, const struct network *n, const struct variables *v,
               char *const *labels, const struct input *input, json_t *training,
               json_t *quantization, struct err *e)
{
    char *folder = mem_strdup(path);
    if (!folder)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (size_t end = strlen(folder); end > 1 && folder[end - 1] == '/';)
        folder[--end] = '\0';
    char *draft = mem_printf("%s.new", folder);
    json_t *description = describe(n, labels, input, training, quantization);
    int rc = 0;
    if (!draft || !description)
        rc = err_set(e, ERR_MEMORY, "%s: no memory", folder);
    if (rc == 0) {
        remove_model(draft);
        rc = write_parts(draft, n, v, labels, description, e);
    }
    if (rc == 0)
        rc = swap_in(draft, folder, e);
    else if (draft)
        remove_model(draft);
    json_decref(description);
    mem_free(draft);
    mem_free(folder);
    return rc;
}

static int read_labels(struct model *m, const json_t *root, const char *path, struct err *e)
{
    json_t *list;
    int rc = jsonfile_get_array(&list, root, "labels", path, e);
    if (rc < 0)
        return rc;
    size_t n = json_array_size(list);
    if (!n || n > LABELS_MAX)
        return err_set(e, ERR_FORMAT, "%s: %zu labels, wanted 1 to %d", path, n, LABELS_MAX);
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

// What schema 1 said of its pictures.
static int read_pictures(struct input *out, const json_t *root, const char *path, struct err *e)
{
    json_t *o, *whole = NULL;
    long long image_size = 0;
    int rc = jsonfile_get_object(&o, root, "preprocess", path, e);
    if (rc == 0)
        rc = jsonfile_get_integer(&image_size, root, "image_size", path, e);
    if (rc == 0 && !(whole = json_pack("{s:s}", "kind", input_kinds[INPUT_PICTURE])))
        rc = err_set(e, ERR_MEMORY, "%s: no memory", path);
    if (rc == 0 && json_object_update(whole, o))
        rc = err_set(e, ERR_MEMORY, "%s: no memory", path);
    if (rc == 0)
        rc = input_from_json(out, whole, path, e);
    json_decref(whole);
    const struct preprocess *p = &out->picture;
    if (rc == 0 && ((long long)p->height != image_size || (long long)p->width != image_size))
        rc = err_set(e, ERR_FORMAT, "%s: prepares %zu x %zu pixels for a network of %lld", path,
                     p->height, p->width, image_size);
    return rc;
}

static int read_input(struct input *out, const json_t *root, long long schema, const char *path,
                      struct err *e)
{
    json_t *o;
    if (schema == SCHEMA_OF_PICTURES)
        return read_pictures(out, root, path, e);
    int rc = jsonfile_get_object(&o, root, "input", path, e);
    return rc == 0 ? input_from_json(out, o, path, e) : rc;
}

static int read_calibration(struct model *m, const json_t *root, const char *path,
                            struct err *e)
{
    struct calibration *c = &m->calibration;
    const json_t *o = json_object_get(root, "calibration");
    c->temperature = 1;
    if (!o || json_is_null(o))
        return 0;
    int rc = jsonfile_get_real(&c->temperature, o, "temperature", path, e);
    if (rc == 0)
        rc = jsonfile_get_real(&c->error_rate, o, "error_rate", path, e);
    if (rc == 0)
        rc = jsonfile_get_real(&c->threshold, o, "threshold", path, e);
    if (rc < 0)
        return rc;
    if (!(c->temperature > 0 && c->error_rate > 0 && c->error_rate < 1 && c->threshold >= 0 &&
          c->threshold <= 1))
        return err_set(
            e, ERR_FORMAT,
            "%s: calibration with temperature %g, error rate %g, threshold %g: wanted "
            "above 0, between 0 and 1, 0 to 1",
            path, c->temperature, c->error_rate, c->threshold);
    const char *hash = json_string_value(json_object_get(o, "split_hash"));
    snprintf(c->split_hash, sizeof c->split_hash, "%s", hash ? hash : "");
    m->is_calibrated = true;
    return 0;
}

static int read_description(struct model *m, struct model_spec *spec, const json_t *root,
                            const char *path, struct err *e)
{
    long long schema = 0;
    int rc = jsonfile_get_integer(&schema, root, "schema", path, e);
    if (rc == 0 && schema != SCHEMA && schema != SCHEMA_OF_PICTURES)
        rc = err_set(e, ERR_UNSUPPORTED, "%s: schema %lld, wanted %d or %d", path, schema,
                     SCHEMA_OF_PICTURES, SCHEMA);
    if (rc < 0 || (rc = jsonfile_get_string(&spec->network, root, "network", path, e)) < 0 ||
        (rc = jsonfile_get_real(&spec->width, root, "width", path, e)) < 0 ||
        (rc = read_labels(m, root, path, e)) < 0 ||
        (rc = read_input(&m->input, root, schema, path, e)) < 0 ||
        (rc = read_calibration(m, root, path, e)) < 0)
        return rc;
    spec->shape = input_shape(&m->input);
    spec->n_classes = m->n_classes;
    m->training = json_incref(json_object_get(root, "training"));
    if (json_is_object(json_object_get(root, "quantization")))
        m->quantization = json_incref(json_object_get(root, "quantization"));
    return 0;
}

static int check_ranges(const struct model *m, const char *path, struct err *e)
{
    size_t n;
    int *relus = mem_array(graph_n_tensors(m->network.graph), sizeof *relus);
    int rc = relus ? network_relus(relus, &n, &m->network, e)
                   : err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (m->ranges[relus[i]] < 0)
            rc = err_set(e, ERR_FORMAT, "%s: has no range of %s", path,
                         graph_tensor_name(m->network.graph, relus[i]));
    mem_free(relus);
    return rc;
}

// The ranges by name into an array by tensor; -1: none.
static int read_ranges(struct model *m, const char *path, struct err *e)
{
    json_t *ranges, *value;
    const char *name;
    size_t n = graph_n_tensors(m->network.graph);
    int rc = jsonfile_get_object(&ranges, m->quantization, "ranges", path, e);
    if (rc < 0)
        return rc;
    m->ranges = mem_array(n, sizeof *m->ranges);
    if (!m->ranges)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (size_t i = 0; i < n; i++)
        m->ranges[i] = -1;
    json_object_foreach(ranges, name, value)
    {
        int t = graph_find(m->network.graph, name);
        double range = json_number_value(value);
        if (t < 0 || !json_is_number(value) || !(range >= 0 && range <= (double)FLT_MAX))
            return err_set(e, ERR_FORMAT,
                           "%s: the range of \"%.60s\" is %g: wanted a tensor of %s and 0 or "
                           "more",
                           path, name, range, m->network.spec.network);
        m->ranges[t] = (float)range;
    }
    return check_ranges(m, path, e);
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
    struct restore_options all = {0}, no_aux = {.exclude_scopes = "InceptionV4/AuxLogits"};
    if (rc == 0)
        rc = weights_restore(&report, &m->network, m->variables, r, &all, e);
    // the auxiliary head serves training only: a checkpoint without it will do
    if (rc == ERR_FORMAT)
        rc = weights_restore(&report, &m->network, m->variables, r, &no_aux, e);
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
    if (rc == 0 && out->quantization)
        rc = read_ranges(out, path, e);
    if (rc == 0 && !(out->name = mem_strdup(folder)))
        rc = err_set(e, ERR_MEMORY, "%s: no memory", folder);
    json_decref(root);
    mem_free(path);
    mem_free(prefix);
    if (rc < 0)
        model_close(out);
    return rc;
}

int model_set_calibration(const char *folder, json_t *calibration, struct err *e)
{
    char *path;
    json_t *root = NULL;
    int rc = in_folder(&path, folder, "model.json", e);
    if (rc == 0)
        rc = jsonfile_read(&root, path, e);
    if (rc == 0 && json_object_set(root, "calibration", calibration))
        rc = err_set(e, ERR_FORMAT, "%s: not an object", path);
    if (rc == 0)
        rc = jsonfile_write(path, root, e);
    json_decref(root);
    mem_free(path);
    return rc;
}

// How many classes the checkpoint's logits have.
static int count_classes(size_t *n, const char *network, const char *checkpoint, struct err *e)
{
    struct checkpoint_reader *r;
    struct network probe;
    int rc = zoo_build(&probe, &(struct model_spec){network, {0}, 1, 1, 0, 0}, e);
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
    struct shape own;
    *out = (struct model){.calibration = {.temperature = 1}};
    int rc = zoo_shape(&own, network, e);
    if (rc < 0)
        return rc;
    out->input = input_of_pictures(image_size ? image_size : own.h); // TF-Slim's evaluation
    rc = count_classes(&n_classes, network, checkpoint, e);
    if (rc == 0)
        rc = name_classes(out, n_classes, labels, e);
    if (rc == 0)
        rc = load(
            out,
            &(struct model_spec){network, input_shape(&out->input), width, n_classes, 0, 0},
            checkpoint, e);
    if (rc == 0 && !(out->name = mem_strdup(checkpoint)))
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
    json_decref(m->quantization);
    mem_free(m->ranges);
    mem_free(m->name);
    *m = (struct model){0};
}
