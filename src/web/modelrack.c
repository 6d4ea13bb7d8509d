/* modelrack.c: see modelrack.h. */
#include "web/modelrack.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/neighbors.h"
#include "model/modelfolder.h"

#include <string.h>

struct modelrack {
    struct model *models; // [n]
    char **names;
    struct neighbors **neighbors; // NULL: not asked for yet
    size_t n;
};

// The folder's name; of "runs/a/model" it is "a".
static char *name_of(const char *folder)
{
    size_t n = strlen(folder);
    while (n > 1 && folder[n - 1] == '/')
        n--;
    char *path = mem_printf("%.*s", (int)n, folder);
    if (!path)
        return NULL;
    char *base = strrchr(path, '/');
    if (base && strcmp(base, "/model") == 0 && base > path) {
        *base = 0;
        base = strrchr(path, '/');
    }
    char *name = mem_strdup(base ? base + 1 : path);
    mem_free(path);
    return name;
}

int modelrack_open(struct modelrack **out, const char *const *folders, size_t n, struct err *e)
{
    struct modelrack *r = *out = mem_zalloc(sizeof *r);
    int rc = 0;
    if (r) {
        r->models = mem_array(n, sizeof *r->models);
        r->names = mem_array(n, sizeof *r->names);
        r->neighbors = mem_array(n, sizeof(struct neighbors *));
    }
    if (!r || !r->models || !r->names || !r->neighbors)
        rc = err_set(e, ERR_MEMORY, "no memory for models");
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = model_open(&r->models[i], folders[i], e);
        if (rc < 0)
            break;
        r->n++;
        if (!(r->names[i] = name_of(folders[i])))
            rc = err_set(e, ERR_MEMORY, "no memory for models");
    }
    if (rc < 0) {
        modelrack_close(r);
        *out = NULL;
    }
    return rc;
}

void modelrack_close(struct modelrack *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++) {
        neighbors_close(r->neighbors[i]);
        model_close(&r->models[i]);
        mem_free(r->names[i]);
    }
    mem_free(r->neighbors);
    mem_free(r->models);
    mem_free(r->names);
    mem_free(r);
}

static json_t *model_json(const struct modelrack *r, size_t i)
{
    const struct model *m = &r->models[i];
    char id[16];
    snprintf(id, sizeof id, "m%zu", i + 1);
    json_t *classes = json_array();
    for (size_t k = 0; k < m->n_classes; k++)
        json_array_append_new(classes, jsontext_string(m->labels[k]));
    json_t *window =
        m->input.kind == INPUT_PICTURE
            ? json_null()
            : json_real(1000 * (double)m->input.signal.n_samples / m->input.signal.rate_hz);
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:b, s:o}", "id", id, "name",
                     jsontext_string(r->names[i]), "network", m->network.spec.network, "reads",
                     input_kinds[m->input.kind], "classes", classes, "is_calibrated",
                     m->is_calibrated, "window_ms", window);
}

json_t *modelrack_json(const struct modelrack *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++)
        if (json_array_append_new(list, model_json(r, i))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

// n: none of that id.
static size_t index_of(const struct modelrack *r, const char *id)
{
    size_t i;
    return id && id[0] == 'm' && text_to_size(&i, id + 1) && i >= 1 && i <= r->n ? i - 1 : r->n;
}

struct model *modelrack_find(const struct modelrack *r, const char *id)
{
    size_t i = index_of(r, id);
    return i < r->n ? &r->models[i] : NULL;
}

int modelrack_neighbors(struct neighbors **out, struct modelrack *r, const char *id,
                        const char *dataset, size_t n_threads, const struct monitor *monitor,
                        struct err *e)
{
    size_t i = index_of(r, id);
    const struct neighbors_options o = {
        .dataset = dataset, .n_threads = n_threads, .monitor = monitor};
    *out = NULL;
    if (i == r->n)
        return err_set(e, ERR_USAGE, "no such model");
    int rc = r->neighbors[i] ? 0 : neighbors_open(&r->neighbors[i], &r->models[i], &o, e);
    *out = r->neighbors[i];
    return rc;
}
