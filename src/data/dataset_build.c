/* dataset_build.c: see dataset_build.h. */
#include "data/dataset_build.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "base/text.h"
#include "data/data_priv.h"
#include "data/manifest.h"
#include "tf/example.h"
#include "tf/labels.h"
#include "tf/tfrecord.h"

#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 1, MAX_SHARDS = 99999 };

struct dataset_build_options dataset_build_defaults(void)
{
    return (struct dataset_build_options){
        .split = {.method = SPLIT_FILE, .validation = 0.2},
        .n_shards = 5,
        .name = "emg",
        .n_threads = 2,
        .kind = INPUT_SIGNAL,
        .excerpts = excerpts_defaults(),
    };
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to build a data set");
}

static const struct source *source_of(const struct dataset_build_options *o)
{
    return o->dataset ? &source_dataset : o->recordings ? &source_recordings : &source_pictures;
}

// What can be known before the long part.
// "emg_train_00000-of-00005.tfrecord" of --name emg.
static bool is_shard_of(const char *file, const char *name)
{
    size_t n = strlen(name);
    if (strncmp(file, name, n) != 0 || file[n] != '_')
        return false;
    for (int s = 0; s < SPLIT_N_SIDES; s++) {
        const char *at = file + n + 1;
        size_t n_side = strlen(split_sides[s]);
        if (!strncmp(at, split_sides[s], n_side) && at[n_side] == '_' &&
            strspn(at + n_side + 1, "0123456789") == 5 &&
            !strncmp(at + n_side + 6, "-of-", 4) &&
            strspn(at + n_side + 10, "0123456789") == 5 &&
            !strcmp(at + n_side + 15, ".tfrecord"))
            return true;
    }
    return false;
}

// What the data set that is there was called; mem_free(). NULL: there is none, or it does not say.
static char *find_old_name(const struct dataset_build_options *o)
{
    struct err ignored;
    json_t *root = NULL;
    const char *name;
    char *copy = NULL, *json = path_join(o->out, "dataset.json");
    if (json && file_exists(json) && jsonfile_read(&root, json, &ignored) == 0 &&
        jsonfile_get_string(&name, root, "name", json, &ignored) == 0)
        copy = mem_strdup(name);
    json_decref(root);
    mem_free(json);
    return copy;
}

// A shard of the data set that is to be made, or of the one that it replaces.
static bool is_shard_of_ours(const char *file, const char *name, const char *old_name)
{
    return is_shard_of(file, name) || (old_name && is_shard_of(file, old_name));
}

// Nothing of worth is replaced, and no shard of another data set is read as part of this one.
static int check_out(const struct dataset_build_options *o, struct err *e)
{
    struct file_list l;
    bool has_set = false;
    const char *foreign = NULL, *shard = NULL;
    if (file_is_same(o->out, o->recordings ? o->recordings : o->images))
        return err_set(e, ERR_USAGE, "%s: is what the examples come from: name another folder",
                       o->out);
    char *old_name = find_old_name(o);
    int rc = file_list_folder(&l, o->out, e);
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        const char *name = l.names[i];
        has_set = has_set || !strcmp(name, "dataset.json");
        if (!strcmp(name, "labels.txt") || text_ends_with_nocase(name, ".tfrecord"))
            foreign = name;
        if (text_ends_with_nocase(name, ".tfrecord") &&
            !is_shard_of_ours(name, o->name, old_name))
            shard = name;
    }
    if (rc == 0 && has_set && !o->want_overwrite)
        rc = err_set(e, ERR_USAGE, "%s: a data set is there already: --force replaces it",
                     o->out);
    else if (rc == 0 && foreign && !o->want_overwrite)
        rc = err_set(e, ERR_USAGE,
                     "%s: holds %s, but no data set of nemg (no dataset.json): name another "
                     "folder, or --force",
                     o->out, foreign);
    else if (rc == 0 && shard)
        rc = err_set(e, ERR_USAGE,
                     "%s: holds %s, which is no shard of \"%s\": name another folder", o->out,
                     shard, o->name);
    file_list_release(&l);
    mem_free(old_name);
    return rc;
}

static int check_options(const struct dataset_build_options *o, struct err *e)
{
    if (!o->n_shards || o->n_shards > MAX_SHARDS)
        return err_set(e, ERR_USAGE, "%zu shards, wanted 1 to %d", o->n_shards, MAX_SHARDS);
    if (!*o->name || strpbrk(o->name, "/\n") || o->name[0] == '.')
        return err_set(e, ERR_USAGE, "name \"%s\", wanted a file name", o->name);
    int rc = source_of(o)->check(o, e);
    if (rc < 0)
        return rc;
    rc = file_make_folders(o->out, e);
    if (rc == 0)
        rc = check_out(o, e);
    return rc == 0 ? file_check_writable(o->out, 0, e) : rc;
}

int build_find_patients(const struct build *b, struct items *x, struct err *e)
{
    if (b->o->manifest)
        return manifest_read(x, b->o->manifest, e);
    return b->o->patient_pattern ? items_match_patients(x, b->o->patient_pattern, e) : 0;
}

static void choose_split(struct build *b)
{
    b->split = b->o->split;
    if (b->o->is_split_given)
        return;
    b->split.method = b->p.has_patients ? SPLIT_PATIENT : SPLIT_FILE;
    if (!b->p.has_patients)
        monitor_note(
            b->monitor,
            "patients are not known: split by file, where %ss of one patient may stand "
            "on both sides (--manifest, --patient-pattern)",
            b->p.noun);
}

static int write_example(struct build *b, struct tfrecord_writer *w, const struct item *x,
                         struct buffer *message, struct buffer *scratch, struct err *e)
{
    struct example example;
    buffer_clear(message);
    buffer_clear(scratch);
    int rc = b->source->example(&example, b, x, scratch, e);
    if (rc < 0)
        return rc;
    example_append(message, &example);
    return message->failed ? no_memory(e)
                           : tfrecord_writer_append(w, message->data, message->n, e);
}

static int hash_file(char *hex, const char *path, struct err *e)
{
    unsigned char *bytes;
    size_t n;
    int rc = file_read(&bytes, &n, path, SIZE_MAX / 2, e);
    if (rc == 0)
        sha256_hex(hex, bytes, n);
    mem_free(bytes);
    return rc;
}

// Writes members[first, last) into one shard and adds its description to shards.
static int write_shard(struct build *b, const char *file, const size_t *members, size_t first,
                       size_t last, json_t *shards, struct err *e)
{
    struct tfrecord_writer *w = NULL;
    struct buffer message = {0}, scratch = {0};
    char hex[SHA256_HEX_BYTES];
    char *path = path_join(b->o->out, file);
    int rc = path ? tfrecord_writer_open(&w, path,
                                         b->o->want_gzip ? TFRECORD_GZIP : TFRECORD_PLAIN, e)
                  : no_memory(e);
    for (size_t i = first; rc == 0 && i < last; i++) {
        rc = write_example(b, w, &b->p.items[members[i]], &message, &scratch, e);
        monitor_progress(b->monitor, "writing examples", ++b->n_written, b->p.n, "");
        if (rc == 0 && monitor_is_cancelled(b->monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while writing examples");
    }
    if (rc == 0)
        rc = tfrecord_writer_finish(w, e);
    if (rc == 0)
        rc = hash_file(hex, path, e);
    if (rc == 0) {
        buffer_append(&b->hashes, hex, SHA256_HEX_BYTES - 1);
        if (json_array_append_new(shards, json_pack("{s:s, s:I, s:s}", "file", file, "n",
                                                    (json_int_t)(last - first), "sha256", hex)))
            rc = no_memory(e);
    }
    tfrecord_writer_close(w);
    buffer_release(&message);
    buffer_release(&scratch);
    mem_free(path);
    return rc;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The patients of a side, sorted, each once.
static json_t *list_patients(const struct build *b, const size_t *members, size_t n)
{
    json_t *list = json_array();
    const char **names = mem_array(n, sizeof *names);
    for (size_t i = 0; names && i < n; i++)
        names[i] = b->p.items[members[i]].patient;
    if (names && b->p.has_patients) {
        qsort(names, n, sizeof *names, compare_strings);
        for (size_t i = 0; i < n; i++)
            if (i == 0 || strcmp(names[i - 1], names[i]) != 0)
                json_array_append_new(list, json_string(names[i]));
    }
    mem_free(names);
    return list;
}

static json_t *describe_side(const struct build *b, const size_t *members, size_t n,
                             json_t *shards)
{
    json_t *per_class = json_object();
    for (size_t k = 0; k < b->p.n_classes; k++) {
        size_t count = 0;
        for (size_t i = 0; i < n; i++)
            count += b->p.items[members[i]].label == k;
        json_object_set_new(per_class, b->p.classes[k], json_integer((json_int_t)count));
    }
    return json_pack("{s:I, s:o, s:o, s:o}", "n", (json_int_t)n, "per_class", per_class,
                     "patients", list_patients(b, members, n), "shards", shards);
}

static int write_side(struct build *b, enum split_side side, json_t *splits, struct err *e)
{
    size_t n = 0, *members = mem_array(b->p.n, sizeof *members);
    json_t *shards = json_array();
    if (!members || !shards) {
        mem_free(members);
        json_decref(shards);
        return no_memory(e);
    }
    for (size_t i = 0; i < b->p.n; i++)
        if (b->side[b->order[i]] == side)
            members[n++] = b->order[i];
    size_t n_shards = b->o->n_shards, each = (n + n_shards - 1) / n_shards;
    int rc = 0;
    for (size_t s = 0; rc == 0 && n && s < n_shards; s++) {
        size_t first = s * each < n ? s * each : n,
               last = (s + 1) * each < n ? (s + 1) * each : n;
        char *file = mem_printf("%s_%s_%05zu-of-%05zu.tfrecord", b->o->name, split_sides[side],
                                s, n_shards);
        rc = file ? write_shard(b, file, members, first, last, shards, e) : no_memory(e);
        mem_free(file);
    }
    if (rc == 0 && n)
        json_object_set_new(splits, split_sides[side], describe_side(b, members, n, shards));
    else
        json_decref(shards);
    mem_free(members);
    return rc;
}

static json_t *list_left_out(const struct build *b, bool rejected)
{
    json_t *list = json_array();
    for (size_t i = 0; i < b->p.n_left_out; i++)
        if (b->p.left_out[i].is_rejected == rejected)
            json_array_append_new(list, json_pack("{s:s, s:s}", "file", b->p.left_out[i].file,
                                                  "why", b->p.left_out[i].why));
    return list;
}

// Groups of pictures with the same bytes.
static json_t *list_duplicates(const struct build *b)
{
    json_t *groups = json_array(), *by_hash = json_object();
    for (size_t i = 0; i < b->p.n; i++) {
        const struct item *x = &b->p.items[i];
        json_t *group = json_object_get(by_hash, x->sha256);
        if (!group)
            json_object_set_new(by_hash, x->sha256, group = json_array());
        json_array_append_new(group, json_string(x->file));
    }
    for (size_t i = 0; i < b->p.n; i++) {
        json_t *group = json_object_get(by_hash, b->p.items[i].sha256);
        if (json_array_size(group) > 1) {
            json_array_append(groups, group);
            json_object_del(by_hash, b->p.items[i].sha256);
        }
    }
    json_decref(by_hash);
    return groups;
}

static json_t *describe(struct build *b, json_t *splits)
{
    char now[CLOCK_ISO_BYTES], hash[SHA256_HEX_BYTES];
    json_t *classes = json_array();
    for (size_t k = 0; k < b->p.n_classes; k++)
        json_array_append_new(classes, json_string(b->p.classes[k]));
    clock_iso_utc(now, clock_wall_s());
    sha256_hex(hash, b->hashes.data, b->hashes.n);
    return json_pack("{s:i, s:s, s:s, s:s, s:o, s:s, s:I, s:f, s:f, s:O, s:o, s:o, s:o, s:s}",
                     "schema", SCHEMA, "use", "research use only", "name", b->o->name,
                     "created", now, "classes", classes, "split",
                     split_methods[b->split.method], "seed", (json_int_t)b->split.seed,
                     "validation", b->split.validation, "test", b->split.test, "splits", splits,
                     "rejected", list_left_out(b, true), "skipped", list_left_out(b, false),
                     "duplicates", list_duplicates(b), "hash", hash);
}

static void put_csv_field(struct buffer *b, const char *s)
{
    buffer_append(b, "\"", 1);
    for (; *s; s++)
        buffer_append(b, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    buffer_append(b, "\"", 1);
}

static int write_rejected(const struct build *b, struct err *e)
{
    struct buffer text = {0};
    buffer_append(&text, "file,why\n", 9);
    for (size_t i = 0; i < b->p.n_left_out; i++) {
        if (!b->p.left_out[i].is_rejected)
            continue;
        put_csv_field(&text, b->p.left_out[i].file);
        buffer_append(&text, ",", 1);
        put_csv_field(&text, b->p.left_out[i].why);
        buffer_append(&text, "\n", 1);
    }
    char *path = path_join(b->o->out, "rejected.csv");
    int rc = path && !text.failed ? file_write(path, text.data, text.n, e) : no_memory(e);
    buffer_release(&text);
    mem_free(path);
    return rc;
}

// The old data set goes first, its description before its shards.
static int clear_old(const struct dataset_build_options *o, struct err *e)
{
    struct file_list l;
    char *old_name = find_old_name(o);
    int rc = file_list_folder(&l, o->out, e);
    for (int pass = 0; rc == 0 && pass < 2; pass++)
        for (size_t i = 0; rc == 0 && i < l.n; i++) {
            bool is_shard = is_shard_of_ours(l.names[i], o->name, old_name);
            bool is_json = !strcmp(l.names[i], "dataset.json");
            char *path = is_json || is_shard ? path_join(o->out, l.names[i]) : NULL;
            if (path && (pass == 0) == is_json)
                rc = file_remove(path, e);
            mem_free(path);
        }
    file_list_release(&l);
    mem_free(old_name);
    return rc;
}

static int write_all(json_t **report, struct build *b, struct err *e)
{
    json_t *splits = json_object();
    uint64_t n_bytes = 0;
    for (size_t i = 0; i < b->p.n; i++)
        n_bytes += b->p.items[i].n_bytes + 512;
    int rc = splits ? file_check_writable(b->o->out, n_bytes, e) : no_memory(e);
    if (rc == 0 && b->o->want_overwrite)
        rc = clear_old(b->o, e);
    for (int s = 0; rc == 0 && s < SPLIT_N_SIDES; s++)
        rc = write_side(b, (enum split_side)s, splits, e);
    char *labels = path_join(b->o->out, "labels.txt"),
         *json = path_join(b->o->out, "dataset.json");
    if (rc == 0 && (!labels || !json || b->hashes.failed))
        rc = no_memory(e);
    if (rc == 0)
        rc = labels_write(labels, b->p.classes, b->p.n_classes, e);
    if (rc == 0)
        rc = write_rejected(b, e);
    if (rc == 0 && !(*report = describe(b, splits)))
        rc = no_memory(e);
    if (rc == 0 && b->source->describe)
        rc = b->source->describe(*report, b, e);
    if (rc == 0)
        rc = jsonfile_write(json, *report, e);
    mem_free(labels);
    mem_free(json);
    json_decref(splits);
    return rc;
}

int dataset_build(json_t **report, const struct dataset_build_options *o,
                  const struct monitor *monitor, struct err *e)
{
    struct build b = {.o = o, .monitor = monitor};
    b.source = source_of(o);
    *report = NULL;
    int rc = check_options(o, e);
    if (rc == 0)
        rc = b.source->scan(&b, e);
    if (rc == 0) {
        choose_split(&b);
        b.side = mem_array(b.p.n, sizeof *b.side);
        b.order = mem_array(b.p.n, sizeof *b.order);
        rc = b.side && b.order ? split_items(b.side, b.order, &b.p, &b.split, e) : no_memory(e);
    }
    if (rc == 0 && b.source->after_split)
        rc = b.source->after_split(&b, e);
    if (rc == 0)
        rc = write_all(report, &b, e);
    if (rc < 0) {
        json_decref(*report);
        *report = NULL;
    }
    buffer_release(&b.hashes);
    mem_free(b.side);
    mem_free(b.order);
    b.source->release(&b);
    return rc;
}
