/* assess_priv.h: what the files of an assessment share. */
#pragma once

#include "job/assess.h"
#include "job/predictions.h"
#include "stats/confusion.h"
#include "stats/interval.h"
#include "stats/ranked.h"

// Votes of one kind of group: one for each (group, patient, true class), see docs/evaluation.md.
struct votes {
    size_t n;
    size_t *truth, *called; // [n]
    size_t *patient;        // [n] of the clusters
    json_t *groups;         // [{"name", ...}]
};

// Numbers that are drawn again over patients.
enum measure {
    MEASURE_ACCURACY,
    MEASURE_BALANCED_ACCURACY,
    MEASURE_MACRO_F1,
    MEASURE_BRIER,
    MEASURE_COVERAGE, // of conformal sets
    MEASURE_UNSURE,
    MEASURE_VOTES_ACCURACY, // of the first key; N_KEYS of them
    MEASURE_VOTES_BALANCED = MEASURE_VOTES_ACCURACY + N_KEYS, // likewise
    MEASURE_OF_CLASSES = MEASURE_VOTES_BALANCED + N_KEYS,     // N_CLASS_MEASURES of each class
};
enum class_measure {
    CLASS_PRECISION,
    CLASS_RECALL,
    CLASS_SPECIFICITY,
    CLASS_F1,
    CLASS_ROC_AUC,
    CLASS_AVERAGE_PRECISION,
    N_CLASS_MEASURES,
};

// An interval over patients, or why there is none.
struct clustered {
    struct interval ci95;
    const char *why; // NULL: there is one
};

struct assessment {
    const struct predictions *q;
    const struct assess_options *o;
    struct confusion confusion;
    struct ranked *ranked;       // [n_classes]
    struct votes votes[N_KEYS];  // zeroed where the key is not known
    size_t *patient;             // [n] number of each example's patient, from 0
    size_t n_patients;           // 0: not known
    const char *why_no_patients; // there is no interval over patients at all; or NULL
    struct clustered *clustered; // [MEASURE_OF_CLASSES + n_classes * N_CLASS_MEASURES]
    json_t *not_computable;
};

static inline size_t measure_of_class(enum class_measure m, size_t i_class)
{
    return MEASURE_OF_CLASSES + i_class * N_CLASS_MEASURES + m;
}

// ---- assess_json.c: numbers as JSON; `at` is a JSON pointer, and a null has its reason there ----

void assess_why(json_t *not_computable, const char *at, const char *member, const char *why);
// "/per_class/<class>/<member>", the class escaped as RFC 6901 wants it; mem_free(). NULL: no memory.
char *assess_pointer(const char *parent, const char *name, const char *member);
json_t *assess_number(double value); // null of NaN and infinity
json_t *assess_ratio(json_t *not_computable, struct ratio r, const char *at, const char *why);
// A ratio with ci95_patients by measure.
json_t *assess_clustered_ratio(struct assessment *a, struct ratio r, size_t measure,
                               const char *at, const char *why);
// An estimate {"value", "ci95", "ci95_patients"}; value NaN: why.
struct estimate;
json_t *assess_estimate(json_t *not_computable, struct estimate x, const struct clustered *c,
                        const char *at);
json_t *assess_clustered_estimate(struct assessment *a, struct estimate x, size_t measure,
                                  const char *at);
json_t *assess_confusion(const struct confusion *c);

// ---- assess_groups.c ----

// Fills patient, n_patients, and votes of each key that is known.
int assess_find_groups(struct assessment *a, struct err *e);
void votes_release(struct votes *v);
// {"n", "votes", "groups"}, or null with its reason.
int assess_groups(json_t **out, struct assessment *a, enum predictions_key key, struct err *e);

// ---- assess_clusters.c ----

// Fills clustered, or why_no_patients.
int assess_resample(struct assessment *a, struct err *e);

// ---- assess_curves.c ----

json_t *assess_curves(struct assessment *a, struct err *e); // NULL: no memory
int assess_operating_points(json_t **out, struct assessment *a, struct err *e);
