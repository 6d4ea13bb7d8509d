/*
 * quantize.h: a trained model to one that computes in 8 bits: nn/net_types.c says how, this says with what
 * ranges, and what it loses.
 *
 * Post-training quantization with the largest value of each activation (Krishnamoorthi 2018, Quantizing deep
 * convolutional networks for efficient inference: a whitepaper, arXiv:1806.08342): ranges are of the
 * training split, the loss is of another one.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct err;
struct monitor;

struct quantize_options {
    const char *model, *dataset, *out;
    const char *split; // on which both are judged
    size_t n_examples; // of the training split, evenly spread over it, for ranges; > 0
    double
        max_loss; // of macro F1, in points (hundredths); a model that loses more is not written
    size_t batch, n_threads; // batch 0: predictor_best_batch()
};
struct quantize_options quantize_defaults(void);

// *report: the object of --json (docs/json.md), the caller's. ERR_USAGE: other classes, no such split, a model
// of 8 bits already. ERR_LIMIT: it loses more than max_loss; nothing is written.
int quantize(json_t **report, const struct quantize_options *o, const struct monitor *monitor,
             struct err *e);
