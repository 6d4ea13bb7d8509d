/*
 * rules.h: what the textbook would say of a discharge: a second opinion that can be read, rule by
 * rule, beside a network's.
 *
 * A rule is a row of a table: a measure, the range that fibrillation potentials and the range that
 * positive sharp waves lie in, and where these numbers come from. A class fits a discharge when no
 * rule that decides fails and at most one of the others does. The rules point to
 *
 *   Fibs, PSW    where that class fits and the other does not
 *   Others       where neither fits
 *   undecided    where both do, or a class fits only because a rule that decides could not be measured
 *
 * The ranges are of single discharges at rest. They do not know an artefact from a unit, and a
 * fibrillation that falls onto another one fails them. docs/explanation.md says how often they are
 * right on simulated recordings.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct segment;
struct segments;
struct train_rhythm;
struct trains;

enum rules_class { RULES_UNDECIDED, RULES_FIBS, RULES_PSW, RULES_OTHERS };
extern const char *const rules_class_names[]; // "undecided", "Fibs", "PSW", "Others", NULL

enum rule_kind {
    RULE_FIRST_DEFLECTION, // 1: positive, -1: negative
    RULE_DURATION,
    RULE_RISE,
    RULE_AMPLITUDE,
    RULE_NEGATIVE_RATIO, // largest negative / largest positive deviation
    RULE_PHASES,
    RULE_TURNS,
    RULE_RATE,
    RULE_VARIATION,
    RULE_DIFFERENCE,
    RULES_N,
};

struct rule_range {
    double least, most; // most < least: the literature gives none
};

struct rule {
    const char *name, *title, *unit; // for JSON, for people; "" where it has none
    struct rule_range fibs, psw;
    bool decides;
    const char *source; // numbers as in docs/explanation.md
};
extern const struct rule rules[RULES_N]; // by enum rule_kind

enum rule_verdict { RULE_PASS, RULE_FAIL, RULE_NOT_MEASURABLE, RULE_NO_RANGE };
extern const char *const rule_verdict_names[]; // "pass", "fail", "not measurable", "no range"

struct rule_finding {
    double value; // where measurable
    enum rule_verdict fibs, psw;
};

struct rules_finding {
    bool has_discharge; // false: nothing above noise, and nothing below is filled
    size_t first, end;  // of the discharge, in samples
    size_t n_discharges;
    struct rule_finding rule[RULES_N];
    enum rules_class points_to; // without a discharge: Others
};

// What a recording does not tell.
struct rules_facts {
    bool knows_polarity, is_uv;
};

// One discharge. rhythm may be NULL: not known.
void rules_judge(struct rules_finding *out, const struct segment *g,
                 const struct train_rhythm *rhythm, const struct rules_facts *f);

/*
 * A window of samples [first, end) of what segments_find() and trains_of() saw. Points to the class
 * of the most discharges whose peak lies in it, where Others counts only when there is nothing else,
 * as in data sets (excerpts.h); equally many: undecided. Told of is the largest discharge of that
 * class.
 */
void rules_judge_window(struct rules_finding *out, const struct segments *s,
                        const struct trains *t, size_t first, size_t end,
                        const struct rules_facts *f);
