/* store.c: see store.h. */
#include "web/store.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "wave/recording.h"

#include <pthread.h>
#include <pwd.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { APPLICATION = 0x4e454d47 /* "NEMG" */, BUSY_MS = 3000 };

struct store {
    sqlite3 *db;
    pthread_mutex_t lock;
    char *path, *author;
};

static const char schema[] =
    "BEGIN;"
    "CREATE TABLE recording (key TEXT PRIMARY KEY, name TEXT NOT NULL, opened TEXT NOT NULL)"
    " STRICT;"
    "CREATE TABLE annotation_event (id INTEGER PRIMARY KEY, at TEXT NOT NULL,"
    " author TEXT NOT NULL, action TEXT NOT NULL CHECK (action IN ('add', 'delete')),"
    " recording TEXT NOT NULL, of INTEGER REFERENCES annotation_event (id),"
    " onset_s REAL, duration_s REAL, channel INTEGER, label TEXT, text TEXT,"
    " CHECK ((action = 'delete') = (of IS NOT NULL))) STRICT;"
    "CREATE INDEX annotation_event_recording ON annotation_event (recording);"
    "CREATE UNIQUE INDEX annotation_event_of ON annotation_event (of) WHERE of IS NOT NULL;"
    "PRAGMA application_id = 1313164615;" // APPLICATION
    "PRAGMA user_version = 1;"            // STORE_VERSION
    "COMMIT;";

static int failed(struct store *s, struct err *e)
{
    int code = sqlite3_errcode(s->db);
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        return err_set(e, ERR_FORMAT, "%s: no project file of nemg, or damaged", s->path);
    if (code == SQLITE_NOMEM)
        return err_set(e, ERR_MEMORY, "%s: no memory", s->path);
    return err_set(e, ERR_IO, "%s: %s", s->path, sqlite3_errmsg(s->db));
}

// One statement with its values: 's' const char * (NULL: null), 'f' double, 'i' long long.
static int prepare(sqlite3_stmt **out, struct store *s, const char *sql, const char *kinds,
                   struct err *e, ...)
{
    va_list values;
    int bad = sqlite3_prepare_v2(s->db, sql, -1, out, NULL);
    va_start(values, e);
    for (int i = 0; !bad && kinds[i]; i++) {
        if (kinds[i] == 's')
            bad = sqlite3_bind_text(*out, i + 1, va_arg(values, const char *), -1,
                                    SQLITE_TRANSIENT);
        else if (kinds[i] == 'f')
            bad = sqlite3_bind_double(*out, i + 1, va_arg(values, double));
        else
            bad = sqlite3_bind_int64(*out, i + 1, va_arg(values, long long));
    }
    va_end(values);
    if (!bad)
        return 0;
    int rc = failed(s, e);
    sqlite3_finalize(*out);
    *out = NULL;
    return rc;
}

// A statement that gives no rows.
static int finish(struct store *s, sqlite3_stmt *statement, struct err *e)
{
    int rc = sqlite3_step(statement) == SQLITE_DONE ? 0 : failed(s, e);
    sqlite3_finalize(statement);
    return rc;
}

static int pragma(long long *out, struct store *s, const char *sql, struct err *e)
{
    sqlite3_stmt *q;
    int rc = prepare(&q, s, sql, "", e);
    if (rc < 0)
        return rc;
    rc = sqlite3_step(q) == SQLITE_ROW ? 0 : failed(s, e);
    *out = rc == 0 ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return rc;
}

static int check_version(struct store *s, struct err *e)
{
    long long application, version, n_tables;
    int rc = pragma(&n_tables, s, "SELECT count(*) FROM sqlite_schema", e);
    if (rc == 0)
        rc = pragma(&application, s, "PRAGMA application_id", e);
    if (rc == 0)
        rc = pragma(&version, s, "PRAGMA user_version", e);
    if (rc < 0)
        return rc;
    if (n_tables == 0 && application == 0 && version == 0)
        return sqlite3_exec(s->db, schema, NULL, NULL, NULL) ? failed(s, e) : 0;
    if (application != APPLICATION)
        return err_set(e, ERR_FORMAT, "%s: a database of another program", s->path);
    if (version != STORE_VERSION)
        return err_set(
            e, ERR_FORMAT,
            "%s: a project file of version %lld, this program knows %d: it stays as it "
            "is; --project takes another one",
            s->path, version, STORE_VERSION);
    return 0;
}

static char *default_path(struct err *e)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    char *folder = NULL, *path = NULL;
    if (data && *data == '/')
        folder = mem_printf("%s/nemg", data);
    else if (home && *home == '/')
        folder = mem_printf("%s/.local/share/nemg", home);
    if (!folder)
        (void)err_set(e, ERR_USAGE, "no HOME for the project file: --project FILE names one");
    else if (file_make_folders(folder, e) == 0 && !(path = path_join(folder, "project.nemg")))
        (void)err_set(e, ERR_MEMORY, "no memory for the project file");
    mem_free(folder);
    return path;
}

static char *choose_author(const char *author)
{
    const struct passwd *p = author ? NULL : getpwuid(getuid());
    return mem_strdup(author ? author : p ? p->pw_name : "unknown");
}

int store_open(struct store **out, const char *path, const char *author, struct err *e)
{
    struct store *s = *out = mem_zalloc(sizeof *s);
    if (!s)
        return err_set(e, ERR_MEMORY, "no memory for the project file");
    pthread_mutex_init(&s->lock, NULL);
    s->path = path ? mem_strdup(path) : default_path(e);
    s->author = choose_author(author);
    int rc = !s->path     ? (path ? err_set(e, ERR_MEMORY, "no memory for a path") : e->code)
             : !s->author ? err_set(e, ERR_MEMORY, "no memory for a name")
                          : 0;
    if (rc == 0 &&
        sqlite3_open_v2(s->path, &s->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX,
                        NULL))
        rc = failed(s, e);
    if (rc == 0)
        rc = sqlite3_busy_timeout(s->db, BUSY_MS) ? failed(s, e) : check_version(s, e);
    if (rc < 0) {
        store_close(s);
        *out = NULL;
    }
    return rc;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    sqlite3_close(s->db);
    pthread_mutex_destroy(&s->lock);
    mem_free(s->path);
    mem_free(s->author);
    mem_free(s);
}

const char *store_author(const struct store *s)
{
    return s->author;
}

static void now(char out[CLOCK_ISO_BYTES])
{
    clock_iso_utc(out, clock_wall_s());
}

int store_touch(struct store *s, const char *key, const char *name, struct err *e)
{
    char at[CLOCK_ISO_BYTES];
    sqlite3_stmt *q;
    now(at);
    pthread_mutex_lock(&s->lock);
    int rc = prepare(&q, s,
                     "INSERT INTO recording VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
                     "name = excluded.name, opened = excluded.opened",
                     "sss", e, key, name, at);
    if (rc == 0)
        rc = finish(s, q, e);
    pthread_mutex_unlock(&s->lock);
    return rc;
}

static json_t *text_at(sqlite3_stmt *q, int column)
{
    return jsontext_string((const char *)sqlite3_column_text(q, column));
}

static json_t *recent_row(sqlite3_stmt *q)
{
    return json_pack("{s:o, s:o, s:o}", "key", text_at(q, 0), "name", text_at(q, 1), "opened",
                     text_at(q, 2));
}

static json_t *annotation_row(sqlite3_stmt *q)
{
    return json_pack("{s:I, s:f, s:f, s:i, s:o, s:o, s:o, s:o}", "annotation",
                     (json_int_t)sqlite3_column_int64(q, 0), "onset_s",
                     sqlite3_column_double(q, 1), "duration_s", sqlite3_column_double(q, 2),
                     "channel", sqlite3_column_int(q, 3), "label", text_at(q, 4), "text",
                     text_at(q, 5), "author", text_at(q, 6), "at", text_at(q, 7));
}

// All rows of a statement, which ends with that.
static int collect(json_t **out, struct store *s, sqlite3_stmt *q,
                   json_t *(*row)(sqlite3_stmt *q), struct err *e)
{
    int step, rc = 0;
    *out = json_array();
    while ((step = sqlite3_step(q)) == SQLITE_ROW)
        if (json_array_append_new(*out, row(q)))
            rc = err_set(e, ERR_MEMORY, "no memory for annotations");
    if (rc == 0 && step != SQLITE_DONE)
        rc = failed(s, e);
    sqlite3_finalize(q);
    if (rc < 0) {
        json_decref(*out);
        *out = NULL;
    }
    return rc;
}

int store_recent(json_t **out, struct store *s, size_t n, struct err *e)
{
    sqlite3_stmt *q;
    *out = NULL;
    pthread_mutex_lock(&s->lock);
    int rc =
        prepare(&q, s, "SELECT key, name, opened FROM recording ORDER BY opened DESC LIMIT ?",
                "i", e, (long long)n);
    if (rc == 0)
        rc = collect(out, s, q, recent_row, e);
    pthread_mutex_unlock(&s->lock);
    return rc;
}

int store_annotations(json_t **out, struct store *s, const char *key, struct err *e)
{
    sqlite3_stmt *q;
    *out = NULL;
    pthread_mutex_lock(&s->lock);
    int rc =
        prepare(&q, s,
                "SELECT id, onset_s, duration_s, channel, label, text, author, at FROM "
                "annotation_event AS a WHERE recording = ? AND action = 'add' AND NOT EXISTS "
                "(SELECT 1 FROM annotation_event AS d WHERE d.of = a.id) ORDER BY onset_s, id",
                "s", e, key);
    if (rc == 0)
        rc = collect(out, s, q, annotation_row, e);
    pthread_mutex_unlock(&s->lock);
    return rc;
}

int store_annotate(long long *id, struct store *s, const char *key, const struct annotation *a,
                   struct err *e)
{
    char at[CLOCK_ISO_BYTES];
    sqlite3_stmt *q;
    now(at);
    pthread_mutex_lock(&s->lock);
    int rc = prepare(&q, s,
                     "INSERT INTO annotation_event (at, author, action, recording, onset_s, "
                     "duration_s, channel, label, text) VALUES (?, ?, 'add', ?, ?, ?, ?, ?, ?)",
                     "sssffiss", e, at, s->author, key, a->onset_s, a->duration_s,
                     (long long)a->channel, a->label, a->text);
    if (rc == 0)
        rc = finish(s, q, e);
    *id = rc == 0 ? sqlite3_last_insert_rowid(s->db) : 0;
    pthread_mutex_unlock(&s->lock);
    return rc;
}

int store_delete(struct store *s, const char *key, long long id, struct err *e)
{
    char at[CLOCK_ISO_BYTES];
    sqlite3_stmt *q;
    now(at);
    pthread_mutex_lock(&s->lock);
    int rc =
        prepare(&q, s,
                "INSERT OR IGNORE INTO annotation_event (at, author, action, recording, of) "
                "SELECT ?, ?, 'delete', recording, id FROM annotation_event WHERE id = ? AND "
                "recording = ? AND action = 'add'",
                "ssis", e, at, s->author, id, key);
    if (rc == 0)
        rc = finish(s, q, e);
    if (rc == 0 && sqlite3_changes(s->db) == 0)
        rc = err_set(e, ERR_USAGE, "no such annotation");
    pthread_mutex_unlock(&s->lock);
    return rc;
}
