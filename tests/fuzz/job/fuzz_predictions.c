/* fuzz_predictions.c: bytes as a predictions file: what is read is assessed, beside itself too. */
#include "fuzz.h"

#include "base/err.h"
#include "job/compare.h"
#include "job/evaluate.h"
#include "job/predictions.h"

// A bootstrap of many examples is slow, and none of the reader's business.
enum { ASSESSED_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const char *path = fuzz_file(data, n, "p.csv");
    const struct evaluate_options o = {.sensitivity = 0.5, .specificity = 0.5};
    const struct compare_options both = {.a = path, .b = path, .raters = path};
    struct predictions q;
    struct err e;
    json_t *report;
    if (predictions_read(&q, path, &e) < 0)
        return 0;
    bool is_small = q.n <= ASSESSED_MAX && q.n_classes <= ASSESSED_MAX;
    predictions_release(&q);
    if (!is_small)
        return 0;
    if (evaluate_file(&report, path, &o, &e) == 0)
        json_decref(report);
    if (compare(&report, &both, &e) == 0)
        json_decref(report);
    return 0;
}
