/* phase.c: see phase.h; the recipes are described in train.h. */
#include "job/phase.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/weights.h"
#include "nn/variables.h"

#include <math.h>
#include <string.h>

const char *const train_recipes[] = {"default", "slim", NULL};

// default recipe: epochs of each phase, and how the rate ends. Chosen on the real pictures.
static const double epochs_heads = 20, epochs_tuning = 10, epochs_scratch = 30;
static const double end_rate = 0.01, warmup_share = 0.05;
// Without scales in its batch norms, a small Inception v4 hardly learns from scratch at 0.001.
static const double rate_scratch = 0.01;
enum { SLIM_STEPS_HEADS = 1000, SLIM_STEPS_ALL = 20000 };

int train_parse_phases(struct train_phase *out, size_t *n, const char *text, struct err *e)
{
    char *copy = mem_strdup(text), *part[TRAIN_MAX_PHASES];
    if (!copy)
        return err_set(e, ERR_MEMORY, "no memory for phases");
    int rc = 0;
    *n = text_split(copy, ',', part, TRAIN_MAX_PHASES);
    if (*n == 0 || *n > TRAIN_MAX_PHASES)
        rc = err_set(e, ERR_USAGE, "phases \"%s\", wanted 1 to %d", text, TRAIN_MAX_PHASES);
    for (size_t i = 0; rc == 0 && i < *n; i++) {
        char *colon = strchr(part[i], ':');
        size_t steps = 0;
        if (colon)
            *colon = '\0';
        bool is_heads = !strcmp(part[i], "heads"), is_all = !strcmp(part[i], "all");
        if (!colon || !text_to_size(&steps, colon + 1) || !steps || (!is_heads && !is_all))
            rc = err_set(e, ERR_USAGE, "phases \"%s\", wanted like heads:1000,all:20000", text);
        else
            out[i] = (struct train_phase){is_heads, steps};
    }
    mem_free(copy);
    return rc;
}

static uint64_t steps_of_epochs(const struct train *t, double epochs)
{
    double steps = ceil(epochs * (double)t->examples.n / (double)t->o->batch);
    return steps < 1 ? 1 : (uint64_t)steps;
}

static uint64_t steps_of_all(const struct train *t)
{
    const struct train_options *o = t->o;
    if (o->n_steps)
        return o->n_steps;
    if (o->n_epochs > 0)
        return steps_of_epochs(t, o->n_epochs);
    if (o->recipe == TRAIN_SLIM)
        return SLIM_STEPS_ALL;
    return steps_of_epochs(t, o->checkpoint ? epochs_tuning : epochs_scratch);
}

int phases_choose(struct train *t, double *bnorm_decay, struct err *e)
{
    const struct train_options *o = t->o;
    bool is_slim = o->recipe == TRAIN_SLIM;
    *bnorm_decay = 0;
    if (o->phases) {
        int rc = train_parse_phases(t->phases, &t->n_phases, o->phases, e);
        if (rc < 0)
            return rc;
    } else {
        t->n_phases = 0;
        if (o->checkpoint)
            t->phases[t->n_phases++] = (struct train_phase){
                true, is_slim ? SLIM_STEPS_HEADS : steps_of_epochs(t, epochs_heads)};
        t->phases[t->n_phases++] = (struct train_phase){false, steps_of_all(t)};
    }
    // 0.9997 needs some ten thousand steps to forget its start: a shorter run gets a shorter memory
    uint64_t most = 0;
    for (size_t i = 0; i < t->n_phases; i++)
        if (!t->phases[i].is_heads && t->phases[i].n_steps > most)
            most = t->phases[i].n_steps;
    if (!is_slim && most)
        *bnorm_decay = fmin(0.9997, fmax(0.9, 1 - 20 / (double)most));
    return 0;
}

// The place of name in a NULL-terminated list.
static int choose(int *out, const char *name, const char *const *names, const char *what,
                  struct err *e)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], name)) {
            *out = i;
            return 0;
        }
    return err_set(e, ERR_USAGE, "no %s \"%s\"", what, name);
}

static int choose_optimizer(struct phase_plan *p, const struct train *t, struct err *e)
{
    const struct train_options *o = t->o;
    bool is_slim = o->recipe == TRAIN_SLIM;
    int kind = is_slim ? OPTIM_RMSPROP : OPTIM_ADAM;
    p->optim = optim_options_slim();
    if (!is_slim)
        p->optim.epsilon = 1e-7F;
    int rc = o->optimizer ? choose(&kind, o->optimizer, optim_names, "optimizer", e) : 0;
    p->optim.kind = (enum optim_kind)kind;
    if (o->weight_decay >= 0)
        p->optim.weight_decay = (float)o->weight_decay;
    p->optim.clip_norm = (float)o->clip_norm;
    p->optim.average_decay = (float)o->average_decay;
    return rc;
}

static int choose_schedule(struct phase_plan *p, const struct train *t, struct err *e)
{
    const struct train_options *o = t->o;
    const struct train_phase *phase = &t->phases[t->at.phase];
    bool is_slim = o->recipe == TRAIN_SLIM, is_scratch = !o->checkpoint && !phase->is_heads;
    int kind = is_slim ? SCHEDULE_FIXED : SCHEDULE_COSINE;
    struct schedule *s = &p->schedule;
    int rc = o->schedule ? choose(&kind, o->schedule, schedule_names, "schedule", e) : 0;
    s->kind = (enum schedule_kind)kind;
    if (is_slim)
        s->learning_rate = phase->is_heads || is_scratch ? 0.01 : 0.0001;
    else
        s->learning_rate = is_scratch ? rate_scratch : phase->is_heads ? 0.001 : 0.0001;
    if (o->learning_rate > 0)
        s->learning_rate = o->learning_rate;
    // polynomial and cosine run over the phase; exponential as TF-Slim's: 0.94 every two epochs
    s->end_learning_rate = is_slim ? 0.0001 : end_rate * s->learning_rate;
    s->decay_factor = 0.94;
    s->decay_steps =
        kind == SCHEDULE_EXPONENTIAL ? t->examples.n * 2 / o->batch : phase->n_steps;
    if (!s->decay_steps)
        s->decay_steps = 1;
    s->warmup_steps = is_slim ? 0 : (uint64_t)(warmup_share * (double)phase->n_steps);
    return rc;
}

int phase_plan_make(struct phase_plan *out, const struct train *t, struct err *e)
{
    const struct train_options *o = t->o;
    const struct train_phase *phase = &t->phases[t->at.phase];
    bool is_slim = o->recipe == TRAIN_SLIM;
    *out = (struct phase_plan){0};
    out->order = is_slim ? LOADER_QUEUE : LOADER_EPOCHS;
    int augment = is_slim ? AUGMENT_SLIM : AUGMENT_WAVEFORM;
    out->is_trained = mem_array(t->variables->n, sizeof *out->is_trained);
    int rc = out->is_trained ? 0 : err_set(e, ERR_MEMORY, "no memory for a phase");
    if (rc == 0)
        rc = choose_optimizer(out, t, e);
    if (rc == 0)
        rc = choose_schedule(out, t, e);
    if (rc == 0 && o->augment)
        rc = choose(&augment, o->augment, augment_names, "augmentation", e);
    if (rc == 0 && !input_can_augment(&t->input, (enum augment_kind)augment))
        rc = err_set(e, ERR_USAGE,
                     "augmentation %s is not there for %s (recipe slim is of "
                     "pictures)",
                     augment_names[augment], input_kinds[t->input.kind]);
    out->augment = (enum augment_kind)augment;
    for (size_t i = 0; rc == 0 && i < t->variables->n; i++)
        out->is_trained[i] = true;
    if (rc == 0 && phase->is_heads)
        rc = weights_in_scopes(
            out->is_trained, &t->network,
            o->trainable_scopes ? o->trainable_scopes : t->network.head_scopes, e);
    out->uses_features = phase->is_heads && !is_slim && !o->trainable_scopes;
    if (rc < 0)
        phase_plan_release(out);
    return rc;
}

void phase_plan_release(struct phase_plan *p)
{
    mem_free(p->is_trained);
    *p = (struct phase_plan){0};
}
