/*
 * api_export.c: annotations in the formats that other programs read: those of the file, those of
 * persons, and of a job the classified windows.
 *
 * What goes out carries no name of a patient, no date and no notes.
 */
#include "web/routes.h"

#include "base/bytes.h"
#include "base/csv.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "wave/recording.h"
#include "wave/recording_write.h"
#include "web/jobqueue.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/shelf.h"
#include "web/store.h"
#include "web/tarfile.h"
#include "web/workbench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct mark { // one annotation and who says so
    struct annotation a;
    const char *source; // "file", "person", "model"
    const char *author; // "" where nobody
};

struct marks {
    struct mark *list;
    size_t n, capacity;
    json_t *own, *job; // what strings are borrowed from
    const char *name;
};

static int add(struct marks *m, const struct annotation *a, const char *source,
               const char *author, struct err *e)
{
    if (m->n == m->capacity) {
        size_t capacity = m->capacity ? 2 * m->capacity : 256;
        struct mark *more = mem_resize(m->list, capacity, sizeof *more);
        if (!more)
            return err_set(e, ERR_MEMORY, "no memory for annotations");
        m->list = more;
        m->capacity = capacity;
    }
    m->list[m->n++] = (struct mark){*a, source, author};
    return 0;
}

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static const char *text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static int add_own(struct marks *m, struct err *e)
{
    size_t i;
    const json_t *o;
    int rc = 0;
    json_array_foreach(m->own, i, o)
    {
        const char *more = text(o, "text");
        struct annotation a = {number(o, "onset_s"), number(o, "duration_s"),
                               (int)number(o, "channel"), text(o, "label"),
                               *more ? more : NULL};
        if (rc == 0)
            rc = add(m, &a, "person", text(o, "author"), e);
    }
    return rc;
}

// Stretches of windows that a model gave the same label.
static int add_job(struct marks *m, const char *id, struct err *e)
{
    size_t i;
    const json_t *o, *result = json_object_get(m->job, "result");
    int rc = 0;
    if (strcmp(text(result, "recording"), id) != 0)
        return err_set(e, ERR_USAGE,
                       "job: none that classified this recording, or not done yet");
    json_array_foreach(json_object_get(result, "stretches"), i, o)
    {
        struct annotation a = {number(o, "onset_s"), number(o, "duration_s"),
                               (int)number(result, "channel"), text(o, "label"), NULL};
        if (rc == 0)
            rc = add(m, &a, "model", text(result, "model_name"), e);
    }
    return rc;
}

static int by_onset(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    return (x->a.onset_s > y->a.onset_s) - (x->a.onset_s < y->a.onset_s);
}

static int collect(struct marks *m, const struct shelf_item *item, const struct request *q,
                   struct workbench *w, struct err *e)
{
    const char *job = request_query(q, "job");
    const struct recording *r = item->recording;
    int rc = store_annotations(&m->own, w->store, item->key, e);
    m->name = item->name;
    for (size_t i = 0; rc == 0 && i < r->n_annotations; i++)
        rc = add(m, &r->annotations[i], "file", "", e);
    if (rc == 0)
        rc = add_own(m, e);
    if (rc == 0 && job && *job) {
        m->job = jobqueue_json(w->jobs, job);
        rc = m->job ? add_job(m, q->parameters[0], e)
                    : err_set(e, ERR_USAGE, "job: no such job");
    }
    if (rc == 0 && m->n)
        qsort(m->list, m->n, sizeof *m->list, by_onset);
    return rc;
}

// ---- Texts ----

static int reply_text(struct reply *out, struct buffer *b, const char *type, struct err *e)
{
    if (b->failed) {
        buffer_release(b);
        return err_set(e, ERR_MEMORY, "no memory for annotations");
    }
    reply_bytes(out, type, b->data, b->n);
    return 0;
}

static void put_field(struct buffer *b, const char *s)
{
    csv_put(b, s, strlen(s));
}

static int write_csv(struct reply *out, const struct marks *m, struct err *e)
{
    struct buffer b = {0};
    buffer_printf(&b, "onset_s,duration_s,channel,label,text,source,author\r\n");
    for (size_t i = 0; i < m->n; i++) {
        const struct mark *x = &m->list[i];
        buffer_printf(&b, "%.9g,%.9g,", x->a.onset_s, x->a.duration_s);
        if (x->a.channel >= 0)
            buffer_printf(&b, "%d", x->a.channel + 1);
        buffer_printf(&b, ",");
        put_field(&b, x->a.label);
        buffer_printf(&b, ",");
        put_field(&b, x->a.text ? x->a.text : "");
        buffer_printf(&b, ",%s,", x->source);
        put_field(&b, x->author);
        buffer_printf(&b, "\r\n");
    }
    return reply_text(out, &b, "text/csv; charset=utf-8", e);
}

// Audacity's label track: start, end, label, by tabs; see its manual, "Importing and exporting
// labels".
static int write_audacity(struct reply *out, const struct marks *m, struct err *e)
{
    struct buffer b = {0};
    for (size_t i = 0; i < m->n; i++) {
        const struct annotation *a = &m->list[i].a;
        buffer_printf(&b, "%.6f\t%.6f\t", a->onset_s, a->onset_s + a->duration_s);
        for (const char *s = a->label; *s; s++)
            buffer_u8(&b, (unsigned char)*s < ' ' ? ' ' : (uint8_t)*s);
        buffer_printf(&b, "\n");
    }
    return reply_text(out, &b, "text/plain; charset=utf-8", e);
}

// Label Studio's import format of a time series task: regions with start and end in seconds.
static int write_labelstudio(struct reply *out, const struct marks *m, struct err *e)
{
    json_t *regions = json_array();
    for (size_t i = 0; i < m->n; i++) {
        const struct mark *x = &m->list[i];
        json_array_append_new(
            regions,
            json_pack("{s:o, s:s, s:s, s:s, s:{s:f, s:f, s:b, s:[o]}, s:{s:s, s:s}}", "id",
                      json_sprintf("r%zu", i + 1), "from_name", "label", "to_name", "ts",
                      "type", "timeserieslabels", "value", "start", x->a.onset_s, "end",
                      x->a.onset_s + x->a.duration_s, "instant", x->a.duration_s <= 0,
                      "timeserieslabels", jsontext_string(x->a.label), "meta", "source",
                      x->source, "author", x->author));
    }
    json_t *tasks = json_pack("[{s:{s:o}, s:[{s:o}]}]", "data", "recording",
                              jsontext_string(m->name), "annotations", "result", regions);
    char *dump = tasks ? json_dumps(tasks, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : NULL;
    struct buffer b = {0};
    json_decref(tasks);
    if (!dump)
        return err_set(e, ERR_MEMORY, "no memory for annotations");
    buffer_append(&b, dump, strlen(dump));
    free(dump);
    return reply_text(out, &b, "application/json", e);
}

// ---- Recordings ----

// A recording with these annotations, and without who and when, through `whole`.
static int make_part(struct recording **out, struct recording *whole, const struct marks *m,
                     struct err *e)
{
    int rc = recording_slice(out, whole, 0, HUGE_VAL, -1, e);
    if (rc < 0)
        return rc;
    struct recording *r = *out;
    struct annotation *list = mem_array(m->n, sizeof *list);
    if (!list) {
        recording_close(r);
        return err_set(e, ERR_MEMORY, "no memory for annotations");
    }
    for (size_t i = 0; i < m->n; i++)
        list[i] = m->list[i].a;
    mem_free(r->annotations);
    r->annotations = list;
    r->n_annotations = m->n;
    r->patient = r->start_time = NULL;
    r->n_notes = 0;
    return 0;
}

static int reply_file(struct reply *out, const char *path, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st)) {
        int rc = err_set(e, ERR_IO, "an export: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return rc;
    }
    out->body = REPLY_FILE;
    out->fd = fd;
    out->n_file = (uint64_t)st.st_size;
    out->type = "application/octet-stream";
    return 0;
}

// WFDB's three files as one archive.
static int pack_wfdb(const char *folder, const char *tar, struct err *e)
{
    static const char *const names[] = {"recording.hea", "recording.dat", "recording.atr",
                                        NULL};
    int fd = open(tar, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int rc = fd < 0 ? err_set(e, ERR_IO, "an export: %s", strerror(errno)) : 0;
    for (const char *const *name = names; rc == 0 && *name; name++) {
        char *path = path_join(folder, *name);
        if (!path)
            rc = err_set(e, ERR_MEMORY, "no memory for an export");
        else if (file_exists(path))
            rc = tar_add(fd, *name, path, e);
        mem_free(path);
    }
    if (rc == 0)
        rc = tar_end(fd, e);
    if (fd >= 0)
        close(fd);
    return rc;
}

static void remove_folder(const char *folder)
{
    struct file_list names;
    struct err e;
    if (file_list_folder(&names, folder, &e) < 0)
        return;
    for (size_t i = 0; i < names.n; i++) {
        char *path = path_join(folder, names.names[i]);
        if (path)
            (void)file_remove(path, &e);
        mem_free(path);
    }
    file_list_release(&names);
    rmdir(folder);
}

static int write_recording(struct reply *out, struct recording *r, bool is_wfdb,
                           struct workbench *w, struct err *e)
{
    char *folder = mem_printf("%s/export-XXXXXX", w->scratch), *path = NULL, *tar = NULL;
    int rc = folder ? 0 : err_set(e, ERR_MEMORY, "no memory for an export");
    if (rc == 0 && !mkdtemp(folder)) {
        rc = err_set(e, ERR_IO, "an export: %s", strerror(errno));
        mem_free(folder);
        folder = NULL;
    }
    if (rc == 0 && (!(path = path_join(folder, is_wfdb ? "recording.hea" : "recording.edf")) ||
                    !(tar = path_join(folder, "recording.tar"))))
        rc = err_set(e, ERR_MEMORY, "no memory for an export");
    if (rc == 0)
        rc = recording_write(path, is_wfdb ? "wfdb" : "edf", r, e);
    if (rc == 0 && is_wfdb)
        rc = pack_wfdb(folder, tar, e);
    if (rc == 0)
        rc = reply_file(out, is_wfdb ? tar : path, e); // stays readable when its name is gone
    if (folder)
        remove_folder(folder);
    mem_free(folder);
    mem_free(path);
    mem_free(tar);
    return rc;
}

// Through a handle of its own: writing hours takes seconds.
static int export_recording(struct reply *out, const struct marks *m, const char *id,
                            bool is_wfdb, struct workbench *w, struct err *e)
{
    struct recording *whole, *part = NULL;
    char *name;
    int rc = shelf_open_again(&whole, &name, w->shelf, id, e);
    if (rc == 0)
        rc = make_part(&part, whole, m, e);
    if (rc == 0) {
        rc = write_recording(out, part, is_wfdb, w, e);
        recording_close(part);
    }
    recording_close(whole);
    mem_free(name);
    return rc;
}

static const struct format {
    const char *name, *file_name;
    int (*write)(struct reply *out, const struct marks *m, struct err *e); // NULL: a recording
} formats[] = {
    {"csv", "annotations.csv", write_csv},
    {"audacity", "labels.txt", write_audacity},
    {"labelstudio", "labelstudio.json", write_labelstudio},
    {"edf", "recording.edf", NULL},
    {"wfdb", "recording.tar", NULL},
    {0},
};

ROUTE_HANDLER(api_export)
{
    const char *id = q->parameters[0], *name = request_query(q, "format");
    const struct format *f = formats;
    struct shelf_item *item;
    struct marks m = {0};
    while (f->name && (!name || strcmp(f->name, name) != 0))
        f++;
    if (!f->name)
        return err_set(e, ERR_USAGE, "format: wanted csv, audacity, labelstudio, edf or wfdb");
    int rc = shelf_take(&item, out, w->shelf, id, e);
    if (rc == 0)
        rc = collect(&m, item, q, w, e);
    if (rc == 0 && f->write)
        rc = f->write(out, &m, e);
    // the file's annotations are borrowed from the item, so it stays taken
    if (rc == 0 && !f->write)
        rc = export_recording(out, &m, id, strcmp(f->name, "wfdb") == 0, w, e);
    shelf_give(w->shelf, item);
    if (rc == 0)
        memcpy(out->file_name, f->file_name, strlen(f->file_name) + 1);
    mem_free(m.list);
    json_decref(m.own);
    json_decref(m.job);
    return rc;
}
