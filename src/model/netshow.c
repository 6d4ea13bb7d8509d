/* netshow.c: see netshow.h. */
#include "model/netshow.h"

#include "base/err.h"
#include "base/mem.h"
#include "model/zoo.h"

#include <string.h>

// Whether name starts with one of the heads' scopes ("a,b") but that of the main logits.
static bool is_aux(const struct network *n, const char *name)
{
    for (const char *scope = n->head_scopes; *scope;) {
        size_t length = strcspn(scope, ",");
        if (strncmp(n->weights_of_logits, scope, length) != 0 && !strncmp(name, scope, length))
            return true;
        scope += length + (scope[length] == ',');
    }
    return false;
}

static struct shape shape_of_inputs(const struct graph *g, const struct graph_node_info *info)
{
    struct shape s = graph_tensor_shape(g, info->in[0]);
    for (size_t i = 1; !strcmp(info->op, "concat") && i < info->n_in; i++)
        s.c += graph_tensor_shape(g, info->in[i]).c;
    return s;
}

static struct netshow_row row_of(const struct graph *g, const struct graph_node_info *info)
{
    struct netshow_row r = {.name = info->name, .op = info->op};
    const struct conv_params *conv = &info->conv;
    r.in = shape_of_inputs(g, info);
    r.out = graph_tensor_shape(g, info->out);
    r.n_parameters = info->n_parameters;
    r.n_multiply_adds = info->n_multiply_adds;
    r.has_window = conv->kh || info->pool.kh;
    if (conv->kh) {
        r.kh = conv->kh;
        r.kw = conv->kw;
        r.stride = conv->stride;
        r.pad_h = conv->is_same ? (conv->kh - 1) / 2 : conv->pad_h;
        r.pad_w = conv->is_same ? (conv->kw - 1) / 2 : conv->pad_w;
    } else {
        r.kh = info->pool.kh;
        r.kw = info->pool.kw;
        r.stride = info->pool.stride;
        r.pad_h = info->pool.pad_h;
        r.pad_w = info->pool.pad_w;
    }
    return r;
}

static void add_row(struct netshow_totals *t, const struct netshow_row *r)
{
    t->n_nodes++;
    t->n_parameters += r->n_parameters;
    t->n_multiply_adds += r->n_multiply_adds;
}

static void add_variable(struct netshow_totals *t, const struct variable *v)
{
    t->n_variables++;
    t->n_statistics += variable_is_trainable(v) ? 0 : v->n_elements;
}

int netshow_init(struct netshow *out, const struct network *n, struct err *e)
{
    *out = (struct netshow){.n_rows = graph_n_nodes(n->graph)};
    out->rows = mem_array(out->n_rows, sizeof *out->rows);
    if (!out->rows)
        return err_set(e, ERR_MEMORY, "no memory for a table of %zu rows", out->n_rows);
    for (size_t i = 0; i < out->n_rows; i++) {
        struct graph_node_info info = graph_node_info(n->graph, i);
        struct netshow_row *r = &out->rows[i];
        *r = row_of(n->graph, &info);
        r->is_aux = is_aux(n, r->name);
        add_row(&out->all, r);
        if (r->is_aux)
            add_row(&out->aux, r);
    }
    for (size_t i = 0; i < graph_n_variables(n->graph); i++) {
        const struct variable *v = graph_variable(n->graph, i);
        add_variable(&out->all, v);
        if (is_aux(n, v->name))
            add_variable(&out->aux, v);
    }
    return 0;
}

void netshow_release(struct netshow *s)
{
    mem_free(s->rows);
    *s = (struct netshow){0};
}
