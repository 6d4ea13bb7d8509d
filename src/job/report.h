/*
 * report.h: everything about how good a model is, as one HTML file and as a PDF: the summary first,
 * then what it rests on, what went wrong, what may be wrong with it, and what others ask of a study.
 *
 * The model is scored and the data set audited here; the leak gap takes a training run and is read
 * from the folder where evaluate --leak-gap left it. A part that is missing says so, and how to get
 * it.
 */
#pragma once

#include "job/predict.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct monitor;

struct report_options {
    const char *model;                         // folder
    const char *dataset, *split;               // what it is judged by
    const char *leak_gap;                      // folder of leakgap.h; NULL: not measured
    const char *out;                           // files <out>.html and <out>.pdf
    const char *title;                         // NULL: made of model and data set
    size_t batch, n_threads, n_loader_threads; // batch 0: predictor_best_batch()
    enum numbers numbers;
    size_t n_shown; // wrong answers that are drawn, at most
    uint64_t seed;  // of the bootstrap
};
struct report_options report_defaults(void);

// Both files, or none. *result: {"html", "pdf", "summary", "evaluation", "audit", "leak_gap"}, the
// caller's. ERR_USAGE: model, data set and leak gap do not belong together.
int report(json_t **result, const struct report_options *o, const struct monitor *monitor,
           struct err *e);
