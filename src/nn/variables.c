/* variables.c: see variables.h. Initialisers: TF-Slim's initializers.py, section by name. */
#include "nn/variables.h"

#include "base/mem.h"
#include "base/rng.h"
#include "nn/nn_priv.h"

#include <math.h>
#include <string.h>

enum { ALIGN_FLOATS = MEM_ALIGNMENT / sizeof(float) };

static size_t padded(size_t n)
{
    return (n + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
}

int variables_new(struct variables **out, const struct graph *g, struct err *e)
{
    *out = NULL;
    struct variables *v = mem_zalloc(sizeof *v);
    if (!v)
        return err_set(e, ERR_MEMORY, "no memory for variables");
    v->n = graph_n_variables(g);
    for (size_t i = 0; i < v->n; i++)
        v->n_floats += padded(graph_variable(g, i)->n_elements);
    size_t n_bytes = mem_product(v->n_floats, sizeof(float));
    v->value = mem_array(v->n, sizeof *v->value);
    v->block = mem_aligned(n_bytes);
    if (!v->value || !v->block) {
        variables_free(v);
        return err_set(e, ERR_MEMORY, "no memory for %zu bytes of variables", n_bytes);
    }
    memset(v->block, 0, n_bytes);
    float *at = v->block;
    for (size_t i = 0; i < v->n; i++) {
        v->value[i] = at;
        at += padded(graph_variable(g, i)->n_elements);
    }
    *out = v;
    return 0;
}

void variables_free(struct variables *v)
{
    if (!v)
        return;
    mem_free(v->block);
    mem_free(v->value);
    mem_free(v);
}

// FNV-1a: a stream of random numbers per name.
static uint64_t stream_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return hash;
}

void variables_init_one(struct variables *v, const struct graph *g, size_t i, uint64_t seed)
{
    const struct variable *d = graph_variable(g, i);
    struct rng rng = rng_of(seed, stream_of(d->name));
    float *x = v->value[i];
    size_t n_out = d->dims[d->n_dims - 1], n_in = n_out ? d->n_elements / n_out : 0;
    if (d->role == VARIABLE_WEIGHTS && d->is_dense) {
        double bound = sqrt(6 / (double)(n_in + n_out)); // xavier_initializer, uniform
        for (size_t k = 0; k < d->n_elements; k++)
            x[k] = (float)rng_between(&rng, -bound, bound);
    } else if (d->role == VARIABLE_WEIGHTS) {
        // variance_scaling_initializer(factor=2, FAN_IN) as truncated normal: the 1.3 restores
        // the variance that truncation takes away
        double deviation = sqrt(1.3 * 2 / (double)n_in);
        for (size_t k = 0; k < d->n_elements; k++) {
            double z;
            do
                z = rng_normal(&rng);
            while (fabs(z) > 2);
            x[k] = (float)(z * deviation);
        }
    } else {
        float value = d->role == VARIABLE_GAMMA || d->role == VARIABLE_MOVING_VARIANCE ? 1 : 0;
        for (size_t k = 0; k < d->n_elements; k++)
            x[k] = value;
    }
}

void variables_init(struct variables *v, const struct graph *g, uint64_t seed)
{
    for (size_t i = 0; i < v->n; i++)
        variables_init_one(v, g, i, seed);
}
