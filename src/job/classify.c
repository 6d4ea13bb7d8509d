/* classify.c: see classify.h. */
#include "job/classify.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "base/text.h"
#include "image/image.h"
#include "image/preprocess.h"
#include "job/evaluate.h"
#include "job/predict.h"
#include "job/sets.h"
#include "model/modelfolder.h"
#include "stats/temperature.h"

#include <string.h>

enum { FOLDER_MAX_DEPTH = 8 };

struct list {
    char **path;
    size_t n, capacity;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to classify");
}

static int list_add(struct list *l, const char *path, struct err *e)
{
    if (l->n == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 64;
        char **more = mem_resize(l->path, capacity, sizeof *more);
        if (!more)
            return no_memory(e);
        l->path = more;
        l->capacity = capacity;
    }
    l->path[l->n] = mem_strdup(path);
    return l->path[l->n] ? (l->n++, 0) : no_memory(e);
}

static bool has_picture_ending(const char *name)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp", NULL};
    for (const char *const *x = endings; *x; x++)
        if (text_ends_with_nocase(name, *x))
            return true;
    return false;
}

// A file, or all pictures in a folder and its folders; hidden ones are passed over.
static int list_walk(struct list *l, const char *path, int depth, struct err *e)
{
    struct file_list names;
    if (!file_is_folder(path))
        return list_add(l, path, e);
    if (depth == FOLDER_MAX_DEPTH)
        return err_set(e, ERR_LIMIT, "%s: folders over %d deep", path, FOLDER_MAX_DEPTH);
    int rc = file_list_folder(&names, path, e);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        char *full = path_join(path, names.names[i]);
        if (!full)
            rc = no_memory(e);
        else if (names.names[i][0] != '.' &&
                 (file_is_folder(full) || has_picture_ending(names.names[i])))
            rc = list_walk(l, full, depth + 1, e);
        mem_free(full);
    }
    file_list_release(&names);
    return rc;
}

static void list_release(struct list *l)
{
    for (size_t i = 0; i < l->n; i++)
        mem_free(l->path[i]);
    mem_free(l->path);
}

static int read_picture(float *out, const struct preprocess *p, const char *path, struct err *e)
{
    struct image im;
    int rc = image_read(&im, path, e);
    if (rc < 0)
        return rc;
    preprocess_eval(out, p, &im);
    image_release(&im);
    return 0;
}

static json_t *result_json(const struct model *m, const char *path, const float *logits,
                           bool want_logits)
{
    float *q = mem_array(m->n_classes, sizeof *q);
    json_t *probabilities = json_object(), *raw = json_array();
    if (!q)
        return NULL;
    temperature_softmax(q, logits, m->n_classes, m->calibration.temperature);
    for (size_t k = 0; k < m->n_classes; k++) {
        json_object_set_new(probabilities, m->labels[k], json_real((double)q[k]));
        json_array_append_new(raw, json_real((double)logits[k]));
    }
    json_t *o = json_pack("{s:o, s:s, s:o}", "file", jsontext_string(path), "label",
                          m->labels[argmax(q, m->n_classes)], "probabilities", probabilities);
    if (o)
        sets_put(o, m, q);
    if (o && want_logits)
        json_object_set(o, "logits", raw);
    json_decref(raw);
    mem_free(q);
    return o;
}

struct work {
    struct model *m;
    const struct classify_options *o;
    struct predictor *p;
    float *inputs, *logits; // [batch]
    const char **paths;     // [batch] of the pictures in inputs
    size_t n;               // in the batch
    json_t *results, *rejected;
};

static int flush(struct work *w, struct err *e)
{
    int rc = w->n ? predictor_run(w->p, w->inputs, w->n, w->logits, NULL, e) : 0;
    for (size_t i = 0; rc == 0 && i < w->n; i++)
        if (json_array_append_new(w->results, result_json(w->m, w->paths[i],
                                                          w->logits + i * w->m->n_classes,
                                                          w->o->want_logits)))
            rc = no_memory(e);
    w->n = 0;
    return rc;
}

static int run(struct work *w, const struct list *l, const struct monitor *monitor,
               struct err *e)
{
    size_t floats = input_floats(&w->m->input);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->n; i++) {
        if (read_picture(w->inputs + w->n * floats, &w->m->input.picture, l->path[i], e) < 0)
            json_array_append_new(w->rejected,
                                  json_pack("{s:o, s:o}", "file", jsontext_string(l->path[i]),
                                            "why", jsontext_string(e->text)));
        else
            w->paths[w->n++] = l->path[i];
        if (w->n == w->o->batch || i + 1 == l->n)
            rc = flush(w, e);
        monitor_progress(monitor, "classifying", i + 1, l->n, "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while classifying");
    }
    if (rc == 0 && !json_array_size(w->results))
        rc = json_array_size(w->rejected)
                 ? err_set(e, ERR_FORMAT, "%s",
                           json_string_value(
                               json_object_get(json_array_get(w->rejected, 0), "why")))
                 : err_set(e, ERR_USAGE, "no picture in %s", w->o->paths[0]);
    return rc;
}

int classify(json_t **report, struct model *m, const struct classify_options *o,
             const struct monitor *monitor, struct err *e)
{
    struct list l = {0};
    struct classify_options used = *o;
    struct work w = {.m = m, .o = &used, .results = json_array(), .rejected = json_array()};
    int rc = 0;
    *report = NULL;
    for (size_t i = 0; rc == 0 && i < o->n_paths; i++)
        rc = list_walk(&l, o->paths[i], 0, e);
    used.batch = used.batch ? used.batch : predictor_best_batch(&m->network);
    if (used.batch > l.n && l.n)
        used.batch = l.n;
    size_t floats = input_floats(&m->input);
    w.inputs = mem_array(used.batch * floats, sizeof *w.inputs);
    w.logits = mem_array(used.batch * m->n_classes, sizeof *w.logits);
    w.paths = mem_array(used.batch, sizeof *w.paths);
    if (rc == 0 && (!w.inputs || !w.logits || !w.paths))
        rc = no_memory(e);
    if (rc == 0)
        rc = predictor_open_model(
            &w.p, m, &(struct predictor_options){used.batch, o->n_threads, o->numbers}, e);
    if (rc == 0)
        rc = run(&w, &l, monitor, e);
    json_t *classes = json_array();
    for (size_t k = 0; k < m->n_classes; k++)
        json_array_append_new(classes, jsontext_string(m->labels[k]));
    if (rc == 0 && !(*report = json_pack("{s:o, s:s, s:O, s:o, s:O, s:O}", "model",
                                         jsontext_string(m->name), "number_type",
                                         predictor_number_type(m, o->numbers), "classes",
                                         classes, "calibration", sets_calibration(m), "results",
                                         w.results, "rejected", w.rejected)))
        rc = no_memory(e);
    predictor_close(w.p);
    json_decref(classes);
    json_decref(w.results);
    json_decref(w.rejected);
    mem_free(w.inputs);
    mem_free(w.logits);
    mem_free(w.paths);
    list_release(&l);
    return rc;
}
