/*
 * train.c: the run: what is opened, the phases, the loop. See train.h.
 *
 * Nothing in a step depends on anything but the variables, the optimiser's state and the step's
 * number: batches, variations and dropout masks are functions of (seed, number). So a run that was
 * stopped and goes on ends with the same bits as one that was not.
 */
#include "job/train.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "base/process.h"
#include "base/rng.h"
#include "base/text.h"
#include "image/imagecache.h"
#include "job/crowding.h"
#include "job/phase.h"
#include "job/predict.h"
#include "model/modelfolder.h"
#include "model/weights.h"
#include "nn/variables.h"
#include "stats/temperature.h"
#include "tf/checkpoint.h"

#include <math.h>
#include <string.h>

enum { LOG_EVERY = 10, N_SHOWN_PICTURES = 3 };
// Of decoded pictures, compressed, for each split: 10,000 drawn sweeps, 4,000 photographs of 360 x 270.
static const size_t keep_bytes = (size_t)256 << 20;
static const uint64_t stream_views = 0x7669657773; // "views"
static const float aux_weight = 0.4F; // of the auxiliary head's loss, as in TF-Slim

struct train_options train_defaults(void)
{
    return (struct train_options){
        .width = 1,
        .batch = 32,
        .n_views = 1,
        .learning_rate = -1,
        .weight_decay = -1,
        .validation_split = "validation",
        .dtype = numbers_names[NUMBERS_FLOAT32],
        .n_loader_threads = 2,
    };
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to train");
}

// The same options as the run was begun with, or the first that differs.
static int check_args(struct train *t, struct err *e)
{
    char *path = path_join(t->o->run, "args.json");
    json_t *old = NULL, *value;
    const char *key, *differs = NULL;
    int rc = path ? 0 : no_memory(e);
    if (rc == 0 && !file_exists(path))
        rc = jsonfile_write(path, t->args, e);
    else if (rc == 0 && (rc = jsonfile_read(&old, path, e)) == 0) {
        // through text, so that both numbers have been rounded the same
        char *text = jsonfile_text(t->args);
        json_t *now = NULL;
        rc = text ? jsonfile_parse(&now, text, strlen(text), "args", e) : no_memory(e);
        json_object_foreach(now, key, value)
        {
            if (!differs && !json_equal(value, json_object_get(old, key)))
                differs = key;
        }
        json_object_foreach(old, key, value)
        {
            if (rc == 0 && !differs && !json_object_get(now, key))
                differs = key;
        }
        if (rc == 0 && differs) {
            char option[32];
            snprintf(option, sizeof option, "%s", differs);
            for (char *c = option; *c; c++)
                if (*c == '_')
                    *c = '-';
            rc =
                err_set(e, ERR_USAGE,
                        "%s: this run was begun with another --%s: the same options go on with "
                        "it, others want a new --run",
                        t->o->run, option);
        }
        json_decref(now);
        mem_free(text);
    }
    json_decref(old);
    mem_free(path);
    return rc;
}

static bool is_bfloat16(const struct train_options *o)
{
    return !strcmp(o->dtype, numbers_names[NUMBERS_BFLOAT16]);
}

static int check_options(const struct train_options *o, struct err *e)
{
    if (!o->batch || o->batch > 4096)
        return err_set(e, ERR_USAGE, "--batch %zu, wanted 1 to 4096", o->batch);
    if (o->n_steps && o->n_epochs > 0)
        return err_set(e, ERR_USAGE, "--steps and --epochs are given, wanted one of them");
    if (o->phases && (o->n_steps || o->n_epochs > 0))
        return err_set(
            e, ERR_USAGE,
            "--phases already says how many steps: --steps and --epochs do not go with it");
    if (o->class_balance < 0 || o->class_balance > 1)
        return err_set(e, ERR_USAGE, "--class-balance %g, wanted 0 to 1", o->class_balance);
    if (strcmp(o->dtype, numbers_names[NUMBERS_FLOAT32]) != 0 && !is_bfloat16(o))
        return err_set(e, ERR_USAGE, "--dtype %s, wanted float32 or bfloat16", o->dtype);
    if (!o->n_views || o->n_views > TRAIN_MAX_VIEWS)
        return err_set(e, ERR_USAGE, "--views %zu, wanted 1 to %d", o->n_views,
                       TRAIN_MAX_VIEWS);
    int rc = file_make_folders(o->run, e);
    return rc == 0 ? file_check_writable(o->run, 0, e) : rc;
}

// What a run writes is not mixed with what somebody else keeps under the same names.
static int check_run_folder(const struct train *t, struct err *e)
{
    struct file_list l;
    const char *foreign = NULL;
    bool has_args = false;
    int rc = file_list_folder(&l, t->o->run, e);
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        const char *name = l.names[i];
        has_args = has_args || !strcmp(name, "args.json");
        if (!strcmp(name, "checkpoint") || !strcmp(name, "history.csv") ||
            !strcmp(name, "model") || text_starts_with(name, "model.ckpt-"))
            foreign = name;
    }
    if (rc == 0 && foreign && !has_args)
        rc = err_set(e, ERR_USAGE,
                     "%s: holds %s, but no run of nemg (no args.json): name another folder",
                     t->o->run, foreign);
    file_list_release(&l);
    return rc;
}

// One process at a time in a run folder.
static int lock_run(struct train *t, struct err *e)
{
    int rc = check_run_folder(t, e);
    if (rc < 0)
        return rc;
    char *path = path_join(t->o->run, "lock");
    rc = path ? file_lock(&t->lock, path, e) : no_memory(e);
    mem_free(path);
    return rc;
}

// Every class in every split: told before hours are spent.
static int check_classes(const struct train *t, const struct examples *x, const char *split,
                         struct err *e)
{
    for (size_t k = 0; k < x->n_classes; k++)
        if (!x->per_class[k])
            return err_set(e, ERR_USAGE, "%s: no example of class %s in split %s",
                           t->o->dataset, t->dataset.labels[k], split);
    return 0;
}

static int open_data(struct train *t, struct err *e)
{
    int rc = dataset_open(&t->dataset, t->o->dataset, e);
    if (rc == 0)
        rc = examples_load(&t->examples, &t->dataset, "train", e);
    if (rc == 0)
        rc = check_classes(t, &t->examples, "train", e);
    if (rc == 0 && t->dataset.n_classes < 2)
        rc = err_set(e, ERR_USAGE, "%s: one class only: nothing to tell apart", t->o->dataset);
    if (rc < 0)
        return rc;
    struct err why;
    rc = examples_load(&t->validation, &t->dataset, t->o->validation_split, &why);
    if (rc == ERR_USAGE) {
        monitor_note(t->monitor, "no split %s: the run is not validated",
                     t->o->validation_split);
        return 0;
    }
    if (rc < 0)
        *e = why;
    return rc == 0 ? check_classes(t, &t->validation, t->o->validation_split, e) : rc;
}

// Weights by class: (n / (K n_k))^balance, so that their mean over the examples is 1 at balance 1.
static void class_weights(float *weights, const struct train *t)
{
    const struct examples *x = &t->examples;
    double sum = 0;
    for (size_t k = 0; k < x->n_classes; k++) {
        double w =
            pow((double)x->n / (double)(x->n_classes * x->per_class[k]), t->o->class_balance);
        weights[k] = (float)w;
        sum += w * (double)x->per_class[k];
    }
    for (size_t k = 0; k < x->n_classes; k++)
        weights[k] = (float)((double)weights[k] * (double)x->n / sum);
}

// What the network reads, and which network, where the person did not say.
static int choose_input(struct train *t, struct err *e)
{
    const struct train_options *o = t->o;
    struct shape own;
    enum input_kind kind;
    int rc = dataset_input(&t->input, &t->dataset, e);
    if (rc == 0 && o->input) {
        rc = input_kind_find(&kind, o->input, "--input", e);
        if (rc == 0)
            rc = input_change_kind(&t->input, kind, t->o->dataset, e);
    }
    if (rc < 0)
        return rc;
    t->model = o->model ? o->model : zoo_for(t->input.kind);
    json_object_set_new(t->args, "model", json_string(t->model));
    if (t->input.kind != INPUT_PICTURE)
        return o->image_size ? err_set(e, ERR_USAGE, "--image-size is of pictures, not of %s",
                                       input_kinds[t->input.kind])
                             : 0;
    if ((rc = zoo_shape(&own, t->model, e)) < 0)
        return rc;
    struct preprocess *p = &t->input.picture;
    if (o->image_size || !p->height) {
        p->height = o->image_size ? o->image_size : own.h;
        p->width = o->image_size ? o->image_size : own.w;
    }
    return 0;
}

static int build_network(struct train *t, struct err *e)
{
    double bnorm_decay;
    int rc = phases_choose(t, &bnorm_decay, e);
    struct model_spec spec = {
        t->model, input_shape(&t->input), t->o->width, t->dataset.n_classes, bnorm_decay, 0};
    if (rc == 0)
        rc = zoo_build(&t->network, &spec, e);
    if (rc < 0)
        return rc;
    float *weights = mem_array(spec.n_classes, sizeof *weights);
    if (!weights)
        return no_memory(e);
    class_weights(weights, t);
    struct loss_params p = {(float)t->o->label_smoothing,
                            t->o->class_balance > 0 ? weights : NULL};
    t->losses[t->n_losses++] =
        graph_softmax_loss(t->network.graph, "cross_entropy", t->network.logits, p);
    if (t->network.aux_logits >= 0)
        t->losses[t->n_losses++] =
            graph_softmax_loss(t->network.graph, "aux_cross_entropy", t->network.aux_logits, p);
    mem_free(weights);
    rc = graph_check(t->network.graph, e);
    return rc == 0 ? variables_new(&t->variables, t->network.graph, e) : rc;
}

// The heads stay new when the checkpoint knows other classes.
static const char *default_exclusion(const struct train *t, const struct checkpoint_reader *r)
{
    const struct checkpoint_entry *x = checkpoint_reader_find(r, t->network.weights_of_logits);
    bool same = x && x->n_dims && x->dims[x->n_dims - 1] == t->dataset.n_classes;
    return same ? NULL : t->network.head_scopes;
}

static int start_variables(struct train *t, struct err *e)
{
    struct checkpoint_reader *r;
    struct restore_report report;
    variables_init(t->variables, t->network.graph, t->o->seed);
    if (!t->o->checkpoint)
        return 0;
    int rc = checkpoint_reader_open(&r, t->o->checkpoint, e);
    if (rc < 0)
        return rc;
    struct restore_options o = {.exclude_scopes = t->o->exclude_scopes,
                                .ignore_missing = t->o->ignore_missing};
    if (!o.exclude_scopes)
        o.exclude_scopes = default_exclusion(t, r);
    rc = weights_restore(&report, &t->network, t->variables, r, &o, e);
    if (rc == 0)
        monitor_note(t->monitor, "%s: %zu variables restored, %zu excluded, %zu missing",
                     t->o->checkpoint, report.n_restored, report.n_excluded, report.n_missing);
    checkpoint_reader_close(r);
    return rc;
}

// One phase while it runs.
struct phase {
    struct phase_plan plan;
    struct net *net;
    struct optim *optim;
    struct loader *loader;
    struct features views[TRAIN_MAX_VIEWS], validation_features;
    size_t n_views;              // 0: on pictures or signals
    struct net *heads;           // inference on features
    struct predictor *predictor; // inference on pictures
    double started_s;
    uint64_t started_step;
    struct crowding crowding;
};

static int compile_phase(struct phase *p, struct train *t, struct err *e)
{
    struct net_options o = net_options_defaults();
    int fetches[NETWORK_MAX_HEADS + 1] = {t->network.logits};
    for (size_t i = 0; i < t->n_losses; i++)
        fetches[i + 1] = t->losses[i];
    o.mode = NET_TRAINING;
    o.batch = t->o->batch;
    o.n_threads = t->o->n_threads;
    o.fetches = fetches;
    o.n_fetches = t->n_losses + 1;
    o.is_trained = p->plan.is_trained;
    o.seed = t->o->seed;
    o.memory_limit = t->o->memory_limit_mb << 20;
    o.dtype = is_bfloat16(t->o) ? DTYPE_BF16 : DTYPE_F32;
    if (p->plan.uses_features) {
        o.feeds = t->network.frontier;
        o.n_feeds = t->network.n_frontier;
    }
    int rc = net_compile(&p->net, t->network.graph, t->variables, &o, e);
    return rc == 0 ? optim_new(&p->optim, t->network.graph, p->net, &p->plan.optim, e) : rc;
}

static int keep_pictures(struct train *t, struct err *e)
{
    int rc = examples_keep_decoded(&t->examples, keep_bytes, e);
    return rc == 0 && t->validation.n ? examples_keep_decoded(&t->validation, keep_bytes, e)
                                      : rc;
}

static size_t kept_most(const struct examples *x)
{
    return x->decoded ? imagecache_room(x->decoded) : 0;
}

// What the process will have: what is there now, and what the first steps and the first validation
// will write to for the first time.
static void plan_memory(const struct phase *p, struct train *t, const struct loader_options *o)
{
    struct net_memory m = net_memory(p->net);
    size_t bytes = process_resident_bytes() + m.activations + loader_bytes(o);
    size_t kept = kept_most(&t->examples) + kept_most(&t->validation);
    bytes += kept;
    if (p->predictor) {
        struct loader_options of_validation = *o;
        of_validation.batch = predictor_batch(p->predictor);
        bytes += predictor_memory(p->predictor).activations + loader_bytes(&of_validation);
    }
    t->planned_bytes = bytes > t->planned_bytes ? bytes : t->planned_bytes;
    monitor_note(t->monitor,
                 "planned memory: %zu MB, of which activations %zu, gradients %zu, decoded "
                 "pictures at most %zu%s",
                 bytes >> 20, m.activations >> 20, m.gradients >> 20, kept >> 20,
                 m.n_repeated ? "; batch norms are computed twice to fit" : "");
}

static int open_validation(struct phase *p, struct train *t, struct err *e)
{
    size_t batch = t->o->batch < 8 ? t->o->batch : 8;
    if (!t->validation.n)
        return 0;
    if (!p->plan.uses_features)
        return predictor_open(&p->predictor, &t->network, t->variables, batch, t->o->n_threads,
                              e);
    struct features_spec spec = {.split = t->o->validation_split};
    int rc = features_compute(&p->validation_features, t, &t->validation, &spec, e);
    if (rc < 0)
        return rc;
    struct net_options o = net_options_defaults();
    o.batch = 1;
    o.n_threads = t->o->n_threads;
    o.feeds = t->network.frontier;
    o.n_feeds = t->network.n_frontier;
    o.fetches = &t->network.logits;
    o.n_fetches = 1;
    return net_compile(&p->heads, t->network.graph, t->variables, &o, e);
}

static int open_views(struct phase *p, struct train *t, struct err *e)
{
    int rc = 0;
    for (; rc == 0 && p->n_views < t->o->n_views; p->n_views++) {
        struct features_spec spec = {"train", p->n_views, p->plan.augment};
        rc = features_compute(&p->views[p->n_views], t, &t->examples, &spec, e);
    }
    return rc;
}

static int open_phase(struct phase *p, struct train *t, bool is_resumed, struct err *e)
{
    int rc = phase_plan_make(&p->plan, t, e);
    if (rc == 0)
        rc = compile_phase(p, t, e);
    if (rc == 0 && is_resumed)
        rc = train_state_restore(t, p->optim, e);
    if (rc == 0 && p->plan.uses_features)
        rc = open_views(p, t, e);
    if (rc == 0)
        rc = open_validation(p, t, e);
    if (rc == 0 && t->input.kind == INPUT_PICTURE && !p->plan.uses_features)
        rc = keep_pictures(t, e);
    struct loader_options o = {.order = p->plan.order,
                               .batch = t->o->batch,
                               .seed = t->o->seed + t->at.phase,
                               .first_batch = t->at.step,
                               .augment = p->plan.augment};
    o.input = t->input;
    o.n_threads = t->o->n_loader_threads;
    o.without_inputs = p->plan.uses_features;
    if (rc == 0)
        rc = loader_open(&p->loader, &t->examples, &o, e);
    if (rc == 0)
        plan_memory(p, t, &o);
    p->started_s = clock_monotonic_s();
    p->started_step = t->at.step;
    p->crowding.n_threads = net_threads(t->o->n_threads);
    return rc;
}

static void close_phase(struct phase *p)
{
    loader_close(p->loader);
    optim_free(p->optim);
    net_free(p->net);
    net_free(p->heads);
    predictor_close(p->predictor);
    for (size_t i = 0; i < p->n_views; i++)
        features_release(&p->views[i]);
    features_release(&p->validation_features);
    phase_plan_release(&p->plan);
}

static void feed(struct phase *p, struct train *t, const struct batch *b)
{
    memcpy(net_labels(p->net), b->labels, b->n * sizeof *b->labels);
    if (!p->plan.uses_features) {
        memcpy(net_feed(p->net, t->network.input).data, b->inputs,
               b->n * input_floats(&t->input) * sizeof *b->inputs);
        return;
    }
    for (size_t i = 0; i < b->n; i++) {
        uint32_t at[4];
        rng_at(at, t->o->seed + t->at.phase, stream_views, t->at.step * t->o->batch + i);
        const struct features *f = &p->views[at[0] % p->n_views];
        for (size_t k = 0; k < f->n_tensors; k++)
            memcpy((float *)net_feed(p->net, f->tensors[k]).data + i * f->floats[k],
                   f->values[k] + b->example[i] * f->floats[k], f->floats[k] * sizeof(float));
    }
}

static double batch_accuracy(struct phase *p, const struct train *t, const struct batch *b)
{
    struct tensor logits = net_fetch(p->net, t->network.logits);
    size_t n_right = 0;
    for (size_t i = 0; i < b->n; i++)
        n_right += argmax(tensor_row(&logits, i), logits.c) == (size_t)b->labels[i];
    return (double)n_right / (double)b->n;
}

// One step: forward, backward, update. Counts it.
static int step(struct phase *p, struct train *t, const struct batch *b,
                struct train_numbers *n, struct err *e)
{
    const float weights[NETWORK_MAX_HEADS] = {1, aux_weight};
    float lr = (float)schedule_at(&p->plan.schedule, t->at.step);
    feed(p, t, b);
    net_set_step(p->net, t->at.global_step);
    int rc = net_forward(p->net, e);
    if (rc < 0)
        return rc;
    bool is_logged = t->at.step % LOG_EVERY == 0;
    *n = (struct train_numbers){.learning_rate = (double)lr};
    n->main = net_loss(p->net, t->losses[0]);
    n->aux = t->n_losses > 1 ? (double)aux_weight * net_loss(p->net, t->losses[1]) : 0;
    n->accuracy = batch_accuracy(p, t, b);
    if (is_logged)
        n->l2 = optim_l2_loss(t->network.graph, t->variables, p->plan.optim.weight_decay);
    n->loss = n->main + n->aux + n->l2;
    if (!isfinite(n->loss))
        return err_set(e, ERR_FORMAT,
                       "step %llu: the loss is not finite: try a lower --learning-rate",
                       (unsigned long long)t->at.global_step);
    if ((rc = net_backward(p->net, weights, e)) < 0)
        return rc;
    optim_step(p->optim, t->variables, lr);
    t->at.loss = n->loss;
    t->at.step++;
    t->at.global_step++;
    double seconds = clock_monotonic_s() - p->started_s;
    n->images_per_s =
        (double)((t->at.step - p->started_step) * t->o->batch) / (seconds > 0 ? seconds : 1e-9);
    return is_logged ? history_step(t, n, e) : 0;
}

static int validate_features(struct validation *v, struct phase *p, struct train *t,
                             struct err *e)
{
    const struct features *f = &p->validation_features;
    size_t n = t->validation.n, n_classes = t->dataset.n_classes, n_right = 0;
    float *q = mem_array(n_classes, sizeof *q);
    double sum = 0;
    int rc = q ? net_refresh(p->heads, e) : no_memory(e);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        size_t label = (size_t)t->validation.examples[i].label;
        for (size_t k = 0; k < f->n_tensors; k++)
            if (f->tensors[k] == t->network.features)
                memcpy(net_feed(p->heads, f->tensors[k]).data, f->values[k] + i * f->floats[k],
                       f->floats[k] * sizeof *q);
        rc = net_forward(p->heads, e);
        temperature_softmax(q, net_fetch(p->heads, t->network.logits).data, n_classes, 1);
        sum -= log(fmax((double)q[label], 0x1p-126));
        n_right += argmax(q, n_classes) == label;
    }
    *v = (struct validation){sum / (double)n, (double)n_right / (double)n};
    mem_free(q);
    return rc;
}

static int save_model(struct train *t, struct err *e)
{
    char *folder = path_join(t->o->run, "model");
    json_t *training = json_pack(
        "{s:o, s:s, s:I, s:s, s:s, s:O}", "dataset", jsontext_string(t->dataset.folder),
        "dataset_hash", t->dataset.hash, "step", (json_int_t)t->at.global_step, "recipe",
        train_recipes[t->o->recipe], "number_type", t->o->dtype, "args", t->args);
    int rc = folder && training ? model_save(folder, &t->network, t->variables,
                                             t->dataset.labels, &t->input, training, NULL, e)
                                : no_memory(e);
    json_decref(training);
    mem_free(folder);
    return rc;
}

static int validate(struct phase *p, struct train *t, struct err *e)
{
    struct validation v;
    bool swaps = p->plan.optim.average_decay > 0;
    if (!t->validation.n)
        return 0;
    if (swaps)
        optim_swap_averages(p->optim, t->variables);
    int rc;
    if (p->plan.uses_features)
        rc = validate_features(&v, p, t, e);
    else if ((rc = predictor_refresh(p->predictor, e)) == 0)
        rc = evaluate_examples(&v, p->predictor, &t->validation, &t->input,
                               t->o->n_loader_threads, NULL, e);
    struct train_best *best = &t->at.best;
    if (rc == 0) {
        // what a checkpoint keeps, so that a resumed run compares with the same number
        v.cross_entropy = (double)(float)v.cross_entropy;
        v.accuracy = (double)(float)v.accuracy;
        bool is_better = !best->is_there || v.cross_entropy < best->validation.cross_entropy;
        t->at.last = v;
        t->at.has_last = true;
        best->n_since++;
        if (is_better)
            *best = (struct train_best){true, t->at.global_step, v, 0};
        if (is_better && t->o->recipe != TRAIN_SLIM)
            rc = save_model(t, e);
        if (rc == 0)
            rc = history_validation(t, &v, e);
        monitor_note(t->monitor, "step %llu: validation cross-entropy %.4f, accuracy %.3f%s",
                     (unsigned long long)t->at.global_step, v.cross_entropy, v.accuracy,
                     is_better ? ", the best so far" : "");
        t->at.is_phase_over = t->o->patience && best->n_since >= t->o->patience;
    }
    if (swaps)
        optim_swap_averages(p->optim, t->variables);
    return rc;
}

static bool is_due(const struct train *t, uint64_t every)
{
    uint64_t epoch = (t->examples.n + t->o->batch - 1) / t->o->batch;
    return t->at.step % (every ? every : epoch) == 0 ||
           t->at.step == t->phases[t->at.phase].n_steps;
}

static int show_pictures(struct train *t, const struct batch *b, struct err *e)
{
    bool has_pictures = b->inputs && t->input.kind == INPUT_PICTURE;
    int rc = 0;
    for (size_t i = 0; rc == 0 && has_pictures && i < b->n && i < N_SHOWN_PICTURES; i++)
        rc = history_picture(t, b->inputs + i * input_floats(&t->input), i, e);
    return rc;
}

static void tell(const struct train *t, const struct train_numbers *n)
{
    char detail[128];
    const struct train_phase *phase = &t->phases[t->at.phase];
    snprintf(detail, sizeof detail, "loss %.4f, accuracy %.0f %%, %.1f images/s", n->main,
             100 * n->accuracy, n->images_per_s);
    monitor_progress(t->monitor, phase->is_heads ? "training heads" : "training all",
                     t->at.step, phase->n_steps, detail);
}

// After a step: validation, checkpoint, and whether somebody wants to stop.
static int after_step(struct phase *p, struct train *t, struct err *e)
{
    int rc = is_due(t, t->o->validate_every) ? validate(p, t, e) : 0;
    bool is_stopped = monitor_is_cancelled(t->monitor);
    if (rc == 0 && (is_due(t, t->o->save_every) || is_stopped || t->at.is_phase_over))
        rc = train_state_save(t, p->optim, e);
    if (rc == 0 && t->o->want_histograms && is_due(t, t->o->validate_every))
        rc = history_histograms(t, e);
    if (rc == 0 && is_stopped)
        rc = err_set(e, ERR_CANCELLED,
                     "stopped at step %llu with a checkpoint: the same command goes on",
                     (unsigned long long)t->at.global_step);
    return rc;
}

static int run_phase(struct train *t, bool is_resumed, struct err *e)
{
    struct phase p = {0};
    int rc = open_phase(&p, t, is_resumed, e);
    bool is_shown = false;
    while (rc == 0 && t->at.step < t->phases[t->at.phase].n_steps && !t->at.is_phase_over) {
        struct batch *b;
        struct train_numbers n;
        double begun_s = clock_monotonic_s();
        rc = loader_next(p.loader, &b, e);
        if (rc == 1)
            rc = is_shown ? 0 : show_pictures(t, b, e);
        is_shown = true;
        if (rc == 0)
            rc = step(&p, t, b, &n, e);
        batch_free(b);
        if (rc == 0) {
            crowding_step(&p.crowding, clock_monotonic_s() - begun_s, t->monitor);
            tell(t, &n);
            rc = after_step(&p, t, e);
        }
    }
    close_phase(&p);
    return rc;
}

static json_t *report_json(const struct train *t, double seconds)
{
    const struct train_best *b = &t->at.best;
    json_t *best = b->is_there ? json_pack("{s:I, s:o}", "step", (json_int_t)b->step,
                                           "validation", train_validation_json(&b->validation))
                               : json_null();
    json_t *final = json_pack(
        "{s:I, s:f, s:o}", "step", (json_int_t)t->at.global_step, "loss", t->at.loss,
        "validation", t->at.has_last ? train_validation_json(&t->at.last) : json_null());
    json_t *memory = json_pack("{s:I, s:I}", "planned_mb", (json_int_t)(t->planned_bytes >> 20),
                               "peak_mb", (json_int_t)(process_peak_bytes() >> 20));
    return json_pack("{s:o, s:I, s:s, s:s, s:o, s:o, s:o, s:f}", "run",
                     jsontext_string(t->o->run), "steps", (json_int_t)t->at.global_step,
                     "recipe", train_recipes[t->o->recipe], "number_type", t->o->dtype, "best",
                     best, "final", final, "memory", memory, "seconds", seconds);
}

static int run_phases(struct train *t, struct err *e)
{
    bool is_resumed = false;
    int rc = train_state_find(t, &is_resumed, e);
    if (rc == 0 && is_resumed)
        monitor_note(t->monitor, "going on at step %llu",
                     (unsigned long long)t->at.global_step);
    if (rc == 0)
        rc = is_resumed ? train_state_restore(t, NULL, e) : start_variables(t, e);
    if (rc == 0)
        rc = history_open(t, e);
    if (rc == 0 &&
        !is_resumed) // like TF-Slim's model.ckpt-0: and the disk shows whether it can
        rc = train_state_save(t, NULL, e);
    for (; rc == 0 && t->at.phase < t->n_phases; t->at.phase++) {
        rc = run_phase(t, is_resumed, e);
        if (rc < 0 || t->at.phase + 1 == t->n_phases)
            break;
        t->at.step = 0;
        t->at.is_phase_over = false;
        is_resumed = false;
    }
    if (rc == 0 && (t->o->recipe == TRAIN_SLIM || !t->validation.n))
        rc = save_model(t, e);
    return rc;
}

int train(json_t **report, const struct train_options *o, const struct monitor *monitor,
          struct err *e)
{
    // a run keeps what it is trained in: on another processor it goes on with that or not at all
    struct train_options chosen = *o;
    if (!chosen.dtype)
        chosen.dtype = numbers_names[net_bfloat16_pays() ? NUMBERS_BFLOAT16 : NUMBERS_FLOAT32];
    struct train t = {
        .o = &chosen, .monitor = monitor, .args = train_options_json(&chosen), .lock = -1};
    double started_s = clock_monotonic_s();
    *report = NULL;
    int rc = t.args ? check_options(t.o, e) : no_memory(e);
    if (rc == 0)
        rc = lock_run(&t, e);
    if (rc == 0)
        rc = open_data(&t, e);
    if (rc == 0)
        rc = choose_input(&t, e);
    if (rc == 0)
        rc = build_network(&t, e);
    if (rc == 0)
        rc = check_args(&t, e);
    if (rc == 0) {
        numbers_note(is_bfloat16(t.o) ? NUMBERS_BFLOAT16 : NUMBERS_FLOAT32, monitor);
        rc = run_phases(&t, e);
    }
    struct err second;
    int closed = history_close(&t, rc == 0 ? e : &second);
    rc = rc == 0 ? closed : rc;
    if (rc == 0 && !(*report = report_json(&t, clock_monotonic_s() - started_s)))
        rc = no_memory(e);
    file_unlock(t.lock);
    json_decref(t.args);
    variables_free(t.variables);
    network_release(&t.network);
    examples_release(&t.examples);
    examples_release(&t.validation);
    dataset_close(&t.dataset);
    return rc;
}
