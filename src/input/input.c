/* input.c: the table of kinds. See input.h. */
#include "input/input_priv.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "tf/example.h"

#include <assert.h>
#include <string.h>

const char *const input_kinds[] = {"picture", "signal", "mel", NULL};

static const struct input_row *const rows[] = {&input_picture_row, &input_signal_row,
                                               &input_mel_row};

struct shape input_shape(const struct input *in)
{
    return rows[in->kind]->shape(in);
}

size_t input_floats(const struct input *in)
{
    struct shape s = input_shape(in);
    return s.h * s.w * s.c;
}

int input_check(const struct input *in, const char *name, struct err *e)
{
    return rows[in->kind]->check(in, name, e);
}

bool input_can_augment(const struct input *in, enum augment_kind kind)
{
    return rows[in->kind]->augments >> kind & 1;
}

// An error with the example's file name before it.
static int named(int rc, const struct example *x, struct err *e)
{
    if (rc < 0)
        err_prefix(e, "%.*s", (int)(x->filename.n < 100 ? x->filename.n : 100),
                   x->filename.data ? (const char *)x->filename.data : "an example");
    return rc;
}

int input_read_example(float *out, const struct input *in, const struct example *x,
                       enum augment_kind augment, struct rng *rng, struct err *e)
{
    return named(rows[in->kind]->read_example(out, in, x, augment, rng, e), x, e);
}

int input_decode(struct image *out, const struct example *x, struct err *e)
{
    return named(input_decode_picture(out, x, e), x, e);
}

int input_read_window(float *out, const struct input *in, const float *values, bool is_uv,
                      struct err *e)
{
    assert(in->kind != INPUT_PICTURE);
    size_t n = in->signal.n_samples;
    const char *unit = is_uv ? "uV" : "counts";
    unsigned char *bytes = mem_array(n, sizeof(uint32_t));
    if (!bytes)
        return err_set(e, ERR_MEMORY, "no memory for %zu samples", n);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        store_u32le(bytes + i * sizeof bits, bits);
    }
    struct example x = {.rate_hz = (float)in->signal.rate_hz,
                        .unit = {(const unsigned char *)unit, strlen(unit)},
                        .signal = {bytes, n}};
    int rc = rows[in->kind]->read_example(out, in, &x, AUGMENT_NONE, NULL, e);
    mem_free(bytes);
    return rc;
}

json_t *input_json(const struct input *in)
{
    json_t *o = rows[in->kind]->json(in);
    json_t *whole = json_pack("{s:s}", "kind", input_kinds[in->kind]);
    if (o && whole && !json_object_update(whole, o)) {
        json_decref(o);
        return whole;
    }
    json_decref(o);
    json_decref(whole);
    return NULL;
}

int input_kind_find(enum input_kind *out, const char *kind, const char *name, struct err *e)
{
    for (int k = 0; input_kinds[k]; k++)
        if (!strcmp(input_kinds[k], kind)) {
            *out = (enum input_kind)k;
            return 0;
        }
    return err_set(e, ERR_UNSUPPORTED, "%s: input \"%s\", wanted picture, signal or mel", name,
                   kind);
}

int input_change_kind(struct input *in, enum input_kind kind, const char *name, struct err *e)
{
    if (kind == in->kind)
        return 0;
    if (kind == INPUT_PICTURE || in->kind == INPUT_PICTURE)
        return err_set(e, ERR_USAGE, "%s: a data set of %ss, wanted %ss", name,
                       in->kind == INPUT_PICTURE ? "picture" : "signal",
                       kind == INPUT_PICTURE ? "picture" : "signal");
    in->kind = kind;
    if (kind == INPUT_MEL)
        input_choose_bands(&in->mel, &in->signal);
    return input_check(in, name, e);
}

int input_from_json(struct input *out, const json_t *o, const char *name, struct err *e)
{
    const char *kind = "";
    *out = (struct input){0};
    int rc = jsonfile_get_string(&kind, o, "kind", name, e);
    if (rc == 0)
        rc = input_kind_find(&out->kind, kind, name, e);
    if (rc == 0)
        rc = rows[out->kind]->from_json(out, o, name, e);
    if (rc == 0 && (rc = input_check(out, name, e)) < 0)
        e->code = ERR_FORMAT;
    return rc == ERR_USAGE ? ERR_FORMAT : rc;
}
