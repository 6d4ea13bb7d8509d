/*
 * softmax_loss_ref.c: cross-entropy of softmax(logits) with labels, per example.
 *
 *   p = softmax(logits),  target = onehot(label) (1 - s) + s / K
 *   out[n] = class_weight[label] * -sum over k of target[k] log p[k]
 *   dlogits = dout[n] * class_weight[label] * (p - target)
 *
 * The largest logit is subtracted first, so that nothing overflows. dout comes from
 * net_backward(): the loss's weight / N.
 */
#include "base/err.h"
#include "nn/op/ref.h"

#include <assert.h>
#include <math.h>

static double log_of_sum(const float *logits, size_t n_classes, float *largest)
{
    *largest = logits[0];
    for (size_t k = 1; k < n_classes; k++)
        *largest = logits[k] > *largest ? logits[k] : *largest;
    double sum = 0;
    for (size_t k = 0; k < n_classes; k++)
        sum += exp((double)(logits[k] - *largest));
    return log(sum);
}

static double class_weight(const struct node *n, size_t label)
{
    const float *weights = n->params->loss.class_weights;
    return weights ? (double)weights[label] : 1;
}

static double target(const struct node *n, size_t label, size_t k, size_t n_classes)
{
    double s = (double)n->params->loss.label_smoothing;
    return (k == label ? 1 - s : 0) + s / (double)n_classes;
}

static int forward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t n_classes = n->in[0].c;
    for (size_t i = 0; i < n->out.n; i++) {
        const float *logits = tensor_row(&n->in[0], i);
        assert(n->context->labels[i] >= 0 && (size_t)n->context->labels[i] < n_classes);
        size_t label = (size_t)n->context->labels[i];
        float largest;
        double log_sum = log_of_sum(logits, n_classes, &largest), loss = 0;
        for (size_t k = 0; k < n_classes; k++)
            loss -= target(n, label, k, n_classes) * ((double)(logits[k] - largest) - log_sum);
        *tensor_row(&n->out, i) = (float)(class_weight(n, label) * loss);
    }
    return 0;
}

static int backward(struct backend *b, struct node *n, struct err *e)
{
    (void)b;
    (void)e;
    size_t n_classes = n->in[0].c;
    for (size_t i = 0; n->din[0].data && i < n->out.n; i++) {
        const float *logits = tensor_row(&n->in[0], i);
        size_t label = (size_t)n->context->labels[i];
        float largest;
        double log_sum = log_of_sum(logits, n_classes, &largest);
        double g = (double)*tensor_row(&n->dout, i) * class_weight(n, label);
        for (size_t k = 0; k < n_classes; k++) {
            double p = exp((double)(logits[k] - largest) - log_sum);
            float *d = &tensor_row(&n->din[0], i)[k];
            *d = (n->din_adds[0] ? *d : 0) + (float)(g * (p - target(n, label, k, n_classes)));
        }
    }
    return 0;
}

const struct op_impl softmax_loss_ref = {
    .op = &op_softmax_loss,
    .forward = forward,
    .backward = backward,
};
