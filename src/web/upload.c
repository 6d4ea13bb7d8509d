/* upload.c: see upload.h. */
#include "web/upload.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void upload_clean_name(char out[UPLOAD_NAME_BYTES], const char *title)
{
    size_t n = 0;
    for (const char *at = title; *at; at++)
        if (*at == '/' || *at == '\\')
            title = at + 1;
    // the end is kept of a long name: formats look at it
    size_t n_title = strlen(title);
    if (n_title > UPLOAD_NAME_BYTES - 1)
        title += n_title - (UPLOAD_NAME_BYTES - 1);
    for (; *title; title++) {
        unsigned char c = (unsigned char)*title;
        bool is_plain = c < 0x80 && (isalnum(c) || c == '-' || c == '_' || (c == '.' && n > 0));
        out[n] = '_';
        if (is_plain)
            out[n] = *title;
        n++;
    }
    out[n] = 0;
    if (n == 0)
        snprintf(out, UPLOAD_NAME_BYTES, "file");
}

int upload_new(struct upload **out, const char *scratch, uint64_t max_bytes, struct err *e)
{
    struct upload *u = *out = mem_zalloc(sizeof *u);
    if (!u || !(u->folder = mem_printf("%s/up-XXXXXX", scratch))) {
        mem_free(u);
        *out = NULL;
        return err_set(e, ERR_MEMORY, "no memory for an upload");
    }
    u->fd = -1;
    u->max_bytes = max_bytes;
    if (mkdtemp(u->folder))
        return 0;
    int rc = err_set(e, ERR_IO, "%s: %s", scratch, strerror(errno));
    mem_free(u->folder);
    mem_free(u);
    *out = NULL;
    return rc;
}

void upload_free(struct upload *u)
{
    struct err e;
    if (!u)
        return;
    if (u->fd >= 0)
        close(u->fd);
    for (size_t i = 0; i < u->n; i++) {
        char *path = upload_path(u, i);
        if (path)
            (void)file_remove(path, &e);
        mem_free(path);
        mem_free(u->files[i].title);
    }
    rmdir(u->folder);
    mem_free(u->folder);
    mem_free(u);
}

char *upload_path(const struct upload *u, size_t i)
{
    return path_join(u->folder, u->files[i].name);
}

static bool is_taken(const struct upload *u, const char *name)
{
    for (size_t i = 0; i < u->n; i++)
        if (strcmp(u->files[i].name, name) == 0)
            return true;
    return false;
}

static int begin(struct upload *u, const char *title, struct err *e)
{
    char name[UPLOAD_NAME_BYTES];
    if (u->n == UPLOAD_FILES_MAX)
        return err_set(e, ERR_LIMIT, "over %d files at once", UPLOAD_FILES_MAX);
    upload_clean_name(name, title);
    struct upload_file *f = &u->files[u->n];
    *f = (struct upload_file){.title = mem_strdup(text_is_utf8(title) ? title : name)};
    snprintf(f->name, sizeof f->name, "%s", name);
    if (is_taken(u, name))
        snprintf(f->name, sizeof f->name, "%zu_%.80s", u->n + 1,
                 name + (strlen(name) > 80 ? strlen(name) - 80 : 0));
    u->n++;
    char *path = f->title ? upload_path(u, u->n - 1) : NULL;
    if (!path)
        return err_set(e, ERR_MEMORY, "no memory for an upload");
    if (u->fd >= 0)
        close(u->fd);
    u->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    mem_free(path);
    return u->fd < 0 ? err_set(e, ERR_IO, "an upload: %s", strerror(errno)) : 0;
}

int upload_add(struct upload *u, const char *title, const void *data, uint64_t offset, size_t n,
               struct err *e)
{
    int rc = offset == 0 ? begin(u, title, e) : 0;
    if (rc == 0 && n > u->max_bytes - u->n_bytes)
        rc = err_set(e, ERR_LIMIT, "an upload over %llu MiB",
                     (unsigned long long)(u->max_bytes >> 20));
    if (rc == 0)
        rc = file_put(u->fd, data, n, e);
    if (rc == 0) {
        u->n_bytes += n;
        u->files[u->n - 1].n_bytes += n;
    }
    return rc;
}

void upload_hide_path(const struct upload *u, size_t i, struct err *e)
{
    char *path = upload_path(u, i);
    size_t n = path ? strlen(path) : 0;
    if (n && strncmp(e->text, path, n) == 0) {
        char rest[sizeof e->text];
        snprintf(rest, sizeof rest, "%s", e->text + n);
        snprintf(e->text, sizeof e->text, "%.100s%.140s", u->files[i].title, rest);
    }
    mem_free(path);
}
