/* api_annotations.c: what the file says of its events, and what persons say here. */
#include "web/routes.h"

#include "base/err.h"
#include "base/jsontext.h"
#include "base/text.h"
#include "wave/recording.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/shelf.h"
#include "web/store.h"
#include "web/workbench.h"

#include <math.h>
#include <string.h>

enum { FILE_ANNOTATIONS_MAX = 20000 };

static json_t *of_file(const struct recording *r)
{
    size_t n =
        r->n_annotations < FILE_ANNOTATIONS_MAX ? r->n_annotations : FILE_ANNOTATIONS_MAX;
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        const struct annotation *a = &r->annotations[i];
        json_array_append_new(list, json_pack("{s:f, s:f, s:i, s:o}", "onset_s", a->onset_s,
                                              "duration_s", a->duration_s, "channel",
                                              a->channel, "label", jsontext_string(a->label)));
    }
    return list;
}

ROUTE_HANDLER(api_annotations_get)
{
    struct shelf_item *item;
    json_t *own = NULL;
    int rc = shelf_take(&item, out, w->shelf, q->parameters[0], e);
    if (rc == 0)
        rc = store_annotations(&own, w->store, item->key, e);
    if (rc == 0)
        rc = reply_json(out,
                        json_pack("{s:o, s:I, s:o}", "file", of_file(item->recording), "n_file",
                                  (json_int_t)item->recording->n_annotations, "own", own),
                        e);
    shelf_give(w->shelf, item);
    return rc;
}

static int parse(struct annotation *a, json_t *body, const struct recording *r, struct err *e)
{
    json_error_t why;
    const char *text = NULL;
    *a = (struct annotation){.channel = -1};
    if (json_unpack_ex(body, &why, JSON_STRICT, "{s:F, s?F, s?i, s:s, s?s}", "onset_s",
                       &a->onset_s, "duration_s", &a->duration_s, "channel", &a->channel,
                       "label", &a->label, "text", &text))
        return err_set(e, ERR_USAGE, "annotation: %s", why.text);
    a->text = text && *text ? text : NULL;
    double end_s = recording_duration_s(r);
    if (!(a->onset_s >= 0 && a->duration_s >= 0 && a->onset_s + a->duration_s <= end_s + 1e-6))
        return err_set(e, ERR_USAGE, "annotation: from %g s, %g s long, in a recording of %g s",
                       a->onset_s, a->duration_s, end_s);
    if (a->channel < -1 || a->channel >= (int)r->n_channels)
        return err_set(e, ERR_USAGE, "annotation: no channel %d", a->channel);
    size_t n_label = strlen(a->label);
    if (n_label == 0 || n_label > STORE_LABEL_BYTES || strcspn(a->label, "\t\r\n") != n_label)
        return err_set(e, ERR_USAGE,
                       "annotation: a label of %zu bytes, wanted one line of 1 to %d", n_label,
                       STORE_LABEL_BYTES);
    if (text && strlen(text) > STORE_TEXT_BYTES)
        return err_set(e, ERR_LIMIT, "annotation: a text of over %d bytes", STORE_TEXT_BYTES);
    return 0;
}

ROUTE_HANDLER(api_annotations_post)
{
    struct shelf_item *item;
    struct annotation a = {0};
    long long id = 0;
    int rc = shelf_take(&item, out, w->shelf, q->parameters[0], e);
    if (rc == 0)
        rc = parse(&a, q->json, item->recording, e);
    if (rc == 0)
        rc = store_annotate(&id, w->store, item->key, &a, e);
    shelf_give(w->shelf, item);
    if (rc < 0)
        return rc;
    out->status = 201;
    return reply_json(out, json_pack("{s:I}", "annotation", (json_int_t)id), e);
}

ROUTE_HANDLER(api_annotations_delete)
{
    struct shelf_item *item;
    int64_t id;
    if (!text_to_i64(&id, q->parameters[1]))
        return routes_missing(out, "annotation", e);
    int rc = shelf_take(&item, out, w->shelf, q->parameters[0], e);
    if (rc == 0)
        rc = store_delete(w->store, item->key, id, e);
    shelf_give(w->shelf, item);
    if (rc == ERR_USAGE)
        out->status = 404;
    return rc;
}
