/*
 * api_discharges.c: single discharges of a stretch, which of them look alike, and what the rules
 * say of a window: detect/ and job/second_opinion.h for the browser.
 */
#include "web/routes.h"

#include "base/err.h"
#include "base/mem.h"
#include "detect/segment.h"
#include "detect/trains.h"
#include "job/second_opinion.h"
#include "wave/recording.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/shelf.h"
#include "web/stretch.h"
#include "web/workbench.h"

#include <math.h>

static const double discharges_max_s = 60, opinion_max_s = 10;

struct place {
    size_t channel;
    double from_s, duration_s;
};

static int parse_place(struct place *out, const struct request *q, const struct recording *r,
                       double max_s, struct err *e)
{
    double end_s = recording_duration_s(r);
    if (r->n_channels == 0)
        return err_set(e, ERR_FORMAT, "a recording without channels");
    int rc = request_count(&out->channel, q, "channel", 0, 0, r->n_channels - 1, e);
    if (rc == 0)
        rc = request_number(&out->from_s, q, "from", 0, 0, end_s, e);
    if (rc == 0)
        rc = request_number(&out->duration_s, q, "duration", fmin(max_s, 10), 1e-6, max_s, e);
    return rc;
}

static json_t *rhythm_json(const struct train_rhythm *t)
{
    if (!t->has_rhythm)
        return json_pack("{s:I, s:n, s:n, s:n}", "n", (json_int_t)t->n, "rate_hz", "cv",
                         "mcd_ms");
    return json_pack("{s:I, s:f, s:f, s:f}", "n", (json_int_t)t->n, "rate_hz", t->rate_hz, "cv",
                     t->cv, "mcd_ms", t->mcd_ms);
}

static json_t *trains_json(const struct segments *s, const struct trains *t, double from_s)
{
    json_t *discharges = json_array(), *trains = json_array();
    for (size_t i = 0; i < s->n; i++) {
        const struct segment *g = &s->list[i];
        json_array_append_new(discharges,
                              json_pack("[f, f, f, I]", from_s + (double)g->first / s->rate_hz,
                                        (double)(g->end - g->first) / s->rate_hz, g->amplitude,
                                        (json_int_t)g->train));
    }
    for (size_t i = 0; i < t->n; i++)
        json_array_append_new(trains, rhythm_json(&t->list[i]));
    return json_pack("{s:o, s:o}", "discharges", discharges, "trains", trains);
}

static int find(struct reply *out, float *x, size_t n, double rate_hz, double from_s,
                struct err *e)
{
    struct segments s = {0};
    struct trains *t = mem_zalloc(sizeof *t);
    int rc = t ? segments_find(&s, x, n, rate_hz, e)
               : err_set(e, ERR_MEMORY, "no memory for discharges");
    if (rc == 0)
        rc = trains_of(t, &s, e);
    if (rc == 0)
        rc = reply_json(out, trains_json(&s, t, from_s), e);
    segments_release(&s);
    mem_free(t);
    return rc;
}

ROUTE_HANDLER(api_discharges)
{
    struct shelf_item *item;
    struct place p;
    float *x = NULL;
    size_t n = 0;
    double rate_hz = 1;
    int rc = shelf_take(&item, out, w->shelf, q->parameters[0], e);
    if (rc == 0)
        rc = parse_place(&p, q, item->recording, discharges_max_s, e);
    if (rc == 0) {
        rate_hz = item->recording->channels[p.channel].rate_hz;
        const struct stretch s = {.channel = p.channel,
                                  .first = (uint64_t)llround(p.from_s * rate_hz),
                                  .n = (size_t)llround(p.duration_s * rate_hz)};
        rc = stretch_read(&x, &n, item->recording, &s, e);
        // positive values are positive potentials
        bool turns = item->recording->polarity == POLARITY_NEGATIVE_UP;
        for (size_t i = 0; rc == 0 && turns && i < n; i++)
            x[i] = -x[i];
    }
    shelf_give(w->shelf, item);
    if (rc == 0)
        rc = find(out, x, n, rate_hz, p.from_s, e);
    mem_free(x);
    return rc;
}

ROUTE_HANDLER(api_opinion)
{
    struct shelf_item *item;
    struct place p;
    struct opinion opinion;
    struct second_opinion *second = NULL;
    int rc = shelf_take(&item, out, w->shelf, q->parameters[0], e);
    if (rc == 0)
        rc = parse_place(&p, q, item->recording, opinion_max_s, e);
    if (rc == 0)
        rc = second_opinion_new(&second, item->recording, p.channel, e);
    if (rc == 0)
        rc = second_opinion_of(&opinion, second, p.from_s, p.from_s + p.duration_s, e);
    if (rc == 0)
        rc = reply_json(
            out, json_pack("{s:o}", "opinion", opinion_json(&opinion, OPINION_UNCOMPARABLE)),
            e);
    second_opinion_free(second);
    shelf_give(w->shelf, item);
    return rc;
}
