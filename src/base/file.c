/* file.c: see file.h. */
#include "base/file.h"

#include "base/err.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MAX_LINKS = 40, LINK_MAX_BYTES = 4096 }; // as Linux has them

static int io_error(struct err *e, const char *path)
{
    return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
}

// Reads what is left of f, growing as it goes: sizes of pipes and /proc files are not known.
static int read_all(unsigned char **data, size_t *n, FILE *f, size_t max_bytes,
                    const char *path, struct err *e)
{
    size_t capacity = 0;
    struct stat st;
    if (!fstat(fileno(f), &st) && S_ISREG(st.st_mode) && st.st_size > 0)
        capacity = (size_t)st.st_size;
    if (capacity > max_bytes)
        return err_set(e, ERR_LIMIT, "%s: %zu bytes, wanted at most %zu", path, capacity,
                       max_bytes);
    for (;;) {
        if (*n + 1 >= capacity || !*data) {
            capacity = *data ? capacity * 2 : capacity + 2;
            unsigned char *more = mem_resize(*data, capacity, 1);
            if (!more)
                return err_set(e, ERR_MEMORY, "%s: no memory for %zu bytes", path, capacity);
            *data = more;
        }
        size_t got = fread(*data + *n, 1, capacity - 1 - *n, f);
        *n += got;
        if (*n > max_bytes)
            return err_set(e, ERR_LIMIT, "%s: over %zu bytes", path, max_bytes);
        if (got == 0)
            break;
    }
    (*data)[*n] = '\0';
    return ferror(f) ? io_error(e, path) : 0;
}

int file_read(unsigned char **out, size_t *n, const char *path, size_t max_bytes, struct err *e)
{
    *out = NULL;
    *n = 0;
    if (file_is_folder(path))
        return err_set(e, ERR_IO, "%s: is a folder, wanted a file", path);
    FILE *f = fopen(path, "rb");
    if (!f)
        return io_error(e, path);
    int rc = read_all(out, n, f, max_bytes, path, e);
    if (rc < 0) {
        mem_free(*out);
        *out = NULL;
        *n = 0;
    }
    fclose(f);
    return rc;
}

// The file that path means, through symbolic links, whether it is there or not; mem_free(). NULL: no
// memory.
static char *behind_links(const char *path)
{
    char *at = mem_strdup(path), to[LINK_MAX_BYTES];
    for (int i = 0; at && i < MAX_LINKS; i++) {
        ssize_t n = readlink(at, to, sizeof to);
        if (n < 0 || (size_t)n == sizeof to)
            return at; // no link; or none that can be followed, which opening will say
        int n_folder = to[0] == '/' ? 0 : (int)(path_base(at) - at);
        char *next = mem_printf("%.*s%.*s", n_folder, at, (int)n, to);
        mem_free(at);
        at = next;
    }
    return at;
}

// Opens what takes the contents: a draft beside the file that path means, or path itself where it is
// no file (a device, a pipe) and there is nothing to replace.
static int open_draft(struct file_draft *d, const char *path, struct err *e)
{
    struct stat old;
    bool is_there = !stat(path, &old);
    if (is_there && S_ISDIR(old.st_mode))
        return err_set(e, ERR_IO, "%s: is a folder, wanted a file", path);
    if (is_there && access(path, W_OK))
        return io_error(e, path);
    bool is_file = !is_there || S_ISREG(old.st_mode);
    d->path = is_file ? behind_links(path) : mem_strdup(path);
    if (d->path && is_file)
        d->draft_path = mem_printf("%s.tmp-%ld", d->path, (long)getpid());
    if (!d->path || (is_file && !d->draft_path))
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    d->f = fopen(d->draft_path ? d->draft_path : d->path, "wb");
    if (!d->f)
        return io_error(e, path);
    // who may read the old one may read the new one, and nobody else
    if (is_there && is_file && fchmod(fileno(d->f), old.st_mode & 0777))
        return io_error(e, path);
    return 0;
}

int file_draft_open(struct file_draft *d, const char *path, struct err *e)
{
    *d = (struct file_draft){0};
    int rc = open_draft(d, path, e), why = errno;
    if (rc < 0)
        file_draft_abandon(d);
    errno = why; // for file_check_writable()
    return rc;
}

// The rename itself lies in the folder: it is flushed too. Some file systems cannot; that is no
// error.
static void flush_folder_of(const char *path)
{
    const char *base = path_base(path);
    char *folder = base == path ? mem_strdup(".") : mem_strdup(path);
    if (!folder)
        return;
    if (base != path)
        folder[base - path] = '\0';
    int fd = open(folder, O_RDONLY);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    mem_free(folder);
}

int file_draft_flush(struct file_draft *d, struct err *e)
{
    bool is_lost = fflush(d->f) || ferror(d->f) || (d->draft_path && fsync(fileno(d->f)));
    return is_lost ? io_error(e, d->path) : 0;
}

int file_draft_commit(struct file_draft *d, struct err *e)
{
    if (!d->f)
        return 0;
    int rc = file_draft_flush(d, e);
    if (fclose(d->f) && rc == 0)
        rc = io_error(e, d->path);
    d->f = NULL;
    if (rc == 0 && d->draft_path && rename(d->draft_path, d->path))
        rc = io_error(e, d->path);
    if (rc == 0 && d->draft_path) {
        flush_folder_of(d->path);
        mem_free(d->draft_path);
        d->draft_path = NULL;
    }
    file_draft_abandon(d);
    return rc;
}

void file_draft_abandon(struct file_draft *d)
{
    if (d->f)
        fclose(d->f);
    if (d->draft_path)
        unlink(d->draft_path);
    mem_free(d->draft_path);
    mem_free(d->path);
    *d = (struct file_draft){0};
}

int file_write(const char *path, const void *data, size_t n, struct err *e)
{
    struct file_draft d;
    int rc = file_draft_open(&d, path, e);
    if (rc < 0)
        return rc;
    if (n && fwrite(data, 1, n, d.f) != n) {
        rc = io_error(e, path);
        file_draft_abandon(&d);
        return rc;
    }
    return file_draft_commit(&d, e);
}

int file_put(int fd, const void *data, size_t n, struct err *e)
{
    const char *at = data;
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return err_set(e, ERR_IO, "writing: %s", strerror(errno));
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

bool file_exists(const char *path)
{
    struct stat st;
    return !lstat(path, &st);
}

bool file_is_folder(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

int file_check_regular(const char *path, struct err *e)
{
    struct stat st;
    if (stat(path, &st))
        return io_error(e, path);
    if (S_ISDIR(st.st_mode))
        return err_set(e, ERR_IO, "%s: is a folder, wanted a file", path);
    return S_ISREG(st.st_mode)
               ? 0
               : err_set(e, ERR_IO, "%s: is a pipe or a device, wanted a file on a disk", path);
}

bool file_is_same(const char *a, const char *b)
{
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int file_size(uint64_t *out, const char *path, struct err *e)
{
    struct stat st;
    if (stat(path, &st))
        return io_error(e, path);
    *out = (uint64_t)st.st_size;
    return 0;
}

int file_make_folders(const char *path, struct err *e)
{
    char *p = mem_strdup(path);
    if (!p)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    int rc = 0;
    for (char *at = p; rc == 0 && *at; at++) {
        if (*at != '/' || at == p)
            continue;
        *at = '\0';
        if (mkdir(p, 0777) && errno != EEXIST)
            rc = io_error(e, p);
        *at = '/';
    }
    if (rc == 0 && mkdir(p, 0777) && errno != EEXIST)
        rc = io_error(e, p);
    if (rc == 0 && !file_is_folder(p))
        rc = err_set(e, ERR_IO, "%s: is a file, wanted a folder", path);
    mem_free(p);
    return rc;
}

int file_remove(const char *path, struct err *e)
{
    return unlink(path) && errno != ENOENT ? io_error(e, path) : 0;
}

int file_check_writable(const char *folder, uint64_t n_bytes, struct err *e)
{
    struct file_draft d;
    char *probe = path_join(folder, ".nemg-probe");
    if (!probe)
        return err_set(e, ERR_MEMORY, "%s: no memory", folder);
    int rc = file_draft_open(&d, probe, e);
    mem_free(probe);
    if (rc < 0)
        return err_set(e, ERR_IO, "%s: cannot write there: %s", folder, strerror(errno));
    file_draft_abandon(&d);
    struct statvfs vfs;
    if (statvfs(folder, &vfs))
        return io_error(e, folder);
    uint64_t n_free = (uint64_t)vfs.f_bavail * vfs.f_frsize;
    if (n_free < n_bytes)
        return err_set(e, ERR_IO, "%s: %.1f MB free, wanted %.1f MB", folder,
                       (double)n_free / 1e6, (double)n_bytes / 1e6);
    return 0;
}

char *path_join(const char *folder, const char *name)
{
    size_t n = strlen(folder);
    if (!n || !strcmp(folder, ".") || name[0] == '/')
        return mem_strdup(name);
    return mem_printf(folder[n - 1] == '/' ? "%s%s" : "%s/%s", folder, name);
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *path_extension(const char *path)
{
    const char *base = path_base(path), *dot = strrchr(base, '.');
    return dot && dot != base ? dot + 1 : "";
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list_folder(struct file_list *out, const char *path, struct err *e)
{
    *out = (struct file_list){0};
    DIR *dir = opendir(path);
    if (!dir)
        return io_error(e, path);
    int rc = 0;
    size_t capacity = 0;
    struct dirent *entry;
    while (rc == 0 && (errno = 0, entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (out->n == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            char **names = mem_resize(out->names, capacity, sizeof *names);
            if (names)
                out->names = names;
            else
                rc = err_set(e, ERR_MEMORY, "%s: no memory for its listing", path);
        }
        if (rc == 0 && !(out->names[out->n++] = mem_strdup(entry->d_name)))
            rc = err_set(e, ERR_MEMORY, "%s: no memory for its listing", path);
    }
    if (rc == 0 && errno)
        rc = io_error(e, path);
    closedir(dir);
    if (rc < 0)
        file_list_release(out);
    else if (out->n)
        qsort(out->names, out->n, sizeof *out->names, compare_names);
    return rc;
}

void file_list_release(struct file_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        mem_free(l->names[i]);
    mem_free(l->names);
    *l = (struct file_list){0};
}

int file_lock(int *lock, const char *path, struct err *e)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*lock < 0)
        return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    if (!fcntl(*lock, F_SETLK, &whole))
        return 0;
    int rc = errno == EACCES || errno == EAGAIN ? 0 : errno;
    if (rc)
        rc = err_set(e, ERR_IO, "%s: %s", path, strerror(rc));
    else if (fcntl(*lock, F_GETLK, &whole) || whole.l_type == F_UNLCK)
        rc = err_set(e, ERR_IO, "%s: another process works here", path);
    else
        rc = err_set(e, ERR_IO, "%s: process %ld works here", path, (long)whole.l_pid);
    close(*lock);
    *lock = -1;
    return rc;
}

void file_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}
