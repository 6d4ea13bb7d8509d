/* input_picture.c: encoded pictures as [height][width][3]. See image/preprocess.h. */
#include "input/input_priv.h"

#include "base/err.h"
#include "base/jsonfile.h"
#include "tf/example.h"

enum { MAX_SIDE = 4096 };

static const double slim_central_fraction = 0.875; // inception_preprocessing.py

struct input input_of_pictures(size_t size)
{
    return (struct input){.kind = INPUT_PICTURE,
                          .picture = {size, size, slim_central_fraction}};
}

static struct shape shape(const struct input *in)
{
    return (struct shape){in->picture.height, in->picture.width, 3};
}

static int check(const struct input *in, const char *name, struct err *e)
{
    const struct preprocess *p = &in->picture;
    if (!p->height || p->height > MAX_SIDE || !p->width || p->width > MAX_SIDE ||
        !(p->central_fraction > 0) || p->central_fraction > 1)
        return err_set(e, ERR_USAGE, "%s: pictures of %zu x %zu, %g of each side", name,
                       p->height, p->width, p->central_fraction);
    return 0;
}

int input_decode_picture(struct image *out, const struct example *x, struct err *e)
{
    if (!x->encoded.n)
        return err_set(e, ERR_FORMAT, "no picture: no image/encoded");
    return image_decode(out, x->encoded.data, x->encoded.n, e);
}

static int read_example(float *out, const struct input *in, const struct example *x,
                        enum augment_kind kind, struct rng *rng, struct err *e)
{
    struct image im;
    int rc = input_decode_picture(&im, x, e);
    if (rc < 0)
        return rc;
    augment(out, kind, &in->picture, &im, rng);
    image_release(&im);
    return 0;
}

static json_t *json(const struct input *in)
{
    const struct preprocess *p = &in->picture;
    return json_pack("{s:I, s:I, s:f}", "height", (json_int_t)p->height, "width",
                     (json_int_t)p->width, "central_fraction", p->central_fraction);
}

static int from_json(struct input *out, const json_t *o, const char *name, struct err *e)
{
    struct preprocess *p = &out->picture;
    long long height = 0, width = 0;
    int rc;
    if ((rc = jsonfile_get_integer(&height, o, "height", name, e)) < 0 ||
        (rc = jsonfile_get_integer(&width, o, "width", name, e)) < 0 ||
        (rc = jsonfile_get_real(&p->central_fraction, o, "central_fraction", name, e)) < 0)
        return rc;
    p->height = height < 0 ? 0 : (size_t)height;
    p->width = width < 0 ? 0 : (size_t)width;
    return 0;
}

const struct input_row input_picture_row = {
    .augments = 1u << AUGMENT_NONE | 1u << AUGMENT_SLIM | 1u << AUGMENT_WAVEFORM,
    .shape = shape,
    .check = check,
    .read_example = read_example,
    .json = json,
    .from_json = from_json,
};
