/*
 * source_dataset.c: examples from a data set that is there already, byte for byte, to be divided
 * anew: other shares, another seed, or by example what was by patient.
 */
#include "data/data_priv.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "tf/example.h"

#include <string.h>

struct source_examples {
    struct dataset dataset;
    struct examples sides[SPLIT_N_SIDES];
    const struct example **of_item; // [items]
};

static int check(const struct dataset_build_options *o, struct err *e)
{
    if (file_is_same(o->dataset, o->out))
        return err_set(e, ERR_USAGE,
                       "%s: a data set cannot be divided in its own folder: --out DIR "
                       "names another one",
                       o->out);
    return 0;
}

static const char *keep_text(struct items *x, struct example_bytes s)
{
    return s.n ? arena_strndup(&x->arena, (const char *)s.data, s.n) : NULL;
}

// The hash is of the picture or of the values: what split.h holds together.
static int add_item(struct build *b, const struct example *from, struct err *e)
{
    struct items *p = &b->p;
    struct item *x = items_add(p);
    const char *file =
        x ? arena_strndup(&p->arena, (const char *)from->filename.data, from->filename.n)
          : NULL;
    if (!file)
        return err_set(e, ERR_MEMORY, "no memory for an example");
    x->file = file;
    x->label = (size_t)from->label;
    x->patient = keep_text(p, from->patient);
    x->recording = keep_text(p, from->recording);
    const unsigned char *data = from->signal.n ? from->signal.data : from->encoded.data;
    x->n_bytes = from->signal.n ? from->signal.n * sizeof(float) : from->encoded.n;
    sha256_hex(x->sha256, data, x->n_bytes);
    if ((from->patient.n && !x->patient) || (from->recording.n && !x->recording))
        return err_set(e, ERR_MEMORY, "no memory for an example");
    p->has_patients = p->has_patients && x->patient;
    return 0;
}

static int add_side(struct build *b, struct source_examples *s, int side, struct err *e)
{
    struct examples *x = &s->sides[side];
    int rc = examples_load(x, &s->dataset, split_sides[side], e);
    if (rc == ERR_USAGE) // no such split
        return 0;
    const struct example **more =
        rc == 0 ? mem_resize(s->of_item, b->p.n + x->n, sizeof *more) : NULL;
    if (rc == 0 && !more)
        return err_set(e, ERR_MEMORY, "%s: no memory for its examples", b->o->dataset);
    if (more)
        s->of_item = more;
    for (size_t i = 0; rc == 0 && i < x->n; i++) {
        s->of_item[b->p.n] = &x->examples[i];
        rc = add_item(b, &x->examples[i], e);
    }
    return rc;
}

static int scan(struct build *b, struct err *e)
{
    struct source_examples *s = b->examples = mem_zalloc(sizeof *s);
    items_init(&b->p, "example");
    if (!s)
        return err_set(e, ERR_MEMORY, "%s: no memory", b->o->dataset);
    int rc = dataset_open(&s->dataset, b->o->dataset, e);
    if (rc == 0) {
        b->p.classes = mem_array(s->dataset.n_classes, sizeof *b->p.classes);
        b->p.n_classes = s->dataset.n_classes;
        b->p.has_patients = true;
        rc = b->p.classes ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", b->o->dataset);
    }
    for (size_t k = 0; rc == 0 && k < b->p.n_classes; k++)
        b->p.classes[k] = s->dataset.labels[k];
    for (int side = 0; rc == 0 && side < SPLIT_N_SIDES; side++)
        rc = add_side(b, s, side, e);
    if (rc == 0 && !b->p.n)
        rc = err_set(e, ERR_USAGE, "%s: no examples in splits train, validation and test",
                     b->o->dataset);
    if (rc == 0 && (b->o->manifest || b->o->patient_pattern))
        rc = build_find_patients(b, &b->p, e);
    return rc;
}

static int example(struct example *out, const struct build *b, const struct item *x,
                   struct buffer *scratch, struct err *e)
{
    (void)scratch;
    (void)e;
    *out = *b->examples->of_item[x - b->p.items];
    if (x->patient)
        out->patient =
            (struct example_bytes){(const unsigned char *)x->patient, strlen(x->patient)};
    return 0;
}

// What the examples are stays; how they were searched for leaks does not.
static int describe(json_t *root, const struct build *b, struct err *e)
{
    static const char *const kept[] = {"input", "excerpts", "labels", NULL};
    const struct dataset *d = &b->examples->dataset;
    int bad = json_object_set_new(
        root, "from", json_pack("{s:s, s:s}", "dataset", d->folder, "hash", d->hash));
    for (size_t i = 0; kept[i]; i++) {
        json_t *value = json_object_get(d->description, kept[i]);
        bad = bad || (value && json_object_set(root, kept[i], value));
    }
    return bad ? err_set(e, ERR_MEMORY, "no memory for the report") : 0;
}

static void release(struct build *b)
{
    struct source_examples *s = b->examples;
    for (int side = 0; s && side < SPLIT_N_SIDES; side++)
        examples_release(&s->sides[side]);
    if (s) {
        dataset_close(&s->dataset);
        mem_free(s->of_item);
    }
    mem_free(s);
    items_release(&b->p);
}

const struct source source_dataset = {
    .check = check,
    .scan = scan,
    .example = example,
    .describe = describe,
    .release = release,
};
