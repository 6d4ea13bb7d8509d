/* pictures.c: scans class folders. See pictures.h. */
#include "data/pictures.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "base/text.h"
#include "base/workers.h"
#include "data/items.h"
#include "image/image.h"

#include <string.h>

enum { SCAN_DEPTH = 64 };

static int no_memory(const char *folder, struct err *e)
{
    return err_set(e, ERR_MEMORY, "%s: no memory for its pictures", folder);
}

// A file that somebody meant to be a picture, going by its name.
static bool is_picture_name(const char *name)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".jpe", ".jfif",
                                          ".png", ".bmp",  ".dib", NULL};
    for (const char *const *x = endings; *x; x++)
        if (text_ends_with_nocase(name, *x))
            return true;
    return false;
}

static int add_candidate(struct items *p, const char *class_name, const char *name,
                         size_t label, struct err *e)
{
    struct item *x = items_add(p);
    if (!x || !(x->file = arena_printf(&p->arena, "%s/%s", class_name, name)))
        return no_memory(class_name, e);
    x->label = label;
    return 0;
}

static int list_class(struct items *p, const char *folder, size_t label, struct err *e)
{
    struct file_list l;
    const char *class_name = p->classes[label];
    char *path = path_join(folder, class_name);
    int rc = path ? file_list_folder(&l, path, e) : no_memory(folder, e);
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        char *file = mem_printf("%s/%s", class_name, l.names[i]);
        char *full = file ? path_join(folder, file) : NULL;
        if (!full)
            rc = no_memory(folder, e);
        else if (l.names[i][0] == '.')
            rc = items_leave_out(p, file, "hidden file", false, e);
        else if (file_is_folder(full))
            rc = items_leave_out(p, file, "folder within a class folder", false, e);
        else
            rc = add_candidate(p, class_name, l.names[i], label, e);
        mem_free(file);
        mem_free(full);
    }
    if (path && rc == 0)
        file_list_release(&l);
    mem_free(path);
    return rc;
}

static int add_class(struct items *p, const char *name, struct err *e)
{
    char *copy = arena_strdup(&p->arena, name);
    if (!copy)
        return no_memory(name, e);
    p->classes[p->n_classes++] = copy;
    return 0;
}

static int list_classes(struct items *p, const char *folder, struct err *e)
{
    struct file_list l;
    int rc = file_list_folder(&l, folder, e);
    if (rc < 0)
        return rc;
    p->classes = mem_array(l.n + 1, sizeof *p->classes);
    if (!p->classes)
        rc = no_memory(folder, e);
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        char *full = path_join(folder, l.names[i]);
        if (!full)
            rc = no_memory(folder, e);
        else if (l.names[i][0] == '.')
            rc = items_leave_out(p, l.names[i], "hidden file", false, e);
        else if (!file_is_folder(full))
            rc = items_leave_out(p, l.names[i], "not in a class folder", false, e);
        else if (!text_is_utf8(l.names[i]) || strpbrk(l.names[i], "\n\r"))
            rc = err_set(e, ERR_USAGE, "%s: a class folder whose name is not one line of UTF-8",
                         full);
        else
            rc = add_class(p, l.names[i], e);
        mem_free(full);
    }
    file_list_release(&l);
    if (rc == 0 && p->n_classes < 2)
        rc = err_set(e, ERR_USAGE, "%s: %zu class folders, wanted at least 2: one per class",
                     folder, p->n_classes);
    return rc;
}

// Reading a picture on a worker's thread.
struct scan {
    const char *folder;
    const struct items *p;
};

struct scanned {
    struct image_info info;
    size_t n_bytes;
    char sha256[SHA256_HEX_BYTES];
};

static int scan_one(void *context, uint64_t i, void **item, struct err *e)
{
    const struct scan *s = context;
    struct scanned *out = mem_zalloc(sizeof *out);
    char *path = path_join(s->folder, s->p->items[i].file);
    unsigned char *bytes = NULL;
    struct image im = {0};
    int rc = out && path ? file_check_regular(path, e) : no_memory(s->folder, e);
    if (rc == 0)
        rc = file_read(&bytes, &out->n_bytes, path, IMAGE_MAX_BYTES, e);
    if (rc == 0 && (rc = image_probe(&out->info, bytes, out->n_bytes, e)) == 0)
        rc = image_decode(&im, bytes, out->n_bytes, e);
    if (rc == 0)
        sha256_hex(out->sha256, bytes, out->n_bytes);
    image_release(&im);
    mem_free(bytes);
    mem_free(path);
    if (rc < 0) {
        mem_free(out);
        return rc;
    }
    *item = out;
    return 0;
}

static void free_scanned(void *context, void *item)
{
    (void)context;
    mem_free(item);
}

// Takes over the i-th result: kept (moved to place *n_kept), or left out with its reason.
static int take(struct items *p, size_t i, size_t *n_kept, int rc, const struct scanned *s,
                struct err *e)
{
    struct item x = p->items[i];
    if (rc == ERR_MEMORY)
        return rc;
    if (rc < 0) {
        struct err why = *e;
        bool is_meant = is_picture_name(x.file);
        return items_leave_out(p, x.file, is_meant ? why.text : "not a picture", is_meant, e);
    }
    x.format = s->info.format;
    x.width = s->info.width;
    x.height = s->info.height;
    x.n_bytes = s->n_bytes;
    memcpy(x.sha256, s->sha256, sizeof x.sha256);
    p->items[(*n_kept)++] = x;
    return 0;
}

static int read_all(struct items *p, const char *folder, size_t n_threads,
                    const struct monitor *monitor, struct err *e)
{
    struct scan s = {folder, p};
    struct workers *w;
    struct workers_spec spec = {n_threads, SCAN_DEPTH, 0, p->n, &s, scan_one, free_scanned};
    int rc = workers_open(&w, &spec, e);
    size_t n_kept = 0, n = p->n;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        void *item = NULL;
        int got = workers_next(w, &item, e);
        rc = take(p, i, &n_kept, got < 0 ? got : 0, item, e);
        mem_free(item);
        monitor_progress(monitor, "reading pictures", i + 1, n, "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while reading pictures");
    }
    workers_close(w);
    p->n = n_kept;
    return rc;
}

int pictures_scan(struct items *out, const char *folder, size_t n_threads,
                  const struct monitor *monitor, struct err *e)
{
    items_init(out, "picture");
    int rc = list_classes(out, folder, e);
    for (size_t k = 0; rc == 0 && k < out->n_classes; k++)
        rc = list_class(out, folder, k, e);
    if (rc == 0)
        rc = read_all(out, folder, n_threads, monitor, e);
    for (size_t k = 0; rc == 0 && k < out->n_classes; k++) {
        size_t n = 0;
        for (size_t i = 0; i < out->n; i++)
            n += out->items[i].label == k;
        if (!n)
            rc = err_set(e, ERR_FORMAT, "%s/%s: not a single readable picture in this class",
                         folder, out->classes[k]);
    }
    if (rc < 0)
        items_release(out);
    return rc;
}
