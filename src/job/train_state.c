/*
 * train_state.c: checkpoints of a run: a TensorFlow V2 checkpoint "model.ckpt-<step>" and beside it
 * "model.ckpt-<step>.json" with what TensorFlow has no place for.
 *
 * Order of writing: JSON, data, index, then the state file "checkpoint" that names them. What the
 * state file does not name does not count, so a kill at any moment leaves the last whole one in use;
 * the next save removes what is not named.
 */
#include "job/job_priv.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/weights.h"
#include "nn/variables.h"
#include "tf/checkpoint.h"

#include <string.h>
#include <unistd.h>

enum { KEPT = 5, SCHEMA = 1 };

static int no_memory(const struct train *t, struct err *e)
{
    return err_set(e, ERR_MEMORY, "%s: no memory for a checkpoint", t->o->run);
}

json_t *train_validation_json(const struct validation *v)
{
    return json_pack("{s:f, s:f}", "cross_entropy", v->cross_entropy, "accuracy", v->accuracy);
}

// Values that were float32 (see validate() in train.c) come back as they were: JSON's nine digits
// name every float32.
static void read_validation(struct validation *v, const json_t *o)
{
    v->cross_entropy = (double)(float)json_number_value(json_object_get(o, "cross_entropy"));
    v->accuracy = (double)(float)json_number_value(json_object_get(o, "accuracy"));
}

static json_t *position_json(const struct train *t, const struct optim *optim)
{
    char now[CLOCK_ISO_BYTES];
    const struct train_position *p = &t->at;
    json_t *best = p->best.is_there
                       ? json_pack("{s:I, s:o, s:I}", "step", (json_int_t)p->best.step,
                                   "validation", train_validation_json(&p->best.validation),
                                   "n_since", (json_int_t)p->best.n_since)
                       : json_null();
    json_t *last = p->has_last ? train_validation_json(&p->last) : json_null();
    clock_iso_utc(now, clock_wall_s());
    return json_pack(
        "{s:i, s:s, s:I, s:I, s:I, s:b, s:I, s:o, s:f, s:o, s:s, s:O}", "schema", SCHEMA,
        "written", now, "phase", (json_int_t)p->phase, "step", (json_int_t)p->step,
        "global_step", (json_int_t)p->global_step, "is_phase_over", p->is_phase_over,
        "optimizer_steps", (json_int_t)(optim ? optim_n_steps(optim) : 0), "best", best, "loss",
        p->loss, "validation", last, "dataset_hash", t->dataset.hash, "args", t->args);
}

// The path of a run's file; the caller's.
static char *run_path(const struct train *t, const char *name, const char *ending)
{
    return mem_printf("%s/%s%s", t->o->run, name, ending);
}

static int read_position(struct train *t, const json_t *root, const char *path, struct err *e)
{
    long long phase = 0, step = 0, global_step = 0;
    json_t *best = json_object_get(root, "best");
    int rc;
    if ((rc = jsonfile_get_integer(&phase, root, "phase", path, e)) < 0 ||
        (rc = jsonfile_get_integer(&step, root, "step", path, e)) < 0 ||
        (rc = jsonfile_get_integer(&global_step, root, "global_step", path, e)) < 0)
        return rc;
    if (phase < 0 || (size_t)phase >= t->n_phases || step < 0 || global_step < 0)
        return err_set(e, ERR_FORMAT, "%s: phase %lld, step %lld: not of this run", path, phase,
                       step);
    t->at = (struct train_position){
        .phase = (size_t)phase, .step = (uint64_t)step, .global_step = (uint64_t)global_step};
    t->at.is_phase_over = json_is_true(json_object_get(root, "is_phase_over"));
    t->at.loss = json_number_value(json_object_get(root, "loss"));
    const json_t *last = json_object_get(root, "validation");
    t->at.has_last = json_is_object(last);
    if (t->at.has_last)
        read_validation(&t->at.last, last);
    if (json_is_object(best)) {
        t->at.best.is_there = true;
        t->at.best.step = (uint64_t)json_integer_value(json_object_get(best, "step"));
        read_validation(&t->at.best.validation, json_object_get(best, "validation"));
        t->at.best.n_since = (size_t)json_integer_value(json_object_get(best, "n_since"));
    }
    return 0;
}

// The base name of the newest checkpoint, the caller's; NULL: there is none.
static int newest(char **name, const struct train *t, struct err *e)
{
    struct checkpoint_state s;
    *name = NULL;
    int rc = checkpoint_state_read(&s, t->o->run, e);
    if (rc == 0 && s.n && !(*name = mem_strdup(path_base(s.prefixes[s.n - 1]))))
        rc = no_memory(t, e);
    checkpoint_state_release(&s);
    return rc;
}

int train_state_find(struct train *t, bool *has_checkpoint, struct err *e)
{
    char *name, *path = NULL;
    json_t *root = NULL;
    *has_checkpoint = false;
    int rc = newest(&name, t, e);
    if (rc < 0 || !name)
        return rc;
    if (!(path = run_path(t, name, ".json")))
        rc = no_memory(t, e);
    if (rc == 0)
        rc = jsonfile_read(&root, path, e);
    const char *hash = json_string_value(json_object_get(root, "dataset_hash"));
    if (rc == 0 && hash && strcmp(hash, t->dataset.hash) != 0)
        rc = err_set(e, ERR_USAGE,
                     "%s: was begun on another data set (its hash differs): take a new --run",
                     t->o->run);
    if (rc == 0)
        rc = read_position(t, root, path, e);
    *has_checkpoint = rc == 0;
    json_decref(root);
    mem_free(name);
    mem_free(path);
    return rc;
}

static int restore_slots(struct train *t, struct optim *optim, struct checkpoint_reader *r,
                         struct err *e)
{
    int rc = 0;
    for (size_t s = 0; rc == 0 && s < optim_n_slots(optim); s++)
        for (size_t i = 0; rc == 0 && i < t->variables->n; i++) {
            const struct variable *d = graph_variable(t->network.graph, i);
            float *to = optim_slot(optim, s, i);
            char *name = to ? mem_printf("%s/%s", d->name, optim_slot_name(optim, s)) : NULL;
            const struct checkpoint_entry *x = name ? checkpoint_reader_find(r, name) : NULL;
            if (to && !name)
                rc = no_memory(t, e);
            else if (to && (!x || x->n_elements != d->n_elements))
                rc = err_set(e, ERR_FORMAT, "%s: no %s of %zu values",
                             checkpoint_reader_prefix(r), name, d->n_elements);
            else if (to)
                rc = checkpoint_reader_floats(r, x, to, e);
            mem_free(name);
        }
    return rc;
}

int train_state_restore(struct train *t, struct optim *optim, struct err *e)
{
    struct checkpoint_reader *r = NULL;
    struct restore_report report;
    struct restore_options all = {0};
    char *name, *prefix = NULL;
    int rc = newest(&name, t, e);
    if (rc == 0 && !(prefix = run_path(t, name ? name : "", "")))
        rc = no_memory(t, e);
    if (rc == 0)
        rc = checkpoint_reader_open(&r, prefix, e);
    if (rc == 0)
        rc = weights_restore(&report, &t->network, t->variables, r, &all, e);
    // a phase that has not begun yet starts with a fresh optimiser
    if (rc == 0 && optim && t->at.step > 0) {
        rc = restore_slots(t, optim, r, e);
        optim_set_n_steps(optim, t->at.step);
    }
    checkpoint_reader_close(r);
    mem_free(prefix);
    mem_free(name);
    return rc;
}

// Everything a checkpoint holds beside the variables.
static int list_extras(struct weights_extra **out, size_t *n, const struct train *t,
                       struct optim *optim, struct err *e)
{
    size_t n_slots = optim ? optim_n_slots(optim) : 0;
    struct weights_extra *x = mem_array(n_slots * t->variables->n + 1, sizeof *x);
    *out = x;
    *n = 0;
    if (!x)
        return no_memory(t, e);
    x[(*n)++] = (struct weights_extra){.name = mem_strdup("global_step"),
                                       .integer = (int64_t)t->at.global_step};
    for (size_t s = 0; s < n_slots; s++)
        for (size_t i = 0; i < t->variables->n; i++) {
            const struct variable *d = graph_variable(t->network.graph, i);
            if (!optim_slot(optim, s, i))
                continue;
            x[(*n)++] = (struct weights_extra){
                .name = mem_printf("%s/%s", d->name, optim_slot_name(optim, s)),
                .values = optim_slot(optim, s, i),
                .n_dims = d->n_dims,
                .dims = d->dims};
        }
    for (size_t i = 0; i < *n; i++)
        if (!x[i].name)
            return no_memory(t, e);
    return 0;
}

// Names the new checkpoint in the state file and lets go of the oldest.
static int name_newest(struct train *t, const char *base, struct checkpoint_state *s,
                       struct err *e)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->prefixes[i], base)) { // saved again at the same step
            mem_free(s->prefixes[i]);
            memmove(&s->prefixes[i], &s->prefixes[i + 1], (s->n - i - 1) * sizeof *s->prefixes);
            s->n--;
            break;
        }
    char **more = mem_resize(s->prefixes, s->n + 1, sizeof *more);
    if (!more)
        return no_memory(t, e);
    s->prefixes = more;
    if (!(s->prefixes[s->n] = mem_strdup(base)))
        return no_memory(t, e);
    s->n++;
    while (s->n > KEPT) {
        mem_free(s->prefixes[0]);
        memmove(&s->prefixes[0], &s->prefixes[1], (s->n - 1) * sizeof *s->prefixes);
        s->n--;
    }
    return checkpoint_state_write(t->o->run, s, e);
}

// A checkpoint of ours has its position beside it, one that somebody else put here has not; and what
// a process that was killed left half written.
static bool is_ours(const struct train *t, const char *file)
{
    static const char *const written[] = {"model.ckpt-", "checkpoint", "args.json",
                                          "history.csv", NULL};
    size_t n = strlen("model.ckpt-");
    if (strstr(file, ".tmp-")) {
        const char *const *name = written;
        while (*name && !text_starts_with(file, *name))
            name++;
        return *name;
    }
    if (!text_starts_with(file, "model.ckpt-"))
        return false;
    char *json =
        mem_printf("%s/%.*s.json", t->o->run, (int)(n + strspn(file + n, "0123456789")), file);
    bool is_there = json && file_exists(json);
    mem_free(json);
    return is_there;
}

// Removes checkpoints of ours that the state file does not name, and halves of files. Names are
// sorted: of each checkpoint the position goes last.
static void sweep(const struct train *t, const struct checkpoint_state *s)
{
    struct file_list l;
    struct err ignored;
    if (file_list_folder(&l, t->o->run, &ignored) < 0)
        return;
    for (size_t i = 0; i < l.n; i++) {
        bool is_kept = !is_ours(t, l.names[i]);
        for (size_t k = 0; k < s->n; k++) {
            size_t n = strlen(s->prefixes[k]);
            is_kept = is_kept || (!strncmp(l.names[i], s->prefixes[k], n) &&
                                  l.names[i][n] == '.' && !strstr(l.names[i], ".tmp-"));
        }
        char *path = is_kept ? NULL : path_join(t->o->run, l.names[i]);
        if (path)
            unlink(path);
        mem_free(path);
    }
    file_list_release(&l);
}

int train_state_save(struct train *t, struct optim *optim, struct err *e)
{
    struct checkpoint_state s = {0};
    struct weights_extra *extras = NULL;
    size_t n_extras = 0;
    json_t *root = position_json(t, optim);
    char *base = mem_printf("model.ckpt-%llu", (unsigned long long)t->at.global_step);
    char *prefix = base ? run_path(t, base, "") : NULL;
    char *json = base ? run_path(t, base, ".json") : NULL;
    int rc =
        root && prefix && json ? list_extras(&extras, &n_extras, t, optim, e) : no_memory(t, e);
    if (rc == 0)
        rc = jsonfile_write(json, root, e);
    if (rc == 0)
        rc = weights_save(prefix, &t->network, t->variables, extras, n_extras, e);
    if (rc == 0)
        rc = checkpoint_state_read(&s, t->o->run, e);
    if (rc == 0)
        rc = name_newest(t, base, &s, e);
    if (rc == 0)
        sweep(t, &s);
    for (size_t i = 0; i < n_extras; i++)
        mem_free(extras[i].name);
    mem_free(extras);
    checkpoint_state_release(&s);
    json_decref(root);
    mem_free(base);
    mem_free(prefix);
    mem_free(json);
    return rc;
}
