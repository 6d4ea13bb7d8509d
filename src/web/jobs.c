/* jobs.c: the kinds of long work, see jobqueue.h. Each calls a job of job/. */
#include "web/jobqueue.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "draw/heat.h"
#include "image/image.h"
#include "job/classify.h"
#include "job/classify_recordings.h"
#include "job/explain.h"
#include "job/neighbors.h"
#include "model/modelfolder.h"
#include "tf/example.h"
#include "wave/recording.h"
#include "web/album.h"
#include "web/modelrack.h"
#include "web/reply.h"
#include "web/routes.h"
#include "web/shelf.h"
#include "web/workbench.h"

#include <string.h>

enum { PICTURES_MAX = 64, BATCH_MAX = 8, WINDOWS_BATCH = 16, NEAREST = 6 };

static const char *member(const json_t *wish, const char *name)
{
    return json_string_value(json_object_get(wish, name));
}

// That the wish names a model, which reads pictures or does not.
static int check_model(struct reply *out, const struct workbench *w, const json_t *wish,
                       bool wants_pictures, struct err *e)
{
    const struct model *m = modelrack_find(w->models, member(wish, "model"));
    if (!m)
        return routes_missing(out, "model", e);
    if ((m->input.kind == INPUT_PICTURE) != wants_pictures)
        return err_set(e, ERR_USAGE, "this model reads %ss", input_kinds[m->input.kind]);
    return 0;
}

// ---- Pictures ----

static int check_pictures(struct reply *out, struct workbench *w, const json_t *wish,
                          struct err *e)
{
    const json_t *list = json_object_get(wish, "pictures"), *id;
    size_t i, n = json_array_size(list);
    if (n < 1 || n > PICTURES_MAX)
        return err_set(e, ERR_USAGE, "pictures: %zu, wanted 1 to %d", n, PICTURES_MAX);
    json_array_foreach(list, i, id)
    {
        char *path = json_is_string(id) ? album_path(w->album, json_string_value(id)) : NULL;
        if (!path)
            return routes_missing(out, "picture", e);
        mem_free(path);
    }
    return check_model(out, w, wish, true, e);
}

// Paths of our own become the pictures' ids again.
static void name_by_id(json_t *lines)
{
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)
    {
        char id[ALBUM_ID_BYTES];
        const char *file = member(line, "file");
        album_id_of(id, file ? file : "");
        json_object_set_new(line, "picture", json_string(id));
        json_object_del(line, "file");
    }
}

static int run_pictures(json_t **result, struct workbench *w, const json_t *wish,
                        const struct monitor *monitor, struct err *e)
{
    char *paths[PICTURES_MAX] = {0};
    const json_t *list = json_object_get(wish, "pictures");
    size_t n = json_array_size(list);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (!(paths[i] = album_path(w->album, json_string_value(json_array_get(list, i)))))
            rc = err_set(e, ERR_USAGE, "a picture is no longer kept: send it again");
    const struct classify_options o = {.paths = (const char *const *)paths,
                                       .n_paths = n,
                                       .batch = n < BATCH_MAX ? n : BATCH_MAX,
                                       .n_threads = w->n_threads};
    if (rc == 0)
        rc = classify(result, modelrack_find(w->models, member(wish, "model")), &o, monitor, e);
    for (size_t i = 0; i < n; i++)
        mem_free(paths[i]);
    if (rc < 0)
        return rc;
    json_object_set_new(*result, "model", json_string(member(wish, "model")));
    name_by_id(json_object_get(*result, "results"));
    name_by_id(json_object_get(*result, "rejected"));
    return 0;
}

static int check_one_picture(struct reply *out, struct workbench *w, const json_t *wish,
                             struct err *e)
{
    const char *id = member(wish, "picture");
    char *path = id ? album_path(w->album, id) : NULL;
    if (!path)
        return routes_missing(out, "picture", e);
    mem_free(path);
    return check_model(out, w, wish, true, e);
}

// Which places of a picture speak for a class: the picture under a veil, as one more picture.
static int explain_path(json_t **result, struct workbench *w, const json_t *wish,
                        const char *path, const struct monitor *monitor, struct err *e)
{
    const struct model *m = modelrack_find(w->models, member(wish, "model"));
    const struct saliency_options so = {.n_threads = w->n_threads, .monitor = monitor};
    const struct explain_options o = {.path = path, .class_name = member(wish, "class")};
    struct explanation x = {0};
    struct saliency *s;
    char id[ALBUM_ID_BYTES];
    int rc = saliency_new(&s, m, &so, e);
    if (rc == 0)
        rc = explain(&x, s, &o, e);
    if (rc == 0) {
        heat_over(x.picture.rgb, x.share, x.picture.width, x.picture.height);
        rc = album_add(id, w->answers, &x.picture, e);
    }
    if (rc == 0 &&
        !(*result = json_pack("{s:s, s:s, s:s}", "picture", id, "class", m->labels[x.i_class],
                              "method", saliency_titles[saliency_settings(s)->method])))
        rc = err_set(e, ERR_MEMORY, "no memory for a map");
    explanation_release(&x);
    saliency_free(s);
    return rc;
}

static int run_explanation(json_t **result, struct workbench *w, const json_t *wish,
                           const struct monitor *monitor, struct err *e)
{
    char *path = album_path(w->album, member(wish, "picture"));
    if (!path)
        return err_set(e, ERR_USAGE, "the picture is no longer kept: send it again");
    int rc = explain_path(result, w, wish, path, monitor, e);
    mem_free(path);
    return rc;
}

// What the model was trained on that it finds most alike.

static int similar_json(json_t **out, struct workbench *w, const struct model *m,
                        const struct neighbor *x, struct err *e)
{
    struct image im;
    char id[ALBUM_ID_BYTES], file[256];
    const struct example *y = x->example;
    int rc = image_decode(&im, y->encoded.data, y->encoded.n, e);
    if (rc < 0)
        return rc;
    rc = album_add(id, w->answers, &im, e);
    image_release(&im);
    snprintf(file, sizeof file, "%.*s", (int)y->filename.n, (const char *)y->filename.data);
    if (rc == 0 &&
        !(*out = json_pack("{s:s, s:s, s:o, s:f}", "picture", id, "label", m->labels[y->label],
                           "name", jsontext_string(file), "similarity", x->similarity)))
        rc = err_set(e, ERR_MEMORY, "no memory for examples");
    return rc;
}

static int find_similar(json_t **result, struct workbench *w, const json_t *wish,
                        const struct example *x, const struct monitor *monitor, struct err *e)
{
    struct neighbor found[NEAREST];
    struct neighbors *nb;
    const struct model *m = modelrack_find(w->models, member(wish, "model"));
    int rc = modelrack_neighbors(&nb, w->models, member(wish, "model"), w->dataset,
                                 w->n_threads, monitor, e);
    int n = rc == 0 ? neighbors_find(found, NEAREST, nb, x, e) : rc;
    if (n < 0)
        return n;
    json_t *list = json_array(), *one;
    for (int i = 0; rc == 0 && i < n; i++)
        if ((rc = similar_json(&one, w, m, &found[i], e)) == 0)
            json_array_append_new(list, one);
    if (rc == 0 &&
        !(*result = json_pack("{s:O, s:b}", "examples", list, "is_own", neighbors_is_own(nb))))
        rc = err_set(e, ERR_MEMORY, "no memory for examples");
    json_decref(list);
    return rc;
}

static int run_similar(json_t **result, struct workbench *w, const json_t *wish,
                       const struct monitor *monitor, struct err *e)
{
    unsigned char *bytes = NULL;
    size_t n;
    char *path = album_path(w->album, member(wish, "picture"));
    if (!path)
        return err_set(e, ERR_USAGE, "the picture is no longer kept: send it again");
    int rc = file_read(&bytes, &n, path, IMAGE_MAX_BYTES, e);
    const struct example x = {.encoded = {bytes, n}};
    if (rc == 0)
        rc = find_similar(result, w, wish, &x, monitor, e);
    mem_free(bytes);
    mem_free(path);
    return rc;
}

// ---- Recordings ----

static int check_recording(struct reply *out, struct workbench *w, const json_t *wish,
                           struct err *e)
{
    const json_t *channel = json_object_get(wish, "channel"),
                 *hop = json_object_get(wish, "hop_ms");
    if (!member(wish, "recording"))
        return err_set(e, ERR_USAGE, "recording: wanted the id of one");
    if (channel && (!json_is_integer(channel) || json_integer_value(channel) < 0))
        return err_set(e, ERR_USAGE, "channel: wanted a whole number from 0 on");
    if (hop && (!json_is_number(hop) || json_number_value(hop) < 0))
        return err_set(e, ERR_USAGE, "hop_ms: wanted a number from 0 on");
    return check_model(out, w, wish, false, e);
}

static double real(const json_t *o, const char *name)
{
    return json_number_value(json_object_get(o, name));
}

// Windows of one label, one behind the other, as one stretch; its probability is their mean.
static json_t *stretches_of(const json_t *windows, double window_s)
{
    json_t *list = json_array();
    size_t n = json_array_size(windows);
    for (size_t i = 0, end; i < n; i = end) {
        const json_t *first = json_array_get(windows, i), *last = first;
        const char *label = member(first, "label");
        double sum = 0;
        size_t n_unsure = 0;
        for (end = i; end < n; end++) {
            const json_t *x = json_array_get(windows, end);
            if (strcmp(member(x, "label"), label) != 0)
                break;
            sum += real(json_object_get(x, "probabilities"), label);
            n_unsure += json_is_true(json_object_get(x, "unsure"));
            last = x;
        }
        double onset_s = real(first, "onset_s");
        json_array_append_new(
            list, json_pack("{s:f, s:f, s:s, s:f, s:I, s:I}", "onset_s", onset_s, "duration_s",
                            real(last, "onset_s") + window_s - onset_s, "label", label,
                            "probability", sum / (double)(end - i), "n_windows",
                            (json_int_t)(end - i), "n_unsure", (json_int_t)n_unsure));
    }
    return list;
}

// A row a window: its class's number, that class's probability, and whether it is unsure.
static json_t *rows_of(const json_t *windows, const json_t *classes)
{
    json_t *rows = json_array();
    const json_t *x, *name;
    size_t i, k, n = json_array_size(classes);
    json_array_foreach(windows, i, x)
    {
        const char *label = member(x, "label");
        json_t *row = json_array();
        json_array_foreach(classes, k,
                           name) if (strcmp(json_string_value(name), label) == 0) break;
        json_array_append_new(row, json_integer((json_int_t)(k < n ? k : 0)));
        json_array_append_new(row, json_real(real(json_object_get(x, "probabilities"), label)));
        json_array_append_new(row, json_boolean(json_is_true(json_object_get(x, "unsure"))));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *compact(const json_t *report, const json_t *wish, const struct model *m)
{
    const json_t *one = json_array_get(json_object_get(report, "results"), 0);
    const json_t *windows = json_object_get(one, "windows");
    json_t *classes = json_object_get(report, "classes");
    return json_pack("{s:s, s:I, s:s, s:s, s:O, s:f, s:f, s:o, s:o}", "recording",
                     member(wish, "recording"), "channel", (json_int_t)real(wish, "channel"),
                     "model", member(wish, "model"), "model_name", m->network.spec.network,
                     "classes", classes, "window_ms", real(report, "window_ms"), "hop_ms",
                     real(report, "hop_ms"), "windows", rows_of(windows, classes), "stretches",
                     stretches_of(windows, real(report, "window_ms") / 1000));
}

static int run_recording(json_t **result, struct workbench *w, const json_t *wish,
                         const struct monitor *monitor, struct err *e)
{
    struct recording *r;
    char *name;
    json_t *report = NULL;
    struct model *m = modelrack_find(w->models, member(wish, "model"));
    int rc = shelf_open_again(&r, &name, w->shelf, member(wish, "recording"), e);
    if (rc < 0)
        return rc;
    const char *path = name;
    const struct classify_recordings_options o = {
        .paths = &path,
        .n_paths = 1,
        .opened = r,
        .channel = (size_t)json_integer_value(json_object_get(wish, "channel")),
        .hop_ms = real(wish, "hop_ms"),
        .batch = WINDOWS_BATCH,
        .n_threads = w->n_threads,
    };
    rc = classify_recordings(&report, m, &o, monitor, e);
    if (rc == 0 && !(*result = compact(report, wish, m)))
        rc = err_set(e, ERR_MEMORY, "no memory for windows");
    json_decref(report);
    recording_close(r);
    mem_free(name);
    return rc;
}

const struct job_kind job_kinds[] = {
    {"classify-pictures", check_pictures, run_pictures},
    {"explain-picture", check_one_picture, run_explanation},
    {"similar-examples", check_one_picture, run_similar},
    {"classify-recording", check_recording, run_recording},
    {0},
};
