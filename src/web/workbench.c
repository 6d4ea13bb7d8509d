/* workbench.c: see workbench.h. */
#include "web/workbench.h"

#include "base/err.h"
#include "base/mem.h"
#include "web/album.h"
#include "web/jobqueue.h"
#include "web/journal.h"
#include "web/modelrack.h"
#include "web/sandbox.h"
#include "web/shelf.h"
#include "web/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int make_scratch(struct workbench *w, struct err *e)
{
    const char *folder = getenv("TMPDIR");
    w->scratch = mem_printf("%s/nemg-serve-XXXXXX", folder && *folder ? folder : "/tmp");
    if (!w->scratch)
        return err_set(e, ERR_MEMORY, "no memory to serve");
    if (mkdtemp(w->scratch)) // for this account only
        return 0;
    int rc = err_set(e, ERR_IO, "%s: %s", w->scratch, strerror(errno));
    mem_free(w->scratch);
    w->scratch = NULL;
    return rc;
}

int workbench_open(struct workbench *w, const struct workbench_options *o, struct err *e)
{
    *w = (struct workbench){.version = o->version,
                            .dataset = o->dataset,
                            .n_threads = o->n_threads,
                            .max_upload_bytes = o->max_upload_bytes};
    int rc = make_scratch(w, e);
    if (rc == 0)
        rc = sandbox_start(&w->sandbox, e);
    if (rc == 0)
        rc = journal_new(&w->journal, e);
    if (rc == 0)
        rc = modelrack_open(&w->models, o->models, o->n_models, e);
    if (rc == 0)
        rc = album_new(&w->album, w->scratch, e);
    if (rc == 0)
        rc = album_new(&w->answers, w->scratch, e);
    if (rc == 0)
        rc = store_open(&w->store, o->project, o->author, e);
    if (rc == 0)
        rc = shelf_new(&w->shelf, o->recordings, w, e);
    if (rc == 0)
        rc = jobqueue_new(&w->jobs, w, e);
    if (rc < 0)
        workbench_close(w);
    return rc;
}

void workbench_close(struct workbench *w)
{
    jobqueue_free(w->jobs);
    shelf_free(w->shelf);
    store_close(w->store);
    album_free(w->answers);
    album_free(w->album);
    modelrack_close(w->models);
    journal_free(w->journal);
    sandbox_stop(w->sandbox);
    if (w->scratch)
        rmdir(w->scratch);
    mem_free(w->scratch);
    *w = (struct workbench){0};
}
