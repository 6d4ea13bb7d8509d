/*
 * optim.h: how gradients change variables. All in float32, one state block.
 *
 * g is the gradient of the loss; L2 adds weight_decay * w for variables with variable_has_l2()
 * (AdamW instead subtracts lr * weight_decay * w from w). Formulas as TensorFlow 1 has them:
 *
 *   sgd       w -= lr g
 *   momentum  a = momentum a + g;  w -= lr a
 *   rmsprop   s += (g^2 - s)(1 - decay);  m = momentum m + lr g / sqrt(s + epsilon);  w -= m
 *             s starts at 1, m at 0 (training_ops.cc; rmsprop.py)
 *   adam      m += (g - m)(1 - b1);  v += (g^2 - v)(1 - b2)
 *             w -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon)      t from 1
 *   adamw     adam, decoupled decay (Loshchilov & Hutter 2019)
 *   average   shadow -= (shadow - w)(1 - d),  d = min(average_decay, (1 + t) / (10 + t)), t
 * from 0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct graph;
struct net;
struct optim;
struct variables;

enum optim_kind { OPTIM_SGD, OPTIM_MOMENTUM, OPTIM_RMSPROP, OPTIM_ADAM, OPTIM_ADAMW };
extern const char *const optim_names[]; // by kind, NULL-terminated

struct optim_options {
    enum optim_kind kind;
    float momentum;     // momentum, rmsprop; 0.9
    float decay;        // rmsprop; 0.9
    float beta1, beta2; // adam, adamw; 0.9, 0.999
    float epsilon;      // rmsprop, adam, adamw; slim: 1.0
    float weight_decay; // 0.00004
    float clip_norm; // gradients are scaled so that their global norm is at most this; 0: not
    float average_decay; // of the moving average of variables; 0: none
};
struct optim_options optim_options_slim(void); // TF-Slim's defaults: rmsprop, epsilon 1

int optim_new(struct optim **out, const struct graph *g, struct net *net,
              const struct optim_options *o, struct err *e); // for what net trains
void optim_free(struct optim *o);                            // accepts NULL

struct optim_step_info {
    double gradient_norm; // global, before clipping; 0 when not clipping
};
// One update from the gradients in net. Returns nothing that can fail.
struct optim_step_info optim_step(struct optim *o, struct variables *v, float learning_rate);

// sum over all variables with L2 of weight_decay * |w|^2 / 2: TF-Slim's regularisation loss.
double optim_l2_loss(const struct graph *g, const struct variables *v, float weight_decay);

// The state, for checkpoints: slots in TF's order; 0 <= slot < optim_n_slots().
size_t optim_n_slots(const struct optim *o);
// "RMSProp", "RMSProp_1", "Momentum", "Adam", "Adam_1", "ExponentialMovingAverage": what
// follows the variable's name and '/'.
const char *optim_slot_name(const struct optim *o, size_t slot);
float *optim_slot(struct optim *o, size_t slot, size_t variable); // NULL if it is not trained
uint64_t optim_n_steps(const struct optim *o);                    // updates done
void optim_set_n_steps(struct optim *o, uint64_t n);
// Swaps the variables with their averages, and back: evaluate with averages, go on without.
void optim_swap_averages(struct optim *o, struct variables *v);
