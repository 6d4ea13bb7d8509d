/* source_pictures.c: examples from class folders of pictures, stored as they are. */
#include "data/data_priv.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/pictures.h"
#include "image/image.h"
#include "tf/example.h"

#include <string.h>

static int check(const struct dataset_build_options *o, struct err *e)
{
    if (!file_is_folder(o->images))
        return err_set(e, ERR_IO, "%s: not a folder; wanted one with a folder per class",
                       o->images);
    return 0;
}

static int scan(struct build *b, struct err *e)
{
    int rc = pictures_scan(&b->p, b->o->images, b->o->n_threads, b->monitor, e);
    return rc == 0 ? build_find_patients(b, &b->p, e) : rc;
}

static struct example_bytes bytes_of(const char *s)
{
    return (struct example_bytes){(const unsigned char *)s, s ? strlen(s) : 0};
}

static int example(struct example *out, const struct build *b, const struct item *x,
                   struct buffer *scratch, struct err *e)
{
    unsigned char *encoded;
    size_t n;
    char *path = path_join(b->o->images, x->file);
    int rc = path ? file_read(&encoded, &n, path, IMAGE_MAX_BYTES, e)
                  : err_set(e, ERR_MEMORY, "%s: no memory", x->file);
    mem_free(path);
    if (rc < 0)
        return rc;
    buffer_append(scratch, encoded, n);
    mem_free(encoded);
    if (scratch->failed)
        return err_set(e, ERR_MEMORY, "%s: no memory", x->file);
    *out = (struct example){
        .encoded = {scratch->data, scratch->n},
        .format = bytes_of(x->format),
        .filename = bytes_of(x->file),
        .patient = bytes_of(x->patient),
        .recording = bytes_of(x->recording),
        .muscle = bytes_of(x->muscle),
        .label = (int64_t)x->label,
        .height = (int64_t)x->height,
        .width = (int64_t)x->width,
    };
    return 0;
}

static void release(struct build *b)
{
    items_release(&b->p);
}

const struct source source_pictures = {
    .check = check,
    .scan = scan,
    .example = example,
    .release = release,
};
