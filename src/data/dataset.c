/* dataset.c: see dataset.h. */
#include "data/dataset.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "base/text.h"
#include "image/imagecache.h"
#include "tf/labels.h"
#include "tf/tfrecord.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int no_memory(const char *folder, struct err *e)
{
    return err_set(e, ERR_MEMORY, "%s: no memory for a data set", folder);
}

static int read_description(struct dataset *d, const char *path, struct err *e)
{
    long long schema = 0;
    const char *hash = "";
    json_t *splits;
    int rc = jsonfile_read(&d->description, path, e);
    if (rc == 0)
        rc = jsonfile_get_integer(&schema, d->description, "schema", path, e);
    if (rc == 0 && schema != 1)
        rc = err_set(e, ERR_UNSUPPORTED, "%s: schema %lld, wanted 1", path, schema);
    if (rc == 0)
        rc = jsonfile_get_object(&splits, d->description, "splits", path, e);
    if (rc == 0)
        rc = jsonfile_get_string(&hash, d->description, "hash", path, e);
    snprintf(d->hash, sizeof d->hash, "%s", hash);
    return rc;
}

int dataset_open(struct dataset *out, const char *folder, struct err *e)
{
    *out = (struct dataset){0};
    char *labels = path_join(folder, "labels.txt"), *json = path_join(folder, "dataset.json");
    out->folder = mem_strdup(folder);
    int rc = labels && json && out->folder ? 0 : no_memory(folder, e);
    if (rc == 0 && !file_exists(labels))
        rc = err_set(e, ERR_IO,
                     "%s: no data set: it has no labels.txt (make one: nemg dataset build)",
                     folder);
    if (rc == 0)
        rc = labels_read(&out->labels, &out->n_classes, labels, e);
    if (rc == 0 && file_exists(json))
        rc = read_description(out, json, e);
    mem_free(labels);
    mem_free(json);
    if (rc < 0)
        dataset_close(out);
    return rc;
}

void dataset_close(struct dataset *d)
{
    labels_free(d->labels, d->n_classes);
    json_decref(d->description);
    mem_free(d->folder);
    *d = (struct dataset){0};
}

void dataset_split_hash(char out[SHA256_HEX_BYTES], const struct dataset *d, const char *split)
{
    const json_t *splits = json_object_get(d->description, "splits"), *shard;
    const json_t *shards = json_object_get(json_object_get(splits, split), "shards");
    struct buffer hashes = {0};
    size_t i;
    out[0] = '\0';
    json_array_foreach(shards, i, shard)
    {
        const char *hash = json_string_value(json_object_get(shard, "sha256"));
        if (hash)
            buffer_append(&hashes, hash, strlen(hash));
    }
    if (hashes.n && !hashes.failed)
        sha256_hex(out, hashes.data, hashes.n);
    buffer_release(&hashes);
}

int dataset_input(struct input *out, const struct dataset *d, struct err *e)
{
    const json_t *o = json_object_get(d->description, "input");
    *out = input_of_pictures(0);
    return o ? input_from_json(out, o, d->folder, e) : 0;
}

static int add_example(struct examples *x, size_t *capacity, const unsigned char *data,
                       size_t n, struct err *e)
{
    if (x->n == *capacity) {
        size_t more = *capacity ? *capacity * 2 : 1024;
        struct example *examples = mem_resize(x->examples, more, sizeof *examples);
        if (examples)
            x->examples = examples;
        unsigned char **blocks = mem_resize(x->blocks, more, sizeof *blocks);
        if (blocks)
            x->blocks = blocks;
        if (!examples || !blocks)
            return err_set(e, ERR_MEMORY, "no memory for %zu examples", more);
        *capacity = more;
    }
    unsigned char *copy = mem_alloc(n);
    if (!copy)
        return err_set(e, ERR_MEMORY, "no memory for an example of %zu bytes", n);
    memcpy(copy, data, n);
    struct example *to = &x->examples[x->n];
    x->blocks[x->n++] = copy;
    int rc = example_parse(to, copy, n, e);
    if (rc == 0 && !to->encoded.n && !to->signal.n)
        rc = err_set(e, ERR_FORMAT, "neither image/encoded nor emg/signal");
    if (rc == 0 && (to->label < 0 || (uint64_t)to->label >= x->n_classes))
        rc = err_set(e, ERR_FORMAT, "label %lld, labels.txt has %zu classes",
                     (long long)to->label, x->n_classes);
    if (rc == 0)
        x->per_class[to->label]++;
    return rc;
}

static int load_shard(struct examples *x, size_t *capacity, uint64_t *n_bytes, const char *path,
                      struct err *e)
{
    struct tfrecord_reader *r;
    const unsigned char *data;
    size_t n, record = 0;
    int rc = tfrecord_reader_open(&r, path, e);
    while (rc == 0 && (rc = tfrecord_reader_next(r, &data, &n, e)) == 1) {
        *n_bytes += n;
        rc = *n_bytes >> DATASET_MAX_BYTES_SHIFT
                 ? err_set(e, ERR_LIMIT, "over 16 GiB of examples: more than is kept in memory")
                 : add_example(x, capacity, data, n, e);
        if (rc < 0)
            err_prefix(e, "%s: record %zu", path, record);
        record++;
    }
    tfrecord_reader_close(r);
    return rc;
}

// "<name>_<split>_00000-of-00005.tfrecord"
static bool is_shard_of(const char *file, const char *split)
{
    const char *end = strstr(file, "-of-");
    char middle[64];
    snprintf(middle, sizeof middle, "_%s_", split);
    return end && text_ends_with_nocase(file, ".tfrecord") && strstr(file, middle);
}

int examples_load(struct examples *out, const struct dataset *d, const char *split,
                  struct err *e)
{
    struct file_list l;
    size_t capacity = 0, n_shards = 0;
    uint64_t n_bytes = 0;
    *out = (struct examples){.n_classes = d->n_classes};
    out->per_class = mem_array(d->n_classes, sizeof *out->per_class);
    int rc = out->per_class ? file_list_folder(&l, d->folder, e) : no_memory(d->folder, e);
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        if (!is_shard_of(l.names[i], split))
            continue;
        char *path = path_join(d->folder, l.names[i]);
        rc = path ? load_shard(out, &capacity, &n_bytes, path, e) : no_memory(d->folder, e);
        mem_free(path);
        n_shards++;
    }
    if (rc == 0 && !n_shards)
        rc = err_set(e, ERR_USAGE, "%s: no split \"%s\" (no file *_%s_*.tfrecord)", d->folder,
                     split, split);
    if (rc == 0 && !out->n)
        rc = err_set(e, ERR_USAGE, "%s: split \"%s\" is empty", d->folder, split);
    if (out->per_class)
        file_list_release(&l);
    if (rc < 0)
        examples_release(out);
    return rc;
}

// What a decoded picture takes compressed: of 360 x 270 photographs 3.9 times their JPEG, of 320 x 240
// sweeps 2.0 to 3.3 times their PNG; and Snappy makes nothing smaller than 3 bytes of 64.
static double kept_bytes(const struct example *x)
{
    const double times_encoded = 4, least = 1.0 / 20;
    double pixels = x->width > 0 && x->height > 0 ? (double)x->width * (double)x->height : 0;
    return fmax(times_encoded * (double)x->encoded.n, least * 3 * pixels);
}

int examples_keep_decoded(struct examples *x, size_t max_bytes, struct err *e)
{
    double n_bytes = 0;
    if (x->decoded)
        return 0;
    for (size_t i = 0; i < x->n; i++)
        n_bytes += kept_bytes(&x->examples[i]);
    if (n_bytes < (double)max_bytes)
        max_bytes = (size_t)n_bytes;
    return imagecache_new(&x->decoded, x->n, max_bytes, e);
}

void examples_release(struct examples *x)
{
    imagecache_free(x->decoded);
    for (size_t i = 0; i < x->n; i++)
        mem_free(x->blocks[i]);
    mem_free(x->blocks);
    mem_free(x->examples);
    mem_free(x->per_class);
    *x = (struct examples){0};
}
