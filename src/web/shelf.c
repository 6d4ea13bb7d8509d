/* shelf.c: see shelf.h. */
#include "web/shelf.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "base/text.h"
#include "wave/recording.h"
#include "wave/spool.h"
#include "web/overview.h"
#include "web/reply.h"
#include "web/routes.h"
#include "web/sandbox.h"
#include "web/store.h"
#include "web/upload.h"
#include "web/workbench.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FOLDER_MAX_DEPTH = 6, RECENT_MAX = 20, OFFSET_SAMPLES = 1 << 18 };

struct entry {
    struct shelf_item item; // recording NULL: not open
    char id[SHELF_ID_BYTES];
    char *key, *name, *path; // path NULL: was sent
    int spool;               // of one that was sent, else -1
    pthread_mutex_t lock;    // held while it is taken
    size_t n_users;          // that hold or wait for it
    unsigned long used;      // when it was taken last
    struct entry *next;
};

struct shelf {
    struct workbench *w;
    char *folder;
    pthread_mutex_t lock; // of the list and its counters
    struct entry *entries;
    unsigned long clock;
};

static const char *const endings[] = {".hea", ".edf", ".bdf", ".wav", ".flac", ".ogg",
                                      ".mp3", ".csv", ".tsv", ".txt", NULL};

static bool is_recording_name(const char *name)
{
    for (const char *const *x = endings; *x; x++)
        if (text_ends_with_nocase(name, *x))
            return true;
    return false;
}

// ---- Entries ----

static void close_entry(struct entry *x)
{
    size_t n = x->item.recording ? x->item.recording->n_channels : 0;
    for (size_t i = 0; i < n; i++)
        overview_release(&x->item.overviews[i]);
    mem_free(x->item.overviews);
    mem_free(x->item.offsets);
    recording_close(x->item.recording);
    x->item = (struct shelf_item){.key = x->key, .name = x->name};
}

static void entry_free(struct entry *x)
{
    close_entry(x);
    if (x->spool >= 0)
        close(x->spool);
    pthread_mutex_destroy(&x->lock);
    mem_free(x->key);
    mem_free(x->name);
    mem_free(x->path);
    mem_free(x);
}

static void id_of(char out[SHELF_ID_BYTES], const char *key)
{
    char hex[SHA256_HEX_BYTES];
    sha256_hex(hex, key, strlen(key));
    memcpy(out, hex, SHELF_ID_BYTES - 1);
    out[SHELF_ID_BYTES - 1] = 0;
}

// Under the lock.
static struct entry *find(struct shelf *s, const char *id)
{
    struct entry *x = s->entries;
    while (x && strcmp(x->id, id) != 0)
        x = x->next;
    return x;
}

// Takes spool, in any case. Under the lock.
static struct entry *add(struct shelf *s, const char *key, const char *name, const char *path,
                         int spool, struct err *e)
{
    char id[SHELF_ID_BYTES];
    id_of(id, key);
    struct entry *x = find(s, id);
    if (x) {
        if (spool >= 0)
            close(spool);
        return x;
    }
    x = mem_zalloc(sizeof *x);
    if (!x) {
        if (spool >= 0)
            close(spool);
        (void)err_set(e, ERR_MEMORY, "no memory for a recording");
        return NULL;
    }
    memcpy(x->id, id, sizeof id);
    pthread_mutex_init(&x->lock, NULL);
    x->spool = spool;
    x->key = mem_strdup(key);
    x->name = mem_strdup(name);
    x->path = path ? mem_strdup(path) : NULL;
    if (!x->key || !x->name || (path && !x->path)) {
        entry_free(x);
        (void)err_set(e, ERR_MEMORY, "no memory for a recording");
        return NULL;
    }
    x->item = (struct shelf_item){.key = x->key, .name = x->name};
    x->next = s->entries;
    s->entries = x;
    return x;
}

int shelf_new(struct shelf **out, const char *folder, struct workbench *w, struct err *e)
{
    struct shelf *s = *out = mem_zalloc(sizeof *s);
    if (!s)
        return err_set(e, ERR_MEMORY, "no memory for recordings");
    pthread_mutex_init(&s->lock, NULL);
    s->w = w;
    int rc = 0;
    if (folder && !file_is_folder(folder))
        rc = err_set(e, ERR_IO, "%s: no folder", folder);
    if (rc == 0 && folder && !(s->folder = mem_strdup(folder)))
        rc = err_set(e, ERR_MEMORY, "no memory for recordings");
    if (rc < 0) {
        shelf_free(s);
        *out = NULL;
    }
    return rc;
}

void shelf_free(struct shelf *s)
{
    if (!s)
        return;
    while (s->entries) {
        struct entry *x = s->entries;
        s->entries = x->next;
        entry_free(x);
    }
    pthread_mutex_destroy(&s->lock);
    mem_free(s->folder);
    mem_free(s);
}

bool shelf_has_folder(const struct shelf *s)
{
    return s->folder != NULL;
}

// ---- The folder ----

struct walk {
    struct shelf *s;
    json_t *list;
    size_t n;
    bool is_cut;
};

static int list_file(struct walk *w, const char *path, const char *relative, struct err *e)
{
    if (w->n == SHELF_FILES_MAX) {
        w->is_cut = true;
        return 0;
    }
    char *key = mem_printf("file:%s", path);
    pthread_mutex_lock(&w->s->lock);
    struct entry *x = key ? add(w->s, key, relative, path, -1, e) : NULL;
    pthread_mutex_unlock(&w->s->lock);
    mem_free(key);
    if (!x || json_array_append_new(w->list, json_pack("{s:s, s:o}", "recording", x->id, "name",
                                                       jsontext_string(relative))))
        return err_set(e, ERR_MEMORY, "no memory for recordings");
    w->n++;
    return 0;
}

static int walk(struct walk *w, const char *folder, const char *relative, int depth,
                struct err *e)
{
    struct file_list names;
    int rc = file_list_folder(&names, folder, e);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        const char *name = names.names[i];
        if (name[0] == '.')
            continue;
        char *path = path_join(folder, name), *below = path_join(relative, name);
        if (!path || !below)
            rc = err_set(e, ERR_MEMORY, "no memory for recordings");
        else if (file_is_folder(path))
            rc = depth < FOLDER_MAX_DEPTH ? walk(w, path, below, depth + 1, e) : 0;
        else if (is_recording_name(name))
            rc = list_file(w, path, below, e);
        mem_free(path);
        mem_free(below);
    }
    file_list_release(&names);
    return rc;
}

// Those of the project file that are on the shelf now.
static json_t *known_only(struct shelf *s, const json_t *recent)
{
    json_t *list = json_array(), *row;
    size_t i;
    json_array_foreach(recent, i, row)
    {
        char id[SHELF_ID_BYTES];
        id_of(id, json_string_value(json_object_get(row, "key")));
        pthread_mutex_lock(&s->lock);
        bool is_known = find(s, id) != NULL;
        pthread_mutex_unlock(&s->lock);
        if (is_known)
            json_array_append_new(list, json_pack("{s:s, s:O, s:O}", "recording", id, "name",
                                                  json_object_get(row, "name"), "opened",
                                                  json_object_get(row, "opened")));
    }
    return list;
}

// Those that were sent since the start.
static void list_sent(struct shelf *s, json_t *list)
{
    pthread_mutex_lock(&s->lock);
    for (const struct entry *x = s->entries; x; x = x->next)
        if (!x->path)
            json_array_append_new(list, json_pack("{s:s, s:o, s:b}", "recording", x->id, "name",
                                                  jsontext_string(x->name), "was_sent", 1));
    pthread_mutex_unlock(&s->lock);
}

int shelf_list(json_t **out, struct shelf *s, struct err *e)
{
    struct walk w = {.s = s, .list = json_array()};
    json_t *recent = NULL;
    *out = NULL;
    int rc = s->folder ? walk(&w, s->folder, "", 0, e) : 0;
    if (rc == 0)
        rc = store_recent(&recent, s->w->store, RECENT_MAX, e);
    list_sent(s, w.list);
    if (rc == 0 && !(*out = json_pack("{s:O, s:b, s:o}", "recordings", w.list, "is_cut",
                                      w.is_cut, "recent", known_only(s, recent))))
        rc = err_set(e, ERR_MEMORY, "no memory for recordings");
    json_decref(recent);
    json_decref(w.list);
    return rc;
}

// ---- What is sent ----

// The file that recording_open() wants: of WFDB's files the header, else the only one.
static int main_file(size_t *out, const struct upload *u, struct err *e)
{
    *out = SIZE_MAX;
    for (size_t i = 0; i < u->n; i++)
        if (u->n == 1 || text_ends_with_nocase(u->files[i].name, ".hea")) {
            if (*out != SIZE_MAX)
                return err_set(e, ERR_USAGE, "two headers: wanted one recording at a time");
            *out = i;
        }
    return *out == SIZE_MAX
               ? err_set(e, ERR_USAGE, "%zu files without a .hea: wanted one recording", u->n)
               : 0;
}

// A hash of all bytes that were sent, whatever they are called.
static int hash_of(char out[SHA256_HEX_BYTES], const struct upload *u, struct err *e)
{
    char all[UPLOAD_FILES_MAX * (SHA256_HEX_BYTES - 1) + 1] = "";
    for (size_t i = 0; i < u->n; i++) {
        size_t n = (size_t)u->files[i].n_bytes;
        char *path = upload_path(u, i);
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *bytes = fd >= 0 && n ? mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
        mem_free(path);
        if (fd >= 0)
            close(fd);
        if (fd < 0 || bytes == MAP_FAILED)
            return err_set(e, ERR_IO, "an upload: %s", strerror(errno));
        char *hex = all + i * (SHA256_HEX_BYTES - 1);
        sha256_hex(hex, n ? bytes : "", n);
        if (n)
            munmap(bytes, n);
    }
    sha256_hex(out, all, strlen(all));
    return 0;
}

// Under the lock: of those that were sent the oldest that nobody uses goes when there are too many.
static void forget_oldest_sent(struct shelf *s)
{
    struct entry **oldest = NULL;
    size_t n_sent = 0;
    for (struct entry **at = &s->entries; *at; at = &(*at)->next) {
        n_sent += !(*at)->path;
        if (!(*at)->path && (*at)->n_users == 0 && (!oldest || (*at)->used < (*oldest)->used))
            oldest = at;
    }
    if (n_sent <= SHELF_SENT_MAX || !oldest)
        return;
    struct entry *x = *oldest;
    *oldest = x->next;
    entry_free(x);
}

int shelf_add(char id[SHELF_ID_BYTES], struct shelf *s, const struct upload *u, struct err *e)
{
    char hex[SHA256_HEX_BYTES], key[80];
    size_t i = 0;
    int fd = -1, rc = u->n ? main_file(&i, u, e) : err_set(e, ERR_USAGE, "no file was sent");
    char *path = rc == 0 ? upload_path(u, i) : NULL;
    if (rc == 0 && !path)
        rc = err_set(e, ERR_MEMORY, "no memory for a recording");
    if (rc == 0 && (rc = sandbox_recording(&fd, s->w->sandbox, path, s->w->scratch, e)) < 0)
        upload_hide_path(u, i, e);
    if (rc == 0)
        rc = hash_of(hex, u, e);
    mem_free(path);
    if (rc < 0) {
        if (fd >= 0)
            close(fd);
        return rc;
    }
    snprintf(key, sizeof key, "sha256:%s", hex);
    pthread_mutex_lock(&s->lock);
    struct entry *x = add(s, key, u->files[i].title, NULL, fd, e);
    if (x) {
        x->used = ++s->clock;
        memcpy(id, x->id, SHELF_ID_BYTES);
        forget_oldest_sent(s);
    }
    pthread_mutex_unlock(&s->lock);
    return x ? 0 : e->code;
}

// ---- Taking ----

static int open_recording(struct recording **out, const struct entry *x, struct err *e)
{
    // an hour is to open as fast as a second; "nemg info" looks at its checksums
    const struct recording_hints hints = {.skip_checksums = true};
    if (x->path)
        return recording_open(out, x->path, &hints, e);
    int fd = dup(x->spool);
    *out = NULL;
    return fd < 0 ? err_set(e, ERR_IO, "%s: %s", x->name, strerror(errno))
                  : spool_open(out, fd, e);
}

// The mean of the first seconds: what is taken off where there is no high-pass.
static int measure_offsets(struct shelf_item *item, struct err *e)
{
    struct recording *r = item->recording;
    float *x = mem_array(OFFSET_SAMPLES, sizeof *x);
    int rc = x ? 0 : err_set(e, ERR_MEMORY, "no memory for a recording");
    for (size_t c = 0; rc == 0 && c < r->n_channels; c++) {
        uint64_t most = r->channels[c].n_samples;
        size_t n = most < OFFSET_SAMPLES ? (size_t)most : OFFSET_SAMPLES;
        double sum = 0;
        rc = recording_read(r, c, 0, n, x, e);
        for (size_t i = 0; rc == 0 && i < n; i++)
            sum += (double)x[i];
        item->offsets[c] = n ? sum / (double)n : 0;
    }
    mem_free(x);
    return rc;
}

static int open_entry(struct shelf *s, struct entry *x, struct err *e)
{
    int rc = open_recording(&x->item.recording, x, e);
    if (rc < 0)
        return rc;
    size_t n = x->item.recording->n_channels;
    x->item.overviews = mem_array(n, sizeof *x->item.overviews);
    x->item.offsets = mem_array(n, sizeof *x->item.offsets);
    rc = x->item.overviews && x->item.offsets
             ? measure_offsets(&x->item, e)
             : err_set(e, ERR_MEMORY, "no memory for a recording");
    if (rc < 0) {
        close_entry(x);
        return rc;
    }
    struct err why; // a list of recent ones is not worth a recording that does not open
    (void)store_touch(s->w->store, x->key, x->name, &why);
    return 0;
}

// Under the lock: of those that nobody uses, the one that waits longest is closed when too many
// are open.
static void close_oldest(struct shelf *s)
{
    struct entry *oldest = NULL;
    size_t n_open = 0;
    for (struct entry *x = s->entries; x; x = x->next) {
        if (x->n_users || !x->item.recording) // what is in use may just be opening
            continue;
        n_open++;
        if (!oldest || x->used < oldest->used)
            oldest = x;
    }
    if (n_open > SHELF_OPEN_MAX && oldest)
        close_entry(oldest);
}

// An entry that stays, until release(); NULL: there is none.
static struct entry *hold(struct shelf *s, const char *id)
{
    pthread_mutex_lock(&s->lock);
    struct entry *x = find(s, id);
    if (x) {
        x->n_users++;
        x->used = ++s->clock;
    }
    pthread_mutex_unlock(&s->lock);
    return x;
}

static void release(struct shelf *s, struct entry *x)
{
    pthread_mutex_lock(&s->lock);
    x->n_users--;
    close_oldest(s);
    pthread_mutex_unlock(&s->lock);
}

int shelf_take(struct shelf_item **item, struct reply *out, struct shelf *s, const char *id,
               struct err *e)
{
    struct entry *x = hold(s, id);
    *item = NULL;
    if (!x)
        return routes_missing(out, "recording", e);
    pthread_mutex_lock(&x->lock);
    int rc = x->item.recording ? 0 : open_entry(s, x, e);
    if (rc == 0) {
        *item = &x->item;
        return 0;
    }
    pthread_mutex_unlock(&x->lock);
    release(s, x);
    return rc;
}

void shelf_give(struct shelf *s, struct shelf_item *item)
{
    struct entry *x = (struct entry *)item; // its first member
    if (!x)
        return;
    pthread_mutex_unlock(&x->lock);
    release(s, x);
}

int shelf_open_again(struct recording **r, char **name, struct shelf *s, const char *id,
                     struct err *e)
{
    struct entry *x = hold(s, id);
    *r = NULL;
    *name = NULL;
    if (!x)
        return err_set(e, ERR_USAGE, "no such recording");
    int rc = open_recording(r, x, e);
    if (rc == 0 && !(*name = mem_strdup(x->name)))
        rc = err_set(e, ERR_MEMORY, "no memory for a recording");
    if (rc < 0) {
        recording_close(*r);
        *r = NULL;
    }
    release(s, x);
    return rc;
}
