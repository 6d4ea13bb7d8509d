/* export_pictures.c: see export_pictures.h. */
#include "job/export_pictures.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "data/dataset.h"
#include "data/split.h"
#include "image/image.h"

#include <string.h>

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to write pictures");
}

static int check_empty(const char *out, struct err *e)
{
    struct file_list l;
    int rc = file_make_folders(out, e);
    if (rc < 0 || (rc = file_list_folder(&l, out, e)) < 0)
        return rc;
    if (l.n)
        rc = err_set(e, ERR_USAGE, "%s: wanted an empty folder, it has %zu files", out, l.n);
    file_list_release(&l);
    return rc;
}

static int write_one(const char *class_folder, size_t i, const struct example *x, struct err *e)
{
    struct image_info info;
    if (!x->encoded.n)
        return err_set(e, ERR_USAGE, "a data set of signals: it has no pictures");
    int rc = image_probe(&info, x->encoded.data, x->encoded.n, e);
    if (rc < 0)
        return rc;
    char *path = mem_printf("%s/%05zu.%s", class_folder, i,
                            strcmp(info.format, "jpeg") != 0 ? info.format : "jpg");
    rc = path ? file_write(path, x->encoded.data, x->encoded.n, e) : no_memory(e);
    mem_free(path);
    return rc;
}

static int write_split(uint64_t *n, const struct dataset *d, const struct examples *x,
                       const char *split_folder, const struct monitor *monitor, struct err *e)
{
    int rc = 0;
    for (size_t k = 0; rc == 0 && k < d->n_classes; k++) {
        char *folder = path_join(split_folder, d->labels[k]);
        rc = folder ? file_make_folders(folder, e) : no_memory(e);
        for (size_t i = 0; rc == 0 && i < x->n; i++) {
            if (x->examples[i].label != (int64_t)k)
                continue;
            rc = write_one(folder, i, &x->examples[i], e);
            *n += rc == 0;
            monitor_progress(monitor, "writing pictures", *n, 0, "");
            if (rc == 0 && monitor_is_cancelled(monitor))
                rc = err_set(e, ERR_CANCELLED, "stopped while writing pictures");
        }
        mem_free(folder);
    }
    return rc;
}

int export_pictures(uint64_t *n, const char *folder, const char *out,
                    const struct monitor *monitor, struct err *e)
{
    struct dataset d = {0};
    *n = 0;
    int rc = check_empty(out, e);
    if (rc == 0)
        rc = dataset_open(&d, folder, e);
    for (size_t i = 0; rc == 0 && i < SPLIT_N_SIDES; i++) {
        struct examples x = {0};
        struct err why;
        rc = examples_load(&x, &d, split_sides[i], &why);
        char *split_folder = path_join(out, split_sides[i]);
        if (rc == 0)
            rc = split_folder ? write_split(n, &d, &x, split_folder, monitor, e) : no_memory(e);
        else if (rc == ERR_USAGE) // there is no such split
            rc = 0;
        else
            *e = why;
        mem_free(split_folder);
        examples_release(&x);
    }
    dataset_close(&d);
    return rc;
}
