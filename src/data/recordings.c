/* recordings.c: see recordings.h. */
#include "data/recordings.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "base/text.h"
#include "data/items.h"
#include "wave/recording.h"

#include <string.h>

enum { MAX_DEPTH = 8 };

static int no_memory(const char *path, struct err *e)
{
    return err_set(e, ERR_MEMORY, "%s: no memory for its recordings", path);
}

static bool has_ending(const char *name, const char *const *endings)
{
    for (; *endings; endings++)
        if (text_ends_with_nocase(name, *endings))
            return true;
    return false;
}

static const char *const recordings[] = {".hea", ".edf", ".bdf", ".wav", ".flac",
                                         ".ogg", ".mp3", ".smr", NULL};
// What lies beside a header of WFDB.
static const char *const companions[] = {".dat", ".atr", ".eaf", NULL};

static int take_file(struct items *x, const char *folder, const char *file, struct err *e)
{
    struct recording *r;
    struct err why;
    char *path = path_join(folder, file);
    if (!path)
        return no_memory(folder, e);
    int rc = recording_open(&r, path, NULL, &why);
    mem_free(path);
    if (rc < 0)
        return items_leave_out(x, file, why.text, true, e);
    struct item *item = items_add(x);
    if (item) {
        item->file = item->recording = arena_strdup(&x->arena, file);
        item->patient = r->patient ? arena_strdup(&x->arena, r->patient) : NULL;
        item->muscle = r->muscle ? arena_strdup(&x->arena, r->muscle) : NULL;
    }
    rc = item && item->file && (item->patient || !r->patient) && (item->muscle || !r->muscle)
             ? 0
             : no_memory(file, e);
    recording_close(r);
    return rc;
}

// inside: the folder below `folder`, "" at first.
static int walk(struct items *x, const char *folder, const char *inside, int depth,
                const struct monitor *monitor, struct err *e)
{
    struct file_list l;
    char *path = path_join(folder, inside);
    int rc = path ? file_list_folder(&l, path, e) : no_memory(folder, e);
    mem_free(path);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        char *file = path_join(inside, l.names[i]), *full = path_join(folder, file ? file : "");
        if (!file || !full)
            rc = no_memory(folder, e);
        else if (l.names[i][0] == '.')
            rc = items_leave_out(x, file, "hidden file", false, e);
        else if (file_is_folder(full))
            rc = depth < MAX_DEPTH
                     ? walk(x, folder, file, depth + 1, monitor, e)
                     : err_set(e, ERR_LIMIT, "%s: folders over %d deep", full, MAX_DEPTH);
        else if (has_ending(file, recordings))
            rc = take_file(x, folder, file, e);
        else if (!has_ending(file, companions))
            rc = items_leave_out(x, file, "not a recording", false, e);
        mem_free(file);
        mem_free(full);
        monitor_progress(monitor, "opening recordings", x->n, 0, "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while opening recordings");
    }
    file_list_release(&l);
    return rc;
}

int recordings_scan(struct items *out, const char *folder, const struct monitor *monitor,
                    struct err *e)
{
    items_init(out, "recording");
    int rc = walk(out, folder, "", 0, monitor, e);
    if (rc == 0 && !out->n)
        rc = out->n_left_out && out->left_out[0].is_rejected
                 ? err_set(e, ERR_FORMAT, "%s", out->left_out[0].why)
                 : err_set(e, ERR_USAGE, "%s: not a single recording", folder);
    out->has_patients = rc == 0;
    for (size_t i = 0; i < out->n; i++)
        out->has_patients = out->has_patients && out->items[i].patient;
    return rc;
}
