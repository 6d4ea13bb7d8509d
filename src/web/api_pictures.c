/* api_pictures.c: pictures that are sent to be looked at. */
#include "web/routes.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "image/image.h"
#include "web/album.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/sandbox.h"
#include "web/upload.h"
#include "web/workbench.h"

static int add(json_t *pictures, struct workbench *w, const struct upload *u, size_t i,
               struct err *e)
{
    struct image im;
    char id[ALBUM_ID_BYTES];
    char *path = upload_path(u, i);
    if (!path)
        return err_set(e, ERR_MEMORY, "no memory for a picture");
    int rc = sandbox_picture(&im, w->sandbox, path, w->scratch, e);
    upload_hide_path(u, i, e);
    mem_free(path);
    if (rc < 0)
        return rc;
    rc = album_add(id, w->album, &im, e);
    if (rc == 0)
        json_array_append_new(pictures,
                              json_pack("{s:s, s:o, s:I, s:I}", "picture", id, "name",
                                        jsontext_string(u->files[i].title), "width",
                                        (json_int_t)im.width, "height", (json_int_t)im.height));
    image_release(&im);
    return rc;
}

ROUTE_HANDLER(api_pictures_post)
{
    json_t *pictures = json_array(), *rejected = json_array();
    const struct upload *u = q->upload;
    int rc = u->n ? 0 : err_set(e, ERR_USAGE, "no file was sent");
    for (size_t i = 0; rc == 0 && i < u->n; i++) {
        struct err why;
        if (add(pictures, w, u, i, &why) < 0) {
            json_array_append_new(rejected, json_pack("{s:o, s:o}", "name",
                                                      jsontext_string(u->files[i].title), "why",
                                                      jsontext_string(why.text)));
            *e = why;
        }
    }
    if (rc == 0 && !json_array_size(pictures))
        rc = e->code;
    if (rc == 0)
        rc = reply_json(out,
                        json_pack("{s:O, s:O}", "pictures", pictures, "rejected", rejected), e);
    json_decref(pictures);
    json_decref(rejected);
    return rc;
}

ROUTE_HANDLER(api_pictures_get)
{
    unsigned char *png;
    size_t n;
    char *path = album_path(w->album, q->parameters[0]);
    if (!path)
        path = album_path(w->answers, q->parameters[0]);
    if (!path)
        return routes_missing(out, "picture", e);
    int rc = file_read(&png, &n, path, IMAGE_MAX_BYTES, e);
    mem_free(path);
    if (rc == 0)
        reply_bytes(out, "image/png", png, n);
    return rc;
}
