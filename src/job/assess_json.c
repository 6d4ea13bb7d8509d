/* assess_json.c: numbers with their intervals as JSON. See assess_priv.h. */
#include "job/assess_priv.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "stats/estimate.h"

#include <math.h>

void assess_why(json_t *not_computable, const char *at, const char *member, const char *why)
{
    char *pointer = at ? mem_printf("%s%s", at, member) : NULL;
    if (pointer) // without memory the null stays, and the report fails as a whole soon
        json_object_set_new(not_computable, pointer, json_string(why));
    mem_free(pointer);
}

char *assess_pointer(const char *parent, const char *name, const char *member)
{
    struct buffer b = {0};
    buffer_printf(&b, "%s/", parent);
    for (const char *s = name; *s; s++)
        if (*s == '~' || *s == '/')
            buffer_printf(&b, *s == '~' ? "~0" : "~1");
        else
            buffer_append(&b, s, 1);
    buffer_printf(&b, "%s%s", *member ? "/" : "", member);
    buffer_u8(&b, 0);
    char *pointer = b.failed ? NULL : mem_strdup((char *)b.data);
    buffer_release(&b);
    return pointer;
}

json_t *assess_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *interval_json(const struct interval *v)
{
    return isfinite(v->low) && isfinite(v->high) ? json_pack("[f, f]", v->low, v->high)
                                                 : json_null();
}

json_t *assess_ratio(json_t *not_computable, struct ratio r, const char *at, const char *why)
{
    if (!r.is_computable)
        assess_why(not_computable, at, "/value", why);
    return json_pack("{s:o, s:o, s:I, s:I}", "value", assess_number(r.value), "ci95",
                     interval_json(&r.ci95), "part", (json_int_t)r.part, "of",
                     (json_int_t)r.whole);
}

static void put_clustered(json_t *o, json_t *not_computable, const struct clustered *c,
                          bool has_value, const char *at)
{
    json_object_set_new(o, "ci95_patients",
                        c && !c->why ? interval_json(&c->ci95) : json_null());
    if (c && c->why && has_value)
        assess_why(not_computable, at, "/ci95_patients", c->why);
}

// Where there is no bootstrap at all, that is said once, at /bootstrap.
static const struct clustered *clustered_of(const struct assessment *a, size_t measure)
{
    return a->clustered ? &a->clustered[measure] : NULL;
}

json_t *assess_clustered_ratio(struct assessment *a, struct ratio r, size_t measure,
                               const char *at, const char *why)
{
    json_t *o = assess_ratio(a->not_computable, r, at, why);
    put_clustered(o, a->not_computable, clustered_of(a, measure), r.is_computable, at);
    return o;
}

json_t *assess_estimate(json_t *not_computable, struct estimate x, const struct clustered *c,
                        const char *at)
{
    if (x.why)
        assess_why(not_computable, at, "/value", x.why);
    else if (x.why_no_ci95)
        assess_why(not_computable, at, "/ci95", x.why_no_ci95);
    json_t *o = json_pack("{s:o, s:o}", "value", assess_number(x.value), "ci95",
                          interval_json(&x.ci95));
    put_clustered(o, not_computable, c, !x.why, at);
    return o;
}

json_t *assess_clustered_estimate(struct assessment *a, struct estimate x, size_t measure,
                                  const char *at)
{
    return assess_estimate(a->not_computable, x, clustered_of(a, measure), at);
}

json_t *assess_confusion(const struct confusion *c)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < c->n_classes; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < c->n_classes; k++)
            json_array_append_new(row, json_integer((json_int_t)confusion_count(c, i, k)));
        json_array_append_new(rows, row);
    }
    return rows;
}
