/* album.c: see album.h. */
#include "web/album.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "web/guard.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

struct album {
    pthread_mutex_t lock;
    const char *scratch;
    char ids[ALBUM_MAX][ALBUM_ID_BYTES]; // a ring
    size_t n_added;
};

int album_new(struct album **out, const char *scratch, struct err *e)
{
    struct album *a = *out = mem_zalloc(sizeof *a);
    if (!a)
        return err_set(e, ERR_MEMORY, "no memory for pictures");
    pthread_mutex_init(&a->lock, NULL);
    a->scratch = scratch;
    return 0;
}

static char *path_of(const struct album *a, const char *id)
{
    return mem_printf("%s/%s.png", a->scratch, id);
}

static void forget(struct album *a, size_t i)
{
    struct err e;
    char *path = a->ids[i][0] ? path_of(a, a->ids[i]) : NULL;
    if (path)
        (void)file_remove(path, &e);
    mem_free(path);
    a->ids[i][0] = 0;
}

void album_free(struct album *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < ALBUM_MAX; i++)
        forget(a, i);
    pthread_mutex_destroy(&a->lock);
    mem_free(a);
}

int album_add(char id[ALBUM_ID_BYTES], struct album *a, const struct image *im, struct err *e)
{
    unsigned char *png = NULL;
    size_t n;
    int rc = guard_random_hex(id, ALBUM_ID_BYTES - 1, e);
    if (rc == 0)
        rc = image_encode_png(&png, &n, im, e);
    char *path = rc == 0 ? path_of(a, id) : NULL;
    if (rc == 0)
        rc = path ? file_write(path, png, n, e) : err_set(e, ERR_MEMORY, "no memory");
    if (rc == 0) {
        pthread_mutex_lock(&a->lock);
        size_t i = a->n_added++ % ALBUM_MAX;
        forget(a, i);
        memcpy(a->ids[i], id, ALBUM_ID_BYTES);
        pthread_mutex_unlock(&a->lock);
    }
    mem_free(path);
    mem_free(png);
    return rc;
}

char *album_path(struct album *a, const char *id)
{
    bool is_there = false;
    pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < ALBUM_MAX && !is_there; i++)
        is_there = a->ids[i][0] && strcmp(a->ids[i], id) == 0;
    pthread_mutex_unlock(&a->lock);
    return is_there ? path_of(a, id) : NULL;
}

void album_id_of(char id[ALBUM_ID_BYTES], const char *path)
{
    const char *base = path_base(path);
    size_t n = strcspn(base, ".");
    n = n < ALBUM_ID_BYTES ? n : ALBUM_ID_BYTES - 1;
    memcpy(id, base, n);
    id[n] = 0;
}
