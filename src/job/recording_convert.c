/* recording_convert.c: see recording_convert.h. */
#include "job/recording_convert.h"

#include "base/err.h"
#include "base/jsontext.h"
#include "wave/recording.h"
#include "wave/recording_write.h"

#include <math.h>
#include <stdbool.h>

// What a format without them would lose.
static bool has_more_than_samples(const struct recording *r)
{
    return r->n_annotations || r->n_notes || r->patient || r->muscle || r->side || r->site ||
           r->start_time || r->polarity != POLARITY_UNKNOWN;
}

static json_t *describe(const struct recording_convert_options *o, const struct recording *r)
{
    const struct recording_format_facts *f = recording_write_format(o->out, o->format);
    json_t *repairs = json_array();
    for (size_t i = 0; i < r->n_repairs; i++)
        json_array_append_new(repairs, jsontext_string(r->repairs[i]));
    return json_pack("{s:o, s:o, s:s, s:I, s:f, s:I, s:o, s:o}", "in", jsontext_string(o->in),
                     "out", jsontext_string(o->out), "format", f->name, "n_channels",
                     (json_int_t)r->n_channels, "duration_s", recording_duration_s(r),
                     "n_annotations", (json_int_t)r->n_annotations, "left_out",
                     jsontext_string(has_more_than_samples(r) ? f->leaves_out : NULL),
                     "repairs", repairs);
}

int recording_convert(json_t **report, const struct recording_convert_options *o, struct err *e)
{
    struct recording *whole = NULL, *part = NULL;
    *report = NULL;
    int rc = recording_write_check(o->out, o->format, e);
    if (rc == 0)
        rc = recording_open(&whole, o->in, o->hints, e);
    if (rc < 0 || !whole)
        return rc;
    struct recording *r = whole;
    if (o->from_s != 0 || o->to_s > 0 || o->channel) {
        double to_s = o->to_s > 0 ? o->to_s : HUGE_VAL;
        rc = recording_slice(&part, whole, o->from_s, to_s, (int)o->channel - 1, e);
        r = part;
    }
    if (rc == 0)
        rc = recording_write(o->out, o->format, r, e);
    if (rc == 0 && !(*report = describe(o, r)))
        rc = err_set(e, ERR_MEMORY, "no memory for the description");
    recording_close(part);
    recording_close(whole);
    return rc;
}
