/*
 * audit.h: can something that is not the waveform tell the classes apart?
 *
 * Mains hum, noise, gain, offset, clipping and rate of signals; brightness, contrast, colour, line
 * width and size of pictures (data/nuisance.h). Two questions to each, and the second one to all
 * of them together:
 *
 *   how well does its value alone rank examples of a class above the others? The area under the
 *   ROC curve, of all examples of the data set: nothing is fitted. 0.5 is chance; below it, the
 *   class has lower values.
 *
 *   how many examples does the simplest classifier get right? A logistic regression on where the
 *   value stands among those of training (from -1 to 1, and the square of that), fitted on
 *   training, scored by balanced accuracy on another split. 1/K is chance.
 *
 * Intervals are over patients (stats/redraw.h). A shortcut "shows" where the interval of an area
 * lies outside AUDIT_AUC_LOW to AUDIT_AUC_HIGH, or that of the balanced accuracy above chance.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct monitor;

// Discrimination below 0.6 is what most texts call none worth the name.
#define AUDIT_AUC_LOW  0.4
#define AUDIT_AUC_HIGH 0.6

struct audit_options {
    const char *dataset, *split; // split: what the classifiers are scored on
    uint64_t seed;               // of the bootstrap
};
struct audit_options audit_defaults(void);

/*
 * *report: {"dataset", "hash", "split", "n_train", "n", "unit_of_intervals", "n_units", "chance",
 * "features": [...], "together": {...}, "shows": [key]}, the caller's; docs/json.md. ERR_USAGE: no such split, or a class is missing in training
 * or in the split.
 */
int audit(json_t **report, const struct audit_options *o, const struct monitor *monitor,
          struct err *e);
