/* second_opinion.c: see second_opinion.h. */
#include "job/second_opinion.h"

#include "base/err.h"
#include "base/mem.h"
#include "data/strip.h"
#include "detect/segment.h"
#include "detect/trains.h"
#include "wave/recording.h"

#include <math.h>
#include <string.h>

// A window that is asked for lies at least `before` behind the beginning of its piece.
static const double piece_s = 20, before_s = 5;

struct second_opinion {
    struct strip strip;
    struct rules_facts facts;
    uint64_t first; // of the piece, in samples of the channel
    size_t n;       // 0: none is read
    struct segments segments;
    struct trains trains;
};

int second_opinion_new(struct second_opinion **out, struct recording *r, size_t channel,
                       struct err *e)
{
    *out = NULL;
    struct second_opinion *s = mem_zalloc(sizeof *s);
    if (!s)
        return err_set(e, ERR_MEMORY, "no memory for a second opinion");
    double rate_hz = channel < r->n_channels ? r->channels[channel].rate_hz : 1;
    int rc = strip_of(&s->strip, r, channel, rate_hz, e);
    if (rc < 0) {
        mem_free(s);
        return rc;
    }
    s->facts = (struct rules_facts){r->polarity != POLARITY_UNKNOWN, s->strip.is_uv};
    *out = s;
    return 0;
}

void second_opinion_free(struct second_opinion *s)
{
    if (!s)
        return;
    segments_release(&s->segments);
    mem_free(s);
}

static int read_piece(struct second_opinion *s, double from_s, double to_s, struct err *e)
{
    double rate_hz = s->strip.rate_hz, all = (double)s->strip.n_samples;
    double first = fmin(fmax(0, floor((from_s - before_s) * rate_hz)), all);
    double end = fmin(all, fmax(first + piece_s * rate_hz, ceil(to_s * rate_hz)));
    size_t n = (size_t)(end - first);
    segments_release(&s->segments);
    s->n = 0;
    float *x = mem_array(n, sizeof *x);
    if (!x)
        return err_set(e, ERR_MEMORY, "no memory for a second opinion");
    int rc = n ? strip_read(&s->strip, (uint64_t)first, n, x, e) : 0;
    if (rc == 0)
        rc = segments_find(&s->segments, x, n, rate_hz, e);
    if (rc == 0)
        rc = trains_of(&s->trains, &s->segments, e);
    mem_free(x);
    s->first = (uint64_t)first;
    s->n = rc == 0 ? n : 0;
    return rc;
}

int second_opinion_of(struct opinion *out, struct second_opinion *s, double from_s, double to_s,
                      struct err *e)
{
    double rate_hz = s->strip.rate_hz, all = (double)s->strip.n_samples;
    double from = fmax(0, round(from_s * rate_hz)), to = fmin(all, round(to_s * rate_hz));
    double first = (double)s->first;
    bool has_before = first <= fmax(0, from - before_s * rate_hz);
    int rc =
        s->n && has_before && to <= first + (double)s->n ? 0 : read_piece(s, from_s, to_s, e);
    if (rc < 0)
        return rc;
    first = (double)s->first;
    rules_judge_window(&out->finding, &s->segments, &s->trains, (size_t)fmax(0, from - first),
                       (size_t)fmax(0, to - first), &s->facts);
    out->rate_hz = rate_hz;
    out->from_s = first / rate_hz;
    return 0;
}

static bool has_label(char *const *labels, size_t n, const char *label)
{
    for (size_t k = 0; k < n; k++)
        if (!strcmp(labels[k], label))
            return true;
    return false;
}

enum opinion_agreement opinion_compare(enum rules_class c, const char *label,
                                       char *const *labels, size_t n_labels)
{
    const char *fibs = rules_class_names[RULES_FIBS], *psw = rules_class_names[RULES_PSW];
    if (c == RULES_UNDECIDED || !has_label(labels, n_labels, fibs) ||
        !has_label(labels, n_labels, psw))
        return OPINION_UNCOMPARABLE;
    enum rules_class said = !strcmp(label, fibs)  ? RULES_FIBS
                            : !strcmp(label, psw) ? RULES_PSW
                                                  : RULES_OTHERS;
    return said == c ? OPINION_AGREES : OPINION_DISAGREES;
}

json_t *opinion_agreement_json(enum opinion_agreement a)
{
    return a == OPINION_UNCOMPARABLE ? json_null() : json_boolean(a == OPINION_AGREES);
}

static json_t *range_json(struct rule_range r)
{
    return r.most < r.least ? json_null() : json_pack("[f, f]", r.least, r.most);
}

static json_t *findings_json(const struct rules_finding *x)
{
    json_t *list = json_array();
    for (int k = 0; x->has_discharge && k < RULES_N; k++) {
        const struct rule *r = &rules[k];
        const struct rule_finding *f = &x->rule[k];
        json_array_append_new(
            list,
            json_pack("{s:s, s:o, s:s, s:s, s:s, s:b, s:o, s:o, s:s}", "rule", r->name, "value",
                      isfinite(f->value) ? json_real(f->value) : json_null(), "unit", r->unit,
                      "Fibs", rule_verdict_names[f->fibs], "PSW", rule_verdict_names[f->psw],
                      "decides", r->decides, "range_fibs", range_json(r->fibs), "range_psw",
                      range_json(r->psw), "source", r->source));
    }
    return list;
}

json_t *opinion_json(const struct opinion *o, enum opinion_agreement a)
{
    const struct rules_finding *x = &o->finding;
    bool is_there = x->has_discharge;
    double onset_s = o->from_s + (double)x->first / o->rate_hz;
    return json_pack(
        "{s:s, s:o, s:I, s:o, s:o, s:o}", "points_to", rules_class_names[x->points_to],
        "agrees", opinion_agreement_json(a), "n_discharges", (json_int_t)x->n_discharges,
        "onset_s", is_there ? json_real(onset_s) : json_null(), "duration_ms",
        is_there ? json_real((double)(x->end - x->first) * 1000 / o->rate_hz) : json_null(),
        "findings", findings_json(x));
}
