/*
 * rules.c: see rules.h. Numbers of sources are those of docs/explanation.md; "model" is what the
 * line-source model of a fibre gives (docs/simulator.md), "textbook" general knowledge of the field
 * without a single source.
 */
#include "detect/rules.h"

#include "detect/segment.h"
#include "detect/trains.h"

#include <math.h>
#include <stddef.h>

const char *const rules_class_names[] = {"undecided", "Fibs", "PSW", "Others", NULL};
const char *const rule_verdict_names[] = {"pass", "fail", "not measurable", "no range", NULL};

const struct rule rules[RULES_N] = {
    [RULE_FIRST_DEFLECTION] = {"first_deflection",
                               "first deflection",
                               "",
                               {1, 1},
                               {1, 1},
                               true,
                               "StatPearls [1]; end-plate spikes begin negative [5]"},
    [RULE_DURATION] = {"duration_ms",
                       "duration",
                       "ms",
                       {0.5, 5},
                       {5, 150},
                       false,
                       "fibrillations 1-5 [1], 0.5-2 [2]; sharp waves 10-30 [1], 5-150 [2]"},
    [RULE_RISE] = {"rise_ms",
                   "rise time",
                   "ms",
                   {0, 1.5},
                   {0, 1.5},
                   true,
                   "sharp: a fibre near the needle (textbook)"},
    [RULE_AMPLITUDE] = {"amplitude_uv",
                        "amplitude",
                        "uV",
                        {20, 1000},
                        {20, 1000},
                        false,
                        "20-200 [1], 50-1000 [2], largest means 612 [3]"},
    [RULE_NEGATIVE_RATIO] = {"negative_ratio",
                             "negative / positive",
                             "",
                             {0.4, 4},
                             {0, 0.4},
                             true,
                             "biphasic or triphasic against sharp positive, low negative [1]; "
                             "the number: model"},
    [RULE_PHASES] = {"phases",
                     "phases",
                     "",
                     {2, 3},
                     {1, 2},
                     false,
                     "biphasic or triphasic; positive, then negative [1]"},
    [RULE_TURNS] =
        {"turns", "turns", "", {1, 4}, {1, 3}, false, "one more than phases (textbook)"},
    [RULE_RATE] =
        {"rate_hz", "rate", "Hz", {0.5, 30}, {0.5, 40}, true, "0.5-15 [1], 2-30 and 2-40 [2]"},
    [RULE_VARIATION] =
        {"variation",
         "coefficient of variation",
         "",
         {0, 0.1},
         {0, 0.1},
         false,
         "regular [1]; voluntary units 0.1-0.2 (textbook), end-plate spikes very "
         "irregular [5]; does not decide: irregular fibrillations exist [4], and a "
         "train of which some are missed looks irregular"},
    [RULE_DIFFERENCE] = {"mean_difference_ms",
                         "mean consecutive difference",
                         "ms",
                         {1, 0},
                         {1, 0},
                         false,
                         "told beside the variation; no range was found"},
};

static const double not_measurable = (double)NAN;

static double value_of(enum rule_kind k, const struct segment *g, const struct train_rhythm *r,
                       const struct rules_facts *f)
{
    bool has_rhythm = r && r->has_rhythm;
    double ratio =
        f->knows_polarity && g->positive > 0 ? g->negative / g->positive : not_measurable;
    // of what is cut off only these are sure
    const double values[RULES_N] = {
        [RULE_FIRST_DEFLECTION] = f->knows_polarity ? g->first_sign : not_measurable,
        [RULE_DURATION] = g->is_cut ? not_measurable : g->duration_ms,
        [RULE_RISE] = g->is_cut ? not_measurable : g->rise_ms,
        [RULE_AMPLITUDE] = f->is_uv ? g->amplitude : not_measurable,
        [RULE_NEGATIVE_RATIO] = ratio,
        [RULE_PHASES] = g->is_cut ? not_measurable : (double)g->n_phases,
        [RULE_TURNS] = g->is_cut ? not_measurable : (double)g->n_turns,
        [RULE_RATE] = has_rhythm ? r->rate_hz : not_measurable,
        [RULE_VARIATION] = has_rhythm ? r->cv : not_measurable,
        [RULE_DIFFERENCE] = has_rhythm ? r->mcd_ms : not_measurable,
    };
    return values[k];
}

static enum rule_verdict verdict(double value, struct rule_range range)
{
    if (!isfinite(value))
        return RULE_NOT_MEASURABLE;
    if (range.most < range.least)
        return RULE_NO_RANGE;
    return value >= range.least && value <= range.most ? RULE_PASS : RULE_FAIL;
}

enum fit { FITS, FITS_NOT, MAY_FIT };

static enum fit fit_of(const struct rules_finding *x, bool is_psw)
{
    size_t n_failed = 0;
    bool is_sure = true;
    for (int k = 0; k < RULES_N; k++) {
        enum rule_verdict v = is_psw ? x->rule[k].psw : x->rule[k].fibs;
        if (v == RULE_FAIL && (rules[k].decides || ++n_failed > 1))
            return FITS_NOT;
        // a rhythm takes several discharges: without one the shape is all there is
        bool is_rhythm = k == RULE_RATE || k == RULE_VARIATION;
        is_sure = is_sure && !(v == RULE_NOT_MEASURABLE && rules[k].decides && !is_rhythm);
    }
    return is_sure ? FITS : MAY_FIT;
}

void rules_judge(struct rules_finding *out, const struct segment *g,
                 const struct train_rhythm *rhythm, const struct rules_facts *f)
{
    *out = (struct rules_finding){
        .has_discharge = true, .first = g->first, .end = g->end, .n_discharges = 1};
    for (int k = 0; k < RULES_N; k++) {
        double value = value_of((enum rule_kind)k, g, rhythm, f);
        out->rule[k] = (struct rule_finding){value, verdict(value, rules[k].fibs),
                                             verdict(value, rules[k].psw)};
    }
    enum fit fibs = fit_of(out, false), psw = fit_of(out, true);
    if (fibs == FITS_NOT && psw == FITS_NOT)
        out->points_to = RULES_OTHERS;
    else if (fibs == FITS && psw == FITS_NOT)
        out->points_to = RULES_FIBS;
    else if (psw == FITS && fibs == FITS_NOT)
        out->points_to = RULES_PSW;
    else
        out->points_to = RULES_UNDECIDED;
}

static enum rules_class most_of(const size_t n[])
{
    if (n[RULES_FIBS] != n[RULES_PSW])
        return n[RULES_FIBS] > n[RULES_PSW] ? RULES_FIBS : RULES_PSW;
    if (n[RULES_FIBS] || n[RULES_UNDECIDED])
        return RULES_UNDECIDED;
    return RULES_OTHERS;
}

void rules_judge_window(struct rules_finding *out, const struct segments *s,
                        const struct trains *t, size_t first, size_t end,
                        const struct rules_facts *f)
{
    const struct segment *largest[RULES_OTHERS + 1] = {0};
    size_t n[RULES_OTHERS + 1] = {0}, n_all = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct segment *g = &s->list[i];
        if (g->peak < first || g->peak >= end)
            continue;
        rules_judge(out, g, &t->list[g->train], f);
        n[out->points_to]++;
        n_all++;
        if (!largest[out->points_to] || g->amplitude > largest[out->points_to]->amplitude)
            largest[out->points_to] = g;
    }
    enum rules_class c = most_of(n);
    const struct segment *told = largest[c];
    for (int k = 0; !told && k <= RULES_OTHERS; k++) // undecided between two classes
        told = largest[k];
    *out = (struct rules_finding){.points_to = RULES_OTHERS};
    if (!told)
        return;
    rules_judge(out, told, &t->list[told->train], f);
    out->points_to = c;
    out->n_discharges = n_all;
}
