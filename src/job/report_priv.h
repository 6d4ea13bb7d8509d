/* report_priv.h: what the parts of a report are told from. Private to report*.c. */
#pragma once

#include "draw/document.h"
#include "job/report.h"
#include "job/scored.h"
#include "model/modelfolder.h"
#include "stats/ratio.h"
#include "stats/redraw.h"

// One patient (or recording, or example: scored.whose.noun).
struct report_group {
    size_t i, n, n_right;
    size_t truth;      // of most of its examples
    size_t prediction; // the class of the highest mean probability
    double mean_truth; // mean probability of the true class
    char name[64];
};

struct facts {
    const struct report_options *o;
    struct model model;
    struct scored scored;
    json_t *evaluation, *audit, *leak_gap; // leak_gap NULL: not measured
    struct report_group *groups;           // [n_groups], the worst first
    bool is_its_model; // trained on this data set: its split train is who was trained on
    size_t n_known;    // examples of patients who were trained on; of its own model only
    size_t n_groups, n_most_common;
    struct ratio by_group; // groups whose prediction is their truth
    struct redrawn accuracies[N_ACCURACIES];
    struct redrawn *areas; // [n_classes], of the probability of each class
    char model_hash[65];   // of its weights
};

// report_facts.c. facts_release() in any case.
int facts_gather(struct facts *f, const struct report_options *o, const struct monitor *monitor,
                 struct err *e);
void facts_release(struct facts *f);

// The parts; each adds its headings and what is below them.
void report_summary(struct document *d, const struct facts *f);
int report_curves(struct document *d, const struct facts *f, struct err *e);
void report_classes(struct document *d, const struct facts *f);
void report_calibration(struct document *d, const struct facts *f);
void report_groups(struct document *d, const struct facts *f);
int report_gallery(struct document *d, const struct facts *f, struct err *e);
void report_leakgap(struct document *d, const struct facts *f);
void report_audit(struct document *d, const struct facts *f);
void report_data(struct document *d, const struct facts *f);
void report_model(struct document *d, const struct facts *f);
void report_checklist(struct document *d, const struct facts *f);

// "80.0 % (69.5 to 87.5)", kept by the document; "not computable" where there is none.
const char *report_percent(struct document *d, const struct redrawn *r);
const char *report_ratio(struct document *d, const struct ratio *r);
// Of {"value", "ci95"}. Without the sign: of a table whose caption says percent, and of points.
const char *report_json_number(struct document *d, const json_t *o);
const char *report_json_percent(struct document *d, const json_t *o);
