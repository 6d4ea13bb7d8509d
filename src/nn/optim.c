/*
 * optim.c: see optim.h. Sources: TensorFlow's training_ops.cc, rmsprop.py, moving_averages.py.
 *
 * The global norm is summed in double over chunks of fixed size, in their order: the same on
 * any number of threads. The first step of a run sees the same numbers as a resumed one.
 */
#include "nn/optim.h"

#include "base/err.h"
#include "base/mem.h"
#include "nn/graph.h"
#include "nn/net.h"
#include "nn/variables.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { MAX_SLOTS = 3, CHUNK = 1 << 16 };

const char *const optim_names[] = {"sgd", "momentum", "rmsprop", "adam", "adamw", NULL};

struct optim {
    struct optim_options options;
    struct net *net;
    const struct graph *graph;
    size_t n_variables, n_slots;
    uint64_t n_steps;
    const char *slot_name[MAX_SLOTS];
    float **slot[MAX_SLOTS]; // [n_variables]; NULL: not trained
    float *block;
};

struct optim_options optim_options_slim(void)
{
    return (struct optim_options){
        .kind = OPTIM_RMSPROP,
        .momentum = 0.9F,
        .decay = 0.9F,
        .beta1 = 0.9F,
        .beta2 = 0.999F,
        .epsilon = 1,
        .weight_decay = 0.00004F,
    };
}

static void name_slots(struct optim *o)
{
    switch (o->options.kind) {
    case OPTIM_SGD:
        break;
    case OPTIM_MOMENTUM:
        o->slot_name[o->n_slots++] = "Momentum";
        break;
    case OPTIM_RMSPROP:
        o->slot_name[o->n_slots++] = "RMSProp";
        o->slot_name[o->n_slots++] = "RMSProp_1";
        break;
    case OPTIM_ADAM:
    case OPTIM_ADAMW:
        o->slot_name[o->n_slots++] = "Adam";
        o->slot_name[o->n_slots++] = "Adam_1";
        break;
    }
    if (o->options.average_decay > 0)
        o->slot_name[o->n_slots++] = "ExponentialMovingAverage";
}

// The state begins at zero, but RMSProp's mean square at one.
static void fill_slots(struct optim *o, size_t n_floats)
{
    memset(o->block, 0, n_floats * sizeof *o->block);
    for (size_t i = 0; o->options.kind == OPTIM_RMSPROP && i < o->n_variables; i++)
        for (size_t k = 0; o->slot[0][i] && k < graph_variable(o->graph, i)->n_elements; k++)
            o->slot[0][i][k] = 1;
}

int optim_new(struct optim **out, const struct graph *g, struct net *net,
              const struct optim_options *options, struct err *e)
{
    *out = NULL;
    struct optim *o = mem_zalloc(sizeof *o);
    if (!o)
        return err_set(e, ERR_MEMORY, "no memory for an optimiser");
    o->options = *options;
    o->net = net;
    o->graph = g;
    o->n_variables = graph_n_variables(g);
    name_slots(o);
    size_t n_floats = 0;
    for (size_t i = 0; i < o->n_variables; i++)
        if (net_gradient(net, i))
            n_floats += (graph_variable(g, i)->n_elements + 15) / 16 * 16;
    bool ok = true;
    for (size_t s = 0; s < MAX_SLOTS; s++)
        ok = (o->slot[s] = mem_array(o->n_variables, sizeof **o->slot)) && ok;
    o->block = mem_aligned(mem_product(n_floats * o->n_slots, sizeof *o->block));
    if (!ok || !o->block) {
        optim_free(o);
        return err_set(e, ERR_MEMORY, "no memory for %zu floats of optimiser state",
                       n_floats * o->n_slots);
    }
    float *at = o->block;
    for (size_t s = 0; s < o->n_slots; s++)
        for (size_t i = 0; i < o->n_variables; i++)
            if (net_gradient(net, i)) {
                o->slot[s][i] = at;
                at += (graph_variable(g, i)->n_elements + 15) / 16 * 16;
            }
    fill_slots(o, n_floats * o->n_slots);
    *out = o;
    return 0;
}

void optim_free(struct optim *o)
{
    if (!o)
        return;
    for (size_t s = 0; s < MAX_SLOTS; s++)
        mem_free(o->slot[s]);
    mem_free(o->block);
    mem_free(o);
}

// Sum of squares, in a fixed order.
static double squares(const float *x, size_t n)
{
    double total = 0;
    for (size_t at = 0; at < n; at += CHUNK) {
        double sum[8] = {0};
        size_t end = n - at < CHUNK ? n : at + CHUNK, k = at;
        for (; k + 8 <= end; k += 8)
            for (size_t j = 0; j < 8; j++)
                sum[j] += (double)x[k + j] * (double)x[k + j];
        for (; k < end; k++)
            sum[0] += (double)x[k] * (double)x[k];
        for (size_t j = 0; j < 8; j++)
            total += sum[j];
    }
    return total;
}

double optim_l2_loss(const struct graph *g, const struct variables *v, float weight_decay)
{
    double total = 0;
    for (size_t i = 0; i < v->n; i++)
        if (variable_has_l2(graph_variable(g, i)))
            total += squares(v->value[i], graph_variable(g, i)->n_elements);
    return total * (double)weight_decay / 2;
}

// One variable's update, with everything that is the same for all its elements.
struct update {
    float *w, *a, *b; // value, first and second slot
    const float *g;
    size_t n;
    float lr, l2, clip; // learning rate, decay added to g, factor of g
    const struct optim_options *o;
};

static void update_sgd(const struct update *u)
{
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < u->n; i++)
        u->w[i] -= u->lr * (u->g[i] * u->clip + u->l2 * u->w[i]);
}

static void update_momentum(const struct update *u)
{
    float momentum = u->o->momentum;
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < u->n; i++) {
        u->a[i] = momentum * u->a[i] + (u->g[i] * u->clip + u->l2 * u->w[i]);
        u->w[i] -= u->lr * u->a[i];
    }
}

static void update_rmsprop(const struct update *u)
{
    float keep = 1 - u->o->decay, momentum = u->o->momentum, epsilon = u->o->epsilon;
    float *restrict w = u->w, *restrict ms = u->a, *restrict mom = u->b;
    const float *restrict grad = u->g;
    float lr = u->lr, l2 = u->l2, clip = u->clip;
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < u->n; i++) {
        float g = grad[i] * clip + l2 * w[i];
        ms[i] += (g * g - ms[i]) * keep;
        mom[i] = momentum * mom[i] + lr * g / sqrtf(ms[i] + epsilon);
        w[i] -= mom[i];
    }
}

static void update_adam(const struct update *u, uint64_t t)
{
    float keep1 = 1 - u->o->beta1, keep2 = 1 - u->o->beta2, epsilon = u->o->epsilon;
    double correction = sqrt(1 - pow((double)u->o->beta2, (double)t)) /
                        (1 - pow((double)u->o->beta1, (double)t));
    float lr = (float)((double)u->lr * correction);
    bool is_decoupled = u->o->kind == OPTIM_ADAMW;
    float l2 = is_decoupled ? 0 : u->l2, shrink = is_decoupled ? u->lr * u->l2 : 0;
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < u->n; i++) {
        float g = u->g[i] * u->clip + l2 * u->w[i];
        u->a[i] += (g - u->a[i]) * keep1;
        u->b[i] += (g * g - u->b[i]) * keep2;
        u->w[i] -= shrink * u->w[i] + lr * u->a[i] / (sqrtf(u->b[i]) + epsilon);
    }
}

static void update_one(const struct update *u, uint64_t n_steps)
{
    switch (u->o->kind) {
    case OPTIM_SGD:
        update_sgd(u);
        break;
    case OPTIM_MOMENTUM:
        update_momentum(u);
        break;
    case OPTIM_RMSPROP:
        update_rmsprop(u);
        break;
    case OPTIM_ADAM:
    case OPTIM_ADAMW:
        update_adam(u, n_steps + 1);
        break;
    }
}

static void update_average(float *shadow, const float *w, size_t n, const struct optim *o)
{
    double t = (double)o->n_steps;
    float d = (float)fmin((double)o->options.average_decay, (1 + t) / (10 + t));
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < n; i++)
        shadow[i] -= (shadow[i] - w[i]) * (1 - d);
}

// The norm over all gradients, L2 terms included, as they would be applied.
static double global_norm(const struct optim *o)
{
    double total = 0;
    for (size_t i = 0; i < o->n_variables; i++)
        if (net_gradient(o->net, i))
            total += squares(net_gradient(o->net, i), graph_variable(o->graph, i)->n_elements);
    return sqrt(total);
}

struct optim_step_info optim_step(struct optim *o, struct variables *v, float learning_rate)
{
    struct optim_step_info info = {0};
    float clip = 1;
    if (o->options.clip_norm > 0) {
        info.gradient_norm = global_norm(o);
        if (info.gradient_norm > (double)o->options.clip_norm)
            clip = (float)((double)o->options.clip_norm / info.gradient_norm);
    }
    size_t average = o->n_slots - 1;
    bool has_average = o->options.average_decay > 0;
    for (size_t i = 0; i < o->n_variables; i++) {
        const struct variable *d = graph_variable(o->graph, i);
        const float *g = net_gradient(o->net, i);
        if (!g)
            continue;
        struct update u = {.w = v->value[i], .a = o->slot[0][i], .b = o->slot[1][i], .g = g};
        u.n = d->n_elements;
        u.lr = learning_rate;
        u.l2 = variable_has_l2(d) ? o->options.weight_decay : 0;
        u.clip = clip;
        u.o = &o->options;
        if (has_average && o->n_steps == 0)
            memcpy(o->slot[average][i], v->value[i], d->n_elements * sizeof *u.w);
        update_one(&u, o->n_steps);
        if (has_average)
            update_average(o->slot[average][i], v->value[i], d->n_elements, o);
    }
    o->n_steps++;
    return info;
}

size_t optim_n_slots(const struct optim *o)
{
    return o->n_slots;
}

const char *optim_slot_name(const struct optim *o, size_t slot)
{
    return o->slot_name[slot];
}

float *optim_slot(struct optim *o, size_t slot, size_t variable)
{
    return o->slot[slot][variable];
}

uint64_t optim_n_steps(const struct optim *o)
{
    return o->n_steps;
}

void optim_set_n_steps(struct optim *o, uint64_t n)
{
    o->n_steps = n;
}

void optim_swap_averages(struct optim *o, struct variables *v)
{
    assert(o->options.average_decay > 0);
    float **average = o->slot[o->n_slots - 1];
    for (size_t i = 0; o->n_steps > 0 && i < o->n_variables; i++)
        for (size_t k = 0; average[i] && k < graph_variable(o->graph, i)->n_elements; k++) {
            float w = v->value[i][k];
            v->value[i][k] = average[i][k];
            average[i][k] = w;
        }
}
