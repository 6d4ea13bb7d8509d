/* api_status.c: what this server is and has; its OpenAPI description; its events. */
#include "web/routes.h"

#include "base/err.h"
#include "web/assets.h"
#include "web/modelrack.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/shelf.h"
#include "web/store.h"
#include "web/workbench.h"

ROUTE_HANDLER(api_status)
{
    (void)q;
    json_t *models = modelrack_json(w->models);
    return reply_json(out,
                      json_pack("{s:s, s:o, s:I, s:s, s:b}", "version", w->version, "models",
                                models, "max_upload_bytes", (json_int_t)w->max_upload_bytes,
                                "author", store_author(w->store), "has_recordings",
                                shelf_has_folder(w->shelf)),
                      e);
}

ROUTE_HANDLER(api_openapi)
{
    (void)q, (void)w;
    out->asset = asset_find("/openapi.json");
    if (!out->asset)
        return routes_missing(out, "page", e);
    out->body = REPLY_ASSET;
    return 0;
}

ROUTE_HANDLER(api_events)
{
    (void)q, (void)w, (void)e;
    out->body = REPLY_EVENTS;
    return 0;
}
